#![allow(clippy::unwrap_used, clippy::panic)]
//! Whole exchanges, among them the one RFC 7677 prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::attempt::{Evidence, Password};
use crate::principal::RecipientId;
use crate::scram::Opening;

const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const BINDING: &[u8] = &[7; 32];

fn principal(mechanism: Mechanism) -> Principal {
    Principal {
        recipient: RecipientId([1; 16]),
        mailbox: RecipientId([1; 16]),
        login: "user".to_owned(),
        primary: types::Address::parse("user@example.test").unwrap(),
        mechanism,
        administrator: false,
    }
}

fn exchange(mechanism: Mechanism, binding: ChannelBinding) -> Exchange {
    Exchange::with_nonce(mechanism, binding, NONCE.to_owned())
}

fn exporter() -> ChannelBinding {
    ChannelBinding::TlsExporter(BINDING.to_vec())
}

/// The account of RFC 7677 section 3.
fn pencil() -> ScramSecret {
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
    ScramSecret::derive(&Password::new("pencil").unwrap(), salt, 4096)
}

fn challenge(step: Step) -> String {
    match step {
        Step::Challenge(octets) => String::from_utf8(octets).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scram_as_rfc_7677_prints_it() {
    let mut exchange = exchange(Mechanism::ScramSha256, ChannelBinding::Absent);
    let step = exchange.open(Some(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    assert_eq!(step, Step::NeedScram("user".to_owned()));
    assert_eq!(
        challenge(exchange.scram_secret(pencil())),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let step = exchange.step(
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
          p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    let Step::Verify(attempt) = step else { panic!("{step:?}") };
    assert_eq!(attempt.evidence, Evidence::Scram(crate::Proof { valid: true }));
    assert_eq!(
        challenge(exchange.accepted(principal(Mechanism::ScramSha256))),
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    );
    assert_eq!(exchange.step(b""), Step::Done(Box::new(principal(Mechanism::ScramSha256))));
    assert_eq!(exchange.step(b""), Step::Fail(Failure::OutOfOrder));
}

/// A client that may say what no honest client says.
fn client(gs2_header: &str, binding: &[u8], user: &str, password: &str) -> Opening {
    Opening {
        gs2_header: gs2_header.to_owned(),
        binding: binding.to_vec(),
        user: user.to_owned(),
        nonce: "abcdef".to_owned(),
        password: Password::new(password).unwrap(),
    }
}

/// Runs an exchange up to the verdict.
fn scram(
    mechanism: Mechanism,
    binding: ChannelBinding,
    gs2_header: &str,
    client_binding: &[u8],
    password: &str,
) -> Result<bool, Failure> {
    let mut exchange = exchange(mechanism, binding);
    let client = client(gs2_header, client_binding, "user", password);
    match exchange.open(Some(&client.message())) {
        Step::Fail(failure) => return Err(failure),
        step => assert_eq!(step, Step::NeedScram("user".to_owned())),
    }
    let first = challenge(exchange.scram_secret(pencil()));
    match exchange.step(&client.answer(first.as_bytes()).unwrap().0) {
        Step::Verify(Attempt { evidence: Evidence::Scram(proof), .. }) => Ok(proof.is_valid()),
        Step::Fail(failure) => Err(failure),
        other => panic!("{other:?}"),
    }
}

#[test]
fn passwords_and_channel_bindings() {
    use ChannelBinding::Absent;
    use Mechanism::{ScramSha256 as Bare, ScramSha256Plus as Plus};
    let refused = Err(Failure::ChannelBinding);
    let named = "p=tls-exporter,,";
    for (case, outcome, expected) in [
        ("right", scram(Bare, Absent, "n,,", b"", "pencil"), Ok(true)),
        ("wrong password", scram(Bare, Absent, "n,,", b"", "pen"), Ok(false)),
        ("client can, server cannot", scram(Bare, Absent, "y,,", b"", "pencil"), Ok(true)),
        ("-PLUS hidden from the client", scram(Bare, exporter(), "y,,", b"", "pencil"), refused),
        ("client cannot", scram(Bare, exporter(), "n,,", b"", "pencil"), Ok(true)),
        ("bound", scram(Plus, exporter(), named, BINDING, "pencil"), Ok(true)),
        ("bound, wrong password", scram(Plus, exporter(), named, BINDING, "pen"), Ok(false)),
        ("bound elsewhere", scram(Plus, exporter(), named, &[8; 32], "pencil"), refused),
        ("-PLUS without p=", scram(Plus, exporter(), "n,,", b"", "pencil"), refused),
        ("p= without -PLUS", scram(Bare, exporter(), named, BINDING, "pencil"), refused),
        ("unknown type", scram(Plus, exporter(), "p=tls-unique,,", BINDING, "pencil"), refused),
        ("-PLUS without TLS", scram(Plus, Absent, named, BINDING, "pencil"), refused),
        ("header changed", scram(Bare, Absent, "n,a=x,", b"y", "pencil"), refused),
    ] {
        assert_eq!(outcome, expected, "{case}");
    }
}

#[test]
fn a_fake_secret_is_never_proven() {
    let mut exchange = exchange(Mechanism::ScramSha256, ChannelBinding::Absent);
    let client = client("n,,", b"", "nobody", "pencil");
    exchange.open(Some(&client.message()));
    let first = challenge(exchange.scram_secret(ScramSecret::fake(b"secret", "nobody")));
    let step = exchange.step(&client.answer(first.as_bytes()).unwrap().0);
    let Step::Verify(attempt) = step else { panic!("{step:?}") };
    assert_eq!(attempt.evidence, Evidence::Scram(crate::Proof { valid: false }));
}

#[test]
fn a_nonce_that_is_not_ours_is_refused() {
    let mut exchange = exchange(Mechanism::ScramSha256, ChannelBinding::Absent);
    exchange.open(Some(b"n,,n=user,r=abc"));
    exchange.scram_secret(pencil());
    let step = exchange.step(b"c=biws,r=abcX,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    assert_eq!(step, Step::Fail(Failure::Malformed("nonce differs")));
}

#[test]
fn plain_with_and_without_an_initial_response() {
    let expected = Attempt::password(Mechanism::Plain, "", "tim", "secret").unwrap();
    let mut at_once = exchange(Mechanism::Plain, ChannelBinding::Absent);
    assert_eq!(at_once.open(Some(b"\0tim\0secret")), Step::Verify(expected.clone()));
    let mut asked = exchange(Mechanism::Plain, ChannelBinding::Absent);
    assert_eq!(asked.open(None), Step::Challenge(Vec::new()));
    assert_eq!(asked.step(b"\0tim\0secret"), Step::Verify(expected));
    let done = asked.accepted(principal(Mechanism::Plain));
    assert_eq!(done, Step::Done(Box::new(principal(Mechanism::Plain))));
}

#[test]
fn login_prompts_for_what_it_lacks() {
    let expected = Attempt::password(Mechanism::Login, "", "tim", "secret").unwrap();
    for initial in [None, Some(&b"tim"[..])] {
        let mut exchange = exchange(Mechanism::Login, ChannelBinding::Absent);
        let mut step = exchange.open(initial);
        if initial.is_none() {
            assert_eq!(step, Step::Challenge(USER_PROMPT.to_vec()));
            step = exchange.step(b"tim");
        }
        assert_eq!(step, Step::Challenge(PASSWORD_PROMPT.to_vec()));
        assert_eq!(exchange.step(b"secret"), Step::Verify(expected.clone()));
    }
}

#[test]
fn cancelled_and_overlong() {
    for mechanism in Mechanism::ALL {
        let mut cancelled = exchange(mechanism, exporter());
        assert_eq!(cancelled.cancel(), Step::Fail(Failure::Cancelled));
        assert_eq!(cancelled.step(b""), Step::Fail(Failure::OutOfOrder));
        let mut long = exchange(mechanism, exporter());
        let response = vec![b'x'; SASL_RESPONSE_OCTETS_MAX + 1];
        assert_eq!(long.open(Some(&response)), Step::Fail(Failure::TooLong));
    }
}

#[test]
fn nobody_is_accepted_before_verification() {
    for mechanism in Mechanism::ALL {
        let mut early = exchange(mechanism, exporter());
        let step = early.accepted(principal(mechanism));
        assert_eq!(step, Step::Fail(Failure::OutOfOrder));
    }
}

proptest! {
    #[test]
    fn no_sequence_of_responses_panics(
        which in 0usize..4,
        responses in prop::collection::vec(
            prop_oneof![
                "[nyp],,n=[a-z=,]{0,5},r=[a-z]{0,5}".prop_map(String::into_bytes),
                "c=biws,r=[a-z]{0,5},p=[A-Za-z=]{0,9}".prop_map(String::into_bytes),
                "[a-z]{0,3}\0[a-z]{0,3}\0[a-z]{0,3}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..40),
            ],
            0..6,
        ),
    ) {
        let mut exchange = exchange(Mechanism::ALL[which], exporter());
        exchange.open(None);
        for response in responses {
            let step = exchange.step(&response);
            prop_assert!(!matches!(step, Step::Done(_)), "done without verification");
            if matches!(step, Step::NeedScram(_)) {
                exchange.scram_secret(ScramSecret::fake(b"s", "u"));
            }
        }
    }
}

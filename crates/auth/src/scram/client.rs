//! The client's side of the exchange, one type per state.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use types::limits::SCRAM_ITERATIONS_MAX;

use super::message;
use super::secret::Keys;
use super::server::{random_nonce, utf8};
use crate::attempt::Password;
use crate::exchange::Failure;
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::prep::prepare;

/// Rounds below which a server is not believed (RFC 7677 section 4): it would be fishing for
/// proofs that are cheap to break.
const ITERATIONS_MIN: u32 = 4096;

/// Before the first message.
#[derive(Debug)]
pub(crate) struct Opening {
    pub gs2_header: String,
    pub binding: Vec<u8>,
    pub user: String,
    pub nonce: String,
    pub password: Password,
}

impl Opening {
    /// Prepares user name and password. Without -PLUS, a binding that could have been used is
    /// mentioned, so that the server can tell whether somebody took -PLUS off its list.
    pub(crate) fn new(
        mechanism: Mechanism,
        binding: ChannelBinding,
        user: &str,
        password: &str,
    ) -> Result<Self, Failure> {
        let (gs2_header, binding) = match (mechanism.needs_channel_binding(), binding) {
            (true, ChannelBinding::TlsExporter(data)) => ("p=tls-exporter,,", data),
            (true, ChannelBinding::Absent) => return Err(Failure::ChannelBinding),
            (false, ChannelBinding::TlsExporter(_)) => ("y,,", Vec::new()),
            (false, ChannelBinding::Absent) => ("n,,", Vec::new()),
        };
        Ok(Opening {
            gs2_header: gs2_header.to_owned(),
            binding,
            user: prepare(user).map_err(|_| Failure::Malformed("bad user name"))?,
            nonce: random_nonce().ok_or(Failure::Entropy)?,
            password: Password::new(password)?,
        })
    }

    /// `client-first-message = gs2-header client-first-message-bare`
    pub(crate) fn message(&self) -> Vec<u8> {
        format!("{}{}", self.gs2_header, self.bare()).into_bytes()
    }

    fn bare(&self) -> String {
        format!("n={},r={}", message::escape(&self.user), self.nonce)
    }

    /// Answers the server's first message with the proof.
    pub(crate) fn answer(&self, challenge: &[u8]) -> Result<(Vec<u8>, Answered), Failure> {
        let server_first = utf8(challenge)?;
        let first = message::server_first(server_first)?;
        if !first.nonce.starts_with(&self.nonce) || first.nonce.len() == self.nonce.len() {
            return Err(Failure::Malformed("nonce differs"));
        }
        if !(ITERATIONS_MIN..=SCRAM_ITERATIONS_MAX).contains(&first.iterations) {
            return Err(Failure::Malformed("iteration count out of range"));
        }
        let salt = STANDARD.decode(first.salt).map_err(|_| Failure::Encoding)?;
        let keys = Keys::derive(&self.password, &salt, first.iterations);
        let binding = STANDARD.encode([self.gs2_header.as_bytes(), &self.binding].concat());
        let without_proof = format!("c={binding},r={}", first.nonce);
        let signed = format!("{},{server_first},{without_proof}", self.bare());
        let proof = STANDARD.encode(keys.prove(signed.as_bytes()));
        let signature = STANDARD.encode(keys.signature(signed.as_bytes()));
        Ok((format!("{without_proof},p={proof}").into_bytes(), Answered { signature }))
    }
}

/// The proof is sent; the server's own is awaited.
#[derive(Debug)]
pub(crate) struct Answered {
    signature: String,
}

impl Answered {
    /// Checks that the server knows the password's secret too.
    pub(crate) fn verify(&self, challenge: &[u8]) -> Result<(), Failure> {
        let verifier = message::verifier(utf8(challenge)?)?;
        let same = verifier.as_bytes().ct_eq(self.signature.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(Failure::Malformed("server does not know us")) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The client of RFC 7677 section 3.
    fn user() -> Opening {
        let opening =
            Opening::new(Mechanism::ScramSha256, ChannelBinding::Absent, "user", "pencil");
        Opening { nonce: "rOprNGfwEbeRWgbNEkqO".to_owned(), ..opening.unwrap() }
    }

    const SERVER_FIRST: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn as_rfc_7677_prints_it() {
        let opening = user();
        assert_eq!(opening.message(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (message, answered) = opening.answer(SERVER_FIRST.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(message).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(answered.verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        for bad in ["v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "e=other-error", "", "v="] {
            assert!(answered.verify(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn servers_that_are_not_believed() {
        for (from, to) in [
            ("i=4096", "i=4095"),
            ("i=4096", "i=4000000000"),
            ("i=4096", "i=x"),
            ("r=rOpr", "r=rOpX"),
            ("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""),
            ("s=W22", "s=!22"),
        ] {
            let challenge = SERVER_FIRST.replace(from, to);
            assert!(user().answer(challenge.as_bytes()).is_err(), "{challenge}");
        }
    }

    #[test]
    fn a_server_may_ask_for_so_many_rounds_and_no_more() {
        for (rounds, legal) in [(SCRAM_ITERATIONS_MAX, true), (SCRAM_ITERATIONS_MAX + 1, false)] {
            let challenge = SERVER_FIRST.replace("i=4096", &format!("i={rounds}"));
            assert_eq!(user().answer(challenge.as_bytes()).is_ok(), legal, "{rounds}");
        }
    }
}

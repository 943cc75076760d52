//! The server session: transcripts, the smuggling matrix, arbitrary input.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::time::Instant;

use proptest::prelude::*;
use smtp::server::{BareNewlines, ConnectorPolicy};
use support::{A_WHILE, Connector, Session, policy, server};
use testkit::transcript::{Settings, check_directory};
use types::limits::{
    MESSAGE_OCTETS_MAX, SMTP_AUTH_LINE_OCTETS_MAX, SMTP_AUTH_ROUNDS_MAX, SMTP_COMMAND_OCTETS_MAX,
    SMTP_INPUT_OCTETS_MAX, SMTP_STRANGER_LOCAL_PART_OCTETS_MAX,
};

#[test]
fn transcripts() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/server");
    check_directory(&directory, Connector::new);
}

/// What ends a message for one server or another, and whether a bare CR or LF is in it. Only
/// CRLF.CRLF ends it for us.
const TERMINATORS: [(&str, bool); 9] = [
    ("\n.\n", true),
    ("\n.\r\n", true),
    ("\r.\r", true),
    ("\r.\r\n", true),
    ("\r\n.\n", true),
    ("\r\n.\r", true),
    ("\r\n\0.\r\n", false),
    ("\r\n.\0\r\n", false),
    (CRCRLF, true),
];

/// Its last five octets are the terminator: with DATA, what follows is no content but the
/// peer's own next commands, as any server sees it.
const CRCRLF: &str = "\r\r\n.\r\n";

/// The message an attacker hides behind a terminator.
const HIDDEN: &str = "MAIL FROM:<ceo@example.test>\r\nRCPT TO:<victim@example.test>\r\n\
                      DATA\r\nhidden\r\n";

/// Runs a whole session and returns the messages taken and everything that was sent.
fn outcome(policy: ConnectorPolicy, logged_in: bool, input: &str) -> (Vec<Vec<u8>>, String) {
    let mut now = Instant::now();
    let mut session = Session::new(server(policy, logged_in, now), "", now);
    session.output();
    let login = if logged_in { "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n" } else { "" };
    let head = "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@example.test>\r\n";
    let mut replies = Vec::new();
    for block in ["EHLO x\r\n", login, head].into_iter().chain(input.split_inclusive("DATA\r\n")) {
        session.input(now, block.as_bytes());
        replies = session.output();
        while !session.closed && session.server.deadline().is_some_and(|at| at <= now + A_WHILE) {
            now += A_WHILE;
            session.server.advance(now);
            replies.extend(session.output());
        }
    }
    (session.messages, String::from_utf8(replies).unwrap())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Framing {
    Data,
    Bdat,
}

fn smuggle(framing: Framing, terminator: &str) -> String {
    let content = format!("Subject: x\r\n\r\nbody{terminator}{HIDDEN}");
    match framing {
        Framing::Data => format!("DATA\r\n{content}\r\n.\r\n"),
        Framing::Bdat => format!("BDAT {} LAST\r\n{content}", content.len()),
    }
}

#[test]
fn smuggling_matrix() {
    let stranger = ConnectorPolicy { unthrottled: true, ..policy(&Settings::new()) };
    let domain = stranger.default_domain.clone();
    let submission = ConnectorPolicy::client_frontend("MAIL", "mail.example.test", domain);
    for (terminator, bare) in TERMINATORS {
        for framing in [Framing::Data, Framing::Bdat] {
            if framing == Framing::Data && terminator == CRCRLF {
                continue;
            }
            for (policy, logged_in) in [(&stranger, false), (&submission, true)] {
                let input = smuggle(framing, terminator);
                let (messages, replies) = outcome(policy.clone(), logged_in, &input);
                let case = format!("{terminator:?} {framing:?} logged in: {logged_in}: {replies}");
                let refused = bare && !logged_in;
                assert_eq!(messages.len(), usize::from(!refused), "{case}");
                assert_eq!(replies.contains("550 5.6.11"), refused, "{case}");
                assert!(messages.iter().all(|content| !has_bare(content)), "{case}");
                assert!(messages.iter().all(|content| contains(content, HIDDEN)), "{case}");
            }
        }
    }
}

#[test]
fn a_bare_cr_before_the_terminator_is_refused() {
    let policy = ConnectorPolicy { unthrottled: true, ..policy(&Settings::new()) };
    let (messages, replies) = outcome(policy, false, &format!("DATA\r\nbody{CRCRLF}"));
    assert!(messages.is_empty());
    assert!(replies.starts_with("550 5.6.11 "), "{replies}");
}

#[test]
fn listed_devices_are_normalized() {
    let mut policy = policy(&Settings::new());
    policy.bare_newlines = BareNewlines::Normalize;
    let (messages, _) = outcome(policy, false, "DATA\r\na\nb\n.\nc\r\n.\r\n");
    assert_eq!(messages, [b"a\r\nb\r\n.\r\nc\r\n"]);
}

/// BINARYMIME keeps every octet.
#[test]
fn binary_content_is_kept() {
    let now = Instant::now();
    let mut session = Session::new(server(policy(&Settings::new()), false, now), "", now);
    session.output();
    session.input(now, b"EHLO x\r\n");
    session.output();
    session.input(now, b"MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<c@example.test>\r\n");
    session.input(now, b"BDAT 6 LAST\r\na\nb\rc\r");
    session.output();
    assert_eq!(session.messages, [b"a\nb\rc\r"]);
}

/// Overlong lines are refused, and what follows them is served.
#[test]
fn long_lines() {
    const FAILED: &str = "535 5.7.3 Authentication unsuccessful\r\n";
    let words = |length: usize| "YWFh".repeat(length / 4);
    let noop = |octets: usize| format!("NOOP {}", "x".repeat(octets - "NOOP \r\n".len()));
    let secured = Settings::from([
        ("connector".to_owned(), "submission".to_owned()),
        ("with".to_owned(), "unthrottled".to_owned()),
    ]);
    for (before, line, reply) in [
        ("", noop(SMTP_COMMAND_OCTETS_MAX + 1), "500 5.5.2 Line too long\r\n"),
        ("", noop(SMTP_COMMAND_OCTETS_MAX), "250 2.0.0 OK\r\n"),
        ("", format!("AUTH PLAIN {}", words(SMTP_AUTH_LINE_OCTETS_MAX - 16)), FAILED),
        ("", format!("AUTH PLAIN {}", words(SMTP_AUTH_LINE_OCTETS_MAX)), "500 5.5.6 *"),
        ("AUTH LOGIN\r\n", words(SMTP_AUTH_LINE_OCTETS_MAX - 4), FAILED),
        ("AUTH LOGIN\r\n", words(SMTP_AUTH_LINE_OCTETS_MAX), "500 5.5.6 *"),
    ] {
        let now = Instant::now();
        let mut session = Session::new(server(policy(&secured), true, now), "", now);
        session.output();
        session.input(now, b"EHLO client.test\r\n");
        session.output();
        session.input(now, before.as_bytes());
        session.output();
        for part in format!("{line}\r\n").as_bytes().chunks(1000) {
            session.input(now, part);
            assert!(session.server.wants_input());
        }
        let found = String::from_utf8(session.output()).unwrap();
        assert!(found.starts_with(reply.trim_end_matches('*')), "{found} for {}", line.len());
        session.input(now, b"NOOP\r\n");
        assert_eq!(session.output(), b"250 2.0.0 OK\r\n");
    }
}

/// A session that has said EHLO, without tarpits.
fn greeted(settings: &[(&str, &str)], tls: bool) -> Session {
    let pairs = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let policy = ConnectorPolicy { unthrottled: true, ..policy(&pairs.collect()) };
    let now = Instant::now();
    let mut session = Session::new(server(policy, tls, now), "", now);
    session.output();
    answer(&mut session, "EHLO client.test");
    session
}

fn answer(session: &mut Session, line: &str) -> String {
    session.input(Instant::now(), format!("{line}\r\n").as_bytes());
    String::from_utf8(session.output()).unwrap()
}

#[test]
fn no_more_is_read_than_a_session_may_hold() {
    let mut session = greeted(&[], false);
    let commands = b"NOOP\r\n".repeat(SMTP_INPUT_OCTETS_MAX / 6 + 1);
    let (within, rest) = commands.split_at(SMTP_INPUT_OCTETS_MAX - 1);
    session.input(Instant::now(), within);
    assert!(session.server.wants_input());
    session.input(Instant::now(), rest);
    assert!(!session.server.wants_input());
    session.output();
    assert!(session.server.wants_input());
}

#[test]
fn strangers_write_to_local_parts_of_the_usual_length() {
    let rcpt = |octets: usize| format!("RCPT TO:<{}@example.test>", "x".repeat(octets));
    let beyond = rcpt(SMTP_STRANGER_LOCAL_PART_OCTETS_MAX + 1);
    let mut stranger = greeted(&[], false);
    answer(&mut stranger, "MAIL FROM:<a@b.test>");
    let within = answer(&mut stranger, &rcpt(SMTP_STRANGER_LOCAL_PART_OCTETS_MAX));
    assert!(within.starts_with("250 "), "{within}");
    let refused = answer(&mut stranger, &beyond);
    assert!(refused.starts_with("501 "), "{refused}");
    let mut user = greeted(&[("connector", "submission")], true);
    answer(&mut user, "AUTH PLAIN AGFsaWNlAHNlY3JldA==");
    answer(&mut user, "MAIL FROM:<a@b.test>");
    let taken = answer(&mut user, &beyond);
    assert!(taken.starts_with("250 "), "{taken}");
}

#[test]
fn a_sasl_exchange_has_an_end() {
    let mut session = greeted(&[("connector", "submission")], true);
    let mut rounds = 0;
    let mut said = answer(&mut session, "AUTH PLAIN");
    while said.starts_with("334 ") {
        rounds += 1;
        assert!(rounds <= SMTP_AUTH_ROUNDS_MAX);
        said = answer(&mut session, "YWdhaW4=");
    }
    assert!(said.starts_with("535 5.7.3 "), "{said}");
    assert_eq!(rounds, SMTP_AUTH_ROUNDS_MAX);
}

#[test]
fn a_connector_takes_messages_of_the_usual_size() {
    for (octets, code) in [(MESSAGE_OCTETS_MAX, "250 "), (MESSAGE_OCTETS_MAX + 1, "552 ")] {
        let said = answer(&mut greeted(&[], false), &format!("MAIL FROM:<> SIZE={octets}"));
        assert!(said.starts_with(code), "{octets}: {said}");
    }
}

fn contains(content: &[u8], text: &str) -> bool {
    content.windows(text.len()).any(|window| window == text.as_bytes())
}

fn has_bare(content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content).replace("\r\n", "");
    text.contains(['\r', '\n'])
}

/// Words of the protocol and fragments of them, so that random input gets somewhere.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "EHLO a\r\n",
        "HELO\r\n",
        "LHLO a\r\n",
        "MAIL FROM:<a@b>\r\n",
        "RCPT TO:<c@d>\r\n",
        "RCPT TO:<nobody@d>\r\n",
        "DATA\r\n",
        "BDAT 5\r\n",
        "BDAT 3 LAST\r\n",
        "abc",
        "\r\n.\r\n",
        "\n.\n",
        "RSET\r\n",
        "AUTH PLAIN\r\n",
        "AUTH LOGIN\r\n",
        "YWxpY2U=\r\n",
        "*\r\n",
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
        "STARTTLS\r\n",
        "QUIT\r\n",
        "NOOP",
        "\r",
        "\n",
        "MAIL FROM:<> BODY=BINARYMIME\r\n",
        "VIRUS",
        "BOUNCE",
        "BDAT 99999999999\r\n",
    ]);
    prop_oneof![
        4 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

proptest! {
    #[test]
    fn arbitrary_input_never_panics(
        parts in prop::collection::vec((fragment(), 0u8..8), 0..40),
        lmtp: bool, submission: bool,
    ) {
        let mut settings = Settings::new();
        if lmtp {
            settings.insert("with".to_owned(), "lmtp cleartext-auth".to_owned());
        }
        if submission {
            settings.insert("connector".to_owned(), "submission".to_owned());
        }
        let mut now = Instant::now();
        let mut session = Session::new(server(policy(&settings), submission, now), "", now);
        for (bytes, act) in parts {
            session.input(now, &bytes);
            match act {
                0 => now += A_WHILE,
                1 => session.server.tls_started(now, support::tls_info()),
                2 => {}
                _ => drop(session.output()),
            }
            session.server.advance(now);
        }
        session.server.end_of_input(now);
        session.output();
        session.server.advance(now + A_WHILE);
        session.output();
        prop_assert!(session.closed || !session.server.wants_input());
    }
}

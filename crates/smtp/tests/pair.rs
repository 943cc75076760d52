//! Our client talking to our server, without IO: what goes in comes out.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Instant;

use proptest::prelude::*;
use smtp::client::{
    Action, Client, ClientPolicy, ContentInfo, Credentials, Envelope, Outcome, Recipient,
    RecipientResult,
};
use smtp::protocol_log::{Entry, Event};
use smtp::server::{BareNewlines, ConnectorPolicy};
use support::{Session, policy, server};
use testkit::transcript::Settings;
use types::{Address, BodyType, Domain, ReversePath};

fn envelope(content: ContentInfo) -> Envelope {
    Envelope {
        reverse_path: ReversePath::Null,
        recipients: ["bob@example.test", "carol@example.test"]
            .map(|text| Recipient::new(Address::parse(text).unwrap()))
            .to_vec(),
        ret: None,
        envid: None,
        require_tls: false,
        content,
    }
}

/// Sends one message; bytes cross in pieces of `piece` octets. Returns what the server has.
fn send(
    content: &[u8],
    info: ContentInfo,
    switches: &str,
    piece: usize,
) -> (Vec<Vec<u8>>, Outcome) {
    let settings = Settings::from([("with".to_owned(), format!("unthrottled {switches}"))]);
    let server = ConnectorPolicy { bare_newlines: BareNewlines::Reject, ..policy(&settings) };
    let talk = talk(content, info, server, ClientPolicy::new("us.example.test"), piece);
    (talk.messages, talk.outcome)
}

/// What a conversation brought.
struct Talk {
    messages: Vec<Vec<u8>>,
    outcome: Outcome,
    /// The protocol logs of client and server.
    logs: [Vec<Entry>; 2],
}

fn talk(
    content: &[u8],
    info: ContentInfo,
    theirs: ConnectorPolicy,
    ours: ClientPolicy,
    piece: usize,
) -> Talk {
    let now = Instant::now();
    let mut session = Session::new(server(theirs, true, now), "", now);
    let mut client = Client::new(ours, true, now);
    let mut log = Vec::new();
    let (mut rest, mut sent, mut outcome) = (content, false, None);
    loop {
        for bytes in session.output().chunks(piece) {
            client.input(now, bytes);
        }
        while let Some(action) = client.poll() {
            match action {
                Action::Send(bytes) => {
                    for bytes in bytes.chunks(piece) {
                        session.input(now, bytes);
                    }
                }
                Action::Ready if sent => client.quit(now),
                Action::Ready => {
                    sent = true;
                    client.deliver(now, envelope(info));
                }
                Action::Rewind => rest = content,
                Action::NeedContent if rest.is_empty() => client.end_of_content(now),
                Action::NeedContent => {
                    let (head, tail) = rest.split_at(rest.len().min(piece));
                    rest = tail;
                    client.content(now, head);
                }
                Action::Done(done) => outcome = Some(done),
                Action::Close(fault) => {
                    assert_eq!(fault, None);
                    let (messages, outcome) = (session.messages, outcome.unwrap());
                    return Talk { messages, outcome, logs: [log, session.entries] };
                }
                Action::Log(entry) => log.push(entry),
                Action::StartTls | Action::Downgrade(_) => unreachable!("{action:?}"),
            }
        }
    }
}

/// Content with every newline as CRLF and one at the end.
fn as_lines(content: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(content).replace("\r\n", "\n").replace('\r', "\n");
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}").replace('\n', "\r\n").into_bytes()
}

proptest! {
    /// By DATA, with or without pipelining, any text arrives as lines, as one message, and
    /// strictest rules on bare newlines find nothing.
    #[test]
    fn text_arrives_as_lines(content in "[a.\r\n]{0,30}", plain: bool, piece in 1usize..40) {
        let switches = if plain { "plain" } else { "" };
        let (messages, outcome) =
            send(content.as_bytes(), ContentInfo::default(), switches, piece);
        prop_assert_eq!(messages, [as_lines(content.as_bytes())]);
        let taken = |result: &RecipientResult| matches!(result, RecipientResult::Taken { .. });
        prop_assert!(outcome.recipients.len() == 2 && outcome.recipients.iter().all(taken));
    }

    /// By BDAT every octet arrives as it was.
    #[test]
    fn binary_arrives_as_it_is(content: Vec<u8>, declared: bool, piece in 1usize..40) {
        let info = match declared {
            true => ContentInfo { body: BodyType::BinaryMime, ..ContentInfo::default() },
            false => ContentInfo { bare_newlines: true, ..ContentInfo::default() },
        };
        let (messages, _) = send(&content, info, "", piece);
        prop_assert_eq!(messages, [content]);
    }
}

/// Both sides keep the same conversation, without the password and without the message.
#[test]
fn protocol_logs_mirror_each_other() {
    let domain = Domain::parse("example.test").unwrap();
    let theirs = ConnectorPolicy {
        protocol_logging: true,
        sasl: vec!["LOGIN".to_owned()],
        ..ConnectorPolicy::client_frontend("MAIL", "mail.example.test", domain)
    };
    let credentials = Credentials {
        user: "alice".to_owned(),
        password: "secret".to_owned(),
        allow_cleartext: false,
    };
    let ours = ClientPolicy {
        protocol_logging: true,
        credentials: Some(credentials),
        ..ClientPolicy::new("us.example.test")
    };
    let talk = talk(b"Subject: x\r\n\r\nhush\r\n", ContentInfo::default(), theirs, ours, 1000);
    let lines = |log: &[Entry], event| -> Vec<String> {
        log.iter().filter(|e| e.event == event).map(|e| e.data.clone()).collect()
    };
    let [ours, theirs] = &talk.logs;
    assert_eq!(lines(ours, Event::Send), lines(theirs, Event::Receive));
    assert_eq!(lines(ours, Event::Receive), lines(theirs, Event::Send));
    assert_eq!(
        lines(ours, Event::Send)[..4],
        ["EHLO us.example.test", "AUTH LOGIN"]
            .into_iter()
            .chain(["<authentication response>"; 2])
            .collect::<Vec<_>>()
    );
    let all = format!("{:?}", talk.logs);
    for hidden in ["secret", "c2VjcmV0", "YWxpY2U="] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    // The server of these tests repeats the message in its reply; nobody else shows it.
    assert!(!lines(ours, Event::Send).concat().contains("hush"));
    let ends = theirs.iter().filter(|entry| entry.event == Event::Disconnect).count();
    assert_eq!(ends, 1);
    assert!(theirs.contains(&Entry::information("alice@example.test", "authenticated")));
}

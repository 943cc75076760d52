//! Our client talking to our server, without IO: what goes in comes out.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Instant;

use proptest::prelude::*;
use smtp::client::{
    Action, Client, ClientPolicy, ContentInfo, Envelope, Outcome, Recipient, RecipientResult,
};
use smtp::codec::BodyType;
use smtp::server::BareNewlines;
use support::{Session, policy, server};
use testkit::transcript::Settings;
use types::{Address, ReversePath};

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
    let now = Instant::now();
    let settings = Settings::from([("with".to_owned(), format!("unthrottled {switches}"))]);
    let mut policy = policy(&settings);
    policy.bare_newlines = BareNewlines::Reject;
    let mut session = Session::new(server(policy, false, now), "", now);
    let mut client = Client::new(ClientPolicy::new("us.example.test"), true, now);
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
                    return (session.messages, outcome.unwrap());
                }
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

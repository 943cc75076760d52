//! The client session against scripted servers, and against our own server session.
#![allow(clippy::unwrap_used)]

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use smtp::client::{
    Action, Client, ClientPolicy, ContentInfo, Credentials, Envelope, Recipient, RecipientResult,
    TlsMode,
};
use smtp::codec::RcptParams;
use smtp::protocol_log::Entry;
use smtp::server::Protocol;
use testkit::transcript::{Machine, Settings, check_directory};
use types::{Address, BodyType, Notify, OriginalRecipient, Return, ReversePath};

#[test]
fn transcripts() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/client");
    check_directory(&directory, Sender::new);
}

/// A client that sends the messages a transcript's settings describe. What it reports stands
/// in brackets between the bytes it sends.
struct Sender {
    settings: Settings,
    client: Option<Client>,
    messages: usize,
    rest: Vec<u8>,
    now: Instant,
    closed: bool,
    entries: Vec<Entry>,
}

/// Small, so that dots and line ends fall on borders.
const PIECE_OCTETS: usize = 5;

impl Sender {
    fn new(settings: &Settings) -> Self {
        let messages = settings.get("messages").map_or(1, |count| count.parse().unwrap());
        let (rest, now) = (Vec::new(), Instant::now());
        let settings = settings.clone();
        let entries = Vec::new();
        Sender { settings, client: None, messages, rest, now, closed: false, entries }
    }

    fn has(&self, name: &str) -> bool {
        self.settings.get("with").is_some_and(|words| words.split(' ').any(|word| word == name))
    }

    fn policy(&self) -> ClientPolicy {
        let tls = match self.settings.get("tls").map(String::as_str) {
            Some("may") => TlsMode::May,
            Some("require") => TlsMode::Require,
            Some("require-onward") => TlsMode::RequireOnward,
            _ => TlsMode::None,
        };
        let credentials = self.settings.get("login").map(|user| Credentials {
            user: user.clone(),
            password: "secret".to_owned(),
            allow_cleartext: self.has("cleartext-login"),
        });
        let protocol = if self.has("lmtp") { Protocol::Lmtp } else { Protocol::Smtp };
        ClientPolicy {
            protocol,
            tls,
            credentials,
            force_helo: self.has("force-helo"),
            protocol_logging: true,
            ..ClientPolicy::new("us.example.test")
        }
    }

    fn body(&self) -> BodyType {
        match self.settings.get("body").map(String::as_str) {
            Some("8bit") => BodyType::EightBitMime,
            Some("binary") => BodyType::BinaryMime,
            _ => BodyType::SevenBit,
        }
    }

    fn content_info(&self) -> ContentInfo {
        ContentInfo {
            octets: self.settings.get("octets").map(|text| text.parse().unwrap()),
            body: self.body(),
            utf8_header: self.has("utf8-header"),
            bare_newlines: self.has("bare-newlines"),
        }
    }

    fn envelope(&self) -> Envelope {
        let from = self.settings.get("from").map_or("alice@example.test", String::as_str);
        let reverse_path = match from {
            "<>" => ReversePath::Null,
            from => ReversePath::Address(Address::parse(from).unwrap()),
        };
        let to = self.settings.get("to").map_or("bob@there.test", String::as_str);
        let dsn = self.has("dsn");
        Envelope {
            reverse_path,
            recipients: to.split(' ').map(|text| recipient(text, dsn)).collect(),
            ret: dsn.then_some(Return::Headers),
            envid: dsn.then(|| "id=1".to_owned()),
            require_tls: self.has("require-tls"),
            content: self.content_info(),
        }
    }

    fn message(&self) -> Vec<u8> {
        let text = self.settings.get("content").map_or("Hi\\r\\n", String::as_str);
        text.replace("\\r", "\r").replace("\\n", "\n").into_bytes()
    }

    fn act(&mut self, action: Action, out: &mut Vec<u8>) {
        let now = self.now;
        match action {
            Action::Send(bytes) => out.extend(bytes),
            Action::Log(entry) => self.entries.push(entry),
            Action::StartTls => out.extend(b"[tls]\r\n"),
            Action::Ready if self.messages == 0 => self.client().quit(now),
            Action::Ready => {
                self.messages -= 1;
                let envelope = self.envelope();
                self.client().deliver(now, envelope);
            }
            Action::Rewind => self.rest = self.message(),
            Action::NeedContent if self.rest.is_empty() => self.client().end_of_content(now),
            Action::NeedContent => {
                let tail = self.rest.split_off(self.rest.len().min(PIECE_OCTETS));
                let piece = std::mem::replace(&mut self.rest, tail);
                self.client().content(now, &piece);
            }
            Action::Downgrade(body) => {
                let content = ContentInfo { body, ..self.content_info() };
                let content = self.has("converter").then_some(content);
                self.client().downgraded(now, content);
            }
            Action::Done(outcome) => {
                for result in outcome.recipients {
                    out.extend(show(result).as_bytes());
                }
            }
            Action::Close(fault) => {
                self.closed = true;
                let text = fault.map_or("closed".to_owned(), |fault| fault.to_string());
                out.extend(format!("[{text}]\r\n").as_bytes());
            }
        }
    }

    fn client(&mut self) -> &mut Client {
        self.client.as_mut().unwrap()
    }
}

fn recipient(text: &str, dsn: bool) -> Recipient {
    let address = Address::parse(text).unwrap();
    let params = RcptParams {
        notify: Some(Notify { success: true, failure: true, delay: false }),
        orcpt: Some(OriginalRecipient {
            address_type: "rfc822".to_owned(),
            address: "b+b@old.test".to_owned(),
        }),
    };
    Recipient { params: if dsn { params } else { RcptParams::default() }, address }
}

fn show(result: RecipientResult) -> String {
    match result {
        RecipientResult::Taken { reply, passed_dsn } => {
            format!("[taken{} {reply}]\r\n", if passed_dsn { " with dsn" } else { "" })
        }
        RecipientResult::Failed(fault) => format!("[failed {}]\r\n", fault.reply()),
    }
}

impl Machine for Sender {
    fn connect(&mut self, _id: u32, now: Instant) {
        self.now = now;
        self.client = Some(Client::new(self.policy(), self.has("implicit-tls"), now));
    }

    fn input(&mut self, _id: u32, now: Instant, bytes: &[u8]) {
        self.now = now;
        self.client().input(now, bytes);
    }

    fn output(&mut self, _id: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(action) = self.client().poll() {
            self.act(action, &mut out);
        }
        out
    }

    fn closed(&self, _id: u32) -> bool {
        self.closed
    }

    fn advance(&mut self, to: Instant) {
        self.now = to;
        self.client().advance(to);
    }

    fn event(&mut self, _id: u32, now: Instant, word: &str) {
        let client = self.client();
        match word {
            "tls" => client.tls_started(now),
            "tls-failed" => client.tls_failed(now, &io::Error::other("UnknownIssuer")),
            "tls-lost" => client.tls_failed(now, &io::ErrorKind::UnexpectedEof.into()),
            "eof" => client.end_of_input(now),
            other => panic!("no event {other}"),
        }
    }
}

/// Replies of a server that may do anything.
fn reply() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "220 x\r\n",
        "250 x\r\n",
        "250-x\r\n250-PIPELINING\r\n250-DSN\r\n250 LIMITS RCPTMAX=1\r\n",
        "250-x\r\n250-CHUNKING\r\n250 BINARYMIME\r\n",
        "250-x\r\n250 STARTTLS\r\n",
        "354 x\r\n",
        "250-x\r\n250 AUTH LOGIN PLAIN\r\n",
        "334 \r\n",
        "235 x\r\n",
        "452 4.5.3 x\r\n",
        "550 x\r\n",
        "421 x\r\n",
        "25",
        "0 x\r\n",
        "junk\r\n",
    ]);
    prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

proptest! {
    /// Whatever the server says, nothing panics and each message given comes back once.
    #[test]
    fn any_server_gives_one_outcome_per_message(
        replies in prop::collection::vec(reply(), 0..40), lmtp: bool, tls: bool, login: bool,
        body in prop::sample::select(vec!["7bit", "8bit", "binary"]),
    ) {
        let mut settings = Settings::new();
        settings.insert("with".to_owned(), format!("{} cleartext-login", if lmtp { "lmtp" } else { "" }));
        settings.insert("to".to_owned(), "a@a.test b@b.test c@b.test".to_owned());
        settings.insert("messages".to_owned(), "2".to_owned());
        settings.insert("body".to_owned(), body.to_owned());
        if tls {
            settings.insert("tls".to_owned(), "may".to_owned());
        }
        if login {
            settings.insert("login".to_owned(), "alice".to_owned());
        }
        let mut now = Instant::now();
        let mut sender = Sender::new(&settings);
        sender.connect(1, now);
        let mut out = Vec::new();
        for bytes in ["220 x\r\n".as_bytes().to_vec()].into_iter().chain(replies) {
            sender.input(1, now, &bytes);
            out.extend(sender.output(1));
            sender.client().tls_started(now);
        }
        now += Duration::from_secs(3600);
        sender.advance(now);
        out.extend(sender.output(1));
        let text = String::from_utf8_lossy(&out);
        let results = text.matches("[taken").count() + text.matches("[failed").count();
        prop_assert_eq!(results, (2 - sender.messages) * 3, "{}", text);
    }
}

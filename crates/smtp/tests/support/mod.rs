//! A world around the server session: a backend with simple rules, driven without sockets.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smtp::codec::{Enhanced, Reply};
use smtp::protocol_log::Entry;
use smtp::server::{
    Action, Answer, AuthMechanisms, ConnectorPolicy, Identity, Peer, PermissionGroups, Protocol,
    Question, Sasl, SaslAnswer, Server, SizeEnabled, TlsInfo, Verdict,
};
use testkit::transcript::{Machine, Settings};
use types::{Domain, Timestamp};

/// The connector that the settings of a transcript describe.
pub fn policy(settings: &Settings) -> ConnectorPolicy {
    let domain = Domain::parse("example.test").unwrap();
    let fqdn = "mail.example.test";
    let mut policy = match settings.get("connector").map(String::as_str) {
        Some("submission") => ConnectorPolicy::client_frontend("MAIL", fqdn, domain),
        Some("custom") => ConnectorPolicy::custom("Relay", fqdn, domain),
        None => ConnectorPolicy::default_frontend("MAIL", fqdn, domain),
        Some(other) => panic!("no connector {other}"),
    };
    let number = |name: &str| settings.get(name).map(|text| text.parse::<u64>().unwrap());
    if let Some(octets) = number("message-octets") {
        policy.limits.message_octets_max = octets;
    }
    if let Some(octets) = number("header-octets") {
        policy.limits.header_octets_max = octets.try_into().unwrap();
    }
    if let Some(recipients) = number("recipients") {
        policy.limits.recipients_max = recipients.try_into().unwrap();
    }
    if let Some(hops) = number("hops") {
        policy.limits.stranger_hops_max = hops.try_into().unwrap();
    }
    for switch in settings.get("with").into_iter().flat_map(|text| text.split_whitespace()) {
        turn_on(&mut policy, switch);
    }
    policy
}

fn turn_on(policy: &mut ConnectorPolicy, switch: &str) {
    let extensions = &mut policy.extensions;
    match switch {
        "unthrottled" => policy.unthrottled = true,
        "lmtp" => policy.protocol = Protocol::Lmtp,
        "require-tls" => policy.require_tls = true,
        "require-ehlo-domain" => policy.require_ehlo_domain = true,
        "banner" => policy.banner = Some("mail.example.test hello".to_owned()),
        "cleartext-auth" => policy.auth = AuthMechanisms::TLS | AuthMechanisms::BASIC_AUTH,
        "no-tls" => policy.auth = AuthMechanisms::NONE,
        "servers-only" => policy.permission_groups = PermissionGroups::EXCHANGE_SERVERS,
        "external" => {
            policy.auth = AuthMechanisms::EXTERNAL_AUTHORITATIVE;
            policy.permission_groups = PermissionGroups::EXCHANGE_SERVERS;
        }
        "plain" => {
            extensions.size = SizeEnabled::Disabled;
            extensions.pipelining = false;
            extensions.dsn = false;
            extensions.enhanced_status_codes = false;
            extensions.eight_bit_mime = false;
            extensions.chunking = false;
            extensions.smtp_utf8 = false;
            extensions.limits = false;
        }
        "bare-size" => extensions.size = SizeEnabled::EnabledWithoutValue,
        other => panic!("no switch {other}"),
    }
}

/// 20 November 2026, 10:15:30 UTC.
const CONNECTED_AT: i64 = 1_795_169_730;

/// A new session, as the listener would make it.
pub fn server(policy: ConnectorPolicy, tls: bool, now: Instant) -> Server {
    let peer = Peer {
        address: "192.0.2.7:40000".parse().unwrap(),
        connected_at: Timestamp::from_secs(CONNECTED_AT),
        tls: tls.then(tls_info),
    };
    Server::new(Arc::new(policy), peer, now)
}

pub fn tls_info() -> TlsInfo {
    TlsInfo { version: "TLSv1.3".to_owned(), exporter: Some(vec![7; 32]), ..TlsInfo::default() }
}

/// One session with a backend of fixed rules:
/// * `nobody@` is unknown, `later@` greylisted, `gone@` ends the service;
/// * the sender `spammer@` is refused;
/// * the password is `secret`, with PLAIN and LOGIN;
/// * content that contains `VIRUS` is refused while it comes, `BOUNCE` at the end;
/// * accepted content is shown in the reply.
pub struct Session {
    pub server: Server,
    pub closed: bool,
    refuse: String,
    content: Vec<u8>,
    pub messages: Vec<Vec<u8>>,
    pub aborts: usize,
    pub entries: Vec<Entry>,
    now: Instant,
}

impl Session {
    pub fn new(server: Server, refuse: &str, now: Instant) -> Self {
        let (content, messages) = (Vec::new(), Vec::new());
        let refuse = refuse.to_owned();
        let entries = Vec::new();
        Session { server, closed: false, refuse, content, messages, aborts: 0, entries, now }
    }

    pub fn input(&mut self, now: Instant, bytes: &[u8]) {
        self.now = now;
        self.server.input(now, bytes);
    }

    /// Runs the session until it needs more; what it sends.
    pub fn output(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(action) = self.server.poll() {
            match action {
                Action::Send(bytes) => out.extend(bytes),
                Action::Ask(question) => {
                    let answer = self.decide(question);
                    self.server.answer(self.now, answer);
                }
                Action::Abort => {
                    self.content.clear();
                    self.aborts += 1;
                }
                Action::StartTls => {}
                Action::Log(entry) => self.entries.push(entry),
                Action::Close => self.closed = true,
            }
        }
        out
    }

    fn decide(&mut self, question: Question) -> Answer {
        match question {
            Question::Connect => self.unless_told("connect"),
            Question::Hello(_) => self.unless_told("hello"),
            Question::Authenticate(step) => Answer::Sasl(sasl(step)),
            Question::MailFrom(path, _) => match path.to_string() {
                path if path.contains("spammer@") => {
                    refuse(554, Enhanced(5, 1, 0), "Sender denied")
                }
                _ => Answer::Verdict(Verdict::Accept),
            },
            Question::RcptTo(address, _) => rcpt(address.local.as_str()),
            Question::Begin => self.unless_told("begin"),
            Question::Data(piece) => self.piece(piece),
            Question::EndOfData => self.finish(),
        }
    }

    fn unless_told(&self, step: &str) -> Answer {
        if self.refuse == step {
            refuse(554, Enhanced(5, 7, 1), "Not here")
        } else {
            Answer::Verdict(Verdict::Accept)
        }
    }

    fn piece(&mut self, piece: Vec<u8>) -> Answer {
        self.content.extend(piece);
        if self.content.windows(5).any(|five| five == b"VIRUS") {
            return refuse(550, Enhanced(5, 7, 1), "Infected");
        }
        Answer::Verdict(Verdict::Accept)
    }

    fn finish(&mut self) -> Answer {
        let content = std::mem::take(&mut self.content);
        if content.windows(6).any(|six| six == b"BOUNCE") {
            return refuse(550, Enhanced(5, 6, 0), "Content refused");
        }
        let text = format!("[{}]", content.escape_ascii());
        self.messages.push(content);
        let recipients = self.server.transaction().unwrap().recipients.iter();
        let reply = |name: &str| Reply::new(250, Enhanced(2, 6, 0), &format!("{name}{text}"));
        match self.server.session().protocol {
            Protocol::Smtp => Answer::Finished(vec![reply("")]),
            Protocol::Lmtp => Answer::Finished(
                recipients.map(|(address, _)| reply(&format!("{address} "))).collect(),
            ),
        }
    }
}

fn refuse(code: u16, enhanced: Enhanced, text: &str) -> Answer {
    Answer::Verdict(Verdict::Refuse(Reply::new(code, enhanced, text)))
}

fn rcpt(local: &str) -> Answer {
    match local {
        "nobody" => refuse(550, Enhanced(5, 1, 1), "User unknown"),
        "later" => refuse(451, Enhanced(4, 7, 1), "Try again later"),
        "gone" => refuse(421, Enhanced(4, 3, 2), "Service not available"),
        _ => Answer::Verdict(Verdict::Accept),
    }
}

fn sasl(step: Sasl) -> SaslAnswer {
    let user =
        |groups| SaslAnswer::Accept(Identity { name: "alice@example.test".to_owned(), groups });
    match step {
        Sasl::Start(name, None) if name == "PLAIN" => SaslAnswer::Challenge(Vec::new()),
        Sasl::Start(name, None) if name == "LOGIN" => SaslAnswer::Challenge(b"Username:".to_vec()),
        Sasl::Start(name, None) if name == "SCRAM-SHA-256" => {
            SaslAnswer::Fail(Reply::new(454, Enhanced(4, 7, 0), "Temporary failure"))
        }
        Sasl::Start(_, Some(bytes)) | Sasl::Response(bytes) => match &bytes[..] {
            b"\0alice\0secret" | b"secret" => user(PermissionGroups::EXCHANGE_USERS),
            b"alice" => SaslAnswer::Challenge(b"Password:".to_vec()),
            b"again" => SaslAnswer::Challenge(b"again".to_vec()),
            b"\0server\0secret" => user(PermissionGroups::EXCHANGE_SERVERS),
            _ => SaslAnswer::Reject,
        },
        Sasl::Start(..) => SaslAnswer::Reject,
    }
}

/// Transcript connections to one connector.
pub struct Connector {
    settings: Settings,
    sessions: BTreeMap<u32, Session>,
}

impl Connector {
    pub fn new(settings: &Settings) -> Self {
        Connector { settings: settings.clone(), sessions: BTreeMap::new() }
    }
}

impl Machine for Connector {
    fn connect(&mut self, id: u32, now: Instant) {
        let tls = self.settings.contains_key("implicit-tls");
        let server = server(policy(&self.settings), tls, now);
        let refuse = self.settings.get("refuse").cloned().unwrap_or_default();
        self.sessions.insert(id, Session::new(server, &refuse, now));
    }

    fn input(&mut self, id: u32, now: Instant, bytes: &[u8]) {
        self.sessions.get_mut(&id).unwrap().input(now, bytes);
    }

    fn output(&mut self, id: u32) -> Vec<u8> {
        self.sessions.get_mut(&id).unwrap().output()
    }

    fn closed(&self, id: u32) -> bool {
        self.sessions[&id].closed
    }

    fn advance(&mut self, to: Instant) {
        for session in self.sessions.values_mut() {
            session.now = to;
            session.server.advance(to);
        }
    }

    fn event(&mut self, id: u32, now: Instant, word: &str) {
        let session = self.sessions.get_mut(&id).unwrap();
        let server = &mut session.server;
        match word {
            // The message under way was dropped, once, since the last such line.
            "aborted" => assert_eq!(std::mem::take(&mut session.aborts), 1),
            "tls" => server.tls_started(now, tls_info()),
            "eof" => server.end_of_input(now),
            "stop" => server.shut_down(now),
            other => panic!("no event {other}"),
        }
    }
}

/// Long enough for every tarpit, too short for every timeout.
pub const A_WHILE: Duration = Duration::from_secs(6);

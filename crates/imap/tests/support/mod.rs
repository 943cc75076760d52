//! A server in memory, and sessions written as text files that run against it.
//!
//! The files have the form of `testkit::transcript`, which drives machines that answer at once.
//! A session reads its mailbox on other threads, so here each line expected is awaited:
//!
//! ```text
//! # a comment
//! 1> a NOOP                     connection 1 sends this line and CRLF
//! 1>> half a li\r\n             the same without CRLF
//! 1< a OK *                     connection 1 must receive this line next; * is anything
//! 1= close                      the server has closed the connection
//! 1> b APPEND INBOX {{hello}}   a literal that does not wait, its length counted here
//! 1< * OK [UIDVALIDITY {V}] *   takes note of what stands there
//! 1> c SELECT a (QRESYNC ({V} 1))   and says it again
//! ```
//!
//! A connection opens where it is first named and is greeted. An asterisk at the beginning of
//! an expected line is IMAP's own. Every file runs whole and with each octet sent on its own.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth::{HashCost, Password, RecipientId, VerifierOptions};
use directory::{AcceptedDomain, Directory, DomainKind, MailboxKind, NewMailbox};
use imap::Server;
use mailbox::{Access, Fault, FindGranted, FindHome, Guid, Home, Homes, Mailbox, MailboxNumber};
use net::{Budget, Shutdown, ShutdownTrigger, Stream};
use store::{Database, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::{Address, Domain, LoginType};

/// Longest wait for a line; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server with users alice, bob and a shared mailbox `team` that alice may open; every
/// password is `secret`.
pub struct Site {
    pub server: Arc<Server>,
    pub directory: Directory,
    pub database: Database,
    trigger: ShutdownTrigger,
    shutdown: Shutdown,
}

impl Site {
    pub async fn new() -> Self {
        Site::in_database(Database::open(Options::memory()).unwrap()).await
    }

    /// The same in this database.
    pub async fn in_database(database: Database) -> Self {
        let options = VerifierOptions { cost: HashCost::LEAST, ..VerifierOptions::default() };
        let directory = Directory::open(database.clone(), options).await.unwrap();
        let name = Domain::parse("example.com").unwrap();
        let kind = DomainKind::Authoritative;
        let domain = AcceptedDomain { name, kind, match_sub_domains: false, catch_all: None };
        directory.add_domain(domain).await.unwrap();
        for who in ["alice", "bob", "team"] {
            add(&directory, &database, who).await;
        }
        share(&directory, "team", "alice").await;
        let homes = Here { directory: directory.clone(), database: database.clone() };
        let server = Server {
            name: "mail.example.com".into(),
            authenticator: Arc::new(directory.clone()),
            directory: directory.clone(),
            homes: Arc::new(homes),
            tls: None,
            login_type: LoginType::PlainTextLogin,
            pre_authentication_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(30 * 60),
            sessions: auth::UserSessions::new(16),
            message_octets_max: 1_000_000,
            intake_memory: Budget::new(4_000_000),
            hidden_capabilities: Vec::new(),
            observer: None,
        };
        let (trigger, shutdown) = Shutdown::new();
        Site { server: Arc::new(server), directory, database, trigger, shutdown }
    }

    /// A connection to the server.
    pub fn connect(&self) -> Client {
        let (ours, theirs) = Stream::pair(64 * 1024);
        let peer: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let (shutdown, server) = (self.shutdown.clone(), Arc::clone(&self.server));
        tokio::spawn(async move { imap::run(theirs, peer, shutdown, server).await });
        Client::new(ours)
    }

    /// A connection that has logged in.
    pub async fn login(&self, user: &str) -> Client {
        let mut client = self.connect();
        client.line().await;
        client.command(&format!("LOGIN {user} secret")).await;
        client
    }

    pub fn shut_down(&self) {
        self.trigger.shut_down();
    }
}

async fn add(directory: &Directory, database: &Database, who: &str) {
    let address = Address::parse(&format!("{who}@example.com")).unwrap();
    let mut new = NewMailbox::user(address.clone(), "mail", "db");
    if who == "team" {
        new.kind = MailboxKind::Shared;
    } else {
        let password = Some(Password::new("secret").unwrap());
        new.kind = MailboxKind::User { password, administrator: false };
    }
    let id = directory.create_mailbox(new).await.unwrap();
    let number = number(directory, id).unwrap();
    Mailbox::create(database, number, Guid(id.0)).await.unwrap();
}

async fn share(directory: &Directory, owner: &str, with: &str) {
    let id = |who: &str| {
        let address = Address::parse(&format!("{who}@example.com")).unwrap();
        directory.snapshot().by_address(&address).unwrap().id
    };
    let (owner, with) = (id(owner), id(with));
    directory
        .update(owner, move |recipient| {
            if let Some(mailbox) = recipient.mailbox_mut() {
                mailbox.full_access.push(with);
            }
        })
        .await
        .unwrap();
}

fn number(directory: &Directory, id: RecipientId) -> Option<MailboxNumber> {
    let snapshot = directory.snapshot();
    let location = &snapshot.recipient(id)?.mailbox()?.location;
    Some(MailboxNumber::new(location.number))
}

/// Every mailbox is here.
struct Here {
    directory: Directory,
    database: Database,
}

impl Homes for Here {
    fn home(&self, mailbox: Guid, principal: Guid) -> FindHome<'_> {
        Box::pin(async move {
            let snapshot = self.directory.snapshot();
            let owner = snapshot.recipient(RecipientId(mailbox.0));
            let owner = owner.ok_or(Fault::NotFound("mailbox"))?;
            let full_access = snapshot.may_open(RecipientId(principal.0), owner);
            let access =
                if full_access { Access::Owner(principal) } else { Access::Delegate(principal) };
            let number = number(&self.directory, owner.id).ok_or(Fault::NotFound("mailbox"))?;
            let mailbox = Mailbox::open(self.database.clone(), number, access);
            match full_access || !mailbox.read(|view| view.folders()).await?.is_empty() {
                true => Ok(Home::Local(mailbox)),
                false => Err(Fault::NotFound("mailbox")),
            }
        })
    }

    fn granted(&self, principal: Guid, most: usize) -> FindGranted<'_> {
        Box::pin(async move { mailbox::granted(&self.database, principal, most).await })
    }
}

/// The client's end of a connection.
pub struct Client {
    stream: Stream,
    input: Vec<u8>,
}

impl Client {
    pub fn new(stream: Stream) -> Self {
        Client { stream, input: Vec::new() }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn dribble(&mut self, bytes: &[u8]) {
        for octet in bytes {
            self.send(&[*octet]).await;
            tokio::task::yield_now().await;
        }
    }

    /// The next line without its end; `None` when the connection is closed.
    pub async fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.input.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.input.drain(..end + 2).take(end).collect();
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
            let mut chunk = [0; 16 * 1024];
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut chunk)).await;
            match read {
                Err(_) => return Some("(the server says nothing)".into()),
                Ok(Ok(0) | Err(_)) => return None,
                Ok(Ok(count)) => self.input.extend_from_slice(&chunk[..count]),
            }
        }
    }

    pub async fn line(&mut self) -> String {
        self.next_line().await.expect("the connection is open")
    }

    /// Runs a command; all lines up to its tagged answer, which must be OK.
    pub async fn command(&mut self, command: &str) -> Vec<String> {
        self.send(format!("t {command}\r\n").as_bytes()).await;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            let tagged = line.starts_with("t ");
            assert!(!tagged || line.starts_with("t OK"), "{command}: {line}");
            lines.push(line);
            if tagged {
                return lines;
            }
        }
    }

    pub async fn append(&mut self, mailbox: &str, flags: &str, message: &str) {
        let literal = message.len();
        self.command(&format!("APPEND {mailbox} ({flags}) {{{literal}+}}\r\n{message}")).await;
    }

    /// The stream below; nothing of it is buffered when all lines were read.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

/// Runs every transcript of a directory.
pub async fn check_directory(directory: &Path) {
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for file in files {
        for dribble in [false, true] {
            let text = std::fs::read_to_string(&file).unwrap();
            if let Err(error) = replay(&text, dribble).await {
                failures.push(format!("{}:{error} (dribble: {dribble})", file.display()));
                break;
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

async fn replay(text: &str, dribble: bool) -> Result<(), String> {
    let site = Site::new().await;
    let (mut clients, mut notes) = (HashMap::new(), Notes::new());
    for (at, line) in text.lines().enumerate() {
        let at = at + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (id, act) = line.split_at(1);
        if !clients.contains_key(id) {
            let mut client = site.connect();
            client.line().await;
            clients.insert(id.to_owned(), client);
        }
        let client = clients.get_mut(id).unwrap();
        step(client, act, dribble, &mut notes).await.map_err(|error| format!("{at}: {error}"))?;
    }
    for (id, mut client) in clients {
        if !client.input.is_empty() {
            return Err(format!("connection {id} also said {:?}", client.next_line().await));
        }
    }
    Ok(())
}

/// What `{V}` stood for, by letter.
type Notes = HashMap<char, String>;

async fn step(
    client: &mut Client,
    act: &str,
    dribble: bool,
    notes: &mut Notes,
) -> Result<(), String> {
    let send = match act {
        act if act.starts_with(">> ") => prepare(&act[3..], notes),
        act if act.starts_with("> ") => [prepare(&act[2..], notes), b"\r\n".to_vec()].concat(),
        "= close" => {
            return match client.next_line().await {
                None => Ok(()),
                Some(line) => Err(format!("still open: {line}")),
            };
        }
        act if act.starts_with("< ") => return expect(client, &act[2..], notes).await,
        "<" => return expect(client, "", notes).await,
        other => return Err(format!("not understood: {other}")),
    };
    if dribble {
        client.dribble(&send).await
    } else {
        client.send(&send).await
    }
    Ok(())
}

/// What a line sends: notes put in, literals counted.
fn prepare(text: &str, notes: &Notes) -> Vec<u8> {
    let mut text = text.to_owned();
    for (name, value) in notes {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    let (mut out, mut rest) = (Vec::new(), text.as_str());
    while let Some((before, after)) = rest.split_once("{{") {
        let (literal, behind) = after.split_once("}}").expect("a literal ends with }}");
        let literal = unescape(literal);
        out.extend(unescape(before));
        out.extend(format!("{{{}+}}\r\n", literal.len()).into_bytes());
        out.extend(literal);
        rest = behind;
    }
    out.extend(unescape(rest));
    out
}

async fn expect(client: &mut Client, pattern: &str, notes: &mut Notes) -> Result<(), String> {
    let Some(line) = client.next_line().await else {
        return Err(format!("closed; expected {pattern:?}"));
    };
    let (own, rest) = match pattern.strip_prefix("* ") {
        Some(rest) => (line.strip_prefix("* "), rest),
        None => (Some(line.as_str()), pattern),
    };
    match own.is_some_and(|line| fits(line, rest, notes)) {
        true => Ok(()),
        false => Err(format!("expected {pattern:?}, got {line:?}")),
    }
}

/// The pieces between wildcards occur in this order, the first at the beginning, the last at
/// the end; `{V}` is a wildcard that is noted.
fn fits(line: &str, pattern: &str, notes: &mut Notes) -> bool {
    let (mut rest, mut pattern, mut note) = (line, pattern, None);
    let mut anchored = true;
    loop {
        let end = wildcard(pattern);
        let piece = pattern.get(..end.map_or(pattern.len(), |(at, _)| at)).unwrap_or_default();
        let piece = String::from_utf8_lossy(&unescape(piece)).into_owned();
        let found = match (anchored, end) {
            (true, None) => return rest == piece,
            (true, Some(_)) => rest.starts_with(&piece).then_some(0),
            (false, None) => rest.ends_with(&piece).then(|| rest.len() - piece.len()),
            (false, Some(_)) => rest.find(&piece),
        };
        let Some(at) = found else { return false };
        if let Some(name) = note {
            notes.insert(name, rest[..at].to_owned());
        }
        let Some((start, name)) = end else { return true };
        rest = &rest[at + piece.len()..];
        pattern = &pattern[start + if name.is_some() { 3 } else { 1 }..];
        (note, anchored) = (name, false);
    }
}

/// Where the next wildcard stands, and the letter it is noted under.
fn wildcard(pattern: &str) -> Option<(usize, Option<char>)> {
    let bytes = pattern.as_bytes();
    let at = (0..bytes.len())
        .find(|at| bytes[*at] == b'*' || matches!(bytes[*at..], [b'{', b'A'..=b'Z', b'}', ..]))?;
    Some((at, (bytes[at] == b'{').then(|| char::from(bytes[at + 1]))))
}

/// `\r`, `\n`, `\t`, `\xNN`, `\\`; any other backslash is itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let (octet, length) = match after.as_bytes() {
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', hex @ ..] if hex.len() >= 2 => match u8::from_str_radix(&after[1..3], 16) {
                Ok(octet) => (octet, 3),
                Err(_) => (b'\\', 0),
            },
            _ => (b'\\', 0),
        };
        out.push(octet);
        rest = &after[length..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

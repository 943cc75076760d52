//! A session with a source: what is on the wire, command by command. It only looks: folders are
//! opened by EXAMINE, and messages are read by BODY.PEEK.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use net::LineStream;
use tokio::time::Instant;
use types::limits::{
    MIGRATION_IMAP_LINE_OCTETS_MAX, MIGRATION_IMAP_LITERALS_MAX, MIGRATION_IMAP_RESPONSES_MAX,
    MIGRATION_IMAP_SILENCE_SECS_MAX,
};

use super::endpoint::{ImapEndpoint, Security};
use super::error::ImapError;
use super::network::Network;
use super::response::{Condition, Literal, Malformed, RawResponse, Response, Status};
use super::value::quote;

/// Octets taken of a literal at a time.
const CHUNK_OCTETS: usize = 64 * 1024;

/// A connection that is logged in.
pub(crate) struct Session {
    lines: LineStream,
    commands: u32,
    capabilities: Vec<String>,
}

/// A folder that is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    /// UIDVALIDITY.
    pub validity: u32,
    /// No UID is higher; 0: there are no messages.
    pub last_uid: u32,
}

impl Session {
    /// Connects and logs in.
    pub(crate) async fn open(to: &ImapEndpoint, network: &Network) -> Result<Self, ImapError> {
        Session::over(network.connect(to).await?, to, network).await
    }

    /// Logs in on a connection.
    async fn over(
        lines: LineStream,
        to: &ImapEndpoint,
        network: &Network,
    ) -> Result<Self, ImapError> {
        let (mut session, greeting) = Session::greeted(lines, to, network).await?;
        if greeting != Condition::Preauth {
            session.log_in(to).await?;
            // There may be more of them now.
            session.ask_capabilities().await?;
        }
        Ok(session)
    }

    /// Goes as far as it can be gone without a login. Errors: also when no password is taken.
    pub(crate) async fn probe(to: &ImapEndpoint, network: &Network) -> Result<(), ImapError> {
        let lines = network.connect(to).await?;
        let (session, _) = Session::greeted(lines, to, network).await?;
        match session.can("LOGINDISABLED") && !session.can("AUTH=PLAIN") {
            true => Err(ImapError::NoLogin),
            false => Ok(()),
        }
    }

    /// A connection on which the source has said what it can do, and how it greeted.
    async fn greeted(
        lines: LineStream,
        to: &ImapEndpoint,
        network: &Network,
    ) -> Result<(Self, Condition), ImapError> {
        let mut session = Session { lines, commands: 0, capabilities: Vec::new() };
        let greeting = session.greeting().await?;
        if to.security == Security::StartTls {
            session.start_tls(to, network).await?;
        }
        session.ask_capabilities().await?;
        Ok((session, greeting))
    }

    /// Whether the source says that it can do something.
    pub(crate) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// Does a command; hands over every response before its end. Errors: Refused; Bye.
    pub(crate) async fn command(
        &mut self,
        name: &'static str,
        arguments: &str,
        mut each: impl FnMut(Response) + Send,
    ) -> Result<(), ImapError> {
        let tag = self.begin(&format!("{name}{arguments}"));
        for _ in 0..MIGRATION_IMAP_RESPONSES_MAX {
            if let Some(status) = self.step(name, &tag, &mut each).await? {
                return match status.condition {
                    Condition::Ok => Ok(()),
                    _ => Err(ImapError::Refused { command: name, status }),
                };
            }
        }
        Err(Malformed("a command without an end").into())
    }

    /// EXAMINE.
    pub(crate) async fn examine(&mut self, folder: &str) -> Result<Selected, ImapError> {
        let (mut messages, mut validity, mut next) = (0, None, None);
        let name = quoted(folder)?;
        self.command("EXAMINE", &format!(" {name}"), |response| match response {
            Response::Exists(count) => messages = count,
            Response::Untagged(status) => {
                validity = validity.or(status.number("UIDVALIDITY"));
                next = next.or(status.number("UIDNEXT"));
            }
            _ => {}
        })
        .await?;
        let validity = validity.ok_or(Malformed("a folder without UIDVALIDITY"))?;
        let last_uid = match (messages, next) {
            (0, _) => 0,
            (_, Some(next)) => next.saturating_sub(1),
            (_, None) => self.last_uid().await?,
        };
        Ok(Selected { validity, last_uid })
    }

    /// The highest UID, of a server that does not say what the next one will be.
    async fn last_uid(&mut self) -> Result<u32, ImapError> {
        let mut last = 0;
        self.command("UID FETCH", " * (UID)", |response| {
            if let Response::Fetch(fetched) = response {
                last = last.max(fetched.uid.unwrap_or(0));
            }
        })
        .await?;
        Ok(last)
    }

    /// How many messages there are; a source that does not tell has an unknown number.
    pub(crate) async fn messages(&mut self, folder: &str) -> Result<u64, ImapError> {
        let mut messages = 0;
        let arguments = format!(" {} (MESSAGES)", quoted(folder)?);
        let counted = self.command("STATUS", &arguments, |response| {
            if let Response::Messages(count) = response {
                messages = count;
            }
        });
        match counted.await {
            Ok(()) => Ok(messages),
            Err(error @ ImapError::Refused { .. }) if !error.is_passing() => Ok(0),
            Err(error) => Err(error),
        }
    }

    async fn greeting(&mut self) -> Result<Condition, ImapError> {
        match self.response().await? {
            Response::Untagged(status) if status.condition == Condition::Bye => {
                Err(ImapError::Bye(status.text))
            }
            Response::Untagged(status) => Ok(status.condition),
            _ => Err(Malformed("no greeting").into()),
        }
    }

    async fn start_tls(&mut self, to: &ImapEndpoint, network: &Network) -> Result<(), ImapError> {
        match self.command("STARTTLS", "", drop).await {
            Err(ImapError::Refused { .. }) => Err(ImapError::NoStartTls),
            Err(error) => Err(error),
            Ok(()) => network.start_tls(to, &mut self.lines).await,
        }
    }

    async fn ask_capabilities(&mut self) -> Result<(), ImapError> {
        let mut found = Vec::new();
        self.command("CAPABILITY", "", |response| {
            if let Response::Capabilities(capabilities) = response {
                found = capabilities;
            }
        })
        .await?;
        self.capabilities = found;
        Ok(())
    }

    /// AUTHENTICATE PLAIN (RFC 4616), which takes every password; else LOGIN.
    async fn log_in(&mut self, to: &ImapEndpoint) -> Result<(), ImapError> {
        if self.can("AUTH=PLAIN") {
            return self.authenticate(to).await;
        }
        if self.can("LOGINDISABLED") {
            return Err(ImapError::NoLogin);
        }
        let (user, password) = (quoted(&to.user)?, quoted(to.password.reveal())?);
        self.command("LOGIN", &format!(" {user} {password}"), drop).await
    }

    async fn authenticate(&mut self, to: &ImapEndpoint) -> Result<(), ImapError> {
        const COMMAND: &str = "AUTHENTICATE";
        let words = format!("\0{}\0{}", to.user, to.password.reveal());
        let tag = self.begin("AUTHENTICATE PLAIN");
        let mut answered = false;
        loop {
            let mut asked = false;
            let end = self.step(COMMAND, &tag, &mut |it| asked |= it == Response::Continue).await?;
            match end {
                Some(end) if end.condition == Condition::Ok => return Ok(()),
                Some(status) => return Err(ImapError::Refused { command: COMMAND, status }),
                None if asked && !answered => {
                    let words = BASE64_STANDARD.encode(&words);
                    self.lines.output().extend_from_slice(format!("{words}\r\n").as_bytes());
                    answered = true;
                }
                None => {}
            }
        }
    }

    /// Sends a command; its tag.
    fn begin(&mut self, command: &str) -> String {
        self.commands = self.commands.wrapping_add(1);
        let tag = format!("R{}", self.commands);
        self.lines.output().extend_from_slice(format!("{tag} {command}\r\n").as_bytes());
        tag
    }

    /// Reads a response. Gives the end of the command, if it is that.
    async fn step(
        &mut self,
        name: &'static str,
        tag: &str,
        each: &mut (impl FnMut(Response) + Send),
    ) -> Result<Option<Status>, ImapError> {
        match self.response().await? {
            Response::Tagged(found, status) if found == tag => {
                tracing::trace!(command = name, answer = ?status.condition, "source");
                return Ok(Some(status));
            }
            Response::Tagged(..) => return Err(Malformed("the end of another command").into()),
            Response::Untagged(status) if status.condition == Condition::Bye => {
                return Err(ImapError::Bye(status.text));
            }
            response => each(response),
        }
        Ok(None)
    }

    /// The next response with its literals.
    async fn response(&mut self) -> Result<Response, ImapError> {
        let mut raw = RawResponse::default();
        loop {
            let (text, literals) = raw.size();
            let room = MIGRATION_IMAP_LINE_OCTETS_MAX.saturating_sub(text);
            let line = self.lines.line(room, patience()).await?;
            let Some(octets) = raw.line(&line)? else { break };
            if literals >= MIGRATION_IMAP_LITERALS_MAX {
                return Err(Malformed("a response of too many literals").into());
            }
            let literal = self.literal(octets, raw.room()).await?;
            raw.literal(literal);
        }
        Ok(Response::parse(raw)?)
    }

    /// Takes a literal; one that there is no room for only passes by.
    async fn literal(&mut self, octets: u64, room: u64) -> Result<Literal, ImapError> {
        let keeps = octets <= room;
        let (mut kept, mut left) = (Vec::new(), octets);
        while left > 0 {
            let most = left.min(CHUNK_OCTETS as u64) as usize;
            let chunk = self.lines.chunk(most, patience()).await?;
            left -= chunk.len() as u64;
            if keeps {
                kept.extend_from_slice(&chunk);
            }
        }
        Ok(if keeps { Literal::Kept(kept) } else { Literal::TooLarge(octets) })
    }
}

fn quoted(text: &str) -> Result<String, Malformed> {
    quote(text).ok_or(Malformed("a name with a line end in it"))
}

fn patience() -> Instant {
    Instant::now() + Duration::from_secs(MIGRATION_IMAP_SILENCE_SECS_MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use net::connect::Rules;
    use net::line::{LineError, LineUpgradeError};
    use net::tls::{Authority, Roots, ServerTlsOptions};
    use net::{CertificateStore, Connector, Resolver, ServerTls, Stream};
    use tokio::io::AsyncWriteExt;

    use super::super::endpoint::{Pace, Secret};

    use super::*;

    /// What becomes of a command when that is said.
    async fn after(said: Vec<u8>) -> Result<(), ImapError> {
        let (ours, mut theirs) = Stream::pair(64 * 1024);
        let lines = LineStream::new(ours);
        let mut session = Session { lines, commands: 0, capabilities: Vec::new() };
        let writer = tokio::spawn(async move {
            // It stops reading when it has had enough.
            let _ = theirs.write_all(&said).await;
            std::future::pending::<()>().await;
        });
        let outcome = session.command("NOOP", "", drop).await;
        writer.abort();
        outcome
    }

    #[tokio::test]
    async fn a_response_has_limits() {
        let line = |octets: usize| format!("R1 OK {}\r\n", "x".repeat(octets - 8)).into_bytes();
        assert!(after(line(MIGRATION_IMAP_LINE_OCTETS_MAX)).await.is_ok());
        let long = after(line(MIGRATION_IMAP_LINE_OCTETS_MAX + 1)).await;
        assert!(matches!(long, Err(ImapError::Lost(LineError::TooLong))), "{long:?}");
        let literals =
            |count| format!("* X{}\r\nR1 OK\r\n", " {1}\r\na".repeat(count)).into_bytes();
        assert!(after(literals(MIGRATION_IMAP_LITERALS_MAX)).await.is_ok());
        let many = after(literals(MIGRATION_IMAP_LITERALS_MAX + 1)).await;
        assert!(matches!(many, Err(ImapError::Malformed(_))), "{many:?}");
    }

    #[tokio::test]
    async fn a_command_ends() {
        let noise = |count| [b"* X\r\n".repeat(count), b"R1 OK\r\n".to_vec()].concat();
        assert!(after(noise(MIGRATION_IMAP_RESPONSES_MAX - 1)).await.is_ok());
        let endless = after(noise(MIGRATION_IMAP_RESPONSES_MAX)).await;
        assert!(matches!(endless, Err(ImapError::Malformed(_))), "{endless:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_waited_for_a_while() {
        let begun = Instant::now();
        let silent = after(b"* X\r\n".to_vec()).await;
        assert!(matches!(silent, Err(ImapError::Lost(LineError::Timeout))), "{silent:?}");
        assert_eq!(begun.elapsed().as_secs(), MIGRATION_IMAP_SILENCE_SECS_MAX);
    }

    const NAME: &str = "mail.old.test";

    /// A source of that name, whose certificate is of an authority; that authority.
    fn source(names: &[&str]) -> (tempfile::TempDir, ServerTls, Roots) {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::open_or_create(directory.path(), "Tests").unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificates = directory.path().join("certificates");
        let store = CertificateStore::open_or_generate(&certificates, &names, Some(&authority));
        let tls = ServerTls::new(Arc::new(store.unwrap()), &ServerTlsOptions::default()).unwrap();
        let roots = Roots::File(authority.certificate_file());
        (directory, tls, roots)
    }

    /// What a source hears, in the clear and in TLS, that answers STARTTLS so.
    async fn hear(stream: Stream, answer: &str, tls: &ServerTls) -> Vec<String> {
        let (mut lines, mut heard) = (LineStream::new(stream), Vec::new());
        lines.output().extend_from_slice(b"* OK here\r\n");
        while let Ok(line) = lines.line(1_000, patience()).await {
            let line = String::from_utf8(line.to_vec()).unwrap();
            let (tag, command) = line.trim_end().split_once(' ').unwrap();
            heard.push(command.to_owned());
            let said = match command {
                "STARTTLS" => answer.replace("{tag}", tag),
                "CAPABILITY" => format!("* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"),
                _ => format!("{tag} OK\r\n"),
            };
            lines.output().extend_from_slice(said.as_bytes());
            if command == "STARTTLS" && said.contains(" OK") {
                let upgraded = lines.start_tls_server(tls).await;
                heard.push("(TLS)".to_owned());
                if upgraded.is_err() {
                    break;
                }
            }
        }
        heard
    }

    /// Logs in by STARTTLS; what the source heard.
    async fn log_in(
        answer: &str,
        tls: &ServerTls,
        roots: Roots,
    ) -> (Result<(), ImapError>, Vec<String>) {
        let (ours, theirs) = Stream::pair(64 * 1024);
        let network = Network {
            connector: Connector::new(Rules::default()),
            resolver: Resolver::with_server("127.0.0.1:9".parse().unwrap()).unwrap(),
            roots,
        };
        let to = ImapEndpoint {
            host: NAME.to_owned(),
            port: 143,
            security: Security::StartTls,
            any_certificate: false,
            user: "someone".to_owned(),
            password: Secret::new("secret".to_owned()),
            deleted: false,
            pace: Pace::default(),
        };
        let begun = async { Session::over(LineStream::new(ours), &to, &network).await.map(drop) };
        tokio::join!(begun, hear(theirs, answer, tls))
    }

    const OFFERED: &str = "{tag} OK begin\r\n";

    #[tokio::test]
    async fn nothing_is_said_before_starttls_and_the_password_within() {
        let (_kept, tls, roots) = source(&[NAME]);
        let (ended, heard) = log_in(OFFERED, &tls, roots).await;
        ended.unwrap();
        let login = "LOGIN \"someone\" \"secret\"";
        assert_eq!(heard, ["STARTTLS", "(TLS)", "CAPABILITY", login, "CAPABILITY"]);
    }

    #[tokio::test]
    async fn a_source_that_does_not_prove_who_it_is_hears_no_password() {
        let (_kept, tls, roots) = source(&["mail.other.test"]);
        let (_else, good, _) = source(&[NAME]);
        let injected = "{tag} OK begin\r\n* PREAUTH all is well\r\n";
        let (_same, same, of_same) = source(&[NAME]);
        for (answer, tls, roots, why) in [
            (OFFERED, &tls, roots.clone(), "another name"),
            (OFFERED, &good, roots, "another authority"),
            (injected, &same, of_same.clone(), "text behind the answer"),
            ("{tag} NO later\r\n", &same, of_same.clone(), "no STARTTLS"),
            ("{tag} BAD what?\r\n", &same, of_same, "no STARTTLS"),
        ] {
            let (ended, heard) = log_in(answer, tls, roots).await;
            assert!(ended.is_err(), "{why}");
            let error = ended.unwrap_err();
            assert!(!error.is_passing(), "{why}: {error}");
            match why {
                "no STARTTLS" => assert!(matches!(error, ImapError::NoStartTls), "{error}"),
                "text behind the answer" => {
                    let early = matches!(error, ImapError::Tls(LineUpgradeError::EarlyInput));
                    assert!(early, "{error}");
                }
                _ => assert!(matches!(error, ImapError::Tls(_)), "{why}: {error}"),
            }
            assert!(heard.iter().all(|line| line == "STARTTLS" || line == "(TLS)"), "{heard:?}");
        }
    }
}

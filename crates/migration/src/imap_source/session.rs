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
        let lines = network.connect(to).await?;
        let mut session = Session { lines, commands: 0, capabilities: Vec::new() };
        let greeting = session.greeting().await?;
        if to.security == Security::StartTls {
            session.start_tls(to, network).await?;
        }
        session.ask_capabilities().await?;
        if greeting != Condition::Preauth {
            session.log_in(to).await?;
            // There may be more of them now.
            session.ask_capabilities().await?;
        }
        Ok(session)
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
    use net::Stream;
    use net::line::LineError;
    use tokio::io::AsyncWriteExt;

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
}

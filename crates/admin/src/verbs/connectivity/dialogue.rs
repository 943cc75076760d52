//! What is said to a service of text lines to see that it works: greeting, capabilities, TLS
//! where it is offered, a login where there is a credential, farewell.
//!
//! What it is not: a client for mail. Nothing is read from a mailbox and nothing is sent.
//!
//! Invariant: no more is taken from the other end than `CONNECTIVITY_LINES_MAX` lines of
//! `CONNECTIVITY_LINE_OCTETS_MAX` octets to an answer, before the deadline.

use auth::{ChannelBinding, Client, Mechanism, encode};
use net::line::{LineError, LineUpgradeError};
use net::{ClientTls, LineStream, Stream};
use tokio::time::Instant;
use types::limits::{CONNECTIVITY_LINE_OCTETS_MAX, CONNECTIVITY_LINES_MAX};

use super::Credential;
use super::protocol::{Expected, Protocol, Verdict};

/// Why a service does not work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// Nobody takes connections.
    #[error(transparent)]
    Connect(#[from] net::connect::ConnectError),
    /// It does not speak.
    #[error(transparent)]
    Line(#[from] LineError),
    /// TLS cannot be put on.
    #[error(transparent)]
    Upgrade(#[from] LineUpgradeError),
    /// This program's part of TLS.
    #[error(transparent)]
    Tls(#[from] net::tls::RootsError),
    /// It said no.
    #[error("{step}: {answer}")]
    Refused {
        /// What was asked; without secrets.
        step: &'static str,
        /// The line that says no.
        answer: String,
    },
    /// Its answer has no end.
    #[error("{0}: the answer is too long")]
    TooLong(&'static str),
    /// Somebody is to log in and cannot.
    #[error("no login by password is offered")]
    NoLogin,
    /// The credential cannot be sent.
    #[error("the credential cannot be sent")]
    Credential,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// TLS is on.
    pub secured: bool,
    /// The credential was taken.
    pub logged_in: bool,
}

/// What is to be found out.
pub(super) struct Question<'q> {
    /// What the service speaks.
    pub protocol: Protocol,
    /// TLS comes before the first line.
    pub implicit_tls: bool,
    /// Whose name the certificate should have; it is not insisted on.
    pub host: String,
    /// Who logs in.
    pub credential: Option<&'q Credential>,
    /// When patience ends.
    pub deadline: Instant,
}

impl Question<'_> {
    /// Has the conversation.
    pub(super) async fn ask(&self, stream: Stream) -> Result<Found, Trouble> {
        let mut talk = Talk { lines: LineStream::new(stream), question: self, offers: Vec::new() };
        let mut found = Found { secured: self.implicit_tls, logged_in: false };
        if self.implicit_tls {
            talk.start_tls().await?;
        }
        talk.answer("greeting", Expected::Greeting).await?;
        talk.hello().await?;
        if !self.implicit_tls && talk.offers(self.protocol.start_tls()) {
            talk.say(self.protocol.start_tls()).await?;
            talk.start_tls().await?;
            talk.hello().await?;
            found.secured = true;
        }
        found.logged_in = talk.log_in().await?;
        // What was to be found out is found out, however it says good-bye.
        let _farewell = talk.say(self.protocol.farewell()).await;
        Ok(found)
    }
}

struct Talk<'q> {
    lines: LineStream,
    question: &'q Question<'q>,
    /// The lines of capabilities.
    offers: Vec<String>,
}

impl Talk<'_> {
    async fn start_tls(&mut self) -> Result<(), Trouble> {
        let tls = ClientTls::opportunistic().map_err(net::tls::RootsError::from)?;
        Ok(self.lines.start_tls_client(&self.question.host, &tls).await?)
    }

    async fn hello(&mut self) -> Result<(), Trouble> {
        let hello = self.question.protocol.hello();
        self.put(hello).await?;
        self.offers = self.answer(hello, Expected::Capabilities).await?;
        Ok(())
    }

    /// Whether a capability or a mechanism is among the offers.
    fn offers(&self, name: &str) -> bool {
        let mut words = self.offers.iter().flat_map(|line| line.split([' ', '-', '=']));
        words.any(|word| word.eq_ignore_ascii_case(name))
    }

    /// False where nobody can or is to log in.
    async fn log_in(&mut self) -> Result<bool, Trouble> {
        let Some(Credential { user, password }) = self.question.credential else {
            return Ok(false);
        };
        if !self.offers(Mechanism::Plain.name()) {
            return match self.question.protocol.is_for_users() {
                true => Err(Trouble::NoLogin),
                false => Ok(false),
            };
        }
        let mut client = Client::new(Mechanism::Plain, ChannelBinding::Absent, user, password)
            .map_err(|_| Trouble::Credential)?;
        let message = client.respond(b"").map_err(|_| Trouble::Credential)?;
        self.say(self.question.protocol.authenticate()).await?;
        self.lines.put(format!("{}\r\n", encode(&message)).as_bytes()).await?;
        self.answer("login", Expected::Answer).await?;
        Ok(true)
    }

    /// Says a command and waits for its answer.
    async fn say(&mut self, command: &'static str) -> Result<(), Trouble> {
        self.put(command).await?;
        self.answer(command, Expected::Answer).await.map(drop)
    }

    async fn put(&mut self, command: &str) -> Result<(), Trouble> {
        let line = format!("{}{command}\r\n", self.question.protocol.tag());
        Ok(self.lines.put(line.as_bytes()).await?)
    }

    /// The lines of an answer.
    async fn answer(
        &mut self,
        step: &'static str,
        expected: Expected,
    ) -> Result<Vec<String>, Trouble> {
        let mut lines = Vec::new();
        for _ in 0..CONNECTIVITY_LINES_MAX {
            let line =
                self.lines.line(CONNECTIVITY_LINE_OCTETS_MAX, self.question.deadline).await?;
            let line = String::from_utf8_lossy(&line).into_owned();
            match self.question.protocol.judge(expected, &line) {
                Verdict::More => lines.push(line),
                Verdict::Good => {
                    lines.push(line);
                    return Ok(lines);
                }
                Verdict::Refused => return Err(Trouble::Refused { step, answer: line }),
            }
        }
        Err(Trouble::TooLong(step))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;

    use super::*;

    const CREDENTIAL: &str = "alice@example.test:se:cret";
    /// Of it.
    const PLAIN: &str = "AGFsaWNlQGV4YW1wbGUudGVzdABzZTpjcmV0";

    /// What comes of a conversation with a service that expects these lines, and says what is
    /// beside each. The first it says unasked.
    async fn told(
        protocol: Protocol,
        credential: Option<&str>,
        script: &[(&str, &str)],
    ) -> Result<Found, Trouble> {
        let (server, stream) = Stream::pair(1 << 20);
        let deadline = Instant::now() + Duration::from_secs(60);
        let credential = credential.map(|text| Credential::read(text).unwrap());
        let host = "127.0.0.1".to_owned();
        let credential = credential.as_ref();
        let question = Question { protocol, implicit_tls: false, host, credential, deadline };
        let serve = async {
            let mut lines = LineStream::new(server);
            for (expected, answer) in script {
                if !expected.is_empty() {
                    assert_eq!(lines.line(1_000, deadline).await.unwrap(), *expected);
                }
                lines.put(answer.as_bytes()).await.unwrap();
                lines.flush().await.unwrap();
            }
            let (mut stream, _) = lines.into_parts();
            stream.shutdown().await.unwrap();
        };
        tokio::join!(question.ask(stream), serve).0
    }

    #[tokio::test]
    async fn each_protocol_logs_in_its_own_way() {
        let smtp = [
            ("", "220-mail1\r\n220 ready\r\n"),
            ("EHLO localhost", "250-mail1\r\n250-SIZE 1\r\n250 AUTH LOGIN PLAIN\r\n"),
            ("AUTH PLAIN", "334 \r\n"),
            (PLAIN, "235 2.7.0 yes\r\n"),
            ("QUIT", "221 bye\r\n"),
        ];
        let imap = [
            ("", "* OK ready\r\n"),
            ("x CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nx OK done\r\n"),
            ("x AUTHENTICATE PLAIN", "+ \r\n"),
            (PLAIN, "* OK hello\r\nx OK in\r\n"),
            ("x LOGOUT", "* BYE\r\nx OK out\r\n"),
        ];
        let pop = [
            ("", "+OK ready\r\n"),
            ("CAPA", "+OK list\r\nTOP\r\nSASL LOGIN PLAIN\r\n.\r\n"),
            ("AUTH PLAIN", "+ \r\n"),
            (PLAIN, "+OK in\r\n"),
            ("QUIT", "+OK out\r\n"),
        ];
        let scripts = [(Protocol::Smtp, smtp), (Protocol::Imap4, imap), (Protocol::Pop3, pop)];
        for (protocol, script) in scripts {
            let found = told(protocol, Some(CREDENTIAL), &script).await.unwrap();
            assert_eq!(found, Found { secured: false, logged_in: true }, "{protocol:?}");
            let (farewell, answer) = script[4];
            let without = [script[0], script[1], (farewell, answer)];
            let found = told(protocol, None, &without).await.unwrap();
            assert_eq!(found, Found::default(), "{protocol:?}");
            let mut refused = script;
            refused[3].1 = match protocol {
                Protocol::Smtp => "535 5.7.8 no\r\n",
                Protocol::Imap4 => "x NO no\r\n",
                Protocol::Pop3 => "-ERR no\r\n",
            };
            let refused = told(protocol, Some(CREDENTIAL), &refused[..4]).await.unwrap_err();
            let told = refused.to_string();
            assert!(told.starts_with("login: ") && told.ends_with("no"), "{told}");
        }
    }

    #[tokio::test]
    async fn who_cannot_log_in_is_no_user_of_smtp_and_has_trouble_elsewhere() {
        let smtp = [("", "220 a\r\n"), ("EHLO localhost", "250 a\r\n"), ("QUIT", "221 a\r\n")];
        assert_eq!(told(Protocol::Smtp, Some(CREDENTIAL), &smtp).await.unwrap(), Found::default());
        let pop = [("", "+OK\r\n"), ("CAPA", "+OK\r\nUSER\r\n.\r\n")];
        let trouble = told(Protocol::Pop3, Some(CREDENTIAL), &pop).await.unwrap_err();
        assert!(matches!(trouble, Trouble::NoLogin), "{trouble}");
    }

    #[tokio::test]
    async fn who_says_no_nothing_or_too_much_has_trouble() {
        let busy = told(Protocol::Smtp, None, &[("", "421 4.3.2 busy\r\n")]).await.unwrap_err();
        assert_eq!(busy.to_string(), "greeting: 421 4.3.2 busy");
        let bye = told(Protocol::Imap4, None, &[("", "* BYE no\r\n")]).await.unwrap_err();
        assert_eq!(bye.to_string(), "greeting: * BYE no");
        let gone = told(Protocol::Pop3, None, &[("", "")]).await.unwrap_err();
        assert!(matches!(gone, Trouble::Line(LineError::Closed)), "{gone}");
        let endless = "220-a\r\n".repeat(CONNECTIVITY_LINES_MAX);
        let endless = told(Protocol::Smtp, None, &[("", &endless)]).await.unwrap_err();
        assert!(matches!(endless, Trouble::TooLong("greeting")), "{endless}");
        let long = format!("220 {}\r\n", "a".repeat(CONNECTIVITY_LINE_OCTETS_MAX));
        let long = told(Protocol::Smtp, None, &[("", &long)]).await.unwrap_err();
        assert!(matches!(long, Trouble::Line(LineError::TooLong)), "{long}");
    }
}

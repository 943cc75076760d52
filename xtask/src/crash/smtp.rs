//! Enough SMTP to hand in mail.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::ClientConfig;

use super::wire::{Answer, Trouble, Wire};

pub struct Smtp(Wire);

impl Smtp {
    pub fn connect(address: SocketAddr) -> Answer<Self> {
        Smtp::greeted(Wire::connect(address)?)
    }

    /// A user's submission, in TLS (RFC 8314 section 3.3).
    pub fn log_in(
        address: SocketAddr,
        trust: Arc<ClientConfig>,
        user: &str,
        password: &str,
    ) -> Answer<Self> {
        let mut smtp = Smtp::greeted(Wire::connect_tls(address, trust)?)?;
        let secret = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
        smtp.command(&format!("AUTH PLAIN {secret}\r\n"), '2')?;
        Ok(smtp)
    }

    fn greeted(wire: Wire) -> Answer<Self> {
        let mut smtp = Smtp(wire);
        smtp.expect('2')?;
        smtp.command("EHLO crash.example\r\n", '2')?;
        Ok(smtp)
    }

    /// Returns once the server has taken the message for all recipients.
    pub fn send(&mut self, envelope: &Envelope<'_>, message: &str) -> Answer {
        self.command(&format!("MAIL FROM:<{}>{}\r\n", envelope.from, envelope.id()), '2')?;
        for recipient in envelope.to {
            self.command(&format!("RCPT TO:<{recipient}>{}\r\n", envelope.notify()), '2')?;
        }
        self.command("DATA\r\n", '3')?;
        // No line of these messages begins with a dot.
        self.command(&format!("{message}.\r\n"), '2')
    }

    fn command(&mut self, text: &str, class: char) -> Answer {
        self.0.send(text)?;
        self.expect(class)
    }

    fn expect(&mut self, class: char) -> Answer {
        loop {
            let line = self.0.line()?;
            match line.starts_with(class) {
                true if line.get(3..4) == Some("-") => continue,
                true => return Ok(()),
                false => return Err(Trouble::Unexpected(line)),
            }
        }
    }
}

/// Who sends to whom.
pub struct Envelope<'a> {
    pub from: &'a str,
    pub to: &'a [String],
    /// Asks for a report of the delivery under this name (RFC 3461).
    pub report: Option<String>,
}

impl Envelope<'_> {
    fn id(&self) -> String {
        self.report.as_ref().map(|id| format!(" RET=HDRS ENVID={id}")).unwrap_or_default()
    }

    fn notify(&self) -> &'static str {
        if self.report.is_some() { " NOTIFY=SUCCESS" } else { "" }
    }
}

//! Enough SMTP to hand in mail.

use std::net::SocketAddr;

use super::wire::{Answer, Trouble, Wire};

pub struct Smtp(Wire);

impl Smtp {
    pub fn connect(address: SocketAddr) -> Answer<Self> {
        let mut smtp = Smtp(Wire::connect(address)?);
        smtp.expect('2')?;
        smtp.command("EHLO crash.example\r\n", '2')?;
        Ok(smtp)
    }

    /// Returns once the server has taken the message for all recipients.
    pub fn send(&mut self, recipients: &[String], message: &str) -> Answer {
        self.command("MAIL FROM:<crash@elsewhere.example>\r\n", '2')?;
        for recipient in recipients {
            self.command(&format!("RCPT TO:<{recipient}>\r\n"), '2')?;
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

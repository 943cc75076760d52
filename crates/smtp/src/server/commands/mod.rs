//! The commands, one file each or one per family.

mod auth;
pub(super) mod content;
mod hello;
mod mail;
mod rcpt;
mod starttls;

use super::{Server, replies};
use crate::codec::{Command, Enhanced, Reply, SyntaxError};
use crate::protocol_log::{Entry, Event, command_line};

/// First words of requests that browsers are tricked into sending to mail ports.
const HTTP: [&[u8]; 7] = [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"CONNECT ", b"OPTIONS ", b"HOST:"];

impl Server {
    /// One command line.
    pub(super) fn command_line(&mut self, line: &[u8]) {
        self.log(|| Entry::said(Event::Receive, &command_line(line)));
        if is_http(line) {
            return self.close();
        }
        match Command::parse(line) {
            Ok(Command::Rcpt { .. }) if !line.is_ascii() && !self.takes_utf8() => {
                self.protocol_error(SyntaxError::NonAscii.reply());
            }
            Ok(command) => self.command(command),
            Err(SyntaxError::Chunk) => {
                self.say(SyntaxError::Chunk.reply());
                self.close();
            }
            Err(error) => self.protocol_error(error.reply()),
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Ehlo(name) => self.ehlo(name),
            Command::Helo(name) => self.helo(name),
            Command::Lhlo(name) => self.lhlo(name),
            Command::StartTls => self.starttls(),
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial),
            Command::Mail { reverse_path, params } => self.mail(reverse_path, params),
            Command::Rcpt { forward_path, params } => self.rcpt(forward_path, params),
            Command::Data => self.data(),
            Command::Bdat { octets, last } => self.bdat(octets, last),
            Command::Rset => self.rset(),
            Command::Noop => self.say(replies::ok()),
            Command::Vrfy(_) => self.say(replies::cannot_verify()),
            Command::Expn(_) => self.protocol_error(replies::not_implemented()),
            Command::Help => self.say(help()),
            Command::Quit => self.quit(),
        }
    }

    /// What must have happened before any mail: hello, and TLS where it is required.
    fn missing_before_mail(&self) -> Option<Reply> {
        if self.info.hello.is_none() {
            Some(replies::send_hello_first())
        } else if self.policy.require_tls && self.info.tls.is_none() {
            Some(replies::need_tls())
        } else {
            None
        }
    }

    fn takes_utf8(&self) -> bool {
        self.transaction.as_ref().is_some_and(|transaction| transaction.params.smtputf8)
    }

    fn rset(&mut self) {
        self.drop_transaction();
        self.say(replies::resetting());
    }

    fn quit(&mut self) {
        self.say(replies::closing());
        self.close();
    }
}

fn is_http(line: &[u8]) -> bool {
    HTTP.iter()
        .any(|verb| line.get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb)))
}

fn help() -> Reply {
    let commands = "Commands: HELO EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT";
    Reply::new(214, Enhanced(2, 0, 0), commands)
}

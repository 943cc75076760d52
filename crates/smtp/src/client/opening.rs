//! From the greeting to the first message: EHLO or HELO, STARTTLS, AUTH.

use std::io;
use std::time::Instant;

use super::{
    Action, Client, Command, Credentials, Expect, Fault, Offer, Phase, Protocol, Reply, Stage,
    TlsMode, Unsupported,
};
use crate::codec::command::to_base64;
use crate::codec::reply::ReplyReader;
use crate::protocol_log::{Entry, Event};

/// What the next reply to AUTH must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthStep {
    /// LOGIN asks for the user.
    User,
    /// LOGIN asks for the password.
    Password,
    /// 235.
    Verdict,
}

impl Client {
    /// The handshake succeeded. What the server said before does not count any more.
    pub fn tls_started(&mut self, now: Instant) {
        if self.phase != Phase::Securing {
            return;
        }
        self.touch(now);
        self.secured = true;
        self.log(|| Entry::information("", "TLS negotiation succeeded"));
        self.phase = Phase::Opening;
        self.reader = ReplyReader::default();
        self.say_hello();
    }

    /// The handshake failed with this error; the connection is lost. Whether to try in the
    /// clear, on a new connection, is for the caller to say.
    pub fn tls_failed(&mut self, now: Instant, error: &io::Error) {
        self.touch(now);
        let fault = Fault::of_handshake(error);
        self.log(|| Entry::information("", &fault.to_string()));
        self.fail(fault);
    }

    pub(super) fn greeted(&mut self, reply: Reply) {
        match reply.code {
            220 => self.say_hello(),
            _ => self.opening_refused(Stage::Greeting, reply),
        }
    }

    fn say_hello(&mut self) {
        self.offer = Offer::default();
        let name = self.policy.hello_name.clone();
        let command = match self.policy.protocol {
            Protocol::Smtp if self.policy.force_helo => {
                return self.command(Command::Helo(name), Expect::Helo);
            }
            Protocol::Smtp => Command::Ehlo(name),
            Protocol::Lmtp => Command::Lhlo(name),
        };
        self.command(command, Expect::Ehlo);
    }

    /// A server that does not know EHLO says so with 500 or 502, or 550 and others.
    pub(super) fn ehlo_replied(&mut self, reply: Reply) {
        if reply.code == 250 {
            self.offer = Offer::of(&reply);
            self.secure_or_log_on();
        } else if reply.is_permanent() && self.policy.protocol == Protocol::Smtp {
            self.command(Command::Helo(self.policy.hello_name.clone()), Expect::Helo);
        } else {
            self.opening_refused(Stage::Hello, reply);
        }
    }

    pub(super) fn helo_replied(&mut self, reply: Reply) {
        match reply.code {
            250 => self.secure_or_log_on(),
            _ => self.opening_refused(Stage::Hello, reply),
        }
    }

    fn secure_or_log_on(&mut self) {
        match self.policy.tls {
            TlsMode::None => self.log_on(),
            TlsMode::RequireOnward if self.secured && !self.offer.require_tls => {
                self.leave(Unsupported::RequireTls.into());
            }
            _ if self.secured => self.log_on(),
            _ if self.offer.starttls => self.command(Command::StartTls, Expect::StartTls),
            TlsMode::May => self.log_on(),
            TlsMode::Require | TlsMode::RequireOnward => self.leave(Fault::TlsNotOffered),
        }
    }

    pub(super) fn starttls_replied(&mut self, reply: Reply) {
        match reply.code {
            // Replies behind the 220 were put there by somebody who cannot do TLS.
            220 if self.reader.is_mid_reply() => self.fail(Fault::Protocol(Stage::StartTls)),
            220 => {
                self.phase = Phase::Securing;
                self.actions.push_back(Action::StartTls);
            }
            _ if self.policy.tls == TlsMode::May => self.log_on(),
            _ => self.opening_refused(Stage::StartTls, reply),
        }
    }

    fn log_on(&mut self) {
        let Some(credentials) = self.policy.credentials.clone() else { return self.be_ready() };
        if self.authenticated {
            return self.be_ready();
        }
        let offered = |name: &str| self.offer.auth.iter().any(|mechanism| mechanism == name);
        if !self.secured && !credentials.allow_cleartext {
            self.fail(Fault::AuthNotOffered);
        } else if offered("PLAIN") {
            let Credentials { user, password, .. } = credentials;
            let initial = Some(format!("\0{user}\0{password}").into_bytes());
            let command = Command::Auth { mechanism: "PLAIN".to_owned(), initial };
            self.command(command, Expect::Auth(AuthStep::Verdict));
        } else if offered("LOGIN") {
            let command = Command::Auth { mechanism: "LOGIN".to_owned(), initial: None };
            self.command(command, Expect::Auth(AuthStep::User));
        } else {
            self.fail(Fault::AuthNotOffered);
        }
    }

    pub(super) fn auth_replied(&mut self, step: AuthStep, reply: Reply) {
        let Some(credentials) = self.policy.credentials.clone() else { return };
        match (step, reply.code) {
            (AuthStep::User, 334) => self.respond(&credentials.user, AuthStep::Password),
            (AuthStep::Password, 334) => self.respond(&credentials.password, AuthStep::Verdict),
            (AuthStep::Verdict, 235) => {
                self.authenticated = true;
                self.be_ready();
            }
            _ => self.opening_refused(Stage::Auth, reply),
        }
    }

    fn respond(&mut self, secret: &str, next: AuthStep) {
        let line = format!("{}\r\n", to_base64(secret.as_bytes()));
        self.log(|| Entry::said(Event::Send, "<authentication response>"));
        self.output.extend_from_slice(line.as_bytes());
        self.expected.push_back(Expect::Auth(next));
    }

    /// The connection can take a message, if the server takes another one.
    pub(super) fn be_ready(&mut self) {
        self.phase = Phase::Ready;
        if self.offer.limits.mail_max.is_some_and(|max| self.transactions >= max) {
            return self.quit(self.now);
        }
        self.actions.push_back(Action::Ready);
    }

    /// No message can be sent on this connection.
    fn opening_refused(&mut self, stage: Stage, reply: Reply) {
        let fault =
            if reply.code >= 400 { Fault::Refused(stage, reply) } else { Fault::Protocol(stage) };
        self.fail(fault);
    }
}

//! AUTH (RFC 4954). The mechanisms live elsewhere; here are their frame and its limits.

use types::limits::{SMTP_AUTH_LINE_OCTETS_MAX, SMTP_AUTH_ROUNDS_MAX};

use super::super::{
    AuthMechanisms, Identity, Pending, Phase, Question, Sasl, SaslAnswer, Server, replies,
};
use crate::codec::SyntaxError;
use crate::codec::command::{base64, to_base64};
use crate::codec::line::Line;
use crate::protocol_log::{Entry, Event};

impl Server {
    pub(super) fn auth(&mut self, mechanism: String, initial: Option<Vec<u8>>) {
        if self.info.hello.is_none() {
            return self.protocol_error(replies::send_hello_first());
        }
        if !self.policy.auth.contains(AuthMechanisms::BASIC_AUTH) {
            return self.protocol_error(replies::unknown_command());
        }
        if self.info.identity.is_some() {
            return self.protocol_error(replies::already_authenticated());
        }
        if self.transaction.is_some() {
            return self.protocol_error(replies::bad_sequence());
        }
        if self.hides_auth() {
            return self.protocol_error(replies::need_tls());
        }
        if !self.offered_mechanisms().contains(&mechanism) {
            return self.protocol_error(replies::unknown_mechanism());
        }
        self.ask_sasl(Sasl::Start(mechanism, initial), 0);
    }

    /// What the EHLO reply lists behind AUTH.
    pub(super) fn offered_mechanisms(&self) -> Vec<String> {
        if !self.policy.auth.contains(AuthMechanisms::BASIC_AUTH) || self.hides_auth() {
            return Vec::new();
        }
        let bindable = self.info.tls.as_ref().is_some_and(|tls| tls.exporter.is_some());
        let usable = |name: &&String| bindable || !name.ends_with("-PLUS");
        self.policy.sasl.iter().filter(usable).cloned().collect()
    }

    /// True while AUTH would send secrets in the clear.
    fn hides_auth(&self) -> bool {
        let required = self.policy.require_tls
            || self.policy.auth.contains(AuthMechanisms::BASIC_AUTH_REQUIRE_TLS);
        required && self.info.tls.is_none()
    }

    fn ask_sasl(&mut self, sasl: Sasl, rounds: usize) {
        self.ask(Question::Authenticate(sasl), Pending::Sasl { rounds });
    }

    /// The client's line after a challenge.
    pub(in super::super) fn next_response(&mut self, rounds: usize) -> bool {
        let line = self.input.line(SMTP_AUTH_LINE_OCTETS_MAX);
        if line.is_some() {
            self.log(|| Entry::authentication(Event::Receive));
        }
        match line {
            None => {
                self.phase = Phase::Sasl { rounds };
                return false;
            }
            Some(Line::TooLong(_)) => self.protocol_error(replies::auth_line_too_long()),
            Some(Line::Complete(line)) if line == b"*" => {
                self.protocol_error(replies::auth_cancelled());
            }
            Some(Line::Complete(line)) => match base64(&line) {
                Ok(response) => self.ask_sasl(Sasl::Response(response), rounds),
                Err(_) => self.protocol_error(SyntaxError::Base64.reply()),
            },
        }
        true
    }

    pub(in super::super) fn sasl_answered(&mut self, rounds: usize, answer: SaslAnswer) {
        if !self.peer_waited() {
            return;
        }
        match answer {
            SaslAnswer::Challenge(_) if rounds >= SMTP_AUTH_ROUNDS_MAX => self.logon_failed(),
            SaslAnswer::Challenge(challenge) => {
                let line = format!("334 {}\r\n", to_base64(&challenge));
                self.output.extend_from_slice(line.as_bytes());
                self.log(|| Entry::authentication(Event::Send));
                self.phase = Phase::Sasl { rounds: rounds + 1 };
            }
            SaslAnswer::Accept(identity) => self.logged_on(identity),
            SaslAnswer::Reject => self.logon_failed(),
            SaslAnswer::Fail(reply) => self.say(reply),
        }
    }

    /// The password was right; whether the account may use this connector is another question.
    fn logged_on(&mut self, identity: Identity) {
        if identity.groups.common(self.policy.permission_groups).is_empty() {
            return self.logon_failed();
        }
        self.log(|| Entry::information(&identity.name, "authenticated"));
        self.info.identity = Some(identity);
        self.info.refresh_rights(&self.policy);
        self.say(replies::authenticated());
    }

    fn logon_failed(&mut self) {
        self.logon_failures += 1;
        let last = self.logon_failures >= self.policy.limits.logon_failures_max;
        self.say_after(self.policy.limits.auth_tarpit, replies::authentication_failed(), last);
    }
}

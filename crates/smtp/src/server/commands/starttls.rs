//! STARTTLS (RFC 3207).

use super::super::{Action, AuthMechanisms, Phase, Server, replies};

impl Server {
    /// Lets the driver shake hands. Whatever the peer sent behind the command was sent in the
    /// clear, perhaps not by the peer: it is thrown away.
    pub(super) fn starttls(&mut self) {
        if !self.policy.auth.contains(AuthMechanisms::TLS) {
            return self.protocol_error(replies::unknown_command());
        }
        if self.info.tls.is_some() {
            return self.protocol_error(replies::already_secured());
        }
        if self.info.hello.is_none() {
            return self.protocol_error(replies::send_hello_first());
        }
        self.drop_transaction();
        self.say(replies::ready_for_tls());
        self.flush();
        self.input.clear();
        self.actions.push_back(Action::StartTls);
        self.phase = Phase::Securing;
    }
}

//! Redirect-Message: the mail that waits here, to another server.
//!
//! What it is not: a transfer. Mail between servers of an organization is not routed yet, so the
//! verb says for each target why nothing is moved.

use crate::verb::{Cmdlet, Effect, Role, Session, VerbError, verb};

verb! {
    /// Moves the messages that wait here to another server of the organization. There is none that
    /// could take them yet, and the verb says so.
    pub struct RedirectMessage = "Redirect-Message" (Role::TransportQueues, Effect::Change) {
        /// The server that is to take them.
        target: String,
        /// The server that has them: this one.
        server: Option<String>,
    }
}

impl Cmdlet for RedirectMessage {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let this = &session.organization.server;
        let no_server = |identity| Err(VerbError::NotFound { what: "server", identity });
        match self.server {
            Some(server) if !is(&server, this) => return no_server(server),
            _ => {}
        }
        if is(&self.target, this) {
            return Err(VerbError::Invalid(format!("the messages are on {this} already")));
        }
        match has_mailboxes(session, &self.target) {
            true => Err(VerbError::Unavailable(format!(
                "{this} cannot hand its queues to another server yet"
            ))),
            false => no_server(self.target),
        }
    }
}

/// Whether a server is called that, by its short name or in full.
fn is(written: &str, short: &str) -> bool {
    written.split('.').next().unwrap_or_default().eq_ignore_ascii_case(short)
}

/// Whether the organization has such a server: one that mailboxes are on.
fn has_mailboxes(session: &Session<'_>, server: &str) -> bool {
    let snapshot = session.snapshot();
    let mut mailboxes = snapshot.recipients().filter_map(|recipient| recipient.mailbox());
    mailboxes.any(|mailbox| is(server, &mailbox.location.server))
}

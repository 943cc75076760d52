//! Remove-Mailbox.

use super::MAILBOX;
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Removes a mailbox and its account from the directory.
    pub struct RemoveMailbox = "Remove-Mailbox" (Role::MailRecipientCreation, Effect::Destroy) {
        /// The mailbox.
        identity: Identity = first,
    }
}

impl Cmdlet for RemoveMailbox {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let recipient = MAILBOX.find(session, &self.identity)?;
        MAILBOX.remove(session, &recipient).await
    }
}

//! Remove-Mailbox.

use super::{current, mailbox_of};
use crate::verb::{Cmdlet, Effect, Identity, Object, Role, Session, VerbError, verb};

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
        let recipient = session.recipient(&self.identity, "mailbox")?;
        mailbox_of(&recipient, &self.identity.0)?;
        let before = current(session, recipient.id).map(|mailbox| Object::of(&mailbox));
        if !session.should_process(format!("Removing mailbox {}", recipient.primary)) {
            return Ok(());
        }
        session.directory().remove(recipient.id).await?;
        session.modified(recipient.primary.to_string(), before.transpose()?.as_ref(), None);
        Ok(())
    }
}

//! Disable-Mailbox.

use directory::{Account, Kind, Recipient, Restrictions};

use super::MAILBOX;
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Takes the mailbox from its owner, whose account stays without mail. What is in it is kept
    /// for the database's retention of removed mailboxes.
    pub struct DisableMailbox = "Disable-Mailbox" (Role::MailRecipientCreation, Effect::Destroy) {
        /// The mailbox.
        identity: Identity = first,
    }
}

impl Cmdlet for DisableMailbox {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let recipient = MAILBOX.find(session, &self.identity)?;
        session.may_change(&recipient)?;
        if !session.should_process(format!("Disabling mailbox {}", recipient.primary)) {
            return Ok(());
        }
        let was = MAILBOX.object(session, recipient.id)?;
        session.directory().update(recipient.id, disable).await?;
        session.modified(recipient.primary.to_string(), was.as_ref(), None);
        Ok(())
    }
}

/// Only who it is stays: name, attributes, login. Nobody logged in to a shared mailbox, so nobody
/// does to its account.
fn disable(recipient: &mut Recipient) {
    let account = recipient.account().cloned().unwrap_or_else(Account::default);
    recipient.kind = Kind::User(account);
    recipient.proxies.clear();
    recipient.send_as.clear();
    recipient.send_on_behalf.clear();
    recipient.restrictions = Restrictions::default();
    recipient.hidden_from_address_lists = false;
    recipient.email_address_policy_enabled = false;
}

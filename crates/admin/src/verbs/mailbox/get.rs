//! Get-Mailbox.

use super::{MailboxObject, mailbox_of, shown};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Shows mailboxes.
    pub struct GetMailbox = "Get-Mailbox" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

/// ResultSize, unless it is given; Exchange's.
const RESULT_SIZE_DEFAULT: u32 = 1000;

impl Cmdlet for GetMailbox {
    type Answer = Vec<MailboxObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let snapshot = session.snapshot();
        if let Some(identity) = &self.identity {
            let recipient = session.recipient(identity, "mailbox")?;
            mailbox_of(&recipient, &identity.0)?;
            return Ok(shown(&snapshot, &recipient).into_iter().collect());
        }
        let wanted = self.anr.unwrap_or_default().to_lowercase();
        let named = |mailbox: &MailboxObject| {
            [&mailbox.display_name, &mailbox.alias, &mailbox.primary_smtp_address]
                .iter()
                .any(|name| name.to_lowercase().starts_with(&wanted))
        };
        let mailboxes = snapshot.recipients().filter_map(|each| shown(&snapshot, each));
        let mut mailboxes: Vec<_> = mailboxes.filter(named).collect();
        mailboxes.sort_by_key(|mailbox| mailbox.display_name.to_lowercase());
        let limit = self.result_size.unwrap_or(RESULT_SIZE_DEFAULT) as usize;
        if mailboxes.len() > limit {
            session.warn(format!("there are {} in all; see -ResultSize", mailboxes.len()));
            mailboxes.truncate(limit);
        }
        Ok(mailboxes)
    }
}

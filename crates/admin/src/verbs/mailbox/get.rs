//! Get-Mailbox.

use super::super::recipient::Listing;
use super::{MAILBOX, MailboxObject};
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

impl Cmdlet for GetMailbox {
    type Answer = Vec<MailboxObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let GetMailbox { identity, anr, result_size } = self;
        MAILBOX.list(session, Listing { identity, anr, result_size })
    }
}

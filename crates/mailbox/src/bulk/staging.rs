//! Work that is all or nothing: gathered in slices, visible by one small transaction.

use crate::change::Change;
use crate::fault::Fault;
use crate::id::{FolderId, IntentNumber};
use crate::mailbox::Mailbox;
use crate::uid_set::UidSet;

/// Items on their way into a folder, which nobody sees before [`Staging::publish`].
///
/// Dropped before, they are left to the janitor ([`crate::View::forgotten_intent`]), as after a crash.
pub struct Staging {
    mailbox: Mailbox,
    intent: IntentNumber,
}

impl Staging {
    /// Begins to gather items for a folder; `from` is the folder of the same mailbox that they
    /// are copied from. Errors: NotFound, Denied.
    pub async fn begin(
        mailbox: &Mailbox,
        folder: FolderId,
        from: Option<FolderId>,
    ) -> Result<Self, Fault> {
        let intent = mailbox.write_slice(move |change| change.begin_intent(folder, from)).await?;
        Ok(Staging { mailbox: mailbox.clone(), intent })
    }

    /// The number to stage under.
    pub fn intent(&self) -> IntentNumber {
        self.intent
    }

    /// Makes all of it visible. Gives the UIDs, in the order of staging. Errors as of
    /// [`Change::publish`]; nothing is visible then, and nothing is left.
    pub async fn publish(self) -> Result<UidSet, Fault> {
        let intent = self.intent;
        match self.mailbox.write(move |change| change.publish(intent)).await {
            Ok(uids) => Ok(uids),
            Err(fault) => {
                self.abandon().await;
                Err(fault)
            }
        }
    }

    /// Deletes what was gathered so far.
    pub async fn abandon(self) {
        if let Err(fault) = self.erase().await {
            tracing::warn!(%fault, "what was staged is left to the janitor");
        }
    }

    async fn erase(&self) -> Result<(), Fault> {
        let intent = self.intent;
        let erase = move |change: &mut Change<'_, '_>| change.abandon(intent);
        while !self.mailbox.write_slice(erase).await? {}
        Ok(())
    }
}

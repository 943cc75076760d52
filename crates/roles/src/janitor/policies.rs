//! Quotas and retention from the directory reach the mailboxes: all at the start, because the
//! settings may have changed, then those of each change of the directory at once.

use directory::{ChangeNumber, Recipient};
use net::Shutdown;

use super::{Janitor, report};
use mailbox::Fault;

impl Janitor {
    /// Works until shutdown.
    pub(super) async fn follow_policies(&self, shutdown: &Shutdown) {
        let mut changes = self.directory.changes();
        let mut seen = None;
        loop {
            seen = Some(self.apply_policies(seen, shutdown).await);
            tokio::select! {
                () = shutdown.requested() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Applies what changed since `seen`, or everything. Gives the last change in that.
    pub(super) async fn apply_policies(
        &self,
        seen: Option<ChangeNumber>,
        shutdown: &Shutdown,
    ) -> ChangeNumber {
        let last = self.directory.snapshot().change();
        let is_new = |owner: &Recipient| seen.is_none_or(|seen| owner.changed > seen);
        for recipient in self.owners().into_iter().filter(|owner| is_new(owner)) {
            if shutdown.is_requested() {
                break;
            }
            report(
                &recipient,
                "quotas are not in the mailbox",
                self.apply_policy(&recipient).await,
            );
        }
        last
    }

    async fn apply_policy(&self, recipient: &Recipient) -> Result<(), Fault> {
        match recipient.mailbox() {
            Some(settings) => self.defaults.policy(settings).apply(&self.mailbox(settings)).await,
            None => Ok(()),
        }
    }
}

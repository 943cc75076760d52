//! MailboxRetention: a mailbox whose owner has left the directory stays, disconnected, for a time
//! in which it could be connected again, and is erased then.

use std::collections::HashSet;

use mailbox::{Change, Fault, Mailbox, MailboxNumber, Resident, residents};
use net::Shutdown;
use store::{Bulk, Txn};

use super::Janitor;

/// Mailboxes looked at in one snapshot.
const MAILBOXES_PER_SNAPSHOT: usize = 1024;
/// A mailbox noted further ahead than this was noted under a clock that was wrong.
const AHEAD_SECS_MAX: u64 = 86_400;

impl Janitor {
    /// Notes which mailboxes nobody owns, and erases those whose time is over.
    pub(super) async fn look_after_disconnected(&self, shutdown: &Shutdown) -> Result<(), Fault> {
        let mut from = MailboxNumber::new(0);
        loop {
            let read = move |snapshot: &_| residents(snapshot, from, MAILBOXES_PER_SNAPSHOT);
            let some = self.database.read(read).await?;
            // Taken after them: an owner is in the directory before the mailbox is made.
            let owned = self.owned();
            for resident in &some {
                if shutdown.is_requested() {
                    return Ok(());
                }
                let is_owned = owned.contains(&resident.number.get());
                if let Err(fault) = self.look_after(resident, is_owned, shutdown).await {
                    tracing::error!(mailbox = %resident.number, %fault, "disconnected mailbox");
                }
            }
            match some.last().and_then(|last| last.number.get().checked_add(1)) {
                Some(next) => from = MailboxNumber::new(next),
                None => return Ok(()),
            }
        }
    }

    /// Numbers of the mailboxes that somebody in the directory has.
    fn owned(&self) -> HashSet<u32> {
        let owners = self.owners().into_iter();
        owners.filter_map(|owner| owner.mailbox().map(|mailbox| mailbox.location.number)).collect()
    }

    async fn look_after(
        &self,
        resident: &Resident,
        is_owned: bool,
        shutdown: &Shutdown,
    ) -> Result<(), Fault> {
        let now = self.database.now();
        let secs = now.secs().max(0) as u64;
        let mailbox = self.opened(resident.number);
        match resident.disconnected {
            None if is_owned => Ok(()),
            Some(_) if is_owned => mailbox.write(|change| change.set_disconnected(None)).await,
            Some(since) if since <= secs.saturating_add(AHEAD_SECS_MAX) => {
                let is_over = secs.saturating_sub(since) >= self.mailbox_retention.as_secs();
                if is_over { erase(&mailbox, shutdown).await } else { Ok(()) }
            }
            _ => {
                tracing::info!(mailbox = %resident.number, "nobody owns this mailbox any more");
                mailbox.write(move |change| change.set_disconnected(Some(now))).await
            }
        }
    }
}

async fn erase(mailbox: &Mailbox, shutdown: &Shutdown) -> Result<(), Fault> {
    let (number, shutdown) = (mailbox.number(), shutdown.clone());
    tracing::info!(mailbox = %number, "MailboxRetention is over: the mailbox is erased");
    let run = move |txn: &mut Txn<'_>| {
        let done = Change::erase_mailbox(txn, number)?;
        Ok(if done || shutdown.is_requested() { Bulk::Done(()) } else { Bulk::More })
    };
    mailbox.database().write_bulk(run).await
}

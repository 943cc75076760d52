//! Work on any number of messages, in transactions short enough for everybody else.
//!
//! A [`crate::Change`] is one transaction and holds the writer for as long as it takes. What may
//! be done in part (flags, moves, deletions) is cut into [`Portions`] here, and what is more than
//! `INTERACTIVE_ITEMS_MAX` runs in slices of the bulk lane, with deliveries and other people's
//! commands between them. What is all or nothing (copies, MULTIAPPEND) is gathered in slices by
//! [`Staging`] and becomes visible by one small transaction.
//!
//! It is not a queue: when the caller goes away, or a slice fails, the slices that are committed
//! stay, and nothing goes on by itself but the emptying of deleted folders and the renaming of the
//! Inbox, which the janitor finishes.

mod append;
mod copy;
mod portions;
mod staging;

pub use append::{Appending, Parcel};
pub use portions::Portions;
pub use staging::Staging;

use tracing::Instrument;

use crate::change::UidPair;
use crate::fault::Fault;
use crate::flags::Flags;
use crate::id::FolderId;
use crate::mailbox::Mailbox;
use crate::rights::{Access, Rights};
use crate::uid_set::UidSet;

/// Work that was done as far as it went.
#[derive(Debug)]
#[must_use]
pub struct Partly<T> {
    /// What is done, and stays done.
    pub done: T,
    /// Why the rest is not.
    pub fault: Option<Fault>,
}

impl Mailbox {
    /// Moves messages to another folder. Each is in exactly one of the two at any time (RFC 6851
    /// section 3.3); those that are gone by now are left out.
    async fn move_within(
        &self,
        from: FolderId,
        uids: UidSet,
        to: FolderId,
    ) -> Partly<Vec<UidPair>> {
        let mut portions = Portions::new(uids);
        let mut done = Vec::new();
        loop {
            let slice = self.write_some(&mut portions, move |change, portions| {
                let mut pairs = Vec::new();
                while let Some(uids) = portions.next(change) {
                    pairs.extend(change.move_items(from, &uids, to)?);
                }
                Ok(pairs)
            });
            match slice.await {
                Ok(pairs) => done.extend(pairs),
                Err(fault) => return Partly { done, fault: Some(fault) },
            }
            if portions.is_done() {
                return Partly { done, fault: None };
            }
        }
    }

    /// Moves what [`crate::Change::rename_inbox`] has left on its way.
    pub async fn finish_moves(&self) -> Result<(), Fault> {
        if self.read(|view| view.pending_move()).await?.is_none() {
            return Ok(());
        }
        let system = Mailbox::open(self.database().clone(), self.number(), Access::System);
        while !system.write_slice(|change| change.continue_moves()).await? {}
        Ok(())
    }

    /// Deletes messages as [`crate::Change::expunge`] does. Gives the UIDs that left; after a
    /// fault some of them may be gone.
    pub async fn expunge(
        &self,
        folder: FolderId,
        uids: UidSet,
        deleted_only: bool,
    ) -> Result<UidSet, Fault> {
        let uids = self.expungeable(folder, uids, deleted_only).await?;
        let mut portions = Portions::new(uids);
        let mut gone = UidSet::new();
        while !portions.is_done() {
            let slice = self.write_some(&mut portions, move |change, portions| {
                let mut gone = UidSet::new();
                while let Some(uids) = portions.next(change) {
                    gone.extend(&change.expunge(folder, &uids, deleted_only)?);
                }
                Ok(gone)
            });
            gone.extend(&slice.await?);
        }
        Ok(gone)
    }

    /// Deletes a folder as [`crate::Change::delete_folder`] does. If it has many items, they
    /// follow into Recoverable Items in the background.
    pub async fn delete_folder(&self, folder: FolderId) -> Result<(), Fault> {
        if !self.write(move |change| change.delete_folder(folder)).await? {
            let mailbox = Mailbox::open(self.database().clone(), self.number(), Access::System);
            tokio::spawn(mailbox.empty_in_background().in_current_span());
        }
        Ok(())
    }

    async fn empty_in_background(self) {
        if let Err(fault) = self.empty_deleted_folders().await {
            tracing::warn!(%fault, "a deleted folder is left to the janitor");
        }
    }

    async fn empty_deleted_folders(&self) -> Result<(), Fault> {
        while !self.write_slice(|change| change.empty_deleted_folders()).await? {}
        Ok(())
    }

    /// Which of the messages there are would go: looked for in a snapshot, since a folder of any
    /// size may have few of them.
    async fn expungeable(
        &self,
        folder: FolderId,
        uids: UidSet,
        deleted_only: bool,
    ) -> Result<UidSet, Fault> {
        self.read(move |view| {
            view.require(folder, Rights::DELETE_ANY)?;
            if !deleted_only {
                return Ok(uids.intersection(&view.uids(folder)?.to_set()));
            }
            if view.status(folder)?.deleted == 0 {
                return Ok(UidSet::new());
            }
            view.uids_where(folder, &uids, |entry| entry.flags.contains(Flags::DELETED))
        })
        .await
    }
}

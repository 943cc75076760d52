//! RENAME of the Inbox as IMAP wants it (RFC 9051 section 6.3.6): its messages come into a new
//! folder, and it stays, empty.
//!
//! Few messages come along in the transaction that makes the folder. Many are noted there as on
//! their way, up to the last that was in the Inbox then, and follow in slices; after a crash the
//! janitor goes on. Each message is in exactly one of the two folders at any time.

use std::ops::ControlFlow;

use store::{Direction, ReadExt};
use types::limits::INTERACTIVE_ITEMS_MAX;

use super::Change;
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::id::{FolderId, Uid};
use crate::key::{self, Table};
use crate::record::{Folder, PendingMove, Special};
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::View;

impl Change<'_, '_> {
    /// Makes a folder, and moves the messages of the Inbox there, or notes that they are to be
    /// moved by [`Change::continue_moves`]. Errors as [`Change::create_folder`], and Denied when
    /// they may not be moved.
    pub fn rename_inbox(&mut self, parent: FolderId, name: &str) -> Result<Folder, Fault> {
        let inbox = default_id(Special::Inbox);
        self.require(inbox, Rights::READ_ANY | Rights::DELETE_ANY)?;
        let folder = self.create_folder(parent, name, None, None)?;
        self.require(folder.id, Rights::CREATE)?;
        let counters = &self.list(inbox)?.0.counters;
        if u64::from(counters.exists) <= INTERACTIVE_ITEMS_MAX {
            self.move_items(inbox, &UidSet::all(), folder.id)?;
            return Ok(folder);
        }
        let pending = PendingMove { from: inbox, end: Uid::new(counters.uid_next) };
        self.txn.put_record(&key::pending_move(self.mailbox, folder.id), &pending)?;
        Ok(folder)
    }

    /// Moves messages that are on their way to a new folder, until the slice is full. Gives true
    /// when none is left.
    pub fn continue_moves(&mut self) -> Result<bool, Fault> {
        while let Some((folder, pending)) = self.view()?.pending_move()? {
            if !self.continue_move(folder, &pending)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn continue_move(&mut self, folder: FolderId, pending: &PendingMove) -> Result<bool, Fault> {
        let mut before = UidSet::new();
        before.insert_run(1..=pending.end.get().saturating_sub(1).max(1));
        while let Some(page) = self.first_page(pending.from)? {
            let moved = self.move_items(pending.from, &page.intersection(&before), folder)?;
            if moved.is_empty() {
                break;
            }
            if self.txn.slice_full() {
                return Ok(false);
            }
        }
        self.forget_pending_move(folder)?;
        Ok(true)
    }

    fn first_page(&mut self, folder: FolderId) -> Result<Option<UidSet>, Fault> {
        let (list, txn) = self.list(folder)?;
        list.first_page(txn)
    }

    /// Nothing more comes into a folder.
    pub(super) fn forget_pending_move(&mut self, folder: FolderId) -> Result<(), Fault> {
        Ok(self.txn.delete(&key::pending_move(self.mailbox, folder))?)
    }
}

impl View<'_> {
    /// A folder whose messages are not all there yet.
    pub fn pending_move(&self) -> Result<Option<(FolderId, PendingMove)>, Fault> {
        let from = key::table(self.mailbox, Table::PendingMove);
        let mut found = None;
        let visit = &mut |key: &[u8], pending: PendingMove| {
            found = key::pending_move_target(key).map(|folder| (folder, pending));
            ControlFlow::Break(())
        };
        self.read.records(&from, &key::after(&from), Direction::Forward, visit)?;
        Ok(found)
    }
}

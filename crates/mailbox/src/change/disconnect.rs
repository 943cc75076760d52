//! Mailboxes without an owner: noted as disconnected, and erased when their time is over.

use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt, Txn};
use types::Timestamp;

use super::Change;
use crate::fault::Fault;
use crate::id::MailboxNumber;
use crate::key::{self, Table};
use crate::record::{Disconnected, Folder, MailboxState, Meta};

impl Change<'_, '_> {
    /// Notes since when nobody owns the mailbox, or that somebody does.
    pub fn set_disconnected(&mut self, since: Option<Timestamp>) -> Result<(), Fault> {
        let key = key::table(self.mailbox, Table::Disconnected);
        let Some(since) = since else { return Ok(self.txn.delete(&key)?) };
        let since = since.secs().max(0) as u64;
        Ok(self.txn.put_record(&key, &Disconnected { since })?)
    }

    /// Erases the rows of a mailbox until the slice is full. Gives true when none is left. From
    /// the first slice on every other write is refused (Moved). What says that there is such a
    /// mailbox goes last; its blobs fall to the store's sweep.
    pub fn erase_mailbox(txn: &mut Txn<'_>, mailbox: MailboxNumber) -> Result<bool, Fault> {
        txn.permit_growth();
        let meta_key = key::table(mailbox, Table::Meta);
        let note_key = key::table(mailbox, Table::Disconnected);
        if let Some(meta) = txn.record::<Meta>(&meta_key)? {
            txn.put_record(&meta_key, &Meta { state: MailboxState::Gone, ..meta })?;
        }
        let mut from = key::after(&meta_key);
        loop {
            let rows = some_rows(txn, mailbox, &from)?;
            let Some(last) = rows.last() else { break };
            from = [&last[..], &[0]].concat();
            for row in rows.iter().filter(|row| **row != note_key) {
                erase_row(txn, mailbox, row)?;
                if txn.slice_full() {
                    return Ok(false);
                }
            }
        }
        txn.delete(&note_key)?;
        txn.delete(&meta_key)?;
        Ok(true)
    }
}

/// Keys of the next rows of a mailbox.
fn some_rows(txn: &Txn<'_>, mailbox: MailboxNumber, from: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    const ROWS_PER_LOOK: usize = 64;
    let mut rows = Vec::with_capacity(ROWS_PER_LOOK);
    txn.range(from, &key::mailbox_range(mailbox).1, Direction::Forward, &mut |key, _| {
        rows.push(key.to_vec());
        match rows.len() < ROWS_PER_LOOK {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    Ok(rows)
}

/// Deletes a row, and with a folder what was granted of it.
fn erase_row(txn: &mut Txn<'_>, mailbox: MailboxNumber, row: &[u8]) -> Result<(), Fault> {
    if key::is_of(row, Table::Folder)
        && let Some(folder) = txn.record::<Folder>(row)?
    {
        for entry in folder.acl {
            txn.delete(&key::grant(entry.grantee, mailbox))?;
        }
    }
    Ok(txn.delete(row)?)
}

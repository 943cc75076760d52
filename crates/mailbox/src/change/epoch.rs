//! A new epoch: the mailbox has come back from a backup, and what clients remember of the time
//! between the backup and the loss was never.

use store::{ReadExt, Txn};

use super::Change;
use crate::fault::Fault;
use crate::id::{COUNTER_MAX, Guid, MailboxNumber};
use crate::key::{self, Table};
use crate::record::{Counters, Meta};
use crate::rights::Access;

/// What ids and change numbers jump by, so that none is given out again that was given out
/// between the backup and the loss: more than a mailbox gives out in years.
const JUMP: u32 = 1 << 24;

impl Change<'_, '_> {
    /// Begins a new epoch: tokens of the one before are refused, ids and change numbers go on far
    /// above, each folder has a new UIDVALIDITY (RFC 9051 section 2.3.1.1), so that clients throw
    /// away what they kept. Errors: NotFound; Limit when the counters are used up.
    pub fn begin_epoch(txn: &mut Txn<'_>, mailbox: MailboxNumber) -> Result<(), Fault> {
        txn.permit_growth();
        let key = key::table(mailbox, Table::Meta);
        let meta: Meta = txn.record(&key)?.ok_or(Fault::NotFound("mailbox"))?;
        let repl_guid = Guid::random().map_err(|_| Fault::Invalid("no randomness"))?;
        txn.put_record(&key, &Meta { repl_guid, epoch: meta.epoch.saturating_add(1), ..meta })?;
        let mut change = Change::resume(txn, mailbox, Access::System)?;
        let folders = change.view()?.all_folders()?;
        for folder in folders {
            let uid_validity = folder.uid_validity.checked_add(JUMP).unwrap_or(1);
            let row = key::folder(mailbox, folder.id);
            change.txn.put_record(&row, &crate::record::Folder { uid_validity, ..folder })?;
        }
        let Counters { change: changes, id, .. } = change.counters;
        if changes.max(id).saturating_add(u64::from(JUMP)) > COUNTER_MAX {
            return Err(Fault::Limit("counters of a mailbox"));
        }
        change.counters.change += u64::from(JUMP);
        change.counters.id += u64::from(JUMP);
        change.put_counters()?;
        change.txn.wake(u64::from(mailbox.get()));
        Ok(())
    }
}

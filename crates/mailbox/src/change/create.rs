//! A new mailbox: identity, counters, default folders.

use store::Txn;

use super::Change;
use crate::defaults::{FOLDERS, LAST_DEFAULT_ID, default_id};
use crate::fault::Fault;
use crate::id::{Guid, MailboxNumber};
use crate::key::{self, Table};
use crate::record::{Counters, MailboxState, Meta};
use crate::rights::Access;

impl Change<'_, '_> {
    /// Makes a mailbox. Errors: Exists.
    pub fn create_mailbox(
        txn: &mut Txn<'_>,
        mailbox: MailboxNumber,
        guid: Guid,
    ) -> Result<(), Fault> {
        use store::Read;
        let key = key::table(mailbox, Table::Meta);
        if txn.get(&key)?.is_some() {
            return Err(Fault::Exists);
        }
        let repl_guid = Guid::random().map_err(|_| Fault::Invalid("no randomness"))?;
        let created = txn.now().secs().max(0) as u64;
        let state = MailboxState::Active;
        txn.put_record(&key, &Meta { guid, repl_guid, epoch: 1, state, created })?;
        let counters = Counters { id: LAST_DEFAULT_ID, ..Counters::default() };
        txn.put_record(&key::table(mailbox, Table::Counters), &counters)?;
        let mut change = Change::resume(txn, mailbox, Access::System)?;
        for folder in &FOLDERS {
            change.insert_default(folder)?;
        }
        change.finish()
    }

    fn insert_default(&mut self, folder: &crate::defaults::Default) -> Result<(), Fault> {
        let id = default_id(folder.special);
        let mut row = self.new_folder(id, default_id(folder.parent), folder.name)?;
        row.class = folder.class.to_owned();
        row.special = Some(folder.special);
        row.hidden = folder.hidden;
        row.subscribed = !folder.hidden;
        self.insert_folder(&row)
    }
}

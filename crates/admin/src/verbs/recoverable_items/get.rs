//! Get-RecoverableItems.

use mailbox::{RecoverableItem, Special};
use types::Timestamp;

use super::{EntryId, Selection, open};
use crate::verb::{
    Bytes, Cmdlet, Effect, Identity, Moment, Role, Session, VerbError, object, verb,
};
use crate::verbs::result_size;

object! {
    /// An item that was deleted and can come back.
    pub struct RecoverableItemObject = "RecoverableItem" [entry_id, last_modified_time, last_parent_path, subject] {
        /// Names it for Restore-RecoverableItems.
        entry_id: String,
        /// RecoverableItems, PurgedItems or Versions.
        source_folder: &'static str,
        /// The folder it was deleted from, when that is still known.
        last_parent_path: Option<String>,
        /// That folder is there.
        original_folder_exists: bool,
        /// When it was deleted.
        last_modified_time: Moment,
        /// Message class.
        item_class: String,
        /// Subject.
        subject: String,
        /// Octets.
        size: Bytes,
    }
}

verb! {
    /// Shows what was deleted from a mailbox and can be restored.
    pub struct GetRecoverableItems = "Get-RecoverableItems" (Role::MailboxImportExport, Effect::Read) {
        /// The mailbox.
        identity: Identity = first,
        /// Only items with this text in their subject.
        subject_contains: Option<String>,
        /// Only this one.
        entry_id: Option<EntryId>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

impl Cmdlet for GetRecoverableItems {
    type Answer = Vec<RecoverableItemObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mailbox = open(session, &self.identity).await?;
        let Self { subject_contains, entry_id, result_size, .. } = self;
        let limit = result_size::result_size(result_size);
        let items = Selection { subject_contains, entry_id }.items(&mailbox, limit).await?;
        if items.len() == limit {
            session.warn("there may be more; see -ResultSize");
        }
        Ok(items.into_iter().map(shown).collect())
    }
}

fn shown(item: RecoverableItem) -> RecoverableItemObject {
    RecoverableItemObject {
        entry_id: EntryId(item.entry.mid).text(),
        source_folder: match item.source {
            Special::Purges => "PurgedItems",
            Special::Versions => "Versions",
            _ => "RecoverableItems",
        },
        last_parent_path: item.last_parent_path.map(|path| path.join("/")),
        original_folder_exists: item.original_folder_exists,
        last_modified_time: Moment(Timestamp::from_secs(item.entry.saved)),
        item_class: item.class,
        subject: item.subject,
        size: Bytes(u64::from(item.entry.size)),
    }
}

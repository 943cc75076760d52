//! Taking items over from another mailbox of the same database: the blob is shared, and what was
//! derived from it and what clients wrote over it is carried over.

use std::ops::ControlFlow;

use super::{Change, UidPair};
use crate::fault::Fault;
use crate::flags::{KeywordTable, Keywords};
use crate::id::{FolderId, IntentNumber, ItemNumber, MailboxNumber, Mid, Uid};
use crate::key::List;
use crate::page::Entry;
use crate::record::{Content, EventKind, Overlay};
use crate::rights::{Access, Rights};
use crate::uid_set::UidSet;
use crate::view::View;

/// A folder of another mailbox of the same database, and who is asking there.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The mailbox.
    pub mailbox: MailboxNumber,
    /// The asker's rights in it.
    pub access: Access,
    /// The folder.
    pub folder: FolderId,
}

/// A message in another mailbox.
struct Found {
    entry: Entry,
    content: Content,
    overlay: Overlay,
}

impl Change<'_, '_> {
    /// Copies messages of another mailbox into a folder. Gives their UIDs there and here.
    /// Errors: NotFound, Denied, OverQuota, Limit.
    pub fn import(
        &mut self,
        source: &Source,
        uids: &UidSet,
        to: FolderId,
    ) -> Result<Vec<UidPair>, Fault> {
        self.require(to, Rights::CREATE)?;
        let found = self.found_in(source, uids)?;
        self.check_quota(found.iter().map(|found| found.entry.octets()).sum())?;
        let mut pairs = Vec::with_capacity(found.len());
        let mut mids = Vec::with_capacity(found.len());
        for (uid, entry) in self.imported(source, found)? {
            let saved = self.txn.now().secs();
            let entry = self.numbered(to, Entry { saved, ..entry })?;
            self.place(to, &entry)?;
            mids.push(entry.mid.get());
            pairs.push((uid, entry.uid));
        }
        if !mids.is_empty() {
            self.event(EventKind::Created, to, None, mids);
        }
        Ok(pairs)
    }

    /// Adds copies of messages of another mailbox to an intent. Gives the UIDs of those that are
    /// still there, in order. Errors as [`Change::import`].
    pub fn stage_imports(
        &mut self,
        number: IntentNumber,
        source: &Source,
        uids: &UidSet,
    ) -> Result<Vec<Uid>, Fault> {
        let found = self.found_in(source, uids)?;
        let (uids, entries) = self.imported(source, found)?.into_iter().unzip();
        self.stage_entries(number, entries)?;
        Ok(uids)
    }

    fn found_in(&self, source: &Source, uids: &UidSet) -> Result<Vec<Found>, Fault> {
        let view = View::new(&*self.txn, source.mailbox, source.access);
        let mut entries = Vec::new();
        view.entries(source.folder, uids, &mut |entry| {
            entries.push(entry.clone());
            ControlFlow::Continue(())
        })?;
        let found = |entry: Entry| -> Result<Found, Fault> {
            let content = view.content(entry.content)?;
            let overlay = view.overlay(&entry)?;
            Ok(Found { entry, content, overlay })
        };
        entries.into_iter().map(found).collect()
    }

    /// Entries of this mailbox for what was found in another, with the UIDs there.
    fn imported(&mut self, source: &Source, found: Vec<Found>) -> Result<Vec<(Uid, Entry)>, Fault> {
        let names = View::new(&*self.txn, source.mailbox, source.access).keywords()?;
        let mut imported = Vec::with_capacity(found.len());
        for Found { entry, content, overlay } in found {
            self.txn.retain(content.blob);
            overlay.blobs().for_each(|blob| self.txn.retain(blob));
            let keywords = self.keywords_named(&names, entry.keywords)?;
            let content = self.put_content(&content)?;
            let id = self.next_id();
            let (item, mid) = (ItemNumber::new(id), Mid::new(id));
            let uid = entry.uid;
            let (overlaid, origin) = (false, None);
            let mut new = Entry { item, mid, content, keywords, overlaid, origin, ..entry };
            self.put_overlay(&overlay, List::Items, &mut new)?;
            imported.push((uid, new));
        }
        Ok(imported)
    }

    /// The bits that keywords of another mailbox have in this one.
    fn keywords_named(
        &mut self,
        names: &KeywordTable,
        keywords: Keywords,
    ) -> Result<Keywords, Fault> {
        let mut here = Keywords::NONE;
        for name in names.names_of(keywords) {
            here = here | self.keyword(name)?;
        }
        Ok(here)
    }
}

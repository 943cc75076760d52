//! Recoverable Items: what is in there, and what must leave for good.
//!
//! Reading only; [`Change::purge_expired`](crate::Change::purge_expired) and
//! [`Change::restore`](crate::Change::restore) are the other half. Items stand in the order in
//! which they were deleted: the oldest has the smallest UID.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use store::ReadExt;
use types::Timestamp;

use crate::defaults::{RECOVERABLE, default_id};
use crate::fault::Fault;
use crate::id::{FolderId, Uid};
use crate::key;
use crate::page::Entry;
use crate::record::{DeletedFolder, Special};
use crate::uid_set::UidSet;
use crate::view::View;

/// A deleted item that can come back.
#[derive(Clone, Debug)]
pub struct RecoverableItem {
    /// Deletions, Purges or Versions.
    pub source: Special,
    /// The item; `saved` is when it was deleted.
    pub entry: Entry,
    /// Message class.
    pub class: String,
    /// Subject.
    pub subject: String,
    /// Names from below the root down to the folder it was deleted from; none when nothing
    /// is known of that any more.
    pub last_parent_path: Option<Vec<String>>,
    /// That folder is there.
    pub original_folder_exists: bool,
}

impl RecoverableItem {
    /// The folder it is in now.
    pub fn folder(&self) -> FolderId {
        default_id(self.source)
    }
}

/// Items of a folder that one search for expired items looks at, in one snapshot: the class of
/// many of them stands in their contents.
const LOOKS_MAX: usize = 8192;

/// Items that are to be deleted for good. Found in a snapshot, so some may be gone by now;
/// a UID never means another item.
#[derive(Clone, Debug, Default)]
pub struct ExpiredItems {
    found: VecDeque<(FolderId, UidSet)>,
    next: Option<ExpiredFrom>,
}

/// Where a search for expired items goes on; at first with the first folder of Recoverable Items.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpiredFrom {
    folder: usize,
    uid: Uid,
}

impl ExpiredItems {
    /// True when there is nothing to delete.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Where to look for more, in another snapshot, when these are deleted; `None` at the end.
    pub fn next(&self) -> Option<ExpiredFrom> {
        self.next
    }

    /// Up to `limit` of them, of one folder.
    pub(crate) fn take(&mut self, limit: usize) -> Option<(FolderId, UidSet)> {
        let (folder, mut uids) = self.found.pop_front()?;
        let some: UidSet = uids.iter().take(limit).collect();
        uids = uids.difference(&some);
        if !uids.is_empty() {
            self.found.push_front((folder, uids));
        }
        Some((folder, some))
    }

    fn add(&mut self, folder: FolderId, uids: UidSet) {
        if !uids.is_empty() {
            self.found.push_back((folder, uids));
        }
    }
}

impl View<'_> {
    /// What has been in Recoverable Items for longer than its retention, and the oldest items
    /// above RecoverableItemsWarningQuota: some of it, from a place on.
    pub fn expired_items(&self, now: Timestamp, from: ExpiredFrom) -> Result<ExpiredItems, Fault> {
        let mut found = ExpiredItems::default();
        let mut surplus = self.quota()?.recoverable_surplus();
        for folder in RECOVERABLE.map(default_id) {
            found.add(folder, oldest(self, folder, &mut surplus, LOOKS_MAX)?);
        }
        let more_surplus = surplus > 0 && !found.is_empty();
        found.next = more_surplus.then_some(from);
        if let Some(folder) = RECOVERABLE.get(from.folder).copied().map(default_id) {
            let (uids, next) = self.past_retention(folder, from.uid, now)?;
            found.add(folder, uids);
            let next = match next {
                Some(uid) => ExpiredFrom { uid, ..from },
                None => ExpiredFrom { folder: from.folder + 1, uid: Uid::default() },
            };
            let ended = next.folder == RECOVERABLE.len();
            found.next = found.next.or((!ended).then_some(next));
        }
        Ok(found)
    }

    /// Of so many items from a UID on; and the first that was not looked at.
    fn past_retention(
        &self,
        folder: FolderId,
        from: Uid,
        now: Timestamp,
    ) -> Result<(UidSet, Option<Uid>), Fault> {
        let retention = self.retention()?;
        let age = |entry: &Entry| u64::try_from(now.secs() - entry.saved).unwrap_or(0);
        let mut behind = UidSet::new();
        behind.insert_run(from.get().max(1)..=u32::MAX);
        let (mut old, mut looks, mut next) = (Vec::new(), 0, None);
        self.entries(folder, &behind, &mut |entry| {
            if looks == LOOKS_MAX {
                next = Some(entry.uid);
                return ControlFlow::Break(());
            }
            looks += 1;
            if age(entry) > retention.deleted_item_secs {
                old.push((entry.uid, entry.content, age(entry)));
            }
            ControlFlow::Continue(())
        })?;
        let mut expired = UidSet::new();
        for (uid, content, age) in old {
            if age > retention.longest() || age > retention.of_class(&self.class(content)?) {
                expired.insert(uid);
            }
        }
        Ok((expired, next))
    }

    fn class(&self, content: crate::id::ContentNumber) -> Result<String, Fault> {
        Ok(self.content(content)?.summary()?.class)
    }

    /// Visits what is in Recoverable Items, the oldest deletion of each of its folders first.
    pub fn recoverable_items(
        &self,
        visit: &mut dyn FnMut(RecoverableItem) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        for source in RECOVERABLE {
            let mut entries = Vec::new();
            self.entries(default_id(source), &UidSet::all(), &mut |entry| {
                entries.push(entry.clone());
                ControlFlow::Continue(())
            })?;
            for entry in entries {
                if visit(self.recoverable_item(source, entry)?).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn recoverable_item(&self, source: Special, entry: Entry) -> Result<RecoverableItem, Fault> {
        let summary = self.content(entry.content)?.summary()?;
        let original_folder_exists =
            entry.origin.map_or(Ok(false), |origin| self.is_in_use(origin))?;
        Ok(RecoverableItem {
            source,
            class: summary.class,
            subject: summary.envelope.subject.unwrap_or_default(),
            last_parent_path: entry.origin.map_or(Ok(None), |origin| self.former_path(origin))?,
            original_folder_exists,
            entry,
        })
    }

    /// True for a folder that is there and not in Recoverable Items itself.
    pub(crate) fn is_in_use(&self, id: FolderId) -> Result<bool, Fault> {
        let (root, bin) = (default_id(Special::Root), default_id(Special::RecoverableItems));
        let mut at = id;
        for _ in 0..=crate::change::FOLDER_DEPTH_MAX {
            let folder: Option<crate::record::Folder> =
                self.read.record(&key::folder(self.mailbox, at))?;
            match folder {
                Some(folder) if folder.id == root => return Ok(true),
                Some(folder) if folder.id != bin => at = folder.parent,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The path of a folder that is there or was deleted.
    fn former_path(&self, id: FolderId) -> Result<Option<Vec<String>>, Fault> {
        let mut below = Vec::new();
        let mut at = id;
        while !self.is_in_use(at)? {
            let Some(gone) = self.deleted_folder(at)? else { return Ok(None) };
            below.push(gone.name);
            at = gone.parent;
            if below.len() > crate::change::FOLDER_DEPTH_MAX {
                return Err(Fault::Damaged("deleted folders have a loop"));
            }
        }
        let mut path = self.path(at)?;
        path.extend(below.into_iter().rev());
        Ok(Some(path))
    }

    pub(crate) fn deleted_folder(&self, id: FolderId) -> Result<Option<DeletedFolder>, Fault> {
        Ok(self.read.record(&key::deleted_folder(self.mailbox, id))?)
    }
}

/// The oldest items of a folder, until they come to `surplus` octets, which is reduced by what
/// they have, or are `limit` many.
pub(crate) fn oldest(
    view: &View<'_>,
    folder: FolderId,
    surplus: &mut u64,
    limit: usize,
) -> Result<UidSet, Fault> {
    let mut uids = UidSet::new();
    let mut left = limit;
    if *surplus == 0 {
        return Ok(uids);
    }
    view.entries(folder, &UidSet::all(), &mut |entry| {
        if *surplus == 0 || left == 0 {
            return ControlFlow::Break(());
        }
        uids.insert(entry.uid);
        left -= 1;
        *surplus = surplus.saturating_sub(entry.octets());
        ControlFlow::Continue(())
    })?;
    Ok(uids)
}

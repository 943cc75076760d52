//! Changing flags and keywords, with CONDSTORE's condition (RFC 7162 section 3.1.3).

use super::Change;
use crate::fault::Fault;
use crate::flags::{FlagChange, FlagOp, Flags, Keywords};
use crate::id::{ChangeNumber, FolderId};
use crate::list::Fate;
use crate::page::Entry;
use crate::record::EventKind;
use crate::rights::Rights;
use crate::uid_set::UidSet;

/// What a flag change did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Entries that carry other flags now, in UID order.
    pub changed: Vec<Entry>,
    /// UIDs left alone because their MODSEQ is above the condition.
    pub modified: UidSet,
}

impl Change<'_, '_> {
    /// Changes flags of messages; those that already carry them keep their MODSEQ. Errors:
    /// NotFound, Denied.
    pub fn store_flags(
        &mut self,
        folder: FolderId,
        uids: &UidSet,
        flags: &FlagChange,
        unchanged_since: Option<ChangeNumber>,
    ) -> Result<Stored, Fault> {
        self.require(folder, needed_right(flags))?;
        // On a full disk too: what is to be expunged must be marked first.
        self.txn.permit_growth();
        let mut next = self.counters.change;
        let mut stored = Stored::default();
        let (list, txn) = self.list(folder)?;
        list.rewrite(txn, uids, |entry| {
            if unchanged_since.is_some_and(|since| entry.modseq() > since) {
                stored.modified.insert(entry.uid);
                return Ok(Fate::Keep);
            }
            let (new_flags, new_keywords) = flags.apply(entry.flags, entry.keywords);
            if (new_flags, new_keywords) == (entry.flags, entry.keywords) {
                return Ok(Fate::Keep);
            }
            next += 1;
            note(entry, new_flags, new_keywords, ChangeNumber::new(next));
            stored.changed.push(entry.clone());
            Ok(Fate::Changed)
        })?;
        self.counters.change = next;
        if !stored.changed.is_empty() {
            let mids: Vec<_> = stored.changed.iter().map(|entry| entry.mid.get()).collect();
            self.event(EventKind::Modified, folder, None, mids);
        }
        Ok(stored)
    }
}

/// `\Seen` alone has its own change number, which MAPI's read-state synchronization asks for.
fn note(entry: &mut Entry, flags: Flags, keywords: Keywords, change: ChangeNumber) {
    let seen_changed = entry.flags.contains(Flags::SEEN) != flags.contains(Flags::SEEN);
    let rest_changed = entry.flags.without(Flags::SEEN) != flags.without(Flags::SEEN)
        || entry.keywords != keywords;
    if seen_changed {
        entry.cn_read = change;
    }
    if rest_changed {
        entry.cn_other = change;
    }
    (entry.flags, entry.keywords) = (flags, keywords);
}

/// RFC 4314: `s` for `\Seen`, `t` for `\Deleted`, `w` for the rest.
fn needed_right(change: &FlagChange) -> Rights {
    let only = |flag: Flags| change.flags == flag && change.keywords.is_empty();
    match change.op {
        FlagOp::Add | FlagOp::Remove if only(Flags::DELETED) => Rights::DELETE_ANY,
        _ => Rights::EDIT_ANY,
    }
}

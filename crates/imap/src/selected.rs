//! The selected mailbox: what this client has been told, and bringing it up to date.
//!
//! The client's message numbers are those of [`Selected::table`]. What others do is read by
//! [`Known::updates`] (in a read, or inside the transaction of a STORE, so that the session's
//! own change is never taken for somebody else's) and told by [`Selected::tell`]. Expunged
//! messages keep their number until a command that allows EXPUNGE ends.

use std::ops::ControlFlow;
use std::sync::Arc;

use mailbox::{
    ChangeNumber, Entry, Fault, FolderId, KeywordTable, Mailbox, Uid, UidRuns, UidSet, View,
};
use store::Watch;

use crate::codec::sequence_set::SequenceSet;
use crate::codec::sequence_set::write_ranges;
use crate::codec::write::{number, numbered, raw};
use crate::flags::{write_all, write_flags, write_permanent};
use crate::reply::{Reply, Trouble};
use crate::session::Enabled;

/// A selected mailbox.
pub struct Selected {
    /// The mailbox of the account it lies in.
    pub mailbox: Mailbox,
    /// The folder.
    pub folder: FolderId,
    /// Opened by EXAMINE, or without the right to change anything.
    pub read_only: bool,
    /// The messages the client knows, in order.
    pub table: Arc<UidRuns>,
    /// The result of the last SEARCH with SAVE.
    pub saved: Arc<UidSet>,
    known: Known,
    /// Keywords the client has been told of.
    keywords: usize,
    watch: Watch,
    /// Something changed that the watch need not have told yet: our own write.
    stale: bool,
}

/// The messages a client knows, by number and by UID. Cheap to clone, so that a read can take
/// it along.
#[derive(Clone)]
pub struct Numbers {
    /// The messages, in order.
    pub table: Arc<UidRuns>,
    /// The result of the last SEARCH with SAVE.
    pub saved: Arc<UidSet>,
}

impl Numbers {
    /// The UIDs a set means. Errors: BAD for a message number that does not exist.
    pub fn resolve(&self, set: &SequenceSet, uid: bool) -> Result<UidSet, Reply> {
        match (set, uid) {
            (SequenceSet::Saved, _) => Ok(UidSet::clone(&self.saved)),
            (set, true) => {
                let last = self.table.last().map_or(0, Uid::get);
                let mut uids = UidSet::new();
                set.resolve(last).into_iter().for_each(|(a, b)| uids.insert_run(a..=b));
                Ok(self.table.among(&uids))
            }
            (set, false) => {
                let count = self.table.len();
                let ranges = set.resolve(count);
                if ranges.iter().any(|(first, last)| *first == 0 || *last > count) {
                    return Err(Reply::bad("There is no such message"));
                }
                Ok(self.table.at(ranges))
            }
        }
    }
}

/// Up to where the client knows a folder.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    folder: FolderId,
    /// New messages and flags are told up to here.
    changes: ChangeNumber,
    /// Expunges are told up to here.
    vanished: ChangeNumber,
    /// The largest UID the client knows.
    last: u32,
}

/// What happened in a folder.
pub struct Updates {
    content_cn: ChangeNumber,
    new: Vec<Uid>,
    changed: Vec<Entry>,
    vanished: UidSet,
    keywords: KeywordTable,
}

impl Known {
    /// What happened since.
    pub fn updates(&self, view: &View<'_>) -> Result<Option<Updates>, Fault> {
        let content_cn = view.status(self.folder)?.content_cn;
        if content_cn <= self.changes.min(self.vanished) {
            return Ok(None);
        }
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        view.changed_since(self.folder, self.changes, &mut |entry| {
            if entry.uid.get() > self.last {
                new.push(entry.uid);
            } else {
                changed.push(entry.clone());
            }
            ControlFlow::Continue(())
        })?;
        let vanished = view.vanished_since(self.folder, self.vanished)?.uids;
        Ok(Some(Updates { content_cn, new, changed, vanished, keywords: view.keywords()? }))
    }
}

impl Selected {
    /// Selects a folder whose UIDs are these.
    pub fn new(
        mailbox: Mailbox,
        watch: Watch,
        folder: FolderId,
        table: UidRuns,
        content_cn: ChangeNumber,
        keywords: usize,
        read_only: bool,
    ) -> Self {
        let last = table.last().map_or(0, Uid::get);
        let known = Known { folder, changes: content_cn, vanished: content_cn, last };
        Selected {
            mailbox,
            folder,
            read_only,
            table: Arc::new(table),
            saved: Arc::default(),
            known,
            keywords,
            watch,
            stale: false,
        }
    }

    /// Up to where the client knows this folder.
    pub fn known(&self) -> Known {
        self.known
    }

    /// The change number up to which the client knows all.
    pub fn told(&self) -> ChangeNumber {
        self.known.changes
    }

    /// The session itself has written.
    pub fn touched(&mut self) {
        self.stale = true;
    }

    /// Wakes when the mailbox has changed.
    pub async fn changed(&mut self) {
        self.watch.changed().await;
        self.stale = true;
    }

    /// Tells the client what has happened, unless nothing has.
    pub async fn sync(
        &mut self,
        out: &mut Vec<u8>,
        expunge: bool,
        enabled: &Enabled,
    ) -> Result<(), Trouble> {
        let pending = expunge && self.known.vanished < self.known.changes;
        if !self.watch.take() && !std::mem::take(&mut self.stale) && !pending {
            return Ok(());
        }
        self.stale = false;
        let known = self.known;
        match self.mailbox.read(move |view| known.updates(view)).await {
            Ok(Some(updates)) => self.tell(out, updates, expunge, enabled),
            Ok(None) => {}
            Err(Fault::NotFound(_)) => return Err(Trouble::Bye("The mailbox was deleted")),
            Err(fault) => return Err(fault.into()),
        }
        Ok(())
    }

    /// Appends untagged responses for what has happened.
    pub fn tell(&mut self, out: &mut Vec<u8>, updates: Updates, expunge: bool, enabled: &Enabled) {
        self.tell_keywords(out, &updates.keywords);
        if expunge {
            self.tell_vanished(out, &updates.vanished, enabled);
            self.known.vanished = updates.content_cn;
        }
        for entry in &updates.changed {
            self.tell_flags(out, entry, &updates.keywords, enabled);
        }
        self.tell_new(out, &updates.new);
        self.known.changes = updates.content_cn;
    }

    /// The session's own change ended here: nothing up to it needs to be told.
    pub fn own_change(&mut self, content_cn: ChangeNumber) {
        self.known.changes = self.known.changes.max(content_cn);
    }

    /// `* n FETCH (FLAGS ...)` for a message the client knows.
    pub fn tell_flags(
        &self,
        out: &mut Vec<u8>,
        entry: &Entry,
        table: &KeywordTable,
        enabled: &Enabled,
    ) {
        let Some(seq) = self.table.seq_of(entry.uid) else { return };
        numbered(out, seq, "FETCH (UID ");
        number(out, entry.uid.get().into());
        out.push(b' ');
        write_flags(out, entry.flags, entry.keywords, table);
        if enabled.condstore {
            modseq(out, entry.modseq());
        }
        raw(out, ")\r\n");
    }

    /// Keywords that are new to the client.
    pub fn tell_keywords(&mut self, out: &mut Vec<u8>, table: &KeywordTable) {
        let count = table.names().count();
        if count <= self.keywords {
            return;
        }
        self.keywords = count;
        raw(out, "* ");
        write_all(out, table);
        raw(out, "\r\n* OK [");
        write_permanent(out, table, !self.read_only);
        raw(out, "] New keywords\r\n");
    }

    fn tell_new(&mut self, out: &mut Vec<u8>, new: &[Uid]) {
        let Some(last) = new.last() else { return };
        let table = Arc::make_mut(&mut self.table);
        new.iter().for_each(|uid| table.push(*uid));
        self.known.last = self.known.last.max(last.get());
        numbered(out, self.table.len(), "EXISTS\r\n");
    }

    fn tell_vanished(&mut self, out: &mut Vec<u8>, vanished: &UidSet, enabled: &Enabled) {
        let gone = self.table.among(vanished);
        if gone.is_empty() {
            return;
        }
        if enabled.qresync {
            vanished_line(out, &gone, false);
        } else {
            for (before, uid) in (0..).zip(gone.iter()) {
                let seq = self.table.seq_of(uid).unwrap_or_default();
                numbered(out, seq.saturating_sub(before), "EXPUNGE\r\n");
            }
        }
        let mut left = UidRuns::new();
        self.table.to_set().difference(&gone).iter().for_each(|uid| left.push(uid));
        self.table = Arc::new(left);
        self.saved = Arc::new(self.saved.difference(&gone));
    }

    /// What the client's message numbers mean now.
    pub fn numbers(&self) -> Numbers {
        Numbers { table: Arc::clone(&self.table), saved: Arc::clone(&self.saved) }
    }

    /// The UIDs a set of message numbers or UIDs means, as far as the client knows them.
    /// Errors: BAD for a message number that does not exist (RFC 9051 section 2.3.1.2).
    pub fn resolve(&self, set: &SequenceSet, uid: bool) -> Result<UidSet, Reply> {
        self.numbers().resolve(set, uid)
    }

    /// Appends a set of messages as UIDs or message numbers.
    pub fn write_messages(&self, out: &mut Vec<u8>, uids: &UidSet, uid: bool) {
        if uid {
            return raw(out, &uids.to_string());
        }
        write_ranges(out, uids.iter().filter_map(|uid| self.table.seq_of(uid)).map(|n| (n, n)));
    }

    /// Errors: NO when the mailbox is open for reading only.
    pub fn writable(&self) -> Result<(), Reply> {
        if self.read_only {
            Err(Reply::no("The mailbox is read-only").code("NOPERM"))
        } else {
            Ok(())
        }
    }
}

/// Appends ` MODSEQ (n)`.
pub fn modseq(out: &mut Vec<u8>, modseq: ChangeNumber) {
    raw(out, " MODSEQ (");
    number(out, modseq.get());
    out.push(b')');
}

/// `* VANISHED [(EARLIER)] uid-set` (RFC 7162)
pub fn vanished_line(out: &mut Vec<u8>, uids: &UidSet, earlier: bool) {
    raw(out, if earlier { "* VANISHED (EARLIER) " } else { "* VANISHED " });
    raw(out, &uids.to_string());
    raw(out, "\r\n");
}

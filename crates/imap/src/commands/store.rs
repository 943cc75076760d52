//! STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3).

use std::ops::ControlFlow;
use std::sync::Arc;

use mailbox::{
    Change, ChangeNumber, Entry, Fault, FlagChange, FlagOp, FolderId, KeywordTable, Portions,
    Stored, UidSet,
};

use crate::codec::flag::Flag;
use crate::codec::sequence_set::SequenceSet;
use crate::codec::store::Store;
use crate::codec::write::{number, numbered, raw};
use crate::flags::{allocate, operation};
use crate::io::Io;
use crate::reply::{Outcome, Reply, Trouble};
use crate::selected::{Known, Selected, Updates, modseq};
use crate::session::{Authenticated, Enabled};

/// A change of flags, the same for all messages.
pub struct Wanted {
    /// Set, add or remove.
    pub op: FlagOp,
    /// Which flags.
    pub flags: Vec<Flag>,
    /// Only where nothing changed since.
    pub unchanged_since: Option<ChangeNumber>,
}

/// What one transaction of a flag change brings back.
pub struct Done {
    /// What others had done before it.
    before: Option<Updates>,
    stored: Stored,
    /// The messages named that are still there and met the condition.
    entries: Vec<Entry>,
    keywords: KeywordTable,
    content_cn: ChangeNumber,
}

impl Done {
    /// The messages whose flags changed.
    pub fn changed(&self) -> UidSet {
        self.stored.changed.iter().map(|entry| entry.uid).collect()
    }
}

/// A flag change on its way through the messages: one transaction for a few hundred, slices of
/// the bulk lane for more.
pub struct FlagChanges {
    wanted: Arc<Wanted>,
    portions: Portions,
    begun: bool,
}

/// Changes flags. What others did before is told first; the session's own change is told here
/// and never again.
pub async fn store(session: &mut Authenticated, io: &mut Io, store: Store) -> Outcome {
    if store.unchanged_since.is_some() {
        session.enabled.condstore = true;
    }
    let enabled = session.enabled;
    let selected = session.selected()?;
    selected.writable()?;
    let uids = selected.resolve(&store.set, store.uid)?;
    let asked = uids.len();
    let wanted = Wanted {
        op: operation(store.operation),
        flags: store.flags.clone(),
        unchanged_since: store.unchanged_since.map(ChangeNumber::new),
    };
    let mut changes = FlagChanges::new(wanted, uids);
    let (mut met, mut modified) = (0, UidSet::new());
    let mut out = Vec::new();
    while let Some(done) = changes.next(selected, &mut out, store.uid, &enabled).await? {
        tell_own(selected, &mut out, &done, store.silent, &enabled);
        io.put(&out).await?;
        out.clear();
        met += done.entries.len() as u64;
        modified.extend(&done.stored.modified);
    }
    let missing = met + modified.len() < asked;
    Ok(answer(selected, &store, &modified, missing))
}

impl FlagChanges {
    /// The same change for all these messages.
    pub fn new(wanted: Wanted, uids: UidSet) -> Self {
        FlagChanges { wanted: Arc::new(wanted), portions: Portions::new(uids), begun: false }
    }

    /// Runs the next transaction, tells what others did before it, and takes note that the
    /// change was our own. `None` when there is nothing left to do.
    pub async fn next(
        &mut self,
        selected: &mut Selected,
        out: &mut Vec<u8>,
        expunge: bool,
        enabled: &Enabled,
    ) -> Result<Option<Done>, Trouble> {
        if std::mem::replace(&mut self.begun, true) && self.portions.is_done() {
            return Ok(None);
        }
        let (known, folder) = (selected.known(), selected.folder);
        let wanted = Arc::clone(&self.wanted);
        let work = move |change: &mut Change<'_, '_>, portions: &mut Portions| {
            run(change, &known, folder, &wanted, portions)
        };
        let mut done = selected.mailbox.write_some(&mut self.portions, work).await?;
        if let Some(before) = done.before.take() {
            selected.tell(out, before, expunge, enabled);
        }
        selected.tell_keywords(out, &done.keywords);
        selected.own_change(done.content_cn);
        Ok(Some(done))
    }
}

fn run(
    change: &mut Change<'_, '_>,
    known: &Known,
    folder: FolderId,
    wanted: &Wanted,
    portions: &mut Portions,
) -> Result<Done, Fault> {
    let before = known.updates(&change.view()?)?;
    let (flags, keywords) = allocate(change, &wanted.flags)?;
    let flags = FlagChange { op: wanted.op, flags, keywords };
    let (mut stored, mut done) = (Stored::default(), UidSet::new());
    while let Some(uids) = portions.next(change) {
        let more = change.store_flags(folder, &uids, &flags, wanted.unchanged_since)?;
        stored.changed.extend(more.changed);
        stored.modified.extend(&more.modified);
        done.extend(&uids);
    }
    let view = change.view()?;
    let mut entries = Vec::with_capacity(stored.changed.len());
    view.entries(folder, &done.difference(&stored.modified), &mut |entry| {
        entries.push(entry.clone());
        ControlFlow::Continue(())
    })?;
    let content_cn = view.status(folder)?.content_cn;
    Ok(Done { before, stored, entries, keywords: view.keywords()?, content_cn })
}

/// The answers of one transaction: flags of all messages it was about, or after STORE.SILENT
/// only the new MODSEQs.
fn tell_own(selected: &Selected, out: &mut Vec<u8>, done: &Done, silent: bool, enabled: &Enabled) {
    if !silent {
        done.entries.iter().for_each(|e| selected.tell_flags(out, e, &done.keywords, enabled));
    } else if enabled.condstore {
        done.stored.changed.iter().for_each(|e| tell_modseq(selected, out, e));
    }
}

/// `* n FETCH (UID u MODSEQ (m))` after STORE.SILENT
fn tell_modseq(selected: &Selected, out: &mut Vec<u8>, entry: &Entry) {
    let Some(seq) = selected.table.seq_of(entry.uid) else { return };
    numbered(out, seq, "FETCH (UID ");
    number(out, entry.uid.get().into());
    modseq(out, entry.modseq());
    raw(out, ")\r\n");
}

fn answer(selected: &Selected, store: &Store, modified: &UidSet, missing: bool) -> Reply {
    if !modified.is_empty() {
        let mut code = b"MODIFIED ".to_vec();
        selected.write_messages(&mut code, modified, store.uid);
        let code = String::from_utf8_lossy(&code).into_owned();
        return Reply::ok("Conditional STORE failed for some").code(code);
    }
    if missing && !store.uid && store.set != SequenceSet::Saved {
        return Reply::no("Some messages are no longer there").code("EXPUNGEISSUED");
    }
    Reply::ok("STORE completed")
}

//! SELECT and EXAMINE (RFC 9051 section 6.3.2, RFC 7162 section 3.2.5).

use std::ops::ControlFlow;

use mailbox::{
    ChangeNumber, Entry, Fault, Folder, FolderStatus, KeywordTable, Rights, UidRuns, UidSet, View,
};

use crate::codec::select::{Qresync, Select};
use crate::codec::write::{self, raw};
use crate::flags::{write_all, write_permanent};
use crate::io::Io;
use crate::names::{folder_at, no_such_mailbox};
use crate::object_id::mailbox_id;
use crate::reply::{Outcome, Reply};
use crate::selected::{Selected, vanished_line};
use crate::session::{Authenticated, Enabled};

/// What one snapshot says of the folder.
struct Opened {
    folder: Folder,
    /// MAILBOXID
    id: String,
    rights: Rights,
    status: FolderStatus,
    uids: UidRuns,
    keywords: KeywordTable,
    resync: Option<Resync>,
}

/// What a client that was away has missed (RFC 7162 section 3.2.5.1).
struct Resync {
    vanished: UidSet,
    changed: Vec<Entry>,
}

/// Selects; whatever was selected before is not any more, even when this fails.
pub async fn select(session: &mut Authenticated, io: &mut Io, select: Select) -> Outcome {
    if select.qresync.is_some() && !session.enabled.qresync {
        return Ok(Reply::bad("QRESYNC is not enabled"));
    }
    session.enabled.condstore |= select.condstore;
    let was_selected = session.selected.take().is_some();
    if was_selected && (session.enabled.qresync || session.enabled.rev2) {
        io.put(b"* OK [CLOSED] The mailbox is closed\r\n").await?;
    }
    let place = session.account.place(&select.mailbox).await?;
    // Watched before it is read, so that nothing falls in between.
    let watch = place.mailbox.watch();
    let (path, qresync) = (place.path, select.qresync.clone());
    let opened = place.mailbox.read(move |view| open(view, &path, qresync.as_ref())).await?;
    let opened = opened.ok_or_else(no_such_mailbox)?;
    let changeable = Rights::EDIT_ANY | Rights::DELETE_ANY;
    let read_only = select.read_only || opened.rights.bits() & changeable.bits() == 0;
    let mut out = Vec::new();
    describe(&mut out, &opened, &select.mailbox, read_only, &session.enabled);
    let selected = Selected::new(
        place.mailbox,
        watch,
        opened.folder.id,
        opened.uids,
        opened.status.content_cn,
        opened.keywords.names().count(),
        read_only,
    );
    if let Some(resync) = &opened.resync {
        tell_missed(&mut out, resync, &selected, &opened.keywords, &session.enabled);
    }
    session.selected = Some(selected);
    io.put(&out).await?;
    let command = if select.read_only { "EXAMINE" } else { "SELECT" };
    let code = if read_only { "READ-ONLY" } else { "READ-WRITE" };
    Ok(Reply::ok(format!("{command} completed")).code(code))
}

fn open(
    view: &View<'_>,
    path: &[String],
    qresync: Option<&Qresync>,
) -> Result<Option<Opened>, Fault> {
    let Some(folder) = folder_at(view, path)? else { return Ok(None) };
    let status = view.status(folder.id)?;
    let uids = view.uids(folder.id)?;
    let resync = match qresync {
        Some(q) if q.uid_validity == status.uid_validity => Some(missed(view, &folder, q)?),
        _ => None,
    };
    let (rights, keywords) = (view.rights(&folder), view.keywords()?);
    let id = mailbox_id(view.meta()?.guid, folder.id);
    Ok(Some(Opened { folder, id, rights, status, uids, keywords, resync }))
}

fn missed(view: &View<'_>, folder: &Folder, qresync: &Qresync) -> Result<Resync, Fault> {
    let since = ChangeNumber::new(qresync.mod_seq);
    let known = known_uids(qresync.known.as_deref());
    let vanished = view.vanished_since(folder.id, since)?.uids.intersection(&known);
    let mut changed = Vec::new();
    view.changed_since(folder.id, since, &mut |entry| {
        if known.contains(entry.uid) {
            changed.push(entry.clone());
        }
        ControlFlow::Continue(())
    })?;
    Ok(Resync { vanished, changed })
}

/// The UIDs the client says it knows; all, when it does not say.
pub fn known_uids(ranges: Option<&[(u32, u32)]>) -> UidSet {
    let Some(ranges) = ranges else { return UidSet::all() };
    let mut known = UidSet::new();
    ranges.iter().for_each(|(first, last)| known.insert_run(*first..=*last));
    known
}

fn describe(out: &mut Vec<u8>, opened: &Opened, name: &str, read_only: bool, enabled: &Enabled) {
    let status = &opened.status;
    raw(out, "* ");
    write_all(out, &opened.keywords);
    raw(out, "\r\n* OK [");
    write_permanent(out, &opened.keywords, !read_only);
    raw(out, "] Flags permitted\r\n");
    write::numbered(out, opened.uids.len(), "EXISTS\r\n");
    if !enabled.rev2 {
        raw(out, "* 0 RECENT\r\n");
    }
    coded(out, "UIDVALIDITY", u64::from(status.uid_validity));
    coded(out, "UIDNEXT", u64::from(status.uid_next));
    coded(out, "HIGHESTMODSEQ", status.content_cn.get());
    raw(out, &format!("* OK [MAILBOXID ({})] Ok\r\n", opened.id));
    if enabled.rev2 {
        raw(out, "* LIST () \"/\" ");
        write::mailbox(out, name, true);
        raw(out, "\r\n");
    }
}

fn coded(out: &mut Vec<u8>, code: &str, value: u64) {
    raw(out, "* OK [");
    raw(out, code);
    out.push(b' ');
    write::number(out, value);
    raw(out, "] Ok\r\n");
}

fn tell_missed(
    out: &mut Vec<u8>,
    resync: &Resync,
    selected: &Selected,
    keywords: &KeywordTable,
    enabled: &Enabled,
) {
    if !resync.vanished.is_empty() {
        vanished_line(out, &resync.vanished, true);
    }
    resync.changed.iter().for_each(|entry| selected.tell_flags(out, entry, keywords, enabled));
}

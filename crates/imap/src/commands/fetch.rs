//! FETCH (RFC 9051 section 6.4.5, RFC 7162 sections 3.1.4 and 3.2.6, RFC 9394).

use std::ops::Range;
use std::sync::Arc;

use mailbox::{ChangeNumber, ContentNumber, FlagOp, Flags, UidSet};
use types::limits;

use super::search::window;
use super::store::{FlagChanges, Wanted};
use crate::codec::fetch::{Fetch, FetchItem, OctetsForm};
use crate::codec::flag::Flag;
use crate::codec::sequence_set::SequenceSet;
use crate::io::Io;
use crate::render::{Batch, Piece, Plan};
use crate::reply::{Outcome, Reply, Trouble};
use crate::selected::{Selected, vanished_line};
use crate::session::{Authenticated, Enabled};

/// Sends what is asked of each message, batch by batch, each from one snapshot.
pub async fn fetch(session: &mut Authenticated, io: &mut Io, fetch: Fetch) -> Outcome {
    if fetch.vanished && !session.enabled.qresync {
        return Ok(Reply::bad("QRESYNC is not enabled"));
    }
    let asks_modseq = fetch.changed_since.is_some() || fetch.items.contains(&FetchItem::ModSeq);
    session.enabled.condstore |= asks_modseq;
    let enabled = session.enabled;
    let selected = session.selected()?;
    let uids = chosen(selected, &fetch)?;
    if fetch.vanished {
        tell_vanished(selected, io, &fetch).await?;
    }
    let seen = mark_seen(selected, io, &fetch, &uids, &enabled).await?;
    let plan = Plan {
        folder: selected.folder,
        table: Arc::clone(&selected.table),
        items: items(&fetch),
        changed_since: fetch.changed_since.map(ChangeNumber::new),
        seen,
    };
    let asked = uids.len();
    let sent = send(selected, io, plan, uids).await?;
    if sent.unknown_encoding {
        return Ok(Reply::no("A part cannot be decoded").code("UNKNOWN-CTE"));
    }
    let may_miss = fetch.uid || fetch.changed_since.is_some() || fetch.set == SequenceSet::Saved;
    if sent.messages < asked && !may_miss {
        return Ok(Reply::no("Some messages are no longer there").code("EXPUNGEISSUED"));
    }
    Ok(Reply::ok("FETCH completed"))
}

/// Sends items of messages that NOTIFY wants fetched.
pub async fn fetch_new(
    session: &mut Authenticated,
    io: &mut Io,
    items: Vec<FetchItem>,
    uids: UidSet,
) -> Result<(), Trouble> {
    let selected = session.selected()?;
    let plan = Plan {
        folder: selected.folder,
        table: Arc::clone(&selected.table),
        items,
        changed_since: None,
        seen: UidSet::new(),
    };
    send(selected, io, plan, uids).await.map(|_| ())
}

fn chosen(selected: &Selected, fetch: &Fetch) -> Result<UidSet, Reply> {
    let uids = selected.resolve(&fetch.set, fetch.uid)?;
    let Some((first, last)) = fetch.partial else { return Ok(uids) };
    let window = window(usize::try_from(uids.len()).unwrap_or(usize::MAX), first, last);
    Ok(uids.iter().skip(window.start).take(window.len()).collect())
}

/// Each item once; UID first when the command speaks of UIDs, MODSEQ with CHANGEDSINCE.
fn items(fetch: &Fetch) -> Vec<FetchItem> {
    let uid = fetch.uid.then_some(FetchItem::Uid);
    let modseq = fetch.changed_since.map(|_| FetchItem::ModSeq);
    let mut items: Vec<FetchItem> = Vec::with_capacity(fetch.items.len() + 2);
    for item in uid.into_iter().chain(fetch.items.iter().cloned()).chain(modseq) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// `* VANISHED (EARLIER)` for what was asked about and left since.
async fn tell_vanished(selected: &Selected, io: &mut Io, fetch: &Fetch) -> Result<(), Trouble> {
    let (folder, since) = (selected.folder, fetch.changed_since.map(ChangeNumber::new));
    let read =
        selected.mailbox.read(move |view| view.vanished_since(folder, since.unwrap_or_default()));
    let last = selected.table.last().map_or(0, mailbox::Uid::get);
    let mut asked = UidSet::new();
    fetch.set.resolve(last).into_iter().for_each(|(first, last)| asked.insert_run(first..=last));
    let vanished = read.await?.uids.intersection(&asked);
    if !vanished.is_empty() {
        let mut out = Vec::new();
        vanished_line(&mut out, &vanished, true);
        io.put(&out).await?;
    }
    Ok(())
}

/// Sets `\Seen` where octets are read without PEEK; gives the messages it was set on.
async fn mark_seen(
    selected: &mut Selected,
    io: &mut Io,
    fetch: &Fetch,
    uids: &UidSet,
    enabled: &Enabled,
) -> Result<UidSet, Trouble> {
    let sets_seen = |item: &FetchItem| matches!(item, FetchItem::Octets(o) if !o.peek && o.form != OctetsForm::BinarySize);
    if selected.read_only || !fetch.items.iter().any(sets_seen) {
        return Ok(UidSet::new());
    }
    let unseen = unseen(selected, uids.clone()).await?;
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let wanted = Wanted { op: FlagOp::Add, flags: vec![Flag::Seen], unchanged_since: None };
    let mut changes = FlagChanges::new(wanted, unseen);
    let mut seen = UidSet::new();
    let mut out = Vec::new();
    loop {
        let done = changes.next(selected, &mut out, false, enabled).await;
        io.put(&out).await?;
        out.clear();
        match done {
            Ok(Some(done)) => seen.extend(&done.changed()),
            Ok(None) => return Ok(seen),
            // Who may read but not mark reads without marking (RFC 4314, right s).
            Err(Trouble::Reply(reply)) if reply.code.as_deref() == Some("NOPERM") => {
                return Ok(seen);
            }
            Err(trouble) => return Err(trouble),
        }
    }
}

async fn unseen(selected: &Selected, uids: UidSet) -> Result<UidSet, Trouble> {
    let folder = selected.folder;
    let unseen = selected.mailbox.read(move |view| {
        view.uids_where(folder, &uids, |entry| !entry.flags.contains(Flags::SEEN))
    });
    Ok(unseen.await?)
}

/// What was sent in all.
#[derive(Default)]
struct Sent {
    messages: u64,
    unknown_encoding: bool,
}

/// The next batch is read while the one before is on its way.
async fn send(selected: &Selected, io: &mut Io, plan: Plan, uids: UidSet) -> Result<Sent, Trouble> {
    let (plan, mut sent) = (Arc::new(plan), Sent::default());
    let mut batch = read(selected, &plan, &uids).await?;
    loop {
        sent.messages += batch.messages;
        sent.unknown_encoding |= batch.unknown_encoding;
        let pieces = batch.pieces;
        let Some(next) = batch.next else {
            put_all(selected, io, pieces).await?;
            return Ok(sent);
        };
        let rest = from(&uids, next.get());
        let (put, read) = tokio::join!(put_all(selected, io, pieces), read(selected, &plan, &rest));
        put?;
        batch = read?;
    }
}

async fn read(selected: &Selected, plan: &Arc<Plan>, uids: &UidSet) -> Result<Batch, Trouble> {
    let (plan, uids) = (Arc::clone(plan), uids.clone());
    Ok(selected.mailbox.read(move |view| plan.batch(view, &uids)).await?)
}

async fn put_all(selected: &Selected, io: &mut Io, pieces: Vec<Piece>) -> Result<(), Trouble> {
    for piece in pieces {
        put(selected, io, piece).await?;
    }
    Ok(())
}

/// The UIDs of a set from one on.
fn from(uids: &UidSet, first: u32) -> UidSet {
    let mut rest = UidSet::new();
    for run in uids.runs().filter(|run| *run.end() >= first) {
        rest.insert_run((*run.start()).max(first)..=*run.end());
    }
    rest
}

async fn put(selected: &Selected, io: &mut Io, piece: Piece) -> Result<(), Trouble> {
    match piece {
        Piece::Bytes(bytes) => Ok(io.put(&bytes).await?),
        Piece::Stream(content, range) => stream(selected, io, content, range).await,
    }
}

/// Slices of a large message, each read when the one before is on its way.
async fn stream(
    selected: &Selected,
    io: &mut Io,
    content: ContentNumber,
    range: Range<u64>,
) -> Result<(), Trouble> {
    let mut at = range.start;
    while at < range.end {
        let slice = at..range.end.min(at + limits::IMAP_STREAM_OCTETS);
        at = slice.end;
        let read =
            selected.mailbox.read(move |view| view.message_part(&view.content(content)?, slice));
        match read.await {
            Ok(bytes) => io.put(&bytes).await?,
            // The head of the literal is out: nothing else can be said on this connection.
            Err(fault) => {
                tracing::error!(%fault, "message body");
                return Err(Trouble::Bye("The message cannot be read"));
            }
        }
    }
    Ok(())
}

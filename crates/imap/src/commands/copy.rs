//! COPY and MOVE (RFC 9051 section 6.4.7, RFC 6851), within a mailbox and between mailboxes.

use std::sync::Arc;

use mailbox::{Entry, Fault, Folder, FolderId, KeywordTable, Mailbox, NewItem, Uid, UidSet};
use store::Staged;

use crate::codec::command::Copy;
use crate::codec::sequence_set::write_set;
use crate::io::Io;
use crate::names::try_create;
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// Copies or moves: all messages or none.
pub async fn copy(session: &mut Authenticated, io: &mut Io, copy: Copy) -> Outcome {
    let selected = session.selected()?;
    if copy.moves {
        selected.writable()?;
    }
    let uids = selected.resolve(&copy.set, copy.uid)?;
    let (source, from) = (selected.mailbox.clone(), selected.folder);
    let (target, to) = session.account.folder(&copy.mailbox).await.map_err(try_create)?;
    let asked = uids.len();
    let pairs = if target.number() == source.number() {
        within(&source, from, uids, to.id, copy.moves).await?
    } else {
        between(&source, from, uids, (&target, to.id), copy.moves).await?
    };
    let missing = (pairs.len() as u64) < asked && !copy.uid;
    let code = copied(&to, &pairs);
    if let Some(selected) = &mut session.selected {
        selected.touched();
    }
    answer(io, copy.moves, missing, code).await
}

/// `COPYUID uidvalidity source target`; none when nothing was copied.
fn copied(to: &Folder, pairs: &[(Uid, Uid)]) -> Option<String> {
    if pairs.is_empty() {
        return None;
    }
    let mut code = format!("COPYUID {} ", to.uid_validity).into_bytes();
    write_set(&mut code, pairs.iter().map(|(source, _)| source.get()));
    code.push(b' ');
    write_set(&mut code, pairs.iter().map(|(_, target)| target.get()));
    String::from_utf8(code).ok()
}

async fn answer(io: &mut Io, moves: bool, missing: bool, code: Option<String>) -> Outcome {
    if moves && let Some(code) = code {
        // RFC 6851 section 4.3: COPYUID before the EXPUNGEs that follow from it.
        io.put(format!("* OK [{code}] Moved\r\n").as_bytes()).await?;
        return Ok(Reply::ok("MOVE completed"));
    }
    let reply = match missing {
        true => Reply::no("Some messages are no longer there"),
        false => Reply::ok(if moves { "MOVE completed" } else { "COPY completed" }),
    };
    Ok(match code {
        Some(code) => reply.code(code),
        None => reply,
    })
}

/// One transaction that touches no message bytes.
async fn within(
    mailbox: &Mailbox,
    from: FolderId,
    uids: UidSet,
    to: FolderId,
    moves: bool,
) -> Result<Vec<(Uid, Uid)>, Trouble> {
    let work = move |change: &mut mailbox::Change<'_, '_>| match moves {
        true => change.move_items(from, &uids, to),
        false => change.copy(from, &uids, to),
    };
    Ok(mailbox.write(work).await?)
}

/// A message on its way from one mailbox to another.
struct Parcel {
    uid: Uid,
    staged: Staged,
    item: NewItem,
    keywords: Vec<String>,
}

/// The bytes are staged again, then one transaction of the target takes all of them; a move
/// deletes the source afterwards, so that a failure in between leaves a copy, never a loss.
async fn between(
    source: &Mailbox,
    from: FolderId,
    uids: UidSet,
    (target, to): (&Mailbox, FolderId),
    moves: bool,
) -> Result<Vec<(Uid, Uid)>, Trouble> {
    let mut parcels = Vec::new();
    for uid in uids.iter() {
        parcels.extend(pack(source, from, uid, target).await?);
    }
    let parcels = Arc::new(parcels);
    let arriving = Arc::clone(&parcels);
    let pairs = target.write(move |change| unpack(change, to, &arriving)).await?;
    if moves {
        let moved: UidSet = pairs.iter().map(|(uid, _)| *uid).collect();
        source.write(move |change| change.expunge(from, &moved, false)).await?;
    }
    Ok(pairs)
}

fn unpack(
    change: &mut mailbox::Change<'_, '_>,
    to: FolderId,
    parcels: &[Parcel],
) -> Result<Vec<(Uid, Uid)>, Fault> {
    let mut pairs = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        let mut item = parcel.item.clone();
        for name in &parcel.keywords {
            item.keywords = item.keywords | change.keyword(name)?;
        }
        pairs.push((parcel.uid, change.append(to, &parcel.staged, &item)?.uid));
    }
    Ok(pairs)
}

async fn pack(
    source: &Mailbox,
    from: FolderId,
    uid: Uid,
    target: &Mailbox,
) -> Result<Option<Parcel>, Trouble> {
    let read = source.read(move |view| {
        let Some(entry) = view.entry(from, uid)? else { return Ok(None) };
        let content = view.content(entry.content)?;
        let bytes = view.message(&content)?;
        Ok(Some((entry, bytes, view.keywords()?)))
    });
    let Some((entry, bytes, table)) = read.await? else { return Ok(None) };
    let summary: Arc<[u8]> = content::derive(&bytes).encode().into();
    let staged = target.stage(bytes).await?;
    let keywords = keyword_names(&table, &entry);
    Ok(Some(Parcel { uid, staged, item: new_item(&entry, summary), keywords }))
}

fn keyword_names(table: &KeywordTable, entry: &Entry) -> Vec<String> {
    table.names_of(entry.keywords).map(str::to_owned).collect()
}

fn new_item(entry: &Entry, summary: Arc<[u8]>) -> NewItem {
    NewItem {
        summary,
        prefix: Vec::new(),
        flags: entry.flags,
        keywords: mailbox::Keywords::NONE,
        received: Some(entry.received),
        zone_minutes: entry.zone_minutes,
    }
}

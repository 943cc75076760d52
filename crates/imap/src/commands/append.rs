//! APPEND, with several messages (RFC 3502), and REPLACE (RFC 8508).
//!
//! Each message is admitted before its first octet is asked for, and staged as soon as its last
//! one is there; all of them become visible in one transaction.

use std::sync::Arc;

use mailbox::{Change, Entry, Fault, Flags, Folder, Keywords, Mailbox, NewItem, Rights, Uid};
use net::budget::{Held, Share};
use store::Staged;
use types::limits;

use crate::codec::append::{Append, AppendOptions, Replaced, append_next};
use crate::codec::flag::Flag;
use crate::codec::sequence_set::write_set;
use crate::codec::{Frame, Literal};
use crate::flags::allocate;
use crate::io::{Io, after_secs};
use crate::names::try_create;
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// Octets from which on deriving a summary leaves the session's thread.
const DERIVE_INLINE_OCTETS_MAX: usize = 64 * 1024;

/// A message staged and ready.
struct Parcel {
    staged: Staged,
    summary: Arc<[u8]>,
    options: AppendOptions,
    /// Of a message that stays in memory until the commit.
    _share: Option<Share>,
}

/// Where messages go, and in whose place.
struct Target {
    mailbox: Mailbox,
    folder: Folder,
    replaces: Option<(mailbox::FolderId, Uid)>,
}

/// Runs the command that stands at its first message.
pub async fn append(
    session: &mut Authenticated,
    io: &mut Io,
    append: Append,
    literal: Literal,
) -> Outcome {
    let target = match target(session, &append).await {
        Ok(target) => target,
        Err(trouble) => return refuse(io, literal, trouble).await,
    };
    let parcels = receive(session, io, &target, append.first, literal).await?;
    let replaces = target.replaces;
    let entries = commit(&target, parcels).await?;
    if let Some(selected) = &mut session.selected {
        selected.touched();
    }
    let mut code = format!("APPENDUID {} ", target.folder.uid_validity).into_bytes();
    write_set(&mut code, entries.iter().map(|entry| entry.uid.get()));
    let code = String::from_utf8_lossy(&code).into_owned();
    if replaces.is_some() {
        // RFC 8508 section 4.3: before the EXPUNGE that follows from it.
        io.put(format!("* OK [{code}] Replaced\r\n").as_bytes()).await?;
        return Ok(Reply::ok("REPLACE completed"));
    }
    Ok(Reply::ok("APPEND completed").code(code))
}

async fn refuse(io: &mut Io, literal: Literal, trouble: Trouble) -> Outcome {
    if literal.size > limits::IMAP_SKIPPED_LITERAL_OCTETS_MAX && !literal.synchronizing {
        return Err(Trouble::Bye("The literal is too large"));
    }
    io.refuse(literal, after_secs(limits::IMAP_COMMAND_STALL_SECS)).await?;
    Err(trouble)
}

async fn target(session: &mut Authenticated, append: &Append) -> Result<Target, Trouble> {
    let replaces = match append.replaces {
        Some(replaced) => Some(replaced_uid(session, replaced)?),
        None => None,
    };
    let named = session.account.folder(&append.mailbox).await;
    let (mailbox, folder) = named.map_err(try_create)?;
    let id = folder.id;
    mailbox.read(move |view| view.require(id, Rights::CREATE).map(|_| ())).await?;
    Ok(Target { mailbox, folder, replaces })
}

fn replaced_uid(
    session: &mut Authenticated,
    replaced: Replaced,
) -> Result<(mailbox::FolderId, Uid), Reply> {
    let selected = session.selected()?;
    selected.writable()?;
    let uid = match (replaced.number, replaced.uid) {
        (None, _) => selected.table.last(),
        (Some(number), true) => {
            Some(Uid::new(number)).filter(|uid| selected.table.seq_of(*uid).is_some())
        }
        (Some(number), false) => selected.table.uid_at(number),
    };
    let uid = uid.ok_or_else(|| Reply::no("There is no such message"))?;
    Ok((selected.folder, uid))
}

/// Takes all messages of the command. An error comes after the whole command was read.
async fn receive(
    session: &Authenticated,
    io: &mut Io,
    target: &Target,
    first: AppendOptions,
    first_literal: Literal,
) -> Result<Vec<Parcel>, Trouble> {
    let (mut options, mut literal) = (first, first_literal);
    let (mut parcels, mut octets) = (Vec::new(), 0);
    loop {
        octets += literal.size;
        if let Err(trouble) = admit(session, target, &literal, octets, parcels.len()).await {
            return refuse(io, literal, trouble).await.map(|_| Vec::new());
        }
        let utf8 = options.utf8;
        match stage(session, io, target, options, literal).await {
            Ok(parcel) => parcels.push(parcel),
            Err(Trouble::Reply(reply)) => {
                io.skip_command(after_secs(limits::IMAP_COMMAND_STALL_SECS)).await?;
                return Err(reply.into());
            }
            Err(trouble) => return Err(trouble),
        }
        match next(io, utf8).await? {
            Some((more, at)) => (options, literal) = (more, at),
            None => return Ok(parcels),
        }
    }
}

/// Errors: NO before the octets are sent, when they could not be kept.
async fn admit(
    session: &Authenticated,
    target: &Target,
    literal: &Literal,
    octets: u64,
    before: usize,
) -> Result<(), Trouble> {
    if literal.size == 0 {
        return Err(Reply::no("An empty message is not kept").into());
    }
    if literal.size > session.account.server.message_octets_max {
        return Err(Reply::no("The message is too large").code("TOOBIG").into());
    }
    if !session.account.server.intake_memory.has_room(literal.size) {
        return Err(no_room().into());
    }
    if before >= limits::IMAP_APPEND_MESSAGES_MAX {
        return Err(Reply::no("Too many messages in one command").code("LIMIT").into());
    }
    let full = target.mailbox.read(move |view| Ok(view.quota()?.prohibits_adding(octets)));
    if full.await? { Err(Fault::OverQuota.into()) } else { Ok(()) }
}

/// RFC 5530 section 3: the command may succeed later.
fn no_room() -> Reply {
    Reply::no("Too many messages are coming in; try again later").code("LIMIT")
}

/// Reads one message and stages it.
async fn stage(
    session: &Authenticated,
    io: &mut Io,
    target: &Target,
    options: AppendOptions,
    literal: Literal,
) -> Result<Parcel, Trouble> {
    io.framer().stream();
    io.invite(literal).await?;
    let held = Held::new(Arc::clone(&session.account.server.intake_memory));
    let (message, share) = octets(io, literal.size, held).await?.into_parts();
    if !literal.binary && message.contains(&0) {
        return Err(Reply::bad("NUL in a literal that is not binary").into());
    }
    let (summary, message) = derive(message).await?;
    let in_memory = message.len() <= limits::INLINE_OCTETS_MAX;
    let staged = target.mailbox.stage(message).await?;
    Ok(Parcel { staged, summary, options, _share: Some(share).filter(|_| in_memory) })
}

/// The octets of a literal. What is held grows with what has come, not with what was announced.
/// Errors: NO when the memory for messages is used up; the literal is read to its end first, or
/// it would be taken for commands.
async fn octets(io: &mut Io, size: u64, mut held: Held) -> Result<Held, Trouble> {
    let (mut left, mut refused) = (size, false);
    while left > 0 {
        let deadline = after_secs(limits::IMAP_COMMAND_STALL_SECS);
        let chunk = io.literal_octets(left, deadline).await?;
        left -= chunk.len() as u64;
        refused = refused || held.push(&chunk).is_err();
    }
    if refused { Err(no_room().into()) } else { Ok(held) }
}

async fn derive(message: Vec<u8>) -> Result<(Arc<[u8]>, Vec<u8>), Trouble> {
    let work = |message: Vec<u8>| -> (Arc<[u8]>, Vec<u8>) {
        (content::derive(&message).encode().into(), message)
    };
    if message.len() <= DERIVE_INLINE_OCTETS_MAX {
        return Ok(work(message));
    }
    let derived = tokio::task::spawn_blocking(move || work(message)).await;
    derived.map_err(|_| Reply::no("Server error").code("SERVERBUG").into())
}

/// What follows a message: another one, or the end of the command.
async fn next(io: &mut Io, utf8: bool) -> Result<Option<(AppendOptions, Literal)>, Trouble> {
    let deadline = after_secs(limits::IMAP_COMMAND_STALL_SECS);
    match io.frame(deadline).await? {
        Frame::Command => {
            let text = io.framer().take_text();
            match append_next(&text, utf8)? {
                None => Ok(None),
                Some(_) => Err(Reply::bad("Expected a message").into()),
            }
        }
        Frame::Literal(literal) => match append_next(io.framer().text(), utf8) {
            Ok(Some(options)) => Ok(Some((options, literal))),
            Ok(None) => {
                refuse(io, literal, Reply::bad("Expected a message").into()).await.map(|_| None)
            }
            Err(bad) => refuse(io, literal, bad.into()).await.map(|_| None),
        },
        _ => Err(Trouble::Bye("The command line is too long")),
    }
}

/// All messages in one transaction.
async fn commit(target: &Target, parcels: Vec<Parcel>) -> Result<Vec<Entry>, Trouble> {
    let (folder, replaces) = (target.folder.id, target.replaces);
    let work = move |change: &mut Change<'_, '_>| -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::with_capacity(parcels.len());
        for parcel in &parcels {
            entries.push(place(change, folder, replaces, parcel)?);
        }
        Ok(entries)
    };
    Ok(target.mailbox.write(work).await?)
}

fn place(
    change: &mut Change<'_, '_>,
    folder: mailbox::FolderId,
    replaces: Option<(mailbox::FolderId, Uid)>,
    parcel: &Parcel,
) -> Result<Entry, Fault> {
    let (flags, keywords) = flags(change, &parcel.options.flags)?;
    let item = NewItem {
        summary: Arc::clone(&parcel.summary),
        prefix: Vec::new(),
        flags,
        keywords,
        received: parcel.options.date.map(|date| date.unix),
        zone_minutes: parcel.options.date.map_or(0, |date| date.zone_minutes),
    };
    match replaces {
        Some((from, uid)) if from == folder => change.replace(folder, uid, &parcel.staged, &item),
        Some((from, uid)) => {
            let entry = change.append(folder, &parcel.staged, &item)?;
            change.expunge(from, &std::iter::once(uid).collect(), false)?;
            Ok(entry)
        }
        None => change.append(folder, &parcel.staged, &item),
    }
}

fn flags(change: &mut Change<'_, '_>, flags: &[Flag]) -> Result<(Flags, Keywords), Fault> {
    allocate(change, flags)
}

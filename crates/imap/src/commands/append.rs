//! APPEND, with several messages (RFC 3502), and REPLACE (RFC 8508).
//!
//! Each message is admitted before its first octet is asked for, and staged as soon as its last
//! one is there; all of them become visible in one transaction ([`Appending`]).

use std::sync::Arc;

use mailbox::{
    Appending, Change, Fault, Folder, Keywords, Mailbox, NewItem, Parcel, Rights, Uid, UidSet,
};
use net::budget::{Held, Share};
use types::limits;

use super::slices::aside;
use crate::codec::append::{Append, AppendOptions, Replaced, append_next};
use crate::codec::sequence_set::write_set;
use crate::codec::{Frame, Literal};
use crate::flags::named;
use crate::io::{Io, after_secs};
use crate::names::destination_trouble;
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// Octets from which on deriving a summary leaves the session's thread.
const DERIVE_INLINE_OCTETS_MAX: usize = 64 * 1024;

/// The messages of a command on their way.
struct Incoming {
    appending: Appending,
    /// The memory of those that are not written yet.
    shares: Vec<Share>,
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
    match append_to(session, io, &target, append.first, literal).await {
        Err(trouble) => Err(destination_trouble(&target.mailbox, target.folder.id, trouble).await),
        appended => appended,
    }
}

async fn append_to(
    session: &mut Authenticated,
    io: &mut Io,
    target: &Target,
    first: AppendOptions,
    literal: Literal,
) -> Outcome {
    let appending = Appending::new(target.mailbox.clone(), target.folder.id);
    let mut incoming = Incoming { appending, shares: Vec::new() };
    let received = receive(session, io, target, &mut incoming, first, literal).await;
    if let Err(trouble) = received {
        incoming.appending.abandon().await;
        return Err(trouble);
    }
    let replaces = target.replaces;
    let uids = commit(target, incoming).await?;
    if let Some(selected) = &mut session.selected {
        selected.touched();
    }
    let mut code = format!("APPENDUID {} ", target.folder.uid_validity).into_bytes();
    write_set(&mut code, uids.iter().map(Uid::get));
    let code = String::from_utf8_lossy(&code).into_owned();
    if replaces.is_some() {
        // RFC 8508 section 4.3: before the EXPUNGE that follows from it.
        io.put(format!("* OK [{code}] Replaced\r\n").as_bytes()).await?;
        return Ok(Reply::ok("REPLACE completed"));
    }
    Ok(Reply::ok("APPEND completed").code(code))
}

impl Incoming {
    async fn add(&mut self, parcel: Parcel, share: Option<Share>) -> Result<(), Trouble> {
        self.appending.add(parcel).await?;
        if self.appending.waiting() == 1 {
            // Those before are written.
            self.shares.clear();
        }
        self.shares.extend(share);
        Ok(())
    }
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
    let (mailbox, folder) = session.account.destination(&append.mailbox).await?;
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
    incoming: &mut Incoming,
    first: AppendOptions,
    first_literal: Literal,
) -> Result<(), Trouble> {
    let (mut options, mut literal) = (first, first_literal);
    let (mut messages, mut octets) = (0, 0);
    loop {
        octets += literal.size;
        if let Err(trouble) = admit(session, target, &literal, octets, messages).await {
            return refuse(io, literal, trouble).await.map(|_| ());
        }
        let utf8 = options.utf8;
        messages += 1;
        match stage(session, io, target, incoming, options, literal).await {
            Ok(()) => {}
            Err(Trouble::Reply(reply)) => {
                io.skip_command(after_secs(limits::IMAP_COMMAND_STALL_SECS)).await?;
                return Err(reply.into());
            }
            Err(trouble) => return Err(trouble),
        }
        match next(io, utf8).await? {
            Some((_, another)) if target.replaces.is_some() => {
                let bad = Reply::bad("REPLACE takes one message");
                return refuse(io, another, bad.into()).await.map(|_| ());
            }
            Some((more, at)) => (options, literal) = (more, at),
            None => return Ok(()),
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
    incoming: &mut Incoming,
    options: AppendOptions,
    literal: Literal,
) -> Result<(), Trouble> {
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
    let (flags, keywords) = named(&options.flags);
    let item = NewItem {
        summary,
        prefix: Vec::new(),
        flags,
        keywords: Keywords::NONE,
        received: options.date.map(|date| date.unix),
        zone_minutes: options.date.map_or(0, |date| date.zone_minutes),
    };
    incoming.add(Parcel { staged, item, keywords }, Some(share).filter(|_| in_memory)).await
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
    aside(move || work(message)).await
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

/// Makes all messages visible at once. Gives their UIDs.
async fn commit(target: &Target, incoming: Incoming) -> Result<UidSet, Trouble> {
    let Incoming { appending, shares: _until_written } = incoming;
    let Some(replaced) = target.replaces else { return Ok(appending.finish().await?) };
    // RFC 8508 section 3.1: one message, so nothing is staged yet.
    let (folder, parcels) = (target.folder.id, appending.into_waiting());
    let work = move |change: &mut Change<'_, '_>| {
        parcels.iter().map(|parcel| replace(change, folder, replaced, parcel)).collect()
    };
    Ok(target.mailbox.write(work).await?)
}

fn replace(
    change: &mut Change<'_, '_>,
    folder: mailbox::FolderId,
    (from, uid): (mailbox::FolderId, Uid),
    parcel: &Parcel,
) -> Result<Uid, Fault> {
    if from == folder {
        return Ok(parcel.replace(change, folder, uid)?.uid);
    }
    let entry = parcel.append(change, folder)?;
    change.expunge(from, &std::iter::once(uid).collect(), false)?;
    Ok(entry.uid)
}

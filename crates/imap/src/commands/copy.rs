//! COPY and MOVE (RFC 9051 section 6.4.7, RFC 6851), within a mailbox and between mailboxes.

use mailbox::{Fault, Folder, Partly, Uid};

use crate::codec::command::Copy;
use crate::codec::sequence_set::write_set;
use crate::io::Io;
use crate::names::try_create;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Copies, all messages or none; or moves, each message or not (RFC 6851 section 3.3).
pub async fn copy(session: &mut Authenticated, io: &mut Io, copy: Copy) -> Outcome {
    let selected = session.selected()?;
    if copy.moves {
        selected.writable()?;
    }
    let uids = selected.resolve(&copy.set, copy.uid)?;
    let (source, from) = (selected.mailbox.clone(), selected.folder);
    let (target, to) = session.account.folder(&copy.mailbox).await.map_err(try_create)?;
    let asked = uids.len();
    let Partly { done: pairs, fault } = match copy.moves {
        true => source.move_items(from, uids, &target, to.id).await,
        false => {
            let done = source.copy_items(from, uids, &target, to.id).await;
            let done = done.map_err(|fault| try_create(fault.into()))?;
            Partly { done, fault: None }
        }
    };
    if let Some(selected) = &mut session.selected {
        selected.touched();
    }
    let missing = (pairs.len() as u64) < asked && !copy.uid;
    let code = copied(&to, &pairs);
    answer(io, copy.moves, missing, code, fault).await
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

async fn answer(
    io: &mut Io,
    moves: bool,
    missing: bool,
    code: Option<String>,
    fault: Option<Fault>,
) -> Outcome {
    if moves && let Some(code) = &code {
        // RFC 6851 section 4.3: COPYUID before the EXPUNGEs that follow from it.
        io.put(format!("* OK [{code}] Moved\r\n").as_bytes()).await?;
    }
    let reply = match (fault, moves) {
        (Some(fault), _) => return Err(fault.into()),
        (None, true) if code.is_some() => return Ok(Reply::ok("MOVE completed")),
        _ if missing => Reply::no("Some messages are no longer there"),
        _ => Reply::ok(if moves { "MOVE completed" } else { "COPY completed" }),
    };
    Ok(match code {
        Some(code) => reply.code(code),
        None => reply,
    })
}

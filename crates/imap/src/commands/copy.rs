//! COPY and MOVE (RFC 9051 section 6.4.7, RFC 6851), within a mailbox and between mailboxes.

use mailbox::{Fault, Folder, Partly, Uid};

use crate::codec::command::Copy;
use crate::codec::sequence_set::write_set;
use crate::io::Io;
use crate::names::destination_trouble;
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
    let (target, to) = session.account.destination(&copy.mailbox).await?;
    let asked = uids.len();
    let Partly { done: pairs, fault } = match copy.moves {
        true => source.move_items(from, uids, &target, to.id).await,
        // Message numbers mean messages that are there; UIDs need not (RFC 9051 section 6.4.9).
        false => match source.copy_items(from, uids, &target, to.id, !copy.uid).await {
            Ok(done) => Partly { done, fault: None },
            Err(fault) => Partly { done: Vec::new(), fault: Some(fault) },
        },
    };
    if let Some(selected) = &mut session.selected {
        selected.touched();
    }
    let nothing_left = pairs.is_empty() && asked > 0 && !copy.uid;
    let fault = fault.or(nothing_left.then_some(Fault::NotFound("message")));
    let code = copied(&to, &pairs);
    match answer(io, copy.moves, code, fault).await {
        Err(trouble) => Err(destination_trouble(&target, to.id, trouble).await),
        answered => answered,
    }
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

async fn answer(io: &mut Io, moves: bool, code: Option<String>, fault: Option<Fault>) -> Outcome {
    if moves && let Some(code) = &code {
        // RFC 6851 section 4.3: COPYUID before the EXPUNGEs that follow from it.
        io.put(format!("* OK [{code}] Moved\r\n").as_bytes()).await?;
    }
    match (fault, code) {
        (Some(fault), _) => Err(fault.into()),
        (None, _) if moves => Ok(Reply::ok("MOVE completed")),
        (None, Some(code)) => Ok(Reply::ok("COPY completed").code(code)),
        (None, None) => Ok(Reply::ok("COPY completed")),
    }
}

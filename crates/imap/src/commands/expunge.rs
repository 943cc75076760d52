//! EXPUNGE and UID EXPUNGE (RFC 9051 sections 6.4.3, 6.4.9).

use mailbox::UidSet;

use crate::codec::sequence_set::SequenceSet;
use crate::io::Io;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Removes what carries `\Deleted`, of all messages or of the UIDs given. The untagged
/// responses come from bringing the client up to date, as for everybody else's expunges.
pub async fn expunge(
    session: &mut Authenticated,
    io: &mut Io,
    set: Option<SequenceSet>,
) -> Outcome {
    let selected = session.selected()?;
    selected.writable()?;
    let folder = selected.folder;
    let uids = match set {
        Some(set) => selected.resolve(&set, true)?,
        None => UidSet::all(),
    };
    let expunged = selected.mailbox.expunge(folder, uids, true).await;
    selected.touched();
    let gone = expunged?;
    session.sync(io, true).await?;
    let reply = Reply::ok("EXPUNGE completed");
    if gone.is_empty() || !session.enabled.condstore {
        return Ok(reply);
    }
    let told = session.selected()?.told();
    Ok(reply.code(format!("HIGHESTMODSEQ {told}")))
}

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
    let (gone, content_cn) = selected
        .mailbox
        .write(move |change| {
            let gone = change.expunge(folder, &uids, true)?;
            Ok((gone, change.view()?.status(folder)?.content_cn))
        })
        .await?;
    selected.touched();
    session.sync(io, true).await?;
    let reply = Reply::ok("EXPUNGE completed");
    if gone.is_empty() || !session.enabled.condstore {
        return Ok(reply);
    }
    Ok(reply.code(format!("HIGHESTMODSEQ {content_cn}")))
}

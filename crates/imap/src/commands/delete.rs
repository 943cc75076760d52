//! DELETE (RFC 9051 section 6.3.5).

use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Deletes a mailbox without children; one with children is refused with HASCHILDREN, since a
/// folder cannot stay behind as a mere name. Its messages stay recoverable.
pub async fn delete(session: &mut Authenticated, name: String) -> Outcome {
    let (mailbox, folder) = session.account.folder(&name).await?;
    let is_selected = session.selected.as_ref().is_some_and(|selected| {
        selected.folder == folder.id && selected.mailbox.number() == mailbox.number()
    });
    mailbox.delete_folder(folder.id).await?;
    if is_selected {
        session.selected = None;
    }
    Ok(Reply::ok("DELETE completed"))
}

//! CLOSE and UNSELECT (RFC 9051 sections 6.4.1, 6.4.2).

use mailbox::UidSet;

use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Expunges without a word, then deselects.
pub async fn close(session: &mut Authenticated) -> Outcome {
    let selected = session.selected()?;
    if !selected.read_only {
        let folder = selected.folder;
        selected.mailbox.expunge(folder, UidSet::all(), true).await?;
    }
    session.selected = None;
    Ok(Reply::ok("CLOSE completed"))
}

/// Deselects and leaves everything as it is.
pub fn unselect(session: &mut Authenticated) -> Outcome {
    session.selected()?;
    session.selected = None;
    Ok(Reply::ok("UNSELECT completed"))
}

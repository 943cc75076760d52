//! SUBSCRIBE and UNSUBSCRIBE (RFC 9051 sections 6.3.7, 6.3.8).

use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// A subscription is a property of the folder and goes with it.
pub async fn subscribe(session: &mut Authenticated, name: String, on: bool) -> Outcome {
    let (mailbox, folder) = session.account.folder(&name).await?;
    mailbox.write(move |change| change.subscribe(folder.id, on)).await?;
    Ok(Reply::ok(if on { "SUBSCRIBE completed" } else { "UNSUBSCRIBE completed" }))
}

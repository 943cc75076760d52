//! RENAME (RFC 9051 section 6.3.6).

use mailbox::{Change, Fault, FolderId, Special};

use crate::names::folder_at;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Renames or moves a mailbox with all below it. INBOX stays, emptied into the new name.
pub async fn rename(session: &mut Authenticated, from: String, to: String) -> Outcome {
    let source = session.account.place(&from).await?;
    let target = session.account.place(&to).await?;
    if source.mailbox.number() != target.mailbox.number() {
        return Ok(Reply::no("Folders stay in their mailbox").code("CANNOT"));
    }
    let (old, new) = (source.path, target.path);
    source.mailbox.write(move |change| run(change, &old, &new)).await?;
    source.mailbox.finish_moves().await?;
    Ok(Reply::ok("RENAME completed"))
}

fn run(change: &mut Change<'_, '_>, old: &[String], new: &[String]) -> Result<(), Fault> {
    let folder = folder_at(&change.view()?, old)?.ok_or(Fault::NotFound("folder"))?;
    let (name, above) = new.split_last().ok_or(Fault::Invalid("A mailbox needs a name"))?;
    let parent = match above {
        [] => change.view()?.special(Special::Root)?.id,
        above => made_if_missing(change, above)?,
    };
    if folder.special == Some(Special::Inbox) {
        return change.rename_inbox(parent, name).map(drop);
    }
    change.rename_folder(folder.id, parent, name).map(drop)
}

fn made_if_missing(change: &mut Change<'_, '_>, path: &[String]) -> Result<FolderId, Fault> {
    if let Some(folder) = folder_at(&change.view()?, path)? {
        return Ok(folder.id);
    }
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    Ok(change.create_path(&names)?.id)
}

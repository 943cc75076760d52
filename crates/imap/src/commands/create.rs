//! CREATE (RFC 9051 section 6.3.4, RFC 6154 section 3).

use mailbox::{Fault, Special};

use crate::names::special_of;
use crate::object_id::mailbox_id;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Makes a mailbox and the levels above it that are missing.
pub async fn create(session: &mut Authenticated, name: String, uses: Vec<String>) -> Outcome {
    let special = match uses.as_slice() {
        [] => None,
        [one] => Some(special_of(one).ok_or_else(use_attr)?),
        _ => return Ok(use_attr()),
    };
    let place = session.account.place(&name).await?;
    if place.path.is_empty() {
        return Ok(Reply::no("A mailbox needs a name").code("CANNOT"));
    }
    let path = place.path;
    let work = move |change: &mut mailbox::Change<'_, '_>| make(change, &path, special);
    let id = place.mailbox.write(work).await?.ok_or_else(use_attr)?;
    Ok(Reply::ok("CREATE completed").code(format!("MAILBOXID ({id})")))
}

/// Its MAILBOXID; none when the special use cannot be given.
fn make(
    change: &mut mailbox::Change<'_, '_>,
    path: &[String],
    special: Option<Special>,
) -> Result<Option<String>, Fault> {
    if special.is_some() && change.view()?.all_folders()?.iter().any(|f| f.special == special) {
        return Ok(None);
    }
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let folder = change.create_path(&names)?;
    if special.is_some() {
        change.set_special(folder.id, special)?;
    }
    Ok(Some(mailbox_id(change.view()?.meta()?.guid, folder.id)))
}

fn use_attr() -> Reply {
    Reply::no("The special use cannot be given").code("USEATTR")
}

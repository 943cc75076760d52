//! GETQUOTA and GETQUOTAROOT (RFC 9208). The own mailbox has the
//! root `""`, one of somebody else the root of its name (`Other Users/address`).

use mailbox::{Fault, Mailbox, Quota};

use crate::codec::mailbox::SEPARATOR;
use crate::codec::write::{self, List, astring, raw};
use crate::io::Io;
use crate::names::OTHER_USERS;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// The quota of a root.
pub async fn get_quota(session: &mut Authenticated, io: &mut Io, root: String) -> Outcome {
    let mailbox = match (root.as_str(), root.strip_prefix(OTHER_USERS)) {
        ("", _) => session.account.mailbox.clone(),
        (_, Some(address)) => {
            let account = &session.account;
            match account.server.open_other(&account.principal, address).await {
                Err(Fault::NotFound(_)) => return Ok(no_such_root()),
                opened => opened?,
            }
        }
        _ => return Ok(no_such_root()),
    };
    let mut out = Vec::new();
    write_quota(&mut out, &root, &mailbox).await?;
    io.put(&out).await?;
    Ok(Reply::ok("GETQUOTA completed"))
}

fn no_such_root() -> Reply {
    Reply::no("No such quota root").code("NONEXISTENT")
}

/// The root of a mailbox, and its quota.
pub async fn get_quota_root(session: &mut Authenticated, io: &mut Io, name: String) -> Outcome {
    let (mailbox, _) = session.account.folder(&name).await?;
    let root = root_of(&name);
    let mut out = b"* QUOTAROOT ".to_vec();
    write::mailbox(&mut out, &name, session.enabled.utf8_names());
    out.push(b' ');
    astring(&mut out, root.as_bytes());
    raw(&mut out, "\r\n");
    write_quota(&mut out, &root, &mailbox).await?;
    io.put(&out).await?;
    Ok(Reply::ok("GETQUOTAROOT completed"))
}

/// The root that a name lies under.
fn root_of(name: &str) -> String {
    let address = name.strip_prefix(OTHER_USERS).and_then(|other| other.split(SEPARATOR).next());
    address.map(|address| format!("{OTHER_USERS}{address}")).unwrap_or_default()
}

/// `* QUOTA root (STORAGE used limit)`, in units of 1,024 octets. Messages are not limited, so
/// MESSAGE, which needs a limit on the wire, is never listed.
async fn write_quota(out: &mut Vec<u8>, root: &str, mailbox: &Mailbox) -> Result<(), Fault> {
    let quota: Quota = mailbox.read(|view| view.quota()).await?;
    raw(out, "* QUOTA ");
    astring(out, root.as_bytes());
    out.push(b' ');
    let mut list = List::open(out);
    if let Some(limit) = quota.limits.prohibit_send_receive {
        raw(list.item(), &format!("STORAGE {} {}", quota.octets.div_ceil(1024), limit / 1024));
    }
    list.close();
    raw(out, "\r\n");
    Ok(())
}

//! GETQUOTA and GETQUOTAROOT (RFC 9208). A mailbox has one root, named `""`.

use mailbox::{Mailbox, Quota};

use crate::codec::write::{self, List, astring, raw};
use crate::io::Io;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// The quota of the account's own mailbox.
pub async fn get_quota(session: &mut Authenticated, io: &mut Io, root: String) -> Outcome {
    if !root.is_empty() {
        return Ok(Reply::no("No such quota root").code("NONEXISTENT"));
    }
    let mut out = Vec::new();
    write_quota(&mut out, &session.account.mailbox).await?;
    io.put(&out).await?;
    Ok(Reply::ok("GETQUOTA completed"))
}

/// The root of a mailbox, and its quota.
pub async fn get_quota_root(session: &mut Authenticated, io: &mut Io, name: String) -> Outcome {
    let (mailbox, _) = session.account.folder(&name).await?;
    let mut out = b"* QUOTAROOT ".to_vec();
    write::mailbox(&mut out, &name, session.enabled.utf8_names());
    raw(&mut out, " \"\"\r\n");
    write_quota(&mut out, &mailbox).await?;
    io.put(&out).await?;
    Ok(Reply::ok("GETQUOTAROOT completed"))
}

/// `* QUOTA "" (STORAGE used limit)`, in units of 1,024 octets. Messages are not limited, so
/// MESSAGE, which needs a limit on the wire, is never listed.
async fn write_quota(out: &mut Vec<u8>, mailbox: &Mailbox) -> Result<(), mailbox::Fault> {
    let quota: Quota = mailbox.read(|view| view.quota()).await?;
    raw(out, "* QUOTA ");
    astring(out, b"");
    out.push(b' ');
    let mut list = List::open(out);
    if let Some(limit) = quota.limits.prohibit_send_receive {
        raw(list.item(), &format!("STORAGE {} {}", quota.octets.div_ceil(1024), limit / 1024));
    }
    list.close();
    raw(out, "\r\n");
    Ok(())
}

//! GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS (RFC 4314) over MAPI's folder permissions.
//!
//! Identifiers are primary addresses, and `anyone` for the Default entry. The mailbox's owner
//! is listed with all rights, whoever asks, and cannot be changed. Letters that MAPI cannot tell apart go together
//! ([`mailbox::rights::IMAP_LETTERS`]), which LISTRIGHTS says.

use auth::RecipientId;
use mailbox::rights::IMAP_LETTERS;
use mailbox::{Folder, Grantee, Guid, Mailbox, Rights};

use crate::codec::acl::{RightsChange, SetAcl};
use crate::codec::write::{self, astring, raw};
use crate::io::Io;
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// `* ACL mailbox *(identifier rights)`
pub async fn get_acl(session: &mut Authenticated, io: &mut Io, name: String) -> Outcome {
    let (mailbox, folder) = session.account.folder(&name).await?;
    let owner = require_owner(&mailbox, &folder).await?;
    let mut out = b"* ACL ".to_vec();
    write::mailbox(&mut out, &name, session.enabled.utf8_names());
    for entry in folder.acl.iter().filter(|entry| entry.grantee != owner) {
        let Some(identifier) = identifier(session, entry.grantee) else { continue };
        pair(&mut out, &identifier, entry.rights);
    }
    if let Some(identifier) = identifier(session, owner) {
        pair(&mut out, &identifier, Rights::ROLE_OWNER);
    }
    raw(&mut out, "\r\n");
    io.put(&out).await?;
    Ok(Reply::ok("GETACL completed"))
}

fn pair(out: &mut Vec<u8>, identifier: &str, rights: Rights) {
    out.push(b' ');
    astring(out, identifier.as_bytes());
    out.push(b' ');
    astring(out, rights.to_imap().as_bytes());
}

/// Grants, takes away, or replaces.
pub async fn set_acl(session: &mut Authenticated, set: SetAcl) -> Outcome {
    let (mailbox, folder) = session.account.folder(&set.mailbox).await?;
    let grantee = grantee(session, &set.identifier)?;
    let asked = Rights::from_imap(&set.rights).ok_or_else(|| Reply::bad("Unknown right"))?;
    let had = folder.acl.iter().find(|entry| entry.grantee == grantee);
    let had = had.map_or(Rights::NONE, |entry| entry.rights);
    let rights = match set.change {
        RightsChange::Replace => asked,
        RightsChange::Add => had | asked,
        RightsChange::Remove => had.without(asked),
    };
    mailbox.write(move |change| change.set_acl(folder.id, grantee, Some(rights))).await?;
    Ok(Reply::ok("SETACL completed"))
}

/// Removes somebody's entry.
pub async fn delete_acl(session: &mut Authenticated, name: String, who: String) -> Outcome {
    let (mailbox, folder) = session.account.folder(&name).await?;
    let grantee = grantee(session, &who)?;
    mailbox.write(move |change| change.set_acl(folder.id, grantee, None)).await?;
    Ok(Reply::ok("DELETEACL completed"))
}

/// `* LISTRIGHTS mailbox identifier required *optional`: the owner has everything, of others
/// nothing is required.
pub async fn list_rights(
    session: &mut Authenticated,
    io: &mut Io,
    name: String,
    who: String,
) -> Outcome {
    let (mailbox, folder) = session.account.folder(&name).await?;
    let owner = require_owner(&mailbox, &folder).await?;
    let is_owner = grantee(session, &who)? == owner;
    let mut out = b"* LISTRIGHTS ".to_vec();
    write::mailbox(&mut out, &name, session.enabled.utf8_names());
    out.push(b' ');
    astring(&mut out, who.as_bytes());
    if is_owner {
        out.push(b' ');
        raw(&mut out, &Rights::ROLE_OWNER.to_imap());
    } else {
        raw(&mut out, " \"\"");
        for (letters, _) in IMAP_LETTERS {
            out.push(b' ');
            raw(&mut out, letters);
        }
    }
    raw(&mut out, "\r\n");
    io.put(&out).await?;
    Ok(Reply::ok("LISTRIGHTS completed"))
}

/// `* MYRIGHTS mailbox rights`
pub async fn my_rights(session: &mut Authenticated, io: &mut Io, name: String) -> Outcome {
    let (mailbox, folder) = session.account.folder(&name).await?;
    let rights = mailbox.access().rights(&folder.acl);
    let mut out = Vec::new();
    write_my_rights(&mut out, &name, session.enabled.utf8_names(), rights);
    io.put(&out).await?;
    Ok(Reply::ok("MYRIGHTS completed"))
}

/// Appends `* MYRIGHTS mailbox rights`.
pub fn write_my_rights(out: &mut Vec<u8>, name: &str, utf8: bool, rights: Rights) {
    raw(out, "* MYRIGHTS ");
    write::mailbox(out, name, utf8);
    out.push(b' ');
    astring(out, rights.to_imap().as_bytes());
    raw(out, "\r\n");
}

/// The mailbox's owner. Errors: NO [NOPERM] without the right `a`.
async fn require_owner(mailbox: &Mailbox, folder: &Folder) -> Result<Grantee, Trouble> {
    let id = folder.id;
    let owner = mailbox.read(move |view| {
        view.require(id, Rights::OWNER)?;
        Ok(Grantee::Recipient(view.meta()?.guid))
    });
    Ok(owner.await?)
}

fn grantee(session: &Authenticated, identifier: &str) -> Result<Grantee, Reply> {
    if identifier.eq_ignore_ascii_case("anyone") {
        return Ok(Grantee::Default);
    }
    let found = session.account.server.recipient(identifier);
    let found = found.ok_or_else(|| Reply::no("No such identifier").code("NONEXISTENT"))?;
    Ok(Grantee::Recipient(Guid(found.0)))
}

fn identifier(session: &Authenticated, grantee: Grantee) -> Option<String> {
    match grantee {
        Grantee::Default => Some("anyone".to_owned()),
        Grantee::Anonymous => None,
        Grantee::Recipient(guid) => session.account.server.identifier(RecipientId(guid.0)),
    }
}

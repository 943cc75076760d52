//! STATUS (RFC 9051 section 6.3.11).

use mailbox::{Fault, FolderId, FolderStatus, Guid, Rights, View};

use crate::codec::list::StatusItem;
use crate::codec::write::{self, List, raw};
use crate::io::Io;
use crate::object_id::mailbox_id;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Answers from the folder's counters; no message is looked at.
pub async fn status(
    session: &mut Authenticated,
    io: &mut Io,
    name: String,
    items: Vec<StatusItem>,
) -> Outcome {
    session.enabled.condstore |= items.contains(&StatusItem::HighestModSeq);
    let (mailbox, folder) = session.account.folder(&name).await?;
    let id = folder.id;
    // RFC 4314 section 4: the right r.
    let facts = mailbox.read(move |view| {
        view.require(id, Rights::READ_ANY)?;
        Facts::read(view, view.meta()?.guid, id)
    });
    let facts = facts.await?;
    let limit = session.account.server.message_octets_max;
    let mut out = Vec::new();
    write_status(&mut out, &name, session.enabled.utf8_names(), &items, &facts, limit);
    io.put(&out).await?;
    Ok(Reply::ok("STATUS completed"))
}

/// What STATUS can tell of a folder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// The mailbox it lies in.
    pub mailbox: Guid,
    /// The folder.
    pub folder: FolderId,
    /// Its counters.
    pub status: FolderStatus,
}

impl Facts {
    /// Reads the counters.
    pub fn read(view: &View<'_>, mailbox: Guid, folder: FolderId) -> Result<Self, Fault> {
        Ok(Facts { mailbox, folder, status: view.status(folder)? })
    }
}

/// Appends `* STATUS mailbox (...)`.
pub fn write_status(
    out: &mut Vec<u8>,
    name: &str,
    utf8: bool,
    items: &[StatusItem],
    facts: &Facts,
    append_limit: u64,
) {
    raw(out, "* STATUS ");
    write::mailbox(out, name, utf8);
    out.push(b' ');
    let mut list = List::open(out);
    for item in items {
        let out = list.item();
        raw(out, item.name());
        out.push(b' ');
        match item {
            StatusItem::MailboxId => {
                raw(out, &format!("({})", mailbox_id(facts.mailbox, facts.folder)));
            }
            item => write::number(out, value(*item, &facts.status, append_limit)),
        }
    }
    list.close();
    raw(out, "\r\n");
}

fn value(item: StatusItem, status: &FolderStatus, append_limit: u64) -> u64 {
    match item {
        StatusItem::AppendLimit => append_limit,
        StatusItem::Deleted => status.deleted.into(),
        StatusItem::DeletedStorage => status.deleted_octets,
        StatusItem::HighestModSeq => status.content_cn.get(),
        StatusItem::Messages => status.exists.into(),
        StatusItem::Size => status.octets,
        StatusItem::UidNext => status.uid_next.into(),
        StatusItem::UidValidity => status.uid_validity.into(),
        StatusItem::Unseen => status.unseen.into(),
        StatusItem::Recent | StatusItem::MailboxId => 0,
    }
}

//! NOTIFY (RFC 5465): the client says what it wants to hear of at any time.
//!
//! What is watched is the account's own mailbox. A wake reads all names and counters once and
//! compares them with what the client was told.

use std::collections::HashMap;

use mailbox::{Fault, FolderId, FolderStatus, Rights, Special, UidSet, View};
use store::Watch;
use types::limits;

use super::fetch::fetch_new;
use super::list::write_name;
use super::status::write_status;
use crate::codec::list::StatusItem;
use crate::codec::notify::{EventGroup, Events, MailboxFilter, Notify};
use crate::io::Io;
use crate::names::{Node, nodes};
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// What a client wants to hear of, and what it has heard.
pub struct Watched {
    groups: Vec<EventGroup>,
    told: HashMap<FolderId, Told>,
    watch: Watch,
}

/// A folder as the client knows it.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    name: String,
    subscribed: bool,
    inbox: bool,
    status: Option<FolderStatus>,
}

impl Watched {
    /// Wakes when the account's mailbox has changed.
    pub async fn changed(&mut self) {
        self.watch.changed().await;
    }

    /// The events wanted of a folder that is not selected: the first group decides.
    fn events(&self, folder: &Told) -> Option<&Events> {
        let group = self.groups.iter().find(|group| concerns(&group.filter, folder));
        group.map(|group| &group.events)
    }

    /// The group for the selected mailbox; whether expunges may be told at once.
    fn of_selected(&self) -> Option<(&Events, bool)> {
        self.groups.iter().find_map(|group| match group.filter {
            MailboxFilter::Selected => Some((&group.events, true)),
            MailboxFilter::SelectedDelayed => Some((&group.events, false)),
            _ => None,
        })
    }
}

fn concerns(filter: &MailboxFilter, folder: &Told) -> bool {
    let below = |top: &String| {
        folder
            .name
            .strip_prefix(top.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match filter {
        MailboxFilter::Selected | MailboxFilter::SelectedDelayed => false,
        MailboxFilter::Inboxes => folder.inbox,
        MailboxFilter::Personal => true,
        MailboxFilter::Subscribed => folder.subscribed,
        MailboxFilter::Subtree(tops) => tops.iter().any(below),
        MailboxFilter::Mailboxes(names) => names.contains(&folder.name),
    }
}

/// `NOTIFY SET` replaces what was asked for before, `NOTIFY NONE` ends it.
pub async fn notify(session: &mut Authenticated, io: &mut Io, notify: Notify) -> Outcome {
    if notify.groups.len() > limits::IMAP_NOTIFY_GROUPS_MAX {
        return Ok(Reply::no("Too many event groups").code("NOTIFICATIONOVERFLOW"));
    }
    if notify.groups.is_empty() {
        session.watched = None;
        return Ok(Reply::ok("NOTIFY completed"));
    }
    let watch = session.account.mailbox.watch();
    let told = session.account.mailbox.read(folders).await?;
    let watched = Watched { groups: notify.groups, told, watch };
    if notify.status {
        tell_all(session, io, &watched).await?;
    }
    session.watched = Some(Box::new(watched));
    Ok(Reply::ok("NOTIFY completed"))
}

fn folders(view: &View<'_>) -> Result<HashMap<FolderId, Told>, Fault> {
    let mut told = HashMap::new();
    for Node { name, folder, .. } in nodes(view, "")? {
        let Some(folder) = folder else { continue };
        let readable = view.rights(&folder).contains(Rights::READ_ANY);
        let status = if readable { Some(view.status(folder.id)?) } else { None };
        let inbox = folder.special == Some(Special::Inbox);
        told.insert(folder.id, Told { name, subscribed: folder.subscribed, inbox, status });
    }
    Ok(told)
}

/// The STATUS of everything watched but what is selected.
async fn tell_all(session: &Authenticated, io: &mut Io, watched: &Watched) -> Result<(), Trouble> {
    let mut out = Vec::new();
    for (id, folder) in in_order(&watched.told) {
        let wanted = watched.events(folder).is_some_and(|events| events.message_new);
        if wanted && !is_selected(session, *id) {
            tell_status(&mut out, session, *id, folder);
        }
    }
    Ok(io.put(&out).await?)
}

fn in_order(told: &HashMap<FolderId, Told>) -> Vec<(&FolderId, &Told)> {
    let mut folders: Vec<_> = told.iter().collect();
    folders.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    folders
}

fn is_selected(session: &Authenticated, id: FolderId) -> bool {
    session.selected.as_ref().is_some_and(|selected| {
        selected.folder == id && selected.mailbox.number() == session.account.mailbox.number()
    })
}

fn tell_status(out: &mut Vec<u8>, session: &Authenticated, id: FolderId, folder: &Told) {
    let Some(status) = &folder.status else { return };
    let mut items = vec![
        StatusItem::Messages,
        StatusItem::UidNext,
        StatusItem::UidValidity,
        StatusItem::Unseen,
    ];
    if session.enabled.condstore {
        items.push(StatusItem::HighestModSeq);
    }
    let utf8 = session.enabled.utf8_names();
    write_status(out, &folder.name, utf8, &items, id, status, 0);
}

/// After a wake: tells what the client asked to hear of.
pub async fn tell(session: &mut Authenticated, io: &mut Io) -> Result<(), Trouble> {
    if session.watched.is_none() {
        return Ok(());
    }
    tell_selected(session, io).await?;
    let now = session.account.mailbox.read(folders).await?;
    let Some(mut watched) = session.watched.take() else { return Ok(()) };
    let mut out = Vec::new();
    for (id, folder) in in_order(&now) {
        let before = watched.told.get(id);
        if before != Some(folder) {
            tell_folder(&mut out, session, &watched, *id, before, folder);
        }
    }
    for (id, folder) in in_order(&watched.told) {
        let wanted = watched.events(folder).is_some_and(|events| events.mailbox_name);
        if wanted && !now.contains_key(id) {
            let utf8 = session.enabled.utf8_names();
            write_name(&mut out, &folder.name, "\\NonExistent", None, utf8);
        }
    }
    watched.told = now;
    session.watched = Some(watched);
    Ok(io.put(&out).await?)
}

fn tell_folder(
    out: &mut Vec<u8>,
    session: &Authenticated,
    watched: &Watched,
    id: FolderId,
    before: Option<&Told>,
    folder: &Told,
) {
    let Some(events) = watched.events(folder) else { return };
    let utf8 = session.enabled.utf8_names();
    let attributes = if folder.subscribed { "\\Subscribed" } else { "" };
    let renamed = before.filter(|before| before.name != folder.name);
    let resubscribed = before.is_some_and(|before| before.subscribed != folder.subscribed);
    if events.mailbox_name && (before.is_none() || renamed.is_some()) {
        let old = renamed.map(|before| before.name.as_str());
        write_name(out, &folder.name, attributes, old, utf8);
    } else if events.subscription_change && resubscribed {
        write_name(out, &folder.name, attributes, None, utf8);
    }
    let messages = before.is_none_or(|before| matters(events, before, folder));
    if events.message_new && messages && !is_selected(session, id) {
        tell_status(out, session, id, folder);
    }
}

/// True when messages came or went, or flags changed and that is asked for.
fn matters(events: &Events, before: &Told, now: &Told) -> bool {
    let count = |told: &Told| told.status.map(|status| (status.exists, status.uid_next));
    count(before) != count(now) || (events.flag_change && before.status != now.status)
}

/// The selected mailbox, and what NOTIFY wants fetched of its new messages.
async fn tell_selected(session: &mut Authenticated, io: &mut Io) -> Result<(), Trouble> {
    let wanted = session.watched.as_ref().and_then(|watched| watched.of_selected());
    let Some((expunge, items)) = wanted.map(|(events, at_once)| (at_once, events.fetch.clone()))
    else {
        return Ok(());
    };
    let known = |session: &Authenticated| session.selected.as_ref().map(|s| s.table.to_set());
    let Some(before) = known(session) else { return Ok(()) };
    session.sync(io, expunge).await?;
    let new: UidSet = known(session).unwrap_or_default().difference(&before);
    if new.is_empty() || items.is_empty() {
        return Ok(());
    }
    fetch_new(session, io, items, new).await
}

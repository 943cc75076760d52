//! NOTIFY (RFC 5465): the client says what it wants to hear of at any time.
//!
//! What is watched is the account's own mailbox. A wake asks the journal which folders changed,
//! reads their counters and compares them with what the client was told. Where folders came, went
//! or got other names, or the journal does not say, it reads all names and counters.

use std::collections::{BTreeSet, HashMap};

use mailbox::{ChangeNumber, Event, EventKind, Events as Journal, Fault, FolderId, Rights};
use mailbox::{Special, UidSet, View};
use store::Watch;
use types::limits;

use super::fetch::fetch_new;
use super::list::write_name;
use super::status::{Facts, write_status};
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
    /// What happened up to here was told.
    up_to: ChangeNumber,
    watch: Watch,
}

/// What a wake finds.
enum News {
    /// All folders there are.
    Folders(HashMap<FolderId, Told>),
    /// The counters of those that changed.
    Counters(Vec<Facts>),
}

/// A folder as the client knows it.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    name: String,
    subscribed: bool,
    inbox: bool,
    facts: Option<Facts>,
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

    /// The folders with these counters, of those whose counters the client may know.
    fn with_counters(&self, facts: Vec<Facts>) -> HashMap<FolderId, Told> {
        let known = facts.into_iter().filter_map(|facts| {
            let told = self.told.get(&facts.folder).filter(|told| told.facts.is_some())?;
            Some((facts.folder, Told { facts: Some(facts), ..told.clone() }))
        });
        known.collect()
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
    let listed = |names: &[String], name: &str| {
        names.binary_search_by(|other| other.as_str().cmp(name)).is_ok()
    };
    match filter {
        MailboxFilter::Selected | MailboxFilter::SelectedDelayed => false,
        MailboxFilter::Inboxes => folder.inbox,
        MailboxFilter::Personal => true,
        MailboxFilter::Subscribed => folder.subscribed,
        MailboxFilter::Subtree(tops) => levels(&folder.name).any(|level| listed(tops, level)),
        MailboxFilter::Mailboxes(names) => listed(names, &folder.name),
    }
}

/// A name, and those of the levels above it.
fn levels(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.rsplit_once('/').map(|(above, _)| above))
}

/// Sorts the names of each group, to be looked up. Errors: NO when they are too many: each
/// folder is looked up in each group at each wake.
fn sorted(mut groups: Vec<EventGroup>) -> Result<Vec<EventGroup>, Reply> {
    let mut count = 0;
    for group in &mut groups {
        if let MailboxFilter::Subtree(names) | MailboxFilter::Mailboxes(names) = &mut group.filter {
            names.sort_unstable();
            count += names.len();
        }
    }
    if groups.len() > limits::IMAP_NOTIFY_GROUPS_MAX || count > limits::IMAP_NOTIFY_NAMES_MAX {
        return Err(Reply::no("Too much to watch").code("NOTIFICATIONOVERFLOW"));
    }
    Ok(groups)
}

/// `NOTIFY SET` replaces what was asked for before, `NOTIFY NONE` ends it.
pub async fn notify(session: &mut Authenticated, io: &mut Io, notify: Notify) -> Outcome {
    if notify.groups.is_empty() {
        session.watched = None;
        return Ok(Reply::ok("NOTIFY completed"));
    }
    let groups = sorted(notify.groups)?;
    let watch = session.account.mailbox.watch();
    let (told, up_to) =
        session.account.mailbox.read(|view| Ok((folders(view)?, last_change(view)?))).await?;
    let watched = Watched { groups, told, up_to, watch };
    if notify.status {
        tell_all(session, io, &watched).await?;
    }
    session.watched = Some(Box::new(watched));
    Ok(Reply::ok("NOTIFY completed"))
}

fn folders(view: &View<'_>) -> Result<HashMap<FolderId, Told>, Fault> {
    let mailbox = view.meta()?.guid;
    let mut told = HashMap::new();
    for Node { name, folder, .. } in nodes(view, "")? {
        let Some(folder) = folder else { continue };
        let readable = view.rights(&folder).contains(Rights::READ_ANY);
        let facts = if readable { Some(Facts::read(view, mailbox, folder.id)?) } else { None };
        let inbox = folder.special == Some(Special::Inbox);
        told.insert(folder.id, Told { name, subscribed: folder.subscribed, inbox, facts });
    }
    Ok(told)
}

fn last_change(view: &View<'_>) -> Result<ChangeNumber, Fault> {
    Ok(ChangeNumber::new(view.counters()?.change))
}

/// What happened since then, and up to where.
fn news(view: &View<'_>, since: ChangeNumber) -> Result<(News, ChangeNumber), Fault> {
    let changed = match view.events_after(since, limits::IMAP_NOTIFY_EVENTS_MAX) {
        Ok(journal) => changed_folders(&journal),
        Err(Fault::BelowFloor) => None,
        Err(fault) => return Err(fault),
    };
    let news = match changed {
        Some(changed) => News::Counters(counters(view, changed)?),
        None => News::Folders(folders(view)?),
    };
    Ok((news, last_change(view)?))
}

/// The folders whose items changed; none when more than that happened.
fn changed_folders(journal: &Journal) -> Option<BTreeSet<FolderId>> {
    let mut changed = BTreeSet::new();
    for Event { kind, folder, other, .. } in journal.events.iter().map(|event| &event.event) {
        match kind {
            EventKind::FolderCreated
            | EventKind::FolderModified
            | EventKind::FolderDeleted
            | EventKind::FolderMoved => return None,
            EventKind::Delivered
            | EventKind::Created
            | EventKind::Modified
            | EventKind::Copied
            | EventKind::Moved
            | EventKind::Deleted => changed.extend([Some(*folder), *other].into_iter().flatten()),
        }
    }
    (!journal.more).then_some(changed)
}

fn counters(view: &View<'_>, folders: BTreeSet<FolderId>) -> Result<Vec<Facts>, Fault> {
    let mailbox = view.meta()?.guid;
    let mut found = Vec::new();
    for folder in folders {
        match Facts::read(view, mailbox, folder) {
            Ok(facts) => found.push(facts),
            // A deleted folder is emptied long after it went.
            Err(Fault::NotFound(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}

/// The STATUS of everything watched but what is selected.
async fn tell_all(session: &Authenticated, io: &mut Io, watched: &Watched) -> Result<(), Trouble> {
    let mut out = Vec::new();
    for (id, folder) in in_order(&watched.told) {
        let wanted = watched.events(folder).is_some_and(|events| events.message_new);
        if wanted && !is_selected(session, *id) {
            tell_status(&mut out, session, folder);
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

fn tell_status(out: &mut Vec<u8>, session: &Authenticated, folder: &Told) {
    let Some(facts) = &folder.facts else { return };
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
    write_status(out, &folder.name, utf8, &items, facts, 0);
}

/// After a wake: tells what the client asked to hear of.
pub async fn tell(session: &mut Authenticated, io: &mut Io) -> Result<(), Trouble> {
    let Some(since) = session.watched.as_ref().map(|watched| watched.up_to) else { return Ok(()) };
    tell_selected(session, io).await?;
    let (news, up_to) = session.account.mailbox.read(move |view| news(view, since)).await?;
    let Some(mut watched) = session.watched.take() else { return Ok(()) };
    let mut out = Vec::new();
    match news {
        News::Folders(now) => {
            tell_folders(&mut out, session, &watched, &now);
            tell_gone(&mut out, session, &watched, &now);
            watched.told = now;
        }
        News::Counters(facts) => {
            let now = watched.with_counters(facts);
            tell_folders(&mut out, session, &watched, &now);
            watched.told.extend(now);
        }
    }
    watched.up_to = up_to;
    session.watched = Some(watched);
    Ok(io.put(&out).await?)
}

fn tell_folders(
    out: &mut Vec<u8>,
    session: &Authenticated,
    watched: &Watched,
    now: &HashMap<FolderId, Told>,
) {
    for (id, folder) in in_order(now) {
        let before = watched.told.get(id);
        if before != Some(folder) {
            tell_folder(out, session, watched, *id, before, folder);
        }
    }
}

fn tell_gone(
    out: &mut Vec<u8>,
    session: &Authenticated,
    watched: &Watched,
    now: &HashMap<FolderId, Told>,
) {
    for (id, folder) in in_order(&watched.told) {
        let wanted = watched.events(folder).is_some_and(|events| events.mailbox_name);
        if wanted && !now.contains_key(id) {
            let utf8 = session.enabled.utf8_names();
            write_name(out, &folder.name, "\\NonExistent", None, utf8);
        }
    }
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
        tell_status(out, session, folder);
    }
}

/// True when messages came or went, or flags changed and that is asked for.
fn matters(events: &Events, before: &Told, now: &Told) -> bool {
    let count = |told: &Told| told.facts.map(|facts| (facts.status.exists, facts.status.uid_next));
    count(before) != count(now) || (events.flag_change && before.facts != now.facts)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Told {
        Told { name: name.to_owned(), subscribed: false, inbox: false, facts: None }
    }

    fn group(filter: MailboxFilter) -> EventGroup {
        EventGroup { filter, events: Events::default() }
    }

    #[test]
    fn names_are_found_in_whatever_order_they_came() {
        let names = || ["z", "b/c", "a"].map(str::to_owned).to_vec();
        let groups =
            vec![group(MailboxFilter::Mailboxes(names())), group(MailboxFilter::Subtree(names()))];
        let groups = sorted(groups).unwrap_or_default();
        for (name, listed, below) in [
            ("a", true, true),
            ("a/x/y", false, true),
            ("ab", false, false),
            ("b", false, false),
            ("b/c", true, true),
            ("b/c/d", false, true),
            ("b/cd", false, false),
        ] {
            assert_eq!(concerns(&groups[0].filter, &folder(name)), listed, "{name}");
            assert_eq!(concerns(&groups[1].filter, &folder(name)), below, "{name}");
        }
    }

    #[test]
    fn all_groups_together_have_a_limit() {
        let names = vec!["a".to_owned(); limits::IMAP_NOTIFY_NAMES_MAX / 2];
        let group = group(MailboxFilter::Mailboxes(names));
        assert!(sorted(vec![group.clone(); 2]).is_ok());
        assert!(sorted(vec![group; 3]).is_err());
    }
}

//! Mailbox names and folders. The account's own folders stand at the top (Personal namespace),
//! those of others below `Other Users/<address>/` (RFC 2342).
//!
//! A folder whose name holds the separator shows U+2215 in its place. The Inbox shows as INBOX,
//! whatever language it was made in.

use std::collections::{HashMap, HashSet};

use mailbox::{Fault, Folder, FolderId, Mailbox, Special, View};

use crate::codec::mailbox::SEPARATOR;
use crate::reply::{Reply, Trouble};
use crate::session::Account;

/// The namespace of other people's mailboxes, with its separator.
pub const OTHER_USERS: &str = "Other Users/";

/// Stands for the separator inside a folder's name.
const SEPARATOR_SHOWN: &str = "\u{2215}";

/// Where a name leads; nothing need be there.
pub struct Place {
    /// In which mailbox.
    pub mailbox: Mailbox,
    /// Folder names from the top.
    pub path: Vec<String>,
}

impl Account {
    /// Where a name leads. Errors: NO when the mailbox of somebody else is not there.
    pub async fn place(&self, name: &str) -> Result<Place, Reply> {
        let name = name.trim_start_matches(SEPARATOR);
        if name == OTHER_USERS.trim_end_matches(SEPARATOR) {
            return Err(no_such_mailbox());
        }
        let Some(other) = name.strip_prefix(OTHER_USERS) else {
            let mailbox = self.mailbox.clone();
            return Ok(Place { mailbox, path: split(name) });
        };
        let (address, path) = other.split_once(SEPARATOR).unwrap_or((other, ""));
        let mailbox = self.server.open_other(&self.principal, address).await;
        let mailbox = mailbox.ok_or_else(no_such_mailbox)?;
        Ok(Place { mailbox, path: split(path) })
    }

    /// The folder of that name. Errors: NO [NONEXISTENT].
    pub async fn folder(&self, name: &str) -> Result<(Mailbox, Folder), Trouble> {
        let place = self.place(name).await?;
        let path = place.path;
        let found = place.mailbox.read(move |view| folder_at(view, &path)).await?;
        Ok((place.mailbox, found.ok_or_else(no_such_mailbox)?))
    }
}

/// NO [NONEXISTENT]
pub fn no_such_mailbox() -> Reply {
    Reply::no("No such mailbox").code("NONEXISTENT")
}

/// NO [TRYCREATE]: the target of APPEND, COPY or MOVE could be created.
pub fn try_create(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Reply(reply) if reply.code.as_deref() == Some("NONEXISTENT") => {
            Trouble::Reply(Reply::no("No such mailbox").code("TRYCREATE"))
        }
        other => other,
    }
}

fn split(name: &str) -> Vec<String> {
    let levels = name.split(SEPARATOR).filter(|level| !level.is_empty());
    levels.map(|level| level.replace(SEPARATOR_SHOWN, "/")).collect()
}

/// The folder at a path.
pub fn folder_at(view: &View<'_>, path: &[String]) -> Result<Option<Folder>, Fault> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.split_first() {
        None => Ok(None),
        Some((first, [])) if first.eq_ignore_ascii_case("INBOX") => {
            view.special(Special::Inbox).and_then(|inbox| view.folder(inbox.id)).map(Some)
        }
        Some(_) => view.folder_by_path(&names),
    }
}

/// A name that LIST may show.
pub struct Node {
    /// The whole name.
    pub name: String,
    /// The folder; none for a level that only has names below.
    pub folder: Option<Folder>,
    /// Something lies below.
    pub has_children: bool,
}

/// All folders of a mailbox with their names, in order of the names.
pub fn nodes(view: &View<'_>, prefix: &str) -> Result<Vec<Node>, Fault> {
    let folders = view.folders()?;
    let by_id: HashMap<FolderId, &Folder> = folders.iter().map(|f| (f.id, f)).collect();
    let parents: HashSet<FolderId> = folders.iter().map(|f| f.parent).collect();
    let mut nodes: Vec<Node> = folders
        .iter()
        .map(|folder| Node {
            name: format!("{prefix}{}", full_name(folder, &by_id)),
            has_children: parents.contains(&folder.id),
            folder: Some(folder.clone()),
        })
        .collect();
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(nodes)
}

/// Names from the top down. A loop in the hierarchy, which the mailbox does not make, would
/// end at the deepest level there can be.
fn full_name(folder: &Folder, by_id: &HashMap<FolderId, &Folder>) -> String {
    let mut names = vec![level_name(folder)];
    let mut at = folder;
    while let Some(parent) = by_id.get(&at.parent).filter(|p| p.id != at.id) {
        names.push(level_name(parent));
        at = parent;
        if names.len() > by_id.len() {
            break;
        }
    }
    names.reverse();
    names.join("/")
}

fn level_name(folder: &Folder) -> String {
    match folder.special {
        Some(Special::Inbox) => "INBOX".to_owned(),
        _ => folder.name.replace(SEPARATOR, SEPARATOR_SHOWN),
    }
}

/// The `\`-attribute of RFC 6154 for a folder's purpose.
pub fn special_use(folder: &Folder) -> Option<&'static str> {
    Some(match folder.special? {
        Special::Drafts => "\\Drafts",
        Special::SentItems => "\\Sent",
        Special::DeletedItems => "\\Trash",
        Special::JunkEmail => "\\Junk",
        Special::Archive => "\\Archive",
        _ => return None,
    })
}

/// The purpose behind an attribute, in lower case without backslash.
pub fn special_of(attribute: &str) -> Option<Special> {
    Some(match attribute {
        "drafts" => Special::Drafts,
        "sent" => Special::SentItems,
        "trash" => Special::DeletedItems,
        "junk" => Special::JunkEmail,
        "archive" => Special::Archive,
        _ => return None,
    })
}

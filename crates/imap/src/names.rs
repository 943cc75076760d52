//! Mailbox names and folders. The account's own folders stand at the top (Personal namespace),
//! those of others below `Other Users/<address>/` (RFC 2342).
//!
//! A folder whose name holds the separator shows U+2215 in its place. The Inbox shows as INBOX,
//! whatever language it was made in.

use std::collections::{BTreeMap, HashMap};

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
    /// Where a name leads. Errors: NO when the mailbox of somebody else is not there, or cannot
    /// be read.
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
        let mailbox = self.server.open_other(&self.principal, address).await?;
        Ok(Place { mailbox, path: split(path) })
    }

    /// The folder of that name. Errors: NO [NONEXISTENT].
    pub async fn folder(&self, name: &str) -> Result<(Mailbox, Folder), Trouble> {
        let place = self.place(name).await?;
        Ok(place.folder().await?.ok_or_else(no_such_mailbox)?)
    }

    /// The folder that messages go to. Errors: NO, with TRYCREATE only where CREATE of the name
    /// could make it (RFC 9051 section 6.4.7).
    pub async fn destination(&self, name: &str) -> Result<(Mailbox, Folder), Trouble> {
        let place = self.place(name).await?;
        let none = if place.path.is_empty() { no_such_mailbox() } else { try_create() };
        Ok(place.folder().await?.ok_or(none)?)
    }
}

impl Place {
    async fn folder(self) -> Result<Option<(Mailbox, Folder)>, Fault> {
        let Place { mailbox, path } = self;
        let found = mailbox.read(move |view| folder_at(view, &path)).await?;
        Ok(found.map(|folder| (mailbox, folder)))
    }
}

/// NO [NONEXISTENT]
pub fn no_such_mailbox() -> Reply {
    Reply::no("No such mailbox").code("NONEXISTENT")
}

/// NO [TRYCREATE]: the target of APPEND, COPY or MOVE could be created.
fn try_create() -> Reply {
    Reply::no("No such mailbox").code("TRYCREATE")
}

/// What went wrong with a command that puts messages into a folder: NO [TRYCREATE] when the
/// folder was deleted since it was looked up.
pub async fn destination_trouble(mailbox: &Mailbox, folder: FolderId, trouble: Trouble) -> Trouble {
    let Trouble::Reply(reply) = trouble else { return trouble };
    let nonexistent = reply.code.as_deref() == Some("NONEXISTENT");
    let is_gone = move |view: &View<'_>| {
        view.meta()?;
        Ok(matches!(view.folder(folder), Err(Fault::NotFound(_))))
    };
    // Where that cannot be told, the first trouble is the one to tell.
    match nonexistent && mailbox.read(is_gone).await.unwrap_or(false) {
        true => try_create().into(),
        false => reply.into(),
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
        Some((first, below)) if first.eq_ignore_ascii_case("INBOX") => {
            let inbox = view.special(Special::Inbox)?.name;
            view.folder_by_path(&[&[inbox.as_str()], below].concat())
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

/// All folders of a mailbox that the asker may see, with their names, in order of the names.
/// What lies above a folder is a level without one, where the asker may not see it.
pub fn nodes(view: &View<'_>, prefix: &str) -> Result<Vec<Node>, Fault> {
    let (all, shown) = (view.all_folders()?, view.folders()?);
    let by_id: HashMap<FolderId, &Folder> = all.iter().map(|f| (f.id, f)).collect();
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    for folder in shown {
        let mut name = prefix.to_owned();
        for level in path(&folder, &by_id) {
            nodes.entry(name.clone()).and_modify(|above| above.has_children = true);
            let separator = if name == prefix { "" } else { "/" };
            name = name + separator + &level_name(level);
            let empty = || Node { name: name.clone(), folder: None, has_children: false };
            nodes.entry(name.clone()).or_insert_with(empty);
        }
        nodes.entry(name).and_modify(|node| node.folder = Some(folder));
    }
    Ok(nodes.into_values().collect())
}

/// A folder and those above it, from the top down, without the root. A loop in the hierarchy,
/// which the mailbox does not make, ends at the number of folders.
fn path<'f>(folder: &'f Folder, by_id: &HashMap<FolderId, &'f Folder>) -> Vec<&'f Folder> {
    let above = |at: &&'f Folder| by_id.get(&at.parent).copied().filter(|p| !is_root(p));
    let mut path: Vec<_> = std::iter::successors(Some(folder), above).take(by_id.len()).collect();
    path.reverse();
    path
}

fn is_root(folder: &Folder) -> bool {
    folder.special == Some(Special::Root)
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

//! The message store of a PST file: its folders, and which messages are in them ([MS-PST]
//! section 2.4).
//!
//! Who is in whom is taken from the parents that the list of nodes has, not from the tables of
//! the folders, which repeat it: so the messages of a folder have an order that grows at its end,
//! that of their ids.

use std::collections::{BTreeMap, HashMap};

use content::Bag;
use content::property::{PropertyTag, Value, tags};
use mailbox::Special;
use types::limits::{MIGRATION_FOLDER_DEPTH_MAX, MIGRATION_FOLDERS_MAX, PST_MESSAGES_MAX};

use super::error::PstError;
use super::file::{Budget, Checksums, Node, PstFile};
use super::names::Names;
use super::octets::Octets;
use super::properties::{self, Reading};
use crate::folder::special_by_name;

/// A store that was opened.
pub(super) struct Store {
    pub file: PstFile,
    pub names: Names,
    codepage: i32,
    /// Where the folders of the user are.
    top: u32,
    purposes: HashMap<u32, Special>,
    folders: BTreeMap<u32, Folder>,
}

struct Folder {
    parent: u32,
    node: Node,
    /// Ids of its messages, rising.
    messages: Vec<u32>,
}

/// A folder of the user.
pub(super) struct Shown {
    pub id: u32,
    pub path: Vec<String>,
    pub special: Option<Special>,
    pub class: Option<String>,
    pub messages: usize,
}

const MESSAGE_STORE: u32 = 0x21;
const NAME_TO_ID_MAP: u32 = 0x61;
const ROOT_FOLDER: u32 = 0x122;
/// Types of nodes, the lowest five bits of their ids.
const NORMAL_FOLDER: u32 = 0x02;
const NORMAL_MESSAGE: u32 = 0x04;
/// PidTagIpmSubTreeEntryId.
const IPM_SUBTREE: PropertyTag = PropertyTag(0x35E0_0102);
/// Entry ids of folders by their purpose: of the store, and those of the root folder or the Inbox
/// ([MS-OXOSFLD] section 2.2.3).
const PURPOSES: [(PropertyTag, Special); 8] = [
    (PropertyTag(0x35E2_0102), Special::Outbox),
    (PropertyTag(0x35E3_0102), Special::DeletedItems),
    (PropertyTag(0x35E4_0102), Special::SentItems),
    (PropertyTag(0x36D0_0102), Special::Calendar),
    (PropertyTag(0x36D1_0102), Special::Contacts),
    (PropertyTag(0x36D2_0102), Special::Journal),
    (PropertyTag(0x36D4_0102), Special::Tasks),
    (PropertyTag(0x36D7_0102), Special::Drafts),
];
/// What Outlook calls folders of one class, in lower case.
const NAMES: [(&str, &str, Special); 6] = [
    ("calendar", "IPF.Appointment", Special::Calendar),
    ("contacts", "IPF.Contact", Special::Contacts),
    ("tasks", "IPF.Task", Special::Tasks),
    ("notes", "IPF.StickyNote", Special::Notes),
    ("journal", "IPF.Journal", Special::Journal),
    ("outbox", "IPF.Note", Special::Outbox),
];
/// PidTagCodePageId.
const CODEPAGE: PropertyTag = PropertyTag(0x66C3_0003);
const WESTERN: i32 = 1252;

impl Store {
    /// Opens a file.
    pub(super) fn open(octets: Box<dyn Octets>, checksums: Checksums) -> Result<Self, PstError> {
        let file = PstFile::open(octets, checksums)?;
        let folders = folders(&file)?;
        let mut store = Store {
            file,
            names: Names::default(),
            codepage: WESTERN,
            top: ROOT_FOLDER,
            purposes: HashMap::new(),
            folders,
        };
        store.names = store.map()?;
        let own = store.bag(MESSAGE_STORE)?.ok_or(PstError::Damaged("the message store"))?;
        store.codepage = own.integer(CODEPAGE).unwrap_or(WESTERN);
        store.top = entry_node(&own, IPM_SUBTREE).unwrap_or(ROOT_FOLDER);
        store.note_purposes(&own);
        if let Some(root) = store.bag(ROOT_FOLDER)? {
            store.note_purposes(&root);
        }
        Ok(store)
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { names: &self.names, codepage: self.codepage }
    }

    /// The folders below the top, those above before those below; the top itself if something is
    /// in it.
    pub(super) fn shown(&self) -> Result<Vec<Shown>, PstError> {
        let mut names = HashMap::new();
        let mut shown = Vec::new();
        for (id, folder) in &self.folders {
            let Some(path) = self.path(*id, &mut names)? else { continue };
            if *id == self.top && folder.messages.is_empty() {
                continue;
            }
            let class = self.folder_text(*id, tags::CONTAINER_CLASS)?;
            let special = self.purposes.get(id).copied();
            let special = special.or_else(|| special_of(&path, class.as_deref()));
            shown.push(Shown { id: *id, path, special, class, messages: folder.messages.len() });
        }
        shown.sort_by(|one, other| (&one.path, one.id).cmp(&(&other.path, other.id)));
        Ok(shown)
    }

    /// Ids of the messages of a folder behind one.
    pub(super) fn messages(&self, folder: u32, after: u32) -> &[u32] {
        let all = self.folders.get(&folder).map_or(&[][..], |folder| &folder.messages);
        &all[all.partition_point(|id| *id <= after)..]
    }

    fn map(&self) -> Result<Names, PstError> {
        let mut budget = Budget::of_item();
        let Some(node) = self.file.node(NAME_TO_ID_MAP)? else { return Ok(Names::default()) };
        Ok(Names::read(properties::read(&self.file, node, &mut budget)?.1))
    }

    fn bag(&self, id: u32) -> Result<Option<Bag>, PstError> {
        let Some(node) = self.file.node(id)? else { return Ok(None) };
        self.bag_of(node).map(Some)
    }

    fn bag_of(&self, node: Node) -> Result<Bag, PstError> {
        let mut budget = Budget::of_item();
        let (_, raw) = properties::read(&self.file, node, &mut budget)?;
        Ok(raw.decode(self.reading()))
    }

    fn note_purposes(&mut self, bag: &Bag) {
        for (tag, special) in PURPOSES {
            let known = self.purposes.values().any(|other| *other == special);
            if let Some(id) = entry_node(bag, tag).filter(|id| !known && *id != self.top) {
                self.purposes.insert(id, special);
            }
        }
    }

    /// A text of a folder; a folder that is damaged has none.
    fn folder_text(&self, id: u32, tag: PropertyTag) -> Result<Option<String>, PstError> {
        let Some(folder) = self.folders.get(&id) else { return Ok(None) };
        let text = match self.bag_of(folder.node) {
            Err(error) if error.is_of_item() => None,
            bag => bag?.text(tag).map(str::to_owned),
        };
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// The names of a folder below the top, or of the top itself. None: it is elsewhere.
    fn path(
        &self,
        id: u32,
        names: &mut HashMap<u32, String>,
    ) -> Result<Option<Vec<String>>, PstError> {
        let (mut path, mut at) = (Vec::new(), id);
        while path.len() <= MIGRATION_FOLDER_DEPTH_MAX {
            let parent = self.folders.get(&at).map(|folder| folder.parent);
            if at != self.top || path.is_empty() {
                path.push(self.name(at, names)?);
            }
            match parent {
                _ if at == self.top => {
                    path.reverse();
                    return Ok(Some(path));
                }
                // The root is its own parent.
                Some(parent) if parent != at => at = parent,
                _ => return Ok(None),
            }
        }
        Err(PstError::Limit("folders in folders"))
    }

    fn name(&self, id: u32, names: &mut HashMap<u32, String>) -> Result<String, PstError> {
        if let Some(known) = names.get(&id) {
            return Ok(known.clone());
        }
        let name = self.folder_text(id, tags::DISPLAY_NAME)?;
        let name = name.unwrap_or_else(|| format!("Folder {id:X}"));
        names.insert(id, name.clone());
        Ok(name)
    }
}

/// All folders with their messages.
fn folders(file: &PstFile) -> Result<BTreeMap<u32, Folder>, PstError> {
    let mut folders = BTreeMap::new();
    let mut messages: Vec<(u32, u32)> = Vec::new();
    file.each_node(&mut |listed| {
        match listed.id & 0x1F {
            NORMAL_FOLDER => {
                let (parent, node) = (listed.parent, listed.node);
                folders.insert(listed.id, Folder { parent, node, messages: Vec::new() });
            }
            NORMAL_MESSAGE => messages.push((listed.parent, listed.id)),
            _ => {}
        }
        check_counts(folders.len(), messages.len())
    })?;
    messages.sort_unstable();
    messages.dedup();
    for (folder, message) in messages {
        if let Some(folder) = folders.get_mut(&folder) {
            folder.messages.push(message);
        }
    }
    Ok(folders)
}

fn check_counts(folders: usize, messages: usize) -> Result<(), PstError> {
    match (folders > MIGRATION_FOLDERS_MAX, messages > PST_MESSAGES_MAX) {
        (true, _) => Err(PstError::Limit("folders of a file")),
        (_, true) => Err(PstError::Limit("messages of a file")),
        (false, false) => Ok(()),
    }
}

/// The node that an entry id of the store names ([MS-PST] section 2.4.3.2).
fn entry_node(bag: &Bag, tag: PropertyTag) -> Option<u32> {
    let Some(Value::Binary(entry)) = bag.get(tag) else { return None };
    let id = entry.get(20..24)?.try_into().ok()?;
    Some(u32::from_le_bytes(id)).filter(|id| id & 0x1F == NORMAL_FOLDER)
}

/// What a folder directly below the top is for, by name and class.
fn special_of(path: &[String], class: Option<&str>) -> Option<Special> {
    let mail = class.is_none_or(|class| class.eq_ignore_ascii_case("IPF.Note"));
    let [name] = path else { return None };
    let name = name.to_lowercase();
    let known = NAMES.iter().find(|(known, expected, _)| {
        *known == name && class.is_some_and(|class| class.eq_ignore_ascii_case(expected))
    });
    known.map(|(.., special)| *special).or_else(|| special_by_name(path).filter(|_| mail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_at_most_migration_folders_max_and_pst_messages_max() {
        assert!(check_counts(MIGRATION_FOLDERS_MAX, PST_MESSAGES_MAX).is_ok());
        for (folders, messages) in [(MIGRATION_FOLDERS_MAX + 1, 0), (0, PST_MESSAGES_MAX + 1)] {
            assert!(matches!(check_counts(folders, messages), Err(PstError::Limit(_))));
        }
    }

    #[test]
    fn a_purpose_takes_name_and_class() {
        for (path, class, special) in [
            (&["Calendar"][..], Some("IPF.Appointment"), Some(Special::Calendar)),
            (&["Calendar"], Some("IPF.Note"), None),
            (&["Inbox"], None, Some(Special::Inbox)),
            (&["Inbox"], Some("IPF.Contact"), None),
            (&["Work", "Calendar"], Some("IPF.Appointment"), None),
        ] {
            let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(special_of(&path, class), special, "{path:?}");
        }
    }
}

//! Reading a mailbox: everything a client can ask, over one snapshot or a running change.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{ControlFlow, Range};

use store::{Direction, Read, ReadExt};
use types::wire::Reader;

use crate::fault::Fault;
use crate::flags::KeywordTable;
use crate::id::{ChangeNumber, ContentNumber, FolderId, Guid, MailboxNumber, Mid, Uid};
use crate::key::{self, List, Table};
use crate::page::{Entry, ListPlace, Page, PageRef};
use crate::record::{
    Content, ContentRow, Counters, Folder, FolderCounters, Meta, Special, Tombstone,
};
use crate::rights::{Access, Rights};
use crate::uid_set::{UidRuns, UidSet};

/// Called with each entry; breaks to end the walk.
pub type Visit<'v> = &'v mut dyn FnMut(&Entry) -> ControlFlow<()>;

/// What STATUS and SELECT tell of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderStatus {
    /// Messages.
    pub exists: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
    /// Messages with `\Deleted`.
    pub deleted: u32,
    /// Octets of those.
    pub deleted_octets: u64,
    /// Octets of all messages.
    pub octets: u64,
    /// The next UID.
    pub uid_next: u32,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// HIGHESTMODSEQ; never 0.
    pub content_cn: ChangeNumber,
}

/// What left a folder since a change number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// False when tombstones of that time are gone: the answer is then every UID below
    /// UIDNEXT that is not in the folder.
    pub complete: bool,
    /// The UIDs.
    pub uids: UidSet,
}

/// A mailbox as one asker sees it at one moment.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) read: &'a dyn Read,
    pub(crate) mailbox: MailboxNumber,
    pub(crate) access: Access,
}

impl<'a> View<'a> {
    /// Whether what reads on should do so in another view, from a cursor.
    pub fn is_old(&self) -> bool {
        self.read.is_old()
    }

    /// A view over a snapshot or a transaction.
    pub fn new(read: &'a dyn Read, mailbox: MailboxNumber, access: Access) -> Self {
        View { read, mailbox, access }
    }

    /// Identity, epoch and state.
    pub fn meta(&self) -> Result<Meta, Fault> {
        let key = key::table(self.mailbox, Table::Meta);
        self.read.record(&key)?.ok_or(Fault::NotFound("mailbox"))
    }

    /// Counters of the whole mailbox.
    pub fn counters(&self) -> Result<Counters, Fault> {
        Ok(self.read.record(&key::table(self.mailbox, Table::Counters))?.unwrap_or_default())
    }

    /// All folders the asker may see, in id order; the root and hidden ones are not among them.
    /// Whether they are subscribed is as the asker has it.
    pub fn folders(&self) -> Result<Vec<Folder>, Fault> {
        let mut folders = self.all_folders()?;
        folders.retain(|folder| self.shows(folder));
        if let Access::Delegate(principal) = self.access {
            let subscribed = self.subscriptions(principal)?;
            folders.iter_mut().for_each(|folder| {
                folder.subscribed = subscribed.contains(&folder.id);
            });
        }
        Ok(folders)
    }

    fn shows(&self, folder: &Folder) -> bool {
        !folder.hidden
            && folder.special != Some(Special::Root)
            && self.rights(folder).contains(Rights::VISIBLE)
    }

    fn subscriptions(&self, principal: Guid) -> Result<HashSet<FolderId>, Fault> {
        let from = key::subscriptions(self.mailbox, principal);
        let mut found = HashSet::new();
        self.read.range(&from, &key::after(&from), Direction::Forward, &mut |key, _| {
            found.extend(key::subscribed_folder(key));
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// Every folder there is, hidden ones included; for the server's own work.
    pub fn all_folders(&self) -> Result<Vec<Folder>, Fault> {
        let from = key::table(self.mailbox, Table::Folder);
        let mut folders = Vec::new();
        let visit = &mut |_: &[u8], folder| {
            folders.push(folder);
            ControlFlow::Continue(())
        };
        self.read.records(&from, &key::after(&from), Direction::Forward, visit)?;
        Ok(folders)
    }

    /// One folder. Errors: NotFound also when the asker may not know of it.
    pub fn folder(&self, id: FolderId) -> Result<Folder, Fault> {
        let folder: Option<Folder> = self.read.record(&key::folder(self.mailbox, id))?;
        let folder = folder.ok_or(Fault::NotFound("folder"))?;
        match self.rights(&folder) == Rights::NONE {
            true => Err(Fault::NotFound("folder")),
            false => Ok(folder),
        }
    }

    /// The folder with this purpose.
    pub fn special(&self, special: Special) -> Result<Folder, Fault> {
        let id = crate::defaults::default_id(special);
        let usual = self.read.record::<Folder>(&key::folder(self.mailbox, id))?;
        if let Some(folder) = usual.filter(|folder| folder.special == Some(special)) {
            return Ok(folder);
        }
        let mut all = self.all_folders()?.into_iter();
        all.find(|f| f.special == Some(special)).ok_or(Fault::NotFound("folder"))
    }

    /// The folder at a path of names below the root, if the asker may see it; what lies above
    /// it need not be visible. Names compare without case, as in Exchange.
    pub fn folder_by_path(&self, path: &[&str]) -> Result<Option<Folder>, Fault> {
        Ok(self.place(path)?.filter(|folder| self.shows(folder)))
    }

    /// The same, whoever may see it.
    pub(crate) fn place(&self, path: &[&str]) -> Result<Option<Folder>, Fault> {
        let folders = self.all_folders()?;
        let mut parent = crate::defaults::default_id(Special::Root);
        let mut found = None;
        for name in path {
            let child = folders
                .iter()
                .find(|f| f.parent == parent && f.id != parent && same_name(&f.name, name));
            let Some(child) = child else { return Ok(None) };
            parent = child.id;
            found = Some(child);
        }
        Ok(found.cloned())
    }

    /// The names from below the root down to this folder.
    pub fn path(&self, id: FolderId) -> Result<Vec<String>, Fault> {
        let all: HashMap<_, _> = self.all_folders()?.into_iter().map(|f| (f.id, f)).collect();
        let mut names = Vec::new();
        let mut at = id;
        while let Some(folder) = all.get(&at).filter(|f| f.special != Some(Special::Root)) {
            names.push(folder.name.clone());
            at = folder.parent;
            if names.len() > crate::change::FOLDER_DEPTH_MAX {
                return Err(Fault::Damaged("folder hierarchy has a loop"));
            }
        }
        names.reverse();
        Ok(names)
    }

    /// What the asker may do in a folder.
    pub fn rights(&self, folder: &Folder) -> Rights {
        self.access.rights(&folder.acl)
    }

    /// The folder, if the asker holds `right` in it. Errors: Denied, or NotFound when the
    /// asker may not even see it.
    pub fn require(&self, id: FolderId, right: Rights) -> Result<Folder, Fault> {
        let folder = self.folder(id)?;
        match self.rights(&folder).contains(right) {
            true => Ok(folder),
            false => Err(Fault::Denied),
        }
    }

    /// STATUS.
    pub fn status(&self, id: FolderId) -> Result<FolderStatus, Fault> {
        let folder = self.folder(id)?;
        let counters = self.list_counters(id)?;
        Ok(FolderStatus {
            exists: counters.exists,
            unseen: counters.unseen,
            deleted: counters.deleted,
            deleted_octets: counters.deleted_octets,
            octets: counters.octets,
            uid_next: counters.uid_next,
            uid_validity: folder.uid_validity,
            content_cn: counters.content_cn.max(ChangeNumber::new(1)),
        })
    }

    /// All UIDs. A page without gaps is not opened.
    pub fn uids(&self, id: FolderId) -> Result<UidRuns, Fault> {
        self.require(id, Rights::READ_ANY)?;
        let mut runs = UidRuns::new();
        for page in self.page_refs(id)? {
            if page.last.get() - page.first.get() + 1 == page.count {
                (page.first.get()..=page.last.get()).for_each(|uid| runs.push(Uid::new(uid)));
                continue;
            }
            let page = self.page(id, List::Items, &page)?;
            page.entries.iter().for_each(|entry| runs.push(entry.uid));
        }
        Ok(runs)
    }

    /// Visits the entries of `uids` in UID order, page by page.
    pub fn entries(&self, id: FolderId, uids: &UidSet, visit: Visit<'_>) -> Result<(), Fault> {
        self.require(id, Rights::READ_ANY)?;
        self.walk(id, |page| uids.touches(page.first, page.last), |e| uids.contains(e.uid), visit)
    }

    /// The UIDs whose entries are wanted.
    pub fn uids_where(
        &self,
        id: FolderId,
        uids: &UidSet,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<UidSet, Fault> {
        let mut found = UidSet::new();
        self.entries(id, uids, &mut |entry| {
            if wanted(entry) {
                found.insert(entry.uid);
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// One entry.
    pub fn entry(&self, id: FolderId, uid: Uid) -> Result<Option<Entry>, Fault> {
        let mut found = None;
        self.entries(id, &UidSet::from_iter([uid]), &mut |entry| {
            found = Some(entry.clone());
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// The entry with this MID: EWS, ActiveSync and MAPI name items so.
    pub fn entry_by_mid(&self, id: FolderId, mid: Mid) -> Result<Option<Entry>, Fault> {
        self.require(id, Rights::READ_ANY)?;
        let mut found = None;
        let may_hold = |page: &PageRef| page.min_mid <= mid && mid <= page.max_mid;
        self.walk(id, may_hold, |entry| entry.mid == mid, &mut |entry| {
            found = Some(entry.clone());
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// Visits the entries whose MODSEQ is above `since`, in UID order.
    pub fn changed_since(
        &self,
        id: FolderId,
        since: ChangeNumber,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        self.require(id, Rights::READ_ANY)?;
        self.walk(id, |page| page.max_cn > since, |entry| entry.modseq() > since, visit)
    }

    /// The UIDs that left since `since`.
    pub fn vanished_since(&self, id: FolderId, since: ChangeNumber) -> Result<Vanished, Fault> {
        self.require(id, Rights::READ_ANY)?;
        let counters = self.list_counters(id)?;
        if since < counters.tombstone_floor {
            return self.everything_absent(id, counters.uid_next);
        }
        let next = ChangeNumber::new(since.get() + 1);
        let from = key::tombstone(self.mailbox, id, next);
        let to = key::after(&key::tombstones(self.mailbox, id));
        let mut uids = UidSet::new();
        self.read.records::<Tombstone>(&from, &to, Direction::Forward, &mut |_, row| {
            uids.extend(&row.uids);
            ControlFlow::Continue(())
        })?;
        Ok(Vanished { complete: true, uids })
    }

    fn everything_absent(&self, id: FolderId, uid_next: u32) -> Result<Vanished, Fault> {
        let mut used = UidSet::new();
        used.insert_run(1..=uid_next.saturating_sub(1));
        Ok(Vanished { complete: false, uids: used.difference(&self.uids(id)?.to_set()) })
    }

    /// A content.
    pub fn content(&self, number: ContentNumber) -> Result<Content, Fault> {
        let row = |at| self.read.record::<ContentRow>(&key::content_row(self.mailbox, number, at));
        let head = row(0)?.ok_or(Fault::Damaged("content is missing"))?;
        let mut rows = Vec::with_capacity(1);
        let following = head.following();
        rows.push(head);
        for at in 1..=following {
            rows.push(row(at)?.ok_or(Fault::Damaged("content is missing"))?);
        }
        Ok(Content::from_rows(rows)?)
    }

    /// Visits contents in the order asked for. Errors: Damaged, where one is missing.
    pub fn contents(
        &self,
        numbers: &[ContentNumber],
        visit: &mut dyn FnMut(ContentNumber, &Content) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let (mut next, mut is_enough) = (0, false);
        self.contents_left(numbers, &mut |at, content| {
            if at != next {
                return ControlFlow::Break(());
            }
            next += 1;
            let visited = visit(numbers[at], content);
            is_enough = visited.is_break();
            visited
        })?;
        match is_enough || next == numbers.len() {
            true => Ok(()),
            false => Err(Fault::Damaged("content is missing")),
        }
    }

    /// The same for numbers of an earlier snapshot, of which some may have gone since: visits
    /// those that are left, by their place in `numbers`. Runs of neighbouring numbers, the
    /// usual case for a folder, are read in one pass.
    pub fn contents_left(
        &self,
        numbers: &[ContentNumber],
        visit: &mut dyn FnMut(usize, &Content) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let mut at = 0;
        while at < numbers.len() {
            let run = &numbers[at..at + ascending_run(&numbers[at..])];
            for (number, content) in self.content_run(run)? {
                let place = at + run.partition_point(|other| *other < number);
                if visit(place, &content).is_break() {
                    return Ok(());
                }
            }
            at += run.len();
        }
        Ok(())
    }

    /// Those of ascending numbers that are there.
    fn content_run(
        &self,
        numbers: &[ContentNumber],
    ) -> Result<Vec<(ContentNumber, Content)>, Fault> {
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
            return Ok(Vec::new());
        };
        let from = key::content(self.mailbox, *first);
        let to = key::content(self.mailbox, ContentNumber::new(last.get() + 1));
        let mut rows: Vec<(ContentNumber, Vec<ContentRow>)> = Vec::with_capacity(numbers.len());
        self.read.records::<ContentRow>(&from, &to, Direction::Forward, &mut |key, row| {
            let number = key::content_number(key).filter(|n| numbers.binary_search(n).is_ok());
            match (number, rows.last_mut()) {
                (Some(number), Some((last, rows))) if *last == number => rows.push(row),
                (Some(number), _) => rows.push((number, vec![row])),
                (None, _) => {}
            }
            ControlFlow::Continue(())
        })?;
        let contents = rows.into_iter().map(|(n, rows)| Ok((n, Content::from_rows(rows)?)));
        contents.collect()
    }

    /// The whole message as clients see it.
    pub fn message(&self, content: &Content) -> Result<Vec<u8>, Fault> {
        self.message_part(content, 0..content.octets())
    }

    /// Octets of the message as clients see it; a range past the end is cut.
    pub fn message_part(&self, content: &Content, part: Range<u64>) -> Result<Vec<u8>, Fault> {
        let end = part.end.min(content.octets());
        let start = part.start.min(end);
        let prefix = content.prefix.len() as u64;
        let mut out = content.prefix[start.min(prefix) as usize..end.min(prefix) as usize].to_vec();
        if end > prefix {
            let blob = start.saturating_sub(prefix)..end - prefix;
            out.extend_from_slice(&self.read.blob(content.blob, blob)?);
        }
        Ok(out)
    }

    /// The keyword names of this mailbox.
    pub fn keywords(&self) -> Result<KeywordTable, Fault> {
        match self.read.get(&key::table(self.mailbox, Table::Keywords))? {
            None => Ok(KeywordTable::default()),
            Some(row) => Ok(KeywordTable::decode(&mut Reader::new(&row.payload))?),
        }
    }

    /// Annotations (RFC 5464) of a folder, or of the mailbox: entry name to value. Private
    /// entries (`/private…`) are kept per principal and shown to it alone.
    pub fn annotations(&self, id: Option<FolderId>) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        let mut annotations = self.stored_annotations(&key::annotations(self.mailbox, id))?;
        if let Some(principal) = self.access.principal() {
            let own = key::private_annotations(self.mailbox, id, principal);
            annotations.append(&mut self.stored_annotations(&own)?);
        }
        Ok(annotations)
    }

    /// The annotations of one row.
    pub(crate) fn stored_annotations(
        &self,
        key: &[u8],
    ) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        let mut annotations = BTreeMap::new();
        let Some(row) = self.read.get(key)? else { return Ok(annotations) };
        let mut reader = Reader::new(&row.payload);
        while !reader.is_empty() {
            let name = reader.text()?.to_owned();
            annotations.insert(name, reader.bytes()?.to_vec());
        }
        Ok(annotations)
    }

    pub(crate) fn list_counters(&self, id: FolderId) -> Result<FolderCounters, Fault> {
        let key = key::folder_counters(self.mailbox, id, List::Items);
        self.read.record(&key)?.ok_or(Fault::NotFound("folder"))
    }

    /// Counters of either list. A folder has none of associated items before the first.
    pub(crate) fn counters_of(&self, id: FolderId, list: List) -> Result<FolderCounters, Fault> {
        match list {
            List::Items => self.list_counters(id),
            List::Associated => {
                let key = key::folder_counters(self.mailbox, id, list);
                Ok(self.read.record(&key)?.unwrap_or_default())
            }
        }
    }

    /// All pages of the folder's items, in UID order.
    fn page_refs(&self, id: FolderId) -> Result<Vec<PageRef>, Fault> {
        self.pages_of(id, List::Items)
    }

    fn pages_of(&self, id: FolderId, list: List) -> Result<Vec<PageRef>, Fault> {
        let chunks = self.list_place(id, list).chunks(self.read)?;
        let mut pages: Vec<_> = chunks.into_iter().flat_map(|(_, chunk)| chunk.pages).collect();
        pages.extend(self.counters_of(id, list)?.tail);
        Ok(pages)
    }

    fn page(&self, id: FolderId, list: List, page: &PageRef) -> Result<Page, Fault> {
        Page::load(self.read, &self.list_place(id, list), page)
    }

    fn list_place(&self, folder: FolderId, list: List) -> ListPlace {
        ListPlace { mailbox: self.mailbox, folder, list }
    }

    fn walk(
        &self,
        id: FolderId,
        open: impl Fn(&PageRef) -> bool,
        wanted: impl Fn(&Entry) -> bool,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        self.walk_list(id, List::Items, open, wanted, visit)
    }

    pub(crate) fn walk_list(
        &self,
        id: FolderId,
        list: List,
        open: impl Fn(&PageRef) -> bool,
        wanted: impl Fn(&Entry) -> bool,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        for page in self.pages_of(id, list)?.iter().filter(|page| open(page)) {
            let page = self.page(id, list, page)?;
            for entry in page.entries.iter().filter(|entry| wanted(entry)) {
                if visit(entry).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Folder names compare without case.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// How many of the first numbers ascend closely enough to be read in one range.
fn ascending_run(numbers: &[ContentNumber]) -> usize {
    const GAP_MAX: u64 = 4;
    const RUN_MAX: usize = 256;
    let close =
        |pair: &[ContentNumber]| pair[1] > pair[0] && pair[1].get() - pair[0].get() <= GAP_MAX;
    1 + numbers.windows(2).take(RUN_MAX - 1).take_while(|pair| close(pair)).count()
}

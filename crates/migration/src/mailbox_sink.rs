//! A mailbox that mail is imported into.

use std::collections::HashSet;
use std::sync::Arc;

use content::property::{PropertyKey, Value};
use content::{Bag, Summary};
use mailbox::key::List;
use mailbox::{
    Access, Change, Fault, FolderId, Keywords, Mailbox, NewItem, Parcel, PropertyChange, Special,
    is_settable,
};
use sha2::{Digest, Sha256};
use store::{Bulk, Txn};
use types::limits::{BULK_SLICE_OCTETS, PROPERTY_INLINE_OCTETS_MAX};

use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::ledger::{FolderProgress, Gain, Ledger};
use crate::mailbox_source::MailboxSource;
use crate::message::{Item, Message};
use crate::request::Request;
use crate::transfer::{Sink, Source};

/// A mailbox that mail is imported into. Items and the cursor behind them are one transaction of
/// the bulk lane, so that deliveries and clients come between.
pub struct MailboxSink {
    mailbox: Mailbox,
    ledger: Ledger,
    /// Folders keep their purposes only where they keep their place at the top.
    keeps_purposes: bool,
    /// What the folder has, by SHA-256 of the octets; None: nobody asked yet.
    there: Option<HashSet<[u8; 32]>>,
}

/// An item that is staged; there is none for a bad one.
struct Ready {
    cursor: Vec<u8>,
    gain: Gain,
    staged: Option<Staged>,
}

/// A message, and what is written over what it says.
struct Staged {
    parcel: Parcel,
    properties: PropertyChange,
    octets: usize,
}

impl MailboxSink {
    /// The mailbox of a request, opened as the system.
    pub fn new(mailbox: &Mailbox, request: &Request) -> Self {
        MailboxSink {
            mailbox: Mailbox::open(mailbox.database().clone(), mailbox.number(), Access::System),
            ledger: Ledger::of(request),
            keeps_purposes: request.target_path().is_empty(),
            there: None,
        }
    }

    async fn stage(&self, folder: &SourceFolder, item: Item) -> Result<Ready, MigrationError> {
        let mut gain = Gain::default();
        gain.add(&folder.path.join("/"), &item);
        let staged = match item.body {
            Ok(message) => Some(self.staged(message).await?),
            Err(_) => None,
        };
        Ok(Ready { cursor: item.cursor, gain, staged })
    }

    async fn staged(&self, message: Message) -> Result<Staged, MigrationError> {
        let Message { octets, flags, keywords, received, zone_minutes, properties, .. } = message;
        // A large message takes a moment to read through.
        let derived = tokio::task::spawn_blocking(move || {
            let summary = content::derive(&octets);
            let properties = beyond(&summary, properties);
            (Arc::<[u8]>::from(summary.encode()), octets, properties)
        });
        let (summary, octets, properties) = derived.await?;
        let short = properties.iter().map(|(_, value)| value.wire_octets() as usize);
        let short: usize = short.filter(|octets| *octets <= PROPERTY_INLINE_OCTETS_MAX).sum();
        let properties = self.mailbox.stage_properties(properties, Vec::new()).await?;
        let staged = self.mailbox.stage(octets).await?;
        let (prefix, none) = (Vec::new(), Keywords::NONE);
        let item = NewItem { summary, prefix, flags, keywords: none, received, zone_minutes };
        let parcel = Parcel { staged, item, keywords };
        let octets = parcel.row_octets() + short;
        Ok(Staged { parcel, properties, octets })
    }

    /// Whether the folder has the octets of an item; afterwards it has.
    async fn has(
        &mut self,
        item: &Item,
        progress: &FolderProgress,
    ) -> Result<bool, MigrationError> {
        let Ok(message) = &item.body else { return Ok(false) };
        let there = match &mut self.there {
            Some(there) => there,
            none => none.insert(digests(&self.mailbox, &progress.target).await?),
        };
        Ok(!there.insert(Sha256::digest(&message.octets).into()))
    }

    /// Writes items and says so, in one transaction.
    async fn write(
        &self,
        folder: &SourceFolder,
        items: Vec<Ready>,
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        let Some(last) = items.last() else { return Ok(()) };
        progress.cursor = Some(last.cursor.clone());
        let target = target(progress)?;
        let gain = items.iter().fold(Gain::default(), |all, item| all.and(&item.gain));
        progress.count(&gain);
        let (number, ledger) = (self.mailbox.number(), self.ledger.clone());
        let (place, recorded) = (folder.place.clone(), progress.clone());
        let slice = move |txn: &mut Txn<'_>| {
            let mut change = Change::begin(txn, number, Access::System)?;
            for staged in items.iter().filter_map(|item| item.staged.as_ref()) {
                append(&mut change, target, staged)?;
            }
            change.finish()?;
            ledger.record(txn, &place, &recorded, &gain)?;
            Ok(Bulk::Done(()))
        };
        self.mailbox.database().write_bulk(slice).await
    }
}

impl Sink for MailboxSink {
    async fn enter(
        &mut self,
        folder: &SourceFolder,
        path: &[String],
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        self.there = None;
        progress.name = folder.path.join("/");
        let known = progress.target.parse().ok().map(FolderId::new);
        let special = folder.special.filter(|_| self.keeps_purposes);
        let (path, class) = (path.to_vec(), folder.class.clone());
        let (number, ledger) = (self.mailbox.number(), self.ledger.clone());
        let (place, recorded) = (folder.place.clone(), progress.clone());
        let slice = move |txn: &mut Txn<'_>| {
            let mut change = Change::begin(txn, number, Access::System)?;
            let id = match known.filter(|id| is_there(&mut change, *id)) {
                Some(id) => id,
                None => make(&mut change, &path, special, class.as_deref())?,
            };
            change.finish()?;
            let recorded = FolderProgress { target: id.get().to_string(), ..recorded.clone() };
            ledger.record(txn, &place, &recorded, &Gain::default())?;
            Ok::<_, MigrationError>(Bulk::Done(recorded))
        };
        *progress = self.mailbox.database().write_bulk(slice).await?;
        Ok(())
    }

    async fn put(
        &mut self,
        folder: &SourceFolder,
        items: Vec<Item>,
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        let (mut ready, mut octets) = (Vec::new(), 0);
        for item in items {
            if octets >= BULK_SLICE_OCTETS {
                self.write(folder, std::mem::take(&mut ready), progress).await?;
                octets = 0;
            }
            let ready_item = match item.again && self.has(&item, progress).await? {
                true => Ready::passed_over(item),
                false => self.stage(folder, item).await?,
            };
            octets += ready_item.staged.as_ref().map_or(0, |staged| staged.octets);
            ready.push(ready_item);
        }
        self.write(folder, ready, progress).await
    }
}

impl Ready {
    /// An item that is there already.
    fn passed_over(item: Item) -> Self {
        let gain = Gain { units: item.units, ..Gain::default() };
        Ready { cursor: item.cursor, gain, staged: None }
    }
}

/// What a folder has.
async fn digests(mailbox: &Mailbox, folder: &str) -> Result<HashSet<[u8; 32]>, MigrationError> {
    let (place, path) = (folder.to_owned(), Vec::new());
    let folder = SourceFolder { place, path, special: None, class: None, units: 0 };
    let (mut source, mut found, mut after) = (MailboxSource::new(mailbox), HashSet::new(), None);
    loop {
        let items = source.batch(&folder, after.as_deref()).await?;
        let Some(last) = items.last() else { return Ok(found) };
        after = Some(last.cursor.clone());
        let bodies = items.iter().filter_map(|item| item.body.as_ref().ok());
        found.extend(bodies.map(|message| <[u8; 32]>::from(Sha256::digest(&message.octets))));
    }
}

impl Gain {
    /// Both together.
    fn and(mut self, other: &Gain) -> Gain {
        self.items += other.items;
        self.octets += other.octets;
        self.units += other.units;
        self.left_out += other.left_out;
        self.bad.extend_from_slice(&other.bad);
        self
    }
}

fn target(progress: &FolderProgress) -> Result<FolderId, MigrationError> {
    let number = progress.target.parse().map_err(|_| Fault::Damaged("target folder"))?;
    Ok(FolderId::new(number))
}

/// Appends an item, without the keywords that the mailbox cannot take: mail is not left behind for
/// them.
fn append(
    change: &mut Change<'_, '_>,
    target: FolderId,
    staged: &Staged,
) -> Result<(), MigrationError> {
    let mut parcel = staged.parcel.clone();
    parcel
        .keywords
        .retain(|name| !matches!(change.keyword(name), Err(Fault::Limit(_) | Fault::Invalid(_))));
    let entry = parcel.append(change, target)?;
    if !staged.properties.is_empty() {
        change.set_properties(target, List::Items, entry.uid, &staged.properties)?;
    }
    Ok(())
}

/// Those properties that the message does not say itself, and that may be written over it.
fn beyond(summary: &Summary, properties: Bag) -> Bag {
    if properties.is_empty() {
        return properties;
    }
    let base = summary.base_properties();
    let said = |key: &PropertyKey, value: &Value| base.get(key.clone()) == Some(value);
    let others =
        properties.iter().filter(|(key, value)| !said(key, value) && is_settable(key, true));
    others.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_there(change: &mut Change<'_, '_>, id: FolderId) -> bool {
    change.view().and_then(|view| view.folder(id)).is_ok()
}

/// The folder of that purpose, or at the path; what is missing is made.
fn make(
    change: &mut Change<'_, '_>,
    path: &[String],
    special: Option<Special>,
    class: Option<&str>,
) -> Result<FolderId, MigrationError> {
    if let Some(special) = special
        && let Ok(folder) = change.view()?.special(special)
    {
        return Ok(folder.id);
    }
    let mut above = Vec::new();
    let mut id = change.special_id(Special::Root);
    for (at, name) in path.iter().enumerate() {
        let class = class.filter(|_| at + 1 == path.len());
        id = child(change, id, &mut above, &legal(name), class)?;
    }
    Ok(id)
}

/// The folder of that name below `above`, which becomes its own path. Where a hidden folder has the
/// name, another one is taken.
fn child(
    change: &mut Change<'_, '_>,
    parent: FolderId,
    above: &mut Vec<String>,
    name: &str,
    class: Option<&str>,
) -> Result<FolderId, MigrationError> {
    above.push(name.to_owned());
    let path: Vec<&str> = above.iter().map(String::as_str).collect();
    if let Some(folder) = change.view()?.folder_by_path(&path)? {
        return Ok(folder.id);
    }
    match change.create_folder(parent, name, class, None) {
        Ok(made) => {
            change.subscribe(made.id, true)?;
            Ok(made.id)
        }
        Err(Fault::Exists) => {
            above.pop();
            child(change, parent, above, &format!("{name} (imported)"), class)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// A name that a folder may have: without control characters, blanks around, and too much.
fn legal(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let end = plain.floor_char_boundary(mailbox::change::FOLDER_NAME_OCTETS_MAX.min(plain.len()));
    match plain[..end].trim() {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use mailbox::{Guid, MailboxNumber};
    use store::{Database, Options};

    use super::*;
    use crate::request::{DiskFormat, Kind, NewRequest, Place};
    use crate::requests::Requests;

    const MAILBOX: MailboxNumber = MailboxNumber::new(1);
    const OWNER: Guid = Guid([1; 16]);

    async fn request(database: &Database) -> Request {
        let new = NewRequest {
            kind: Kind::Import,
            name: None,
            mailbox: OWNER,
            place: Place::Disk { path: "/mail".into(), format: DiskFormat::Maildir },
            source_root: String::new(),
            target_root: String::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            bad_item_limit: None,
            suspended: false,
        };
        let request = Requests::new(database.clone()).create(new).await.unwrap();
        Ledger::of(&request).begin(database, 1).await.unwrap();
        request
    }

    fn item(number: u8) -> Item {
        let text = format!("Subject: {number}\r\n\r\n{}", "x".repeat(12_000));
        Item {
            cursor: vec![number],
            units: 1,
            again: false,
            body: Ok(Message::of(text.into_bytes())),
        }
    }

    #[tokio::test]
    async fn items_are_written_slice_by_slice() {
        let database = Database::open(Options::memory()).unwrap();
        Mailbox::create(&database, MAILBOX, OWNER).await.unwrap();
        let mailbox = Mailbox::open(database.clone(), MAILBOX, Access::System);
        let request = request(&database).await;
        let mut sink = MailboxSink::new(&mailbox, &request);
        let (place, path) = ("old".into(), vec!["Old".into()]);
        let folder = SourceFolder { place, path, special: None, class: None, units: 100 };
        let mut progress = FolderProgress::default();
        sink.enter(&folder, &folder.path, &mut progress).await.unwrap();
        let before = database.stats().commits;
        sink.put(&folder, (0..100).map(item).collect(), &mut progress).await.unwrap();
        let slices = (100 * 12_000 / BULK_SLICE_OCTETS) as u64;
        assert_eq!(database.stats().commits - before, slices + 1);
        assert_eq!(progress.cursor, Some(vec![99]));
    }
}

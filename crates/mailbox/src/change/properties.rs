//! Writing properties over those that an item's content gives, and items made of properties.
//!
//! What the octets of a message say (body, recipients, attachments) is changed by giving it
//! other octets, [`Change::replace`]; what the entry says, by the entry: flags by
//! [`Change::store_flags`]. Categories, follow-up flag and verb are written here and reach the
//! entry, so that IMAP shows them.

use content::property::{PropertyKey, Value, tags};
use content::{Bag, settle_subject};
use store::Record;
use types::limits::{PROPERTY_STREAMS_MAX, PROPERTY_STREAMS_OCTETS_MAX};

use super::Change;
use crate::fault::Fault;
use crate::flags::{Flags, Keywords};
use crate::id::{ChangeNumber, ContentNumber, FolderId, ItemNumber, Mid, Uid};
use crate::key::{self, List};
use crate::list::Fate;
use crate::overlay::{NewProperties, PropertyChange};
use crate::page::Entry;
use crate::properties::{
    FOLLOWUP_FLAGGED, OF_CONTENT, OF_ENTRY, VERB_FORWARD, VERB_REPLY, VERB_REPLY_ALL, keywords_key,
};
use crate::record::overlay::OVERLAY_OCTETS_MAX;
use crate::record::{EventKind, Overlay, PropertyStream};
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::View;

/// Whether clients may set this property: not what the entry alone says, and of an item that
/// has a message, not what the message's octets say.
pub fn is_settable(key: &PropertyKey, has_message: bool) -> bool {
    let is = |tag: &content::property::PropertyTag| *key == PropertyKey::from(*tag);
    let of_content = has_message && OF_CONTENT.iter().any(is);
    !(of_content || OF_ENTRY.iter().any(is))
}

impl Change<'_, '_> {
    /// Sets and deletes properties of an item of either list. Takes a change number unless
    /// everything was so already. Gives the entry as it is now. Errors: NotFound, Denied,
    /// OverQuota, Limit; Invalid where [`is_settable`] says no.
    pub fn set_properties(
        &mut self,
        folder: FolderId,
        list: List,
        uid: Uid,
        change: &PropertyChange,
    ) -> Result<Entry, Fault> {
        self.require(folder, Rights::EDIT_ANY)?;
        change.check()?;
        let before = self.entry_in(folder, list, uid)?;
        let has_message = before.content != ContentNumber::default();
        let mut keys = change.set_keys().chain(&change.deletes);
        if !keys.all(|key| is_settable(key, has_message)) {
            return Err(Fault::Invalid("a property that cannot be set"));
        }
        let mut after = before.clone();
        let overlay = self.overlay_after(&before, list, change, &mut after)?;
        let known = self.overlay_row(&before)?;
        if overlay == known && after == before {
            return Ok(before);
        }
        self.put_overlay(&overlay, list, &mut after)?;
        if after.octets() > before.octets() {
            self.check_quota(after.octets() - before.octets())?;
        }
        after.cn_other = self.next_change();
        self.put_entry(folder, list, &after)?;
        self.event(EventKind::Modified, folder, None, [after.mid.get()]);
        Ok(after)
    }

    /// Makes an item of properties. Errors: NotFound, Denied, OverQuota, Limit.
    pub fn create_item(
        &mut self,
        folder: FolderId,
        list: List,
        new: &NewProperties,
    ) -> Result<Entry, Fault> {
        self.require(folder, Rights::CREATE)?;
        let mut entry = match (&new.message, list) {
            (Some((staged, item)), List::Items) => {
                let bytes = self.adopt(staged)?;
                let entry = self.new_entry(bytes, item)?;
                self.numbered(folder, entry)?
            }
            (None, List::Associated) => self.new_associated(folder, new.flags)?,
            _ => return Err(Fault::Invalid("prepared for the other list")),
        };
        let blank = entry.clone();
        let overlay = self.overlay_after(&blank, list, &new.overlay, &mut entry)?;
        self.put_overlay(&overlay, list, &mut entry)?;
        self.check_quota(entry.octets())?;
        match list {
            List::Items => self.place(folder, &entry)?,
            List::Associated => self.place_associated(folder, &entry)?,
        }
        self.event(EventKind::Created, folder, None, [entry.mid.get()]);
        Ok(entry)
    }

    /// The overlay after a change; what belongs into the entry is put there.
    fn overlay_after(
        &mut self,
        before: &Entry,
        list: List,
        change: &PropertyChange,
        entry: &mut Entry,
    ) -> Result<Overlay, Fault> {
        let mut overlay = self.overlay_row(before)?;
        let mut sets = change.sets.clone();
        self.settle(before, list, &mut sets)?;
        sets.iter().map(|(key, _)| key).chain(&change.deletes).for_each(|key| {
            overlay.forget(key);
        });
        self.move_to_entry(&mut sets, &change.deletes, entry)?;
        overlay.deleted.extend(self.given_by_content(before, &change.deletes)?);
        for stream in &change.streams {
            overlay.forget(&stream.key);
            let blob = self.txn.adopt(&stream.staged)?;
            let (octets, wire_octets) = (stream.staged.len(), stream.wire_octets);
            let property_type = stream.property_type;
            let stored = PropertyStream { property_type, blob, octets, wire_octets };
            overlay.streams.insert(stream.key.clone(), stored);
        }
        overlay.set.extend(sets);
        Ok(overlay)
    }

    /// Those of the keys that the item would have by its content.
    fn given_by_content(
        &mut self,
        entry: &Entry,
        keys: &[PropertyKey],
    ) -> Result<Vec<PropertyKey>, Fault> {
        if keys.is_empty() || entry.content == ContentNumber::default() {
            return Ok(Vec::new());
        }
        let base = self.view()?.content(entry.content)?.summary()?.base_properties();
        Ok(keys.iter().filter(|key| base.get((*key).clone()).is_some()).cloned().collect())
    }

    /// The three properties of the subject follow each other.
    fn settle(&mut self, before: &Entry, list: List, sets: &mut Bag) -> Result<(), Fault> {
        let parts = [tags::SUBJECT_PREFIX, tags::NORMALIZED_SUBJECT];
        let known = match parts.iter().any(|part| sets.get(*part).is_some()) {
            true => self.view()?.properties(before, list)?.bag,
            false => Bag::default(),
        };
        settle_subject(sets, &known);
        Ok(())
    }

    /// Categories that can be keywords become such; follow-up flag and verb become flags.
    fn move_to_entry(
        &mut self,
        sets: &mut Bag,
        deletes: &[PropertyKey],
        entry: &mut Entry,
    ) -> Result<(), Fault> {
        let deleted = |key: PropertyKey| deletes.contains(&key);
        if deleted(keywords_key()) {
            entry.keywords = Keywords::NONE;
        }
        if let Some(Value::MultipleString(names)) = sets.remove(keywords_key()) {
            let (keywords, others) = self.categories(names)?;
            entry.keywords = keywords;
            sets.set_some(keywords_key(), Some(others).filter(|others| !others.is_empty()));
        }
        let status = sets.integer(tags::FLAG_STATUS);
        if deleted(tags::FLAG_STATUS.into()) || status.is_some() {
            entry.flags = entry.flags.without(Flags::FLAGGED);
        }
        if status == Some(FOLLOWUP_FLAGGED) {
            entry.flags |= Flags::FLAGGED;
        }
        match sets.integer(tags::LAST_VERB_EXECUTED) {
            Some(VERB_REPLY | VERB_REPLY_ALL) => entry.flags |= Flags::ANSWERED,
            Some(VERB_FORWARD) => entry.flags |= Flags::FORWARDED,
            _ => {}
        }
        Ok(())
    }

    /// Names that IMAP can say, as long as there are bits; the others stay a property.
    fn categories(&mut self, names: Vec<String>) -> Result<(Keywords, Vec<String>), Fault> {
        let (mut keywords, mut others) = (Keywords::NONE, Vec::new());
        for name in names {
            let bit = match is_atom(&name) {
                true => self.keyword(&name),
                false => Err(Fault::Invalid("not a keyword of IMAP")),
            };
            match bit {
                Ok(bit) => keywords = keywords | bit,
                Err(Fault::Invalid(_) | Fault::Limit(_)) => others.push(name),
                Err(fault) => return Err(fault),
            }
        }
        Ok((keywords, others))
    }

    fn overlay_row(&self, entry: &Entry) -> Result<Overlay, Fault> {
        let view = View { read: &*self.txn, mailbox: self.mailbox, access: self.access };
        view.overlay(entry)
    }

    /// Writes the overlay of an entry, or removes an empty one. It is the whole size of an
    /// associated item.
    pub(super) fn put_overlay(
        &mut self,
        overlay: &Overlay,
        list: List,
        entry: &mut Entry,
    ) -> Result<(), Fault> {
        let octets = check_overlay(overlay)?;
        match list {
            List::Items => entry.overlay_octets = octets,
            List::Associated => entry.size = octets,
        }
        let key = key::overlay(self.mailbox, entry.item);
        let had = std::mem::replace(&mut entry.overlaid, !overlay.is_empty());
        match (entry.overlaid, had) {
            (true, _) => Ok(self.txn.put_record(&key, overlay)?),
            (false, true) => Ok(self.txn.delete(&key)?),
            (false, false) => Ok(()),
        }
    }

    /// The copy of an item gets the overlay of the original.
    pub(super) fn copy_overlay(&mut self, from: &Entry, to: ItemNumber) -> Result<(), Fault> {
        if !from.overlaid {
            return Ok(());
        }
        let overlay = self.overlay_row(from)?;
        overlay.blobs().for_each(|blob| self.txn.retain(blob));
        Ok(self.txn.put_record(&key::overlay(self.mailbox, to), &overlay)?)
    }

    /// New octets say subject, recipients and attachments: what was written over those goes.
    /// Whether anything is left, and how many octets.
    pub(super) fn uncover(&mut self, entry: &Entry) -> Result<(bool, u32), Fault> {
        let mut overlay = self.overlay_row(entry)?;
        let subject = [tags::SUBJECT, tags::SUBJECT_PREFIX, tags::NORMALIZED_SUBJECT];
        for tag in subject.iter().chain(&OF_CONTENT) {
            overlay.forget(&PropertyKey::from(*tag));
        }
        let mut entry = entry.clone();
        self.put_overlay(&overlay, List::Items, &mut entry)?;
        Ok((entry.overlaid, entry.overlay_octets))
    }

    fn entry_in(&mut self, folder: FolderId, list: List, uid: Uid) -> Result<Entry, Fault> {
        let mut found = None;
        self.rewrite_in(folder, list, uid, |entry| {
            found = Some(entry.clone());
            Fate::Keep
        })?;
        found.ok_or(Fault::NotFound("message"))
    }

    fn put_entry(&mut self, folder: FolderId, list: List, new: &Entry) -> Result<(), Fault> {
        let mut before = 0;
        self.rewrite_in(folder, list, new.uid, |entry| {
            before = entry.octets();
            *entry = new.clone();
            Fate::Changed
        })?;
        let octets = match Self::is_recoverable(folder) {
            true => &mut self.counters.recoverable_octets,
            false => &mut self.counters.octets,
        };
        *octets = octets.saturating_sub(before) + new.octets();
        Ok(())
    }

    fn rewrite_in(
        &mut self,
        folder: FolderId,
        list: List,
        uid: Uid,
        mut visit: impl FnMut(&mut Entry) -> Fate,
    ) -> Result<(), Fault> {
        let (list, txn) = match list {
            List::Items => self.list(folder)?,
            List::Associated => self.associated(folder)?,
        };
        list.rewrite(txn, &UidSet::from_iter([uid]), |entry| Ok(visit(entry)))
    }

    fn new_associated(&mut self, folder: FolderId, flags: Flags) -> Result<Entry, Fault> {
        let number = self.next_id();
        let now = self.txn.now().secs();
        let uid = self.associated(folder)?.0.next_uid()?;
        let unchanged = ChangeNumber::default();
        Ok(Entry {
            uid,
            item: ItemNumber::new(number),
            content: ContentNumber::default(),
            mid: Mid::new(number),
            flags,
            keywords: Keywords::NONE,
            received: now,
            zone_minutes: 0,
            saved: now,
            size: 0,
            cn_created: self.next_change(),
            cn_content: unchanged,
            cn_read: unchanged,
            cn_other: unchanged,
            origin: None,
            overlaid: false,
            overlay_octets: 0,
        })
    }
}

/// Octets of an overlay and its long values. Errors: Limit.
fn check_overlay(overlay: &Overlay) -> Result<u32, Fault> {
    let too_long = overlay.streams.len() > PROPERTY_STREAMS_MAX
        || overlay.stream_octets() > PROPERTY_STREAMS_OCTETS_MAX;
    if too_long {
        return Err(Fault::Limit("long properties of an item"));
    }
    if overlay.is_empty() {
        return Ok(0);
    }
    let mut row = Vec::new();
    overlay.encode(&mut row);
    if !overlay.set.is_within_limits() || row.len() > OVERLAY_OCTETS_MAX {
        return Err(Fault::Limit("properties of an item"));
    }
    let octets = row.len() as u64 + overlay.stream_octets();
    u32::try_from(octets).map_err(|_| Fault::Limit("octets of an item"))
}

/// A keyword that IMAP can write (RFC 9051 section 9, `atom`).
fn is_atom(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_graphic() && !b"(){%*\"\\]".contains(&c))
}

//! The properties of an item as clients see them: what its content gives, what clients wrote
//! over that, and what the entry alone knows. The entry wins over both, the overlay over the
//! content.
//!
//! Long values and those that only the message itself gives are not opened unasked:
//! [`View::load_properties`] adds them.

use std::collections::BTreeMap;

use content::property::{
    FileTime, NameKind, Properties, PropertyKey, PropertyName, PropertyTag, Value,
    names::{PS_INTERNET_HEADERS, PS_PUBLIC_STRINGS},
    tags,
};
use content::{Bag, Span, Summary, search};
use store::ReadExt;
use types::limits::PROPERTY_COMPARED_OCTETS_MAX;

use crate::fault::Fault;
use crate::flags::Flags;
use crate::id::ContentNumber;
use crate::key::{self, List};
use crate::page::Entry;
use crate::record::{Content, Overlay, PropertyStream};
use crate::view::View;

/// PidTagFlagStatus followupFlagged.
pub(crate) const FOLLOWUP_FLAGGED: i32 = 2;
/// PidTagLastVerbExecuted: NOTEIVERB_REPLYTOSENDER, REPLYTOALL and FORWARD.
pub(crate) const VERB_REPLY: i32 = 102;
pub(crate) const VERB_REPLY_ALL: i32 = 103;
pub(crate) const VERB_FORWARD: i32 = 104;

/// PidTagMessageFlags ([MS-OXCMSG] section 2.2.1.6).
const MESSAGE_READ: i32 = 0x01;
const MESSAGE_UNSENT: i32 = 0x08;
const MESSAGE_HAS_ATTACH: i32 = 0x10;
const MESSAGE_FAI: i32 = 0x40;

/// PidNameKeywords: the categories of an item, IMAP's keywords.
pub(crate) fn keywords_key() -> PropertyKey {
    PropertyName::string(PS_PUBLIC_STRINGS, "Keywords").into()
}

/// The properties of one item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemProperties {
    /// Values that are at hand.
    pub bag: Bag,
    /// Long values, read by [`View::property_stream`].
    pub streams: BTreeMap<PropertyKey, PropertyStream>,
}

impl Properties for ItemProperties {
    fn value(&self, key: &PropertyKey) -> Option<&Value> {
        self.bag.value(key)
    }

    fn octets(&self, key: &PropertyKey) -> Option<u64> {
        match self.streams.get(key) {
            Some(stream) => Some(stream.wire_octets),
            None => self.bag.octets(key),
        }
    }
}

impl View<'_> {
    /// The properties of an item of either list.
    pub fn properties(&self, entry: &Entry, list: List) -> Result<ItemProperties, Fault> {
        let base = match self.summary(entry)? {
            Some(summary) => summary.base_properties(),
            None => Bag::default(),
        };
        let Overlay { streams, deleted, set } = self.overlay(entry)?;
        let mut item = ItemProperties { bag: base, streams };
        deleted.into_iter().chain(item.streams.keys().cloned()).for_each(|key| {
            item.bag.remove(key);
        });
        item.bag.extend(set);
        self.add_columns(entry, list, &mut item.bag)?;
        Ok(item)
    }

    /// Adds the values of `keys` that are long or stand in the message alone: the body's text,
    /// the header, and its fields as names in PS_INTERNET_HEADERS. At most
    /// `PROPERTY_COMPARED_OCTETS_MAX` octets of each.
    pub fn load_properties(
        &self,
        entry: &Entry,
        keys: &[&PropertyKey],
        item: &mut ItemProperties,
    ) -> Result<(), Fault> {
        for key in keys {
            if let Some(stream) = item.streams.get(*key).copied() {
                let octets = stream.octets.min(PROPERTY_COMPARED_OCTETS_MAX);
                let octets = self.read.blob(stream.blob, 0..octets)?;
                let value = Value::from_stream(stream.property_type, octets);
                item.bag.set_some((*key).clone(), value.ok());
            } else if item.bag.get((*key).clone()).is_none() {
                let value = self.value_of_message(entry, key)?;
                item.bag.set_some((*key).clone(), value);
            }
        }
        Ok(())
    }

    /// Octets of a long value; a range past the end is cut.
    pub fn property_stream(
        &self,
        stream: &PropertyStream,
        part: std::ops::Range<u64>,
    ) -> Result<Vec<u8>, Fault> {
        let end = part.end.min(stream.octets);
        Ok(self.read.blob(stream.blob, part.start.min(end)..end)?)
    }

    /// The subject that clients wrote over the message's; empty when they deleted it. `None`
    /// leaves the message's.
    pub fn written_subject(&self, entry: &Entry) -> Result<Option<String>, Fault> {
        let overlay = self.overlay(entry)?;
        let key = PropertyKey::from(tags::SUBJECT);
        let set = overlay.set.text(key.clone()).map(str::to_owned);
        Ok(set.or_else(|| overlay.deleted.contains(&key).then(String::new)))
    }

    pub(crate) fn overlay(&self, entry: &Entry) -> Result<Overlay, Fault> {
        if !entry.overlaid {
            return Ok(Overlay::default());
        }
        let key = key::overlay(self.mailbox, entry.item);
        self.read.record(&key)?.ok_or(Fault::Damaged("overlay is missing"))
    }

    /// Some item of the mailbox has an overlay.
    pub(crate) fn has_overlays(&self) -> Result<bool, Fault> {
        let from = key::table(self.mailbox, key::Table::Overlay);
        let mut found = false;
        self.read.range(&from, &key::after(&from), store::Direction::Forward, &mut |_, _| {
            found = true;
            std::ops::ControlFlow::Break(())
        })?;
        Ok(found)
    }

    fn summary(&self, entry: &Entry) -> Result<Option<Summary>, Fault> {
        match self.content_of(entry)? {
            Some(content) => content.summary().map(Some),
            None => Ok(None),
        }
    }

    /// The content of an entry; associated items have none.
    fn content_of(&self, entry: &Entry) -> Result<Option<Content>, Fault> {
        match entry.content == ContentNumber::default() {
            true => Ok(None),
            false => self.content(entry.content).map(Some),
        }
    }

    /// What the entry knows.
    fn add_columns(&self, entry: &Entry, list: List, bag: &mut Bag) -> Result<(), Fault> {
        let time = |secs| Value::Time(FileTime::from_unix(secs));
        for (tag, secs) in
            [(tags::MESSAGE_DELIVERY_TIME, entry.received), (tags::CREATION_TIME, entry.saved)]
        {
            if bag.get(tag).is_none() {
                bag.set(tag, time(secs));
            }
        }
        bag.set(tags::MESSAGE_SIZE, i32::try_from(entry.size).unwrap_or(i32::MAX));
        bag.set(tags::MESSAGE_SIZE_EXTENDED, Value::Integer64(i64::from(entry.size)));
        bag.set(tags::READ, entry.flags.contains(Flags::SEEN));
        bag.set(tags::ASSOCIATED, list == List::Associated);
        bag.set(tags::MESSAGE_FLAGS, message_flags(entry, list, bag));
        add_follow_up(entry.flags, bag);
        self.add_categories(entry, bag)
    }

    /// Categories that are keywords stand in the entry, the others in the overlay.
    fn add_categories(&self, entry: &Entry, bag: &mut Bag) -> Result<(), Fault> {
        if entry.keywords.is_empty() {
            return Ok(());
        }
        let table = self.keywords()?;
        let mut names: Vec<_> = table.names_of(entry.keywords).map(str::to_owned).collect();
        if let Some(Value::MultipleString(others)) = bag.remove(keywords_key()) {
            names.extend(others);
        }
        bag.set(keywords_key(), names);
        Ok(())
    }

    /// What only the message says.
    fn value_of_message(&self, entry: &Entry, key: &PropertyKey) -> Result<Option<Value>, Fault> {
        let Some(wanted) = Wanted::of(key) else { return Ok(None) };
        let Some(content) = self.content_of(entry)? else { return Ok(None) };
        let summary = content.summary()?;
        let prefix = content.prefix.len() as u64;
        if let Wanted::Body = wanted {
            let bytes = self.message_part(&content, prefix..u64::MAX)?;
            let text = search::body_text(&bytes, &summary.structure);
            return Ok(Some(text.into()));
        }
        let Span { end, .. } = summary.structure.header;
        let header = self.message_part(&content, 0..prefix + u64::from(end))?;
        Ok(match wanted {
            Wanted::Field(name) => content::field_text(&header, &name).map(Value::from),
            _ => Some(Value::String(String::from_utf8_lossy(&header).into_owned())),
        })
    }
}

/// A property that is read from the message.
enum Wanted {
    Body,
    Header,
    Field(String),
}

impl Wanted {
    fn of(key: &PropertyKey) -> Option<Wanted> {
        const BODY: PropertyKey = PropertyKey::Tag(tags::BODY);
        const HEADER: PropertyKey = PropertyKey::Tag(tags::TRANSPORT_MESSAGE_HEADERS);
        match key {
            _ if *key == BODY => Some(Wanted::Body),
            _ if *key == HEADER => Some(Wanted::Header),
            PropertyKey::Named(PropertyName { set, kind: NameKind::String(name) })
                if *set == PS_INTERNET_HEADERS =>
            {
                Some(Wanted::Field(name.clone()))
            }
            _ => None,
        }
    }
}

fn message_flags(entry: &Entry, list: List, bag: &Bag) -> i32 {
    let has_attachments = bag.get(tags::HAS_ATTACHMENTS) == Some(&Value::Boolean(true));
    let bits = [
        (entry.flags.contains(Flags::SEEN), MESSAGE_READ),
        (entry.flags.contains(Flags::DRAFT), MESSAGE_UNSENT),
        (has_attachments, MESSAGE_HAS_ATTACH),
        (list == List::Associated, MESSAGE_FAI),
    ];
    bits.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum()
}

/// `\Flagged` is the truth about a follow-up flag, and `\Answered` and `$Forwarded` about what
/// was done last, where clients wrote nothing more exact.
fn add_follow_up(flags: Flags, bag: &mut Bag) {
    if flags.contains(Flags::FLAGGED) {
        bag.set(tags::FLAG_STATUS, FOLLOWUP_FLAGGED);
    } else if bag.integer(tags::FLAG_STATUS) == Some(FOLLOWUP_FLAGGED) {
        bag.remove(tags::FLAG_STATUS);
    }
    let verbs = [(Flags::ANSWERED, VERB_REPLY), (Flags::FORWARDED, VERB_FORWARD)];
    let verb = verbs.iter().find(|(flag, _)| flags.contains(*flag));
    if let Some((_, verb)) = verb.filter(|_| bag.get(tags::LAST_VERB_EXECUTED).is_none()) {
        bag.set(tags::LAST_VERB_EXECUTED, *verb);
    }
}

/// Properties that the content's octets say: they change with new content, not by themselves.
pub(crate) const OF_CONTENT: [PropertyTag; 8] = [
    tags::BODY,
    tags::HTML,
    tags::BODY_HTML,
    tags::RTF_COMPRESSED,
    tags::DISPLAY_TO,
    tags::DISPLAY_CC,
    tags::DISPLAY_BCC,
    tags::HAS_ATTACHMENTS,
];

/// Properties that the entry alone says.
pub(crate) const OF_ENTRY: [PropertyTag; 7] = [
    tags::MESSAGE_SIZE,
    tags::MESSAGE_SIZE_EXTENDED,
    tags::MESSAGE_FLAGS,
    tags::READ,
    tags::ASSOCIATED,
    tags::MID,
    tags::CHANGE_NUMBER,
];

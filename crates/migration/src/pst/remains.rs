//! What an item has beyond a message: its class, named properties, and what makes it an
//! appointment, a contact or a task.

use content::compose::{Attachment, AttachmentContent, Item};
use content::interchange::{self, Interchange};
use content::property::{PropertyKey, PropertyTag, tags};
use content::{Bag, class};
use types::limits::{
    BAG_OCTETS_MAX, BAG_PROPERTIES_MAX, PROPERTY_INLINE_OCTETS_MAX, PROPERTY_STREAMS_MAX,
    PROPERTY_STREAMS_OCTETS_MAX,
};

/// An appointment, a task or a contact as a file that goes with its message: what other programs
/// read.
pub(super) fn as_file(item: &Item) -> Option<Attachment> {
    let Interchange { name, media_type, text } = interchange::of(item)?;
    let (data, media_type) = (text.into_bytes(), media_type.to_owned());
    let content = AttachmentContent::File { data, media_type };
    Some(Attachment { name: name.to_owned(), content, content_id: None, inline: false })
}

/// The class of an item.
pub(super) fn class_of(bag: &Bag) -> &str {
    bag.text(tags::MESSAGE_CLASS).filter(|class| !class.is_empty()).unwrap_or(class::NOTE)
}

/// The properties that are kept beside the message: named ones, the class, and those of groups
/// that clients set. What was the old store's own (ids, keys, sizes, ranks) is not.
pub(super) fn of(mut bag: Bag, left_out: &mut u64) -> Bag {
    let class = class_of(&bag).to_owned();
    bag.set(tags::MESSAGE_CLASS, class);
    let mut kept: Bag = bag
        .iter()
        .filter(|(key, _)| match key {
            PropertyKey::Tag(tag) => is_kept(*tag),
            _ => true,
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    shorten(&mut kept, left_out);
    kept
}

fn is_kept(tag: PropertyTag) -> bool {
    const SINGLE: [PropertyTag; 14] = [
        tags::MESSAGE_CLASS,
        tags::IMPORTANCE,
        tags::SENSITIVITY,
        tags::START_DATE,
        tags::END_DATE,
        tags::OWNER_APPOINTMENT_ID,
        tags::RESPONSE_REQUESTED,
        tags::REPLY_REQUESTED,
        tags::EXPIRY_TIME,
        tags::REPLY_TIME,
        tags::CONVERSATION_TOPIC,
        tags::CONVERSATION_INDEX,
        tags::DISPLAY_NAME,
        tags::INTERNET_CODEPAGE,
    ];
    // PidTagIconIndex to PidTagFollowupIcon and their like; details of a contact.
    SINGLE.contains(&tag) || matches!(tag.id(), 0x1080..=0x1097 | 0x3A00..=0x3A64)
}

/// Takes away the longest values that an item has no room for, and counts them.
fn shorten(bag: &mut Bag, left_out: &mut u64) {
    let mut sized: Vec<(u64, PropertyKey)> =
        bag.iter().map(|(key, value)| (value.wire_octets(), key.clone())).collect();
    sized.sort();
    let (mut short, mut long) = (Room::new(BAG_PROPERTIES_MAX, SHORT_OCTETS), LONG);
    for (octets, key) in sized {
        let fits = match octets > PROPERTY_INLINE_OCTETS_MAX as u64 {
            true => long.take(octets),
            false => short.take(encoded(bag, &key)),
        };
        if !fits {
            bag.remove(key);
            *left_out += 1;
        }
    }
}

/// Octets of all short values; the rest of a bag is for what clients add.
const SHORT_OCTETS: u64 = (BAG_OCTETS_MAX / 2) as u64;
const LONG: Room = Room::new(PROPERTY_STREAMS_MAX, PROPERTY_STREAMS_OCTETS_MAX);

/// Room that is left for values.
struct Room {
    values: usize,
    octets: u64,
}

impl Room {
    const fn new(values: usize, octets: u64) -> Self {
        Room { values, octets }
    }

    /// Whether there was room for one more.
    fn take(&mut self, octets: u64) -> bool {
        let fits = self.values > 0 && octets <= self.octets;
        if fits {
            (self.values, self.octets) = (self.values - 1, self.octets - octets);
        }
        fits
    }
}

/// Octets of a property in the record of a bag.
fn encoded(bag: &Bag, key: &PropertyKey) -> u64 {
    let value = bag.get(key.clone()).cloned();
    let alone: Bag = value.map(|value| (key.clone(), value)).into_iter().collect();
    alone.encode().len() as u64
}

#[cfg(test)]
mod tests {
    use content::property::{PropertyName, names};

    use super::*;

    fn bag(count: u32, octets: usize) -> Bag {
        let name = |lid| PropertyName::id(names::PSETID_COMMON, 0x9000 + lid);
        (0..count).map(|lid| (name(lid), vec![1u8; octets + lid as usize])).collect()
    }

    #[test]
    fn the_longest_values_are_left_out_and_counted() {
        for (all, left_out_expected) in [
            (bag(10, 100), false),
            (bag(10, PROPERTY_INLINE_OCTETS_MAX + 1), false),
            (bag(PROPERTY_STREAMS_MAX as u32 + 3, PROPERTY_INLINE_OCTETS_MAX + 1), true),
            (bag(60, BAG_OCTETS_MAX / 50), true),
        ] {
            let (mut kept, mut left_out) = (all.clone(), 0);
            shorten(&mut kept, &mut left_out);
            assert_eq!(left_out > 0, left_out_expected);
            assert_eq!(kept.len() as u64 + left_out, all.len() as u64);
            let first = all.iter().next().unwrap().0.clone();
            assert!(kept.get(first).is_some());
        }
    }

    #[test]
    fn what_the_old_store_alone_knew_is_not_kept() {
        let mut bag: Bag = [(tags::SURNAME, "M"), (tags::MESSAGE_CLASS, "")].into_iter().collect();
        bag.set(tags::SOURCE_KEY, vec![1u8]);
        bag.set(tags::BODY, "text");
        let kept = of(bag, &mut 0);
        let expected: Bag =
            [(tags::SURNAME, "M"), (tags::MESSAGE_CLASS, "IPM.Note")].into_iter().collect();
        assert_eq!(kept, expected);
    }
}

//! What an item has beyond a message: its class, named properties, and what makes it an
//! appointment, a contact or a task.

use content::compose::{Attachment, AttachmentContent, Item};
use content::interchange::{self, Interchange};
use content::property::{PropertyKey, PropertyTag, tags};
use content::{Bag, class};
use types::limits::{PROPERTY_INLINE_OCTETS_MAX, PROPERTY_STREAMS_MAX};

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
pub(super) fn of(mut bag: Bag) -> Bag {
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
    shorten(&mut kept);
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

/// Takes away the longest values until the rest can be kept.
fn shorten(bag: &mut Bag) {
    const LONG: u64 = PROPERTY_INLINE_OCTETS_MAX as u64;
    loop {
        let long = bag.iter().filter(|(_, value)| value.wire_octets() > LONG).count();
        let short: Bag = bag
            .iter()
            .filter(|(_, value)| value.wire_octets() <= LONG)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let among = match (long > PROPERTY_STREAMS_MAX, short.is_within_limits()) {
            (false, true) => return,
            (true, _) => &*bag,
            (false, false) => &short,
        };
        let longest = among.iter().max_by_key(|(_, value)| value.wire_octets());
        let Some(key) = longest.map(|(key, _)| key.clone()) else { return };
        bag.remove(key);
    }
}

//! Appointments, tasks and contacts as texts that other programs read: iCalendar (RFC 5545,
//! [MS-OXCICAL]) and vCard (RFC 6350, [MS-OXVCARD]), made of their properties.
//!
//! What it is not: nothing is read here, and no scheduling is done: the calendars have no METHOD.
//! What a text has no place for stays a property.

mod card;
mod event;
mod group;
mod lines;
mod recurrence;
mod task;
mod zone;

use crate::compose::Item;
use crate::property::{FileTime, Guid, PropertyName, PropertyTag, Value, names, tags};
use crate::{Bag, class};

/// An item as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interchange {
    /// What the file is called.
    pub name: &'static str,
    /// `text/calendar` or `text/vcard`.
    pub media_type: &'static str,
    /// The text, in lines that end with CRLF.
    pub text: String,
}

/// The file for an item, by its message class. None: mail, and classes without one.
pub fn of(item: &Item) -> Option<Interchange> {
    let class = item.properties.text(tags::MESSAGE_CLASS).unwrap_or(class::NOTE);
    let is = |known: &str| {
        let rest = class.get(..known.len()).filter(|begin| begin.eq_ignore_ascii_case(known));
        rest.is_some() && matches!(class.as_bytes().get(known.len()), None | Some(b'.'))
    };
    let calendar = |name, text| Interchange { name, media_type: "text/calendar", text };
    let card = |name, text| Interchange { name, media_type: "text/vcard", text };
    match () {
        () if is("IPM.Appointment") => Some(calendar("appointment.ics", event::write(item)?)),
        () if is("IPM.Task") => Some(calendar("task.ics", task::write(item))),
        () if is("IPM.Contact") => Some(card("contact.vcf", card::write(&item.properties))),
        () if is("IPM.DistList") => Some(card("group.vcf", group::write(&item.properties))),
        () => None,
    }
}

fn lid(set: Guid, lid: u32) -> PropertyName {
    PropertyName::id(set, lid)
}

fn time(bag: &Bag, name: PropertyName) -> Option<FileTime> {
    as_time(bag.get(name))
}

fn tag_time(bag: &Bag, tag: PropertyTag) -> Option<FileTime> {
    as_time(bag.get(tag))
}

/// A time that was set: clients write the year 4501 for none.
fn as_time(value: Option<&Value>) -> Option<FileTime> {
    const NONE_FROM: i64 = 79_870_000_000;
    match value {
        Some(Value::Time(time)) if time.0 != 0 && time.to_unix() < NONE_FROM => Some(*time),
        _ => None,
    }
}

fn is_set(bag: &Bag, name: PropertyName) -> bool {
    bag.get(name) == Some(&Value::Boolean(true))
}

fn octets(bag: &Bag, name: PropertyName) -> Option<&[u8]> {
    match bag.get(name) {
        Some(Value::Binary(octets)) => Some(octets),
        _ => None,
    }
}

fn categories(bag: &Bag) -> Option<&[String]> {
    match bag.get(PropertyName::string(names::PS_PUBLIC_STRINGS, "Keywords")) {
        Some(Value::MultipleString(names)) if !names.is_empty() => Some(names),
        _ => None,
    }
}

/// When the item was last changed; DTSTAMP and REV.
fn changed(bag: &Bag) -> Option<FileTime> {
    const KNOWN: [PropertyTag; 3] =
        [tags::LAST_MODIFICATION_TIME, tags::CREATION_TIME, tags::CLIENT_SUBMIT_TIME];
    KNOWN.iter().find_map(|tag| tag_time(bag, *tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_their_files() {
        for (class, name) in [
            ("IPM.Contact", Some("contact.vcf")),
            ("ipm.task.custom", Some("task.ics")),
            ("IPM.TaskRequest", None),
            ("IPM.DistList", Some("group.vcf")),
            ("IPM.Note", None),
            ("IPM", None),
        ] {
            let mut item = Item::default();
            item.properties.set(tags::MESSAGE_CLASS, class);
            assert_eq!(of(&item).map(|file| file.name), name, "{class}");
        }
    }
}

//! Messages, their derived records, bags of properties, bodies in RTF, recurrences.

use content::compose::Item;
use content::property::{FileTime, PropertyName, names, tags};
use content::{Bag, Summary, interchange, rtf};
use types::limits;

/// Any octets are a message: it has a summary within the limits, and the summary's record
/// says the same.
pub fn derive(octets: &[u8]) {
    let summary = content::derive(octets);
    assert_eq!(summary.size, octets.len() as u64);
    let record = summary.encode();
    assert!(record.len() <= limits::SUMMARY_OCTETS_MAX, "a record of {} octets", record.len());
    assert_eq!(Summary::decode(&record).as_ref(), Ok(&summary));
}

/// A record that decodes says the same after it is written again.
pub fn summary(octets: &[u8]) {
    let _ = Summary::converter_version(octets);
    let _ = Summary::envelope_bytes(octets);
    let _ = Summary::bodystructure_bytes(octets, true);
    if let Ok(summary) = Summary::decode(octets) {
        assert_eq!(Summary::decode(&summary.encode()).as_ref(), Ok(&summary));
    }
}

/// The same for a bag.
pub fn bag(octets: &[u8]) {
    if let Ok(bag) = Bag::decode(octets) {
        let encoded = bag.encode();
        assert_eq!(Bag::decode(&encoded).map(|bag| bag.encode()), Ok(encoded));
    }
}

/// Compressed RTF has a largest size, and RTF says no more than it is long.
pub fn rtf(octets: &[u8]) {
    let plain = rtf::decompress(octets);
    assert!(plain.as_ref().is_none_or(|plain| plain.len() <= limits::RTF_OCTETS_MAX));
    for rtf in [octets, plain.as_deref().unwrap_or_default()] {
        let body = rtf::read(rtf);
        assert!(body.text.len() + body.html.unwrap_or_default().len() <= 4 * rtf.len());
    }
}

/// The pattern of an appointment or task, and its time zone, whatever they are, make a calendar of
/// proper lines.
pub fn interchange(octets: &[u8]) {
    let (choice, rest) = super::choice(octets);
    let (pattern, zone) = super::cut(rest, choice);
    let mut item = Item::default();
    let bag = &mut item.properties;
    let named = |set, lid| PropertyName::id(set, lid);
    bag.set(named(names::PSETID_APPOINTMENT, 0x820D), FileTime::from_unix(1_700_000_000));
    bag.set(named(names::PSETID_APPOINTMENT, 0x8216), pattern.to_vec());
    bag.set(named(names::PSETID_APPOINTMENT, 0x8233), zone.to_vec());
    bag.set(named(names::PSETID_TASK, 0x8104), FileTime::from_unix(1_700_000_000));
    bag.set(named(names::PSETID_TASK, 0x8116), pattern.to_vec());
    for class in ["IPM.Appointment", "IPM.Task"] {
        item.properties.set(tags::MESSAGE_CLASS, class);
        let text = interchange::of(&item).map(|file| file.text).unwrap_or_default();
        assert!(text.ends_with("END:VCALENDAR\r\n"), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    }
}

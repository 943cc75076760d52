//! A contact as vCard 3.0 (RFC 2426), which more programs read than 4.0 ([MS-OXVCARD]).

use super::lines::{self, Lines};
use super::{categories, changed, lid, tag_time};
use crate::Bag;
use crate::property::names::{CONTACT_EMAIL_ADDRESSES, PSETID_ADDRESS};
use crate::property::{PropertyTag, tags};

/// In PSETID_ADDRESS.
const FILE_UNDER: u32 = 0x8005;
const INSTANT_MESSAGING: u32 = 0x8062;
const WEB_PAGE: u32 = 0x802B;
const TELEPHONES: [(PropertyTag, &str); 13] = [
    (tags::BUSINESS_TELEPHONE_NUMBER, "TEL;TYPE=WORK,VOICE"),
    (tags::BUSINESS2_TELEPHONE_NUMBER, "TEL;TYPE=WORK,VOICE"),
    (tags::HOME_TELEPHONE_NUMBER, "TEL;TYPE=HOME,VOICE"),
    (tags::HOME2_TELEPHONE_NUMBER, "TEL;TYPE=HOME,VOICE"),
    (tags::MOBILE_TELEPHONE_NUMBER, "TEL;TYPE=CELL,VOICE"),
    (tags::PRIMARY_TELEPHONE_NUMBER, "TEL;TYPE=PREF,VOICE"),
    (tags::OTHER_TELEPHONE_NUMBER, "TEL;TYPE=VOICE"),
    (tags::CAR_TELEPHONE_NUMBER, "TEL;TYPE=CAR,VOICE"),
    (tags::PAGER_TELEPHONE_NUMBER, "TEL;TYPE=PAGER"),
    (tags::ISDN_NUMBER, "TEL;TYPE=ISDN"),
    (tags::BUSINESS_FAX_NUMBER, "TEL;TYPE=WORK,FAX"),
    (tags::HOME_FAX_NUMBER, "TEL;TYPE=HOME,FAX"),
    (tags::PRIMARY_FAX_NUMBER, "TEL;TYPE=FAX"),
];
const WEB_PAGES: [(PropertyTag, &str); 2] =
    [(PropertyTag(0x3A51_001F), "URL;TYPE=WORK"), (PropertyTag(0x3A50_001F), "URL;TYPE=HOME")];
/// Post office box, street, city, state, postal code, country.
const HOME: [u16; 6] = [0x3A5E, 0x3A5D, 0x3A59, 0x3A5C, 0x3A5B, 0x3A5A];
const OTHER: [u16; 6] = [0x3A64, 0x3A63, 0x3A5F, 0x3A62, 0x3A61, 0x3A60];
const WORK: [u32; 6] = [0x804A, 0x8045, 0x8046, 0x8047, 0x8048, 0x8049];
/// The one that mail is sent to; where the work address was not filled in, it is it.
const MAILING: [u16; 6] = [0x3A2B, 0x3A29, 0x3A27, 0x3A28, 0x3A2A, 0x3A26];

/// The card.
pub(super) fn write(bag: &Bag) -> String {
    let text = |tag: PropertyTag| bag.text(tag).unwrap_or_default();
    let named = |number| bag.text(lid(PSETID_ADDRESS, number));
    let mut lines = Lines::default();
    lines.raw("BEGIN", "VCARD");
    lines.raw("VERSION", "3.0");
    let name = [
        text(tags::SURNAME),
        text(tags::GIVEN_NAME),
        text(PropertyTag(0x3A44_001F)),
        text(PropertyTag(0x3A45_001F)),
        text(tags::GENERATION),
    ];
    lines.raw("N", &structured(&name));
    let shown = [text(tags::DISPLAY_NAME), text(tags::SUBJECT), named(FILE_UNDER).unwrap_or("")];
    let shown = shown.into_iter().find(|name| !name.trim().is_empty());
    lines.text("FN", shown.or(Some("-")));
    lines.text("NICKNAME", bag.text(PropertyTag(0x3A4F_001F)));
    lines.texts("ORG", ";", &[text(tags::COMPANY_NAME), text(tags::DEPARTMENT_NAME)]);
    lines.text("TITLE", bag.text(tags::TITLE));
    lines.text("ROLE", bag.text(PropertyTag(0x3A46_001F)));
    for address in CONTACT_EMAIL_ADDRESSES.into_iter().filter_map(named) {
        lines.text("EMAIL;TYPE=INTERNET", Some(address).filter(|it| it.contains('@')));
    }
    for (tag, name) in TELEPHONES.into_iter().chain(WEB_PAGES) {
        lines.text(name, bag.text(tag));
    }
    lines.text("URL", named(WEB_PAGE));
    addresses(bag, &mut lines);
    lines.text("X-MS-IMADDRESS", named(INSTANT_MESSAGING));
    let day = |number: u16| {
        tag_time(bag, PropertyTag(u32::from(number) << 16 | 0x40)).and_then(lines::day)
    };
    lines.text("BDAY", day(0x3A42).as_deref());
    lines.text("X-ANNIVERSARY", day(0x3A41).as_deref());
    if let Some(names) = categories(bag) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        lines.texts("CATEGORIES", ",", &names);
    }
    lines.text("NOTE", bag.text(tags::BODY));
    lines.text("REV", changed(bag).and_then(lines::utc).as_deref());
    lines.raw("END", "VCARD");
    lines.finish()
}

fn addresses(bag: &Bag, lines: &mut Lines) {
    let of_tags = |tags: [u16; 6]| {
        tags.map(|id| bag.text(PropertyTag(u32::from(id) << 16 | 0x1F)).unwrap_or_default())
    };
    let work = WORK.map(|number| bag.text(lid(PSETID_ADDRESS, number)).unwrap_or_default());
    let has = |address: &[&str; 6]| address.iter().any(|text| !text.is_empty());
    let (home, other, mailing) = (of_tags(HOME), of_tags(OTHER), of_tags(MAILING));
    let work = if has(&work) || has(&home) || has(&other) { work } else { mailing };
    for (name, address) in
        [("ADR;TYPE=WORK", work), ("ADR;TYPE=HOME", home), ("ADR;TYPE=POSTAL", other)]
    {
        let [office_box, street, city, state, code, country] = address;
        if has(&address) {
            let parts = [office_box, "", street, city, state, code, country];
            lines.texts(name, ";", &parts);
        }
    }
}

/// Parts between semicolons, all of them there.
fn structured(parts: &[&str]) -> String {
    let escaped = parts.iter().map(|part| {
        let part: String = part.chars().filter(|c| !c.is_control()).collect();
        part.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,")
    });
    escaped.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::of;
    use super::*;
    use crate::compose::Item;
    use crate::property::FileTime;

    #[test]
    fn a_contact_becomes_a_card() {
        let mut properties: Bag = [
            (tags::MESSAGE_CLASS, "IPM.Contact"),
            (tags::DISPLAY_NAME, "\u{c4}nne B; M."),
            (tags::SURNAME, "M.;"),
            (tags::GIVEN_NAME, "\u{c4}nne"),
            (tags::COMPANY_NAME, "Works, Inc."),
            (tags::MOBILE_TELEPHONE_NUMBER, "+49 1"),
            (tags::LOCALITY, "Berlin"),
            (tags::BODY, "two\r\nlines"),
        ]
        .into_iter()
        .collect();
        properties.set(lid(PSETID_ADDRESS, CONTACT_EMAIL_ADDRESSES[1]), "anne@x.example");
        properties.set(lid(PSETID_ADDRESS, CONTACT_EMAIL_ADDRESSES[2]), "/o=X/cn=anne");
        properties.set(PropertyTag(0x3A42_0040), FileTime::from_unix(86_400));
        let text = of(&Item { properties, ..Item::default() }).unwrap().text;
        let expected = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:M.\\;;\u{c4}nne;;;\r\nFN:\u{c4}nne B\\; M.\r\n\
            ORG:Works\\, Inc.;\r\nEMAIL;TYPE=INTERNET:anne@x.example\r\nTEL;TYPE=CELL,VOICE:+49 1\r\n\
            ADR;TYPE=WORK:;;;Berlin;;;\r\nBDAY:19700102\r\nNOTE:two\\nlines\r\nEND:VCARD\r\n";
        assert_eq!(text, expected);
    }
}

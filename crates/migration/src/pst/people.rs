//! Who wrote an item, and to whom: addresses of the Internet where the file knows them.

use content::property::{PropertyTag, tags};
use content::{Bag, fields};

/// Domain of addresses that stand for those of another system. Nothing is sent there (RFC 6761).
const NOWHERE: &str = "imported.invalid";

/// The three properties that say one address: SMTP address, type, address of that type.
pub(super) type Fields = [PropertyTag; 3];

/// Sets the SMTP addresses of sender and author, of which a message is composed.
pub(super) fn settle(bag: &mut Bag) {
    const WHO: [(PropertyTag, Fields); 2] = [
        (
            tags::SENDER_NAME,
            [tags::SENDER_SMTP_ADDRESS, tags::SENDER_ADDRESS_TYPE, tags::SENDER_EMAIL_ADDRESS],
        ),
        (
            tags::SENT_REPRESENTING_NAME,
            [
                tags::SENT_REPRESENTING_SMTP_ADDRESS,
                tags::SENT_REPRESENTING_ADDRESS_TYPE,
                tags::SENT_REPRESENTING_EMAIL_ADDRESS,
            ],
        ),
    ];
    for (name_tag, fields) in WHO {
        let shown = bag.text(name_tag).unwrap_or_default().to_owned();
        if shown.is_empty() && fields.iter().all(|tag| bag.text(*tag).is_none()) {
            continue;
        }
        let address = address(bag, fields, &shown);
        // Appointments and contacts have an author that is not known, by this very name.
        if bag.text(fields[1]) == Some("UNKNOWN") && address.ends_with(NOWHERE) {
            bag.remove(name_tag);
            continue;
        }
        bag.set(name_tag, name(&shown, &address));
        bag.set(fields[0], address);
    }
}

/// The SMTP address. Where the file has only that of another system, or a name alone, it is one
/// that leads nowhere and says what there was, as Exchange encapsulates addresses ([MS-OXCMAIL]
/// section 2.1.3.1.2): who it was would be lost otherwise.
pub(super) fn address(bag: &Bag, [smtp, kind, other]: Fields, shown: &str) -> String {
    let text = |tag: PropertyTag| bag.text(tag).map(str::trim).filter(|text| !text.is_empty());
    let kind = text(kind).unwrap_or("SMTP");
    let known = [text(smtp), text(other), Some(shown.trim())];
    if let Some(address) = known.into_iter().flatten().find(|text| is_smtp(text)) {
        return address.to_owned();
    }
    let said = text(other).unwrap_or(shown);
    let local: String = said.bytes().take(ENCAPSULATED_OCTETS_MAX).map(encapsulated).collect();
    format!(
        "IMCEA{}-{local}@{NOWHERE}",
        kind.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "")
    )
}

/// Octets of an address of another system that are kept; a legacyExchangeDN has about 100.
const ENCAPSULATED_OCTETS_MAX: usize = 250;

fn encapsulated(octet: u8) -> String {
    match octet {
        b'/' => "_".to_owned(),
        _ if octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'=' => {
            char::from(octet).to_string()
        }
        _ => format!("+{octet:02X}"),
    }
}

/// The name beside an address, which need not be said twice.
pub(super) fn name(shown: &str, address: &str) -> String {
    let plain = shown.trim().trim_matches('\'');
    if plain.eq_ignore_ascii_case(address) { String::new() } else { plain.to_owned() }
}

fn is_smtp(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_graphic() && !"<>()[]:;,\\\"/".contains(c);
    match text.rsplit_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && text.chars().all(|c| legal(c) || !c.is_ascii())
        }
        None => false,
    }
}

/// Whether a text is the header of a message: it says at least from whom, or by which way.
pub(super) fn is_header(text: &str) -> bool {
    let named = |name: &[u8]| {
        ["from", "received", "message-id"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    };
    fields(text.as_bytes()).any(|field| named(field.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_internet_if_the_file_has_one() {
        const FIELDS: Fields = [tags::SMTP_ADDRESS, tags::ADDRESS_TYPE, tags::EMAIL_ADDRESS];
        for (smtp, kind, other, shown, expected) in [
            ("a@x.example", "EX", "/o=X/cn=a", "A", "a@x.example"),
            ("", "SMTP", "a@x.example", "A", "a@x.example"),
            ("", "EX", "/o=X/cn=a b", "A", "IMCEAEX-_o=X_cn=a+20b@imported.invalid"),
            ("", "EX", "/o=X/cn=a", "a@x.example", "a@x.example"),
            ("", "", "", "A", "IMCEASMTP-A@imported.invalid"),
        ] {
            let bag: Bag = [(FIELDS[0], smtp), (FIELDS[1], kind), (FIELDS[2], other)]
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .collect();
            assert_eq!(address(&bag, FIELDS, shown), expected);
        }
    }
}

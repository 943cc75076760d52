//! A personal distribution list ([MS-OXOCNTC] section 2.2.2) as vCard 4.0 of the kind group (RFC
//! 6350 section 6.1.4).

use super::lines::Lines;
use super::{changed, lid, lines};
use crate::property::names::PSETID_ADDRESS;
use crate::property::{Value, tags};
use crate::{Bag, charset};

/// PidLidDistributionListOneOffMembers: who the members are, by name and address.
const ONE_OFF_MEMBERS: u32 = 0x8054;
/// The provider of one-off entry ids ([MS-OXCDATA] section 2.2.5.1).
const ONE_OFF: [u8; 16] = [
    0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02,
];
const UNICODE: u16 = 0x8000;

/// The card.
pub(super) fn write(bag: &Bag) -> String {
    let mut lines = Lines::default();
    lines.raw("BEGIN", "VCARD");
    lines.raw("VERSION", "4.0");
    lines.raw("KIND", "group");
    let shown = [tags::DISPLAY_NAME, tags::SUBJECT].into_iter().find_map(|tag| bag.text(tag));
    lines.text("FN", shown.or(Some("-")));
    if let Some(Value::MultipleBinary(members)) = bag.get(lid(PSETID_ADDRESS, ONE_OFF_MEMBERS)) {
        for (name, address) in members.iter().filter_map(|member| one_off(member)) {
            let name = format!("MEMBER;X-CN={}", lines::quoted(&name));
            lines.raw(&name, &format!("mailto:{address}"));
        }
    }
    lines.text("NOTE", bag.text(tags::BODY));
    lines.text("REV", changed(bag).and_then(lines::utc).as_deref());
    lines.raw("END", "VCARD");
    lines.finish()
}

/// Name and address of a one-off entry id.
fn one_off(entry: &[u8]) -> Option<(String, String)> {
    let (header, rest) = entry.split_at_checked(24)?;
    if header[4..20] != ONE_OFF {
        return None;
    }
    let wide = u16::from_le_bytes([header[22], header[23]]) & UNICODE != 0;
    let mut rest = rest;
    let name = text(&mut rest, wide)?;
    text(&mut rest, wide)?;
    let address = text(&mut rest, wide)?;
    Some((name, address)).filter(|(_, address)| address.contains('@'))
}

/// Text up to its NUL.
fn text(rest: &mut &[u8], wide: bool) -> Option<String> {
    let size = if wide { 2 } else { 1 };
    let end = rest.chunks_exact(size).position(|unit| unit.iter().all(|octet| *octet == 0))? * size;
    let (octets, behind) = rest.split_at(end);
    *rest = &behind[size..];
    Some(match wide {
        true => {
            let units = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        false => charset::to_utf8(None, octets),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::of;
    use super::*;
    use crate::compose::Item;

    #[test]
    fn members_are_read_out_of_their_entry_ids() {
        let entry = |wide: bool| {
            let mut out = [&[0; 4][..], &ONE_OFF, &[0, 0]].concat();
            out.extend(if wide { UNICODE } else { 0 }.to_le_bytes());
            for text in ["\u{c4}nne\0", "SMTP\0", "anne@x.example\0"] {
                match wide {
                    true => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
                    false => out.extend(text.chars().map(|c| c as u8)),
                }
            }
            out
        };
        let mut properties = Bag::default();
        properties.set(tags::MESSAGE_CLASS, "IPM.DistList");
        properties.set(tags::DISPLAY_NAME, "Team");
        let members = vec![entry(true), entry(false), entry(true)[..30].to_vec(), vec![1]];
        properties.set(lid(PSETID_ADDRESS, ONE_OFF_MEMBERS), Value::MultipleBinary(members));
        let text = of(&Item { properties, ..Item::default() }).unwrap().text;
        let member = "MEMBER;X-CN=\"\u{c4}nne\":mailto:anne@x.example\r\n";
        let expected = format!("KIND:group\r\nFN:Team\r\n{member}{member}END:VCARD\r\n");
        assert!(text.ends_with(&expected), "{text}");
    }
}

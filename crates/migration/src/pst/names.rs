//! What the ids of named properties mean in one file ([MS-PST] section 2.4.7).

use std::collections::HashMap;

use content::property::{
    Guid, PropertyKey, PropertyName, PropertyTag, Value,
    names::{PS_MAPI, PS_PUBLIC_STRINGS},
};

use types::limits::PROPERTY_NAME_CHARS_MAX;

use super::error::PstError;
use super::octets::{long, part, short, utf16};
use super::properties::{RawBag, Reading};

/// The keys of named properties, by their ids in the file.
#[derive(Default)]
pub(super) struct Names(HashMap<u16, PropertyKey>);

/// Binary properties of NID_NAME_TO_ID_MAP.
const GUIDS: PropertyTag = PropertyTag(0x0002_0102);
const ENTRIES: PropertyTag = PropertyTag(0x0003_0102);
const STRINGS: PropertyTag = PropertyTag(0x0004_0102);
const ENTRY_OCTETS: usize = 8;
/// From 0x8000 to 0xFFFF.
const IDS: usize = 0x8000;

impl Names {
    /// Reads the map; what has no proper name has none.
    pub(super) fn read(map: RawBag) -> Self {
        let bag = map.decode(Reading { names: &Names::default(), codepage: 0 });
        let stream = |tag: PropertyTag| match bag.get(tag) {
            Some(Value::Binary(octets)) => &octets[..],
            _ => &[],
        };
        let (guids, strings) = (stream(GUIDS), stream(STRINGS));
        let entries = stream(ENTRIES).chunks_exact(ENTRY_OCTETS).take(IDS);
        Names(entries.filter_map(|entry| named(entry, guids, strings).ok().flatten()).collect())
    }

    /// The key of an id.
    pub(super) fn key(&self, id: u16) -> Option<PropertyKey> {
        self.0.get(&id).cloned()
    }
}

/// NAMEID. None: an id that there cannot be, a set that stands for no set, a name that is too long.
fn named(
    entry: &[u8],
    guids: &[u8],
    strings: &[u8],
) -> Result<Option<(u16, PropertyKey)>, PstError> {
    const FIRST: u16 = 0x8000;
    let (number, kind, index) = (long(entry, 0)?, short(entry, 4)?, short(entry, 6)?);
    let set = match kind >> 1 {
        0 => return Ok(None),
        1 => PS_MAPI,
        2 => PS_PUBLIC_STRINGS,
        at => {
            let guid = part(guids, 16 * (usize::from(at) - 3), 16)?;
            Guid(guid.try_into().map_err(|_| PstError::Damaged("a property set"))?)
        }
    };
    let name = match kind & 1 {
        0 => PropertyName::id(set, number),
        _ => {
            let at = number as usize;
            let text = part(strings, at.saturating_add(4), long(strings, at)? as usize)?;
            if text.len() > 2 * PROPERTY_NAME_CHARS_MAX {
                return Ok(None);
            }
            PropertyName::string(set, &utf16(text))
        }
    };
    Ok(FIRST.checked_add(index).map(|id| (id, PropertyKey::named(name))))
}

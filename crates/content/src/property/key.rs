//! What a property is called: tag, name, key.

use std::fmt;

use types::wire::{Reader, put_bytes, put_uint};

use super::{
    Corrupt,
    names::{self, KnownName},
};

macro_rules! property_types {
    ($($variant:ident $code:literal,)*) => {
        /// Type of a value ([MS-OXCDATA] section 2.11.1); the number is the wire's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[allow(missing_docs)]
        pub enum PropertyType { $($variant = $code,)* }

        impl PropertyType {
            /// The type with this wire number.
            pub fn from_code(code: u16) -> Option<Self> {
                match code {
                    $($code => Some(PropertyType::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

property_types! {
    Unspecified 0x0000,
    Null 0x0001,
    Integer16 0x0002,
    Integer32 0x0003,
    Floating32 0x0004,
    Floating64 0x0005,
    Currency 0x0006,
    FloatingTime 0x0007,
    ErrorCode 0x000A,
    Boolean 0x000B,
    Object 0x000D,
    Integer64 0x0014,
    String8 0x001E,
    String 0x001F,
    Time 0x0040,
    Guid 0x0048,
    ServerId 0x00FB,
    Restriction 0x00FD,
    RuleAction 0x00FE,
    Binary 0x0102,
    MultipleInteger16 0x1002,
    MultipleInteger32 0x1003,
    MultipleFloating32 0x1004,
    MultipleFloating64 0x1005,
    MultipleCurrency 0x1006,
    MultipleFloatingTime 0x1007,
    MultipleInteger64 0x1014,
    MultipleString8 0x101E,
    MultipleString 0x101F,
    MultipleTime 0x1040,
    MultipleGuid 0x1048,
    MultipleBinary 0x1102,
}

impl PropertyType {
    /// The wire number.
    pub const fn code(self) -> u16 {
        self as u16
    }
}

/// Property id in the high 16 bits, type code in the low 16. Inside Rialto text is always
/// Unicode: the 8-bit string types are seen only by codecs (see [`PropertyTag::unicode`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyTag(pub u32);

impl PropertyTag {
    /// From id and type.
    pub const fn new(id: u16, property_type: PropertyType) -> Self {
        PropertyTag((id as u32) << 16 | property_type.code() as u32)
    }

    /// The id.
    pub const fn id(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The type, if it is one.
    pub fn property_type(self) -> Option<PropertyType> {
        PropertyType::from_code(self.0 as u16)
    }

    /// The same property with its 8-bit string type replaced by the Unicode one.
    pub const fn unicode(self) -> Self {
        match self.0 & 0xefff {
            0x001e => PropertyTag(self.0 | 1),
            _ => self,
        }
    }
}

impl fmt::Debug for PropertyTag {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}

/// 16 octets in wire order: the first three fields little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// From the number whose hexadecimal form is the GUID's text without hyphens.
    pub const fn from_u128(number: u128) -> Self {
        let b = number.to_be_bytes();
        Guid([
            b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13],
            b[14], b[15],
        ])
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let wire = u128::from_be_bytes(self.0).to_be_bytes();
        let n = u128::from_be_bytes(Guid::from_u128(u128::from_be_bytes(wire)).0);
        let hex = format!("{n:032x}");
        let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        write!(f, "{a}-{b}-{c}-{d}-{e}")
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The second half of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// A number (LID).
    Id(u32),
    /// A text; compares exactly, but in PS_INTERNET_HEADERS it is held in lower case.
    String(String),
}

/// A named property: set and name ([MS-OXCDATA] section 2.6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyName {
    /// The property set.
    pub set: Guid,
    /// Number or text within the set.
    pub kind: NameKind,
}

impl PropertyName {
    /// A property with a number.
    pub fn id(set: Guid, lid: u32) -> Self {
        PropertyName { set, kind: NameKind::Id(lid) }
    }

    /// A property with a text name, lowered where the set asks for it.
    pub fn string(set: Guid, name: &str) -> Self {
        let name = match set == names::PS_INTERNET_HEADERS {
            true => name.to_ascii_lowercase(),
            false => name.to_owned(),
        };
        PropertyName { set, kind: NameKind::String(name) }
    }
}

/// What a bag calls a property, the same in every mailbox. Ordered: tags, known names, others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropertyKey {
    /// A property with a fixed id.
    Tag(PropertyTag),
    /// The compiled-in number of a well-known name: its place in [`names::KNOWN`].
    Known(u16),
    /// Any other name. Never a well-known one: use [`PropertyKey::named`].
    Named(PropertyName),
}

impl PropertyKey {
    /// The key of a named property; well-known names become their number.
    pub fn named(name: PropertyName) -> Self {
        match names::number_of(&name) {
            Some(number) => PropertyKey::Known(number),
            None => PropertyKey::Named(name),
        }
    }

    /// Set and name, for named properties.
    pub fn name(&self) -> Option<PropertyName> {
        match self {
            PropertyKey::Tag(_) => None,
            PropertyKey::Known(number) => names::known(*number).map(KnownName::name),
            PropertyKey::Named(name) => Some(name.clone()),
        }
    }

    /// Appends the key's record, the same in every mailbox.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            PropertyKey::Tag(tag) => {
                out.push(TAG);
                out.extend_from_slice(&tag.0.to_be_bytes());
            }
            PropertyKey::Known(number) => {
                out.push(KNOWN);
                put_uint(out, u64::from(*number));
            }
            PropertyKey::Named(PropertyName { set, kind: NameKind::Id(lid) }) => {
                out.push(NAMED_ID);
                out.extend_from_slice(&set.0);
                put_uint(out, u64::from(*lid));
            }
            PropertyKey::Named(PropertyName { set, kind: NameKind::String(name) }) => {
                out.push(NAMED_STRING);
                out.extend_from_slice(&set.0);
                put_bytes(out, name.as_bytes());
            }
        }
    }

    /// Reads what [`PropertyKey::encode`] wrote.
    pub fn decode(reader: &mut Reader) -> Result<Self, Corrupt> {
        Ok(match reader.octet()? {
            TAG => PropertyKey::Tag(PropertyTag(u32::from_be_bytes(reader.array()?))),
            KNOWN => PropertyKey::Known(u16::try_from(reader.uint()?).map_err(|_| Corrupt)?),
            NAMED_ID => {
                PropertyKey::Named(PropertyName::id(Guid(reader.array()?), reader.uint32()?))
            }
            NAMED_STRING => {
                let (set, name) = (Guid(reader.array()?), reader.text()?.to_owned());
                PropertyKey::Named(PropertyName { set, kind: NameKind::String(name) })
            }
            _ => return Err(Corrupt),
        })
    }
}

const TAG: u8 = 0;
const KNOWN: u8 = 1;
const NAMED_ID: u8 = 2;
const NAMED_STRING: u8 = 3;

impl From<PropertyTag> for PropertyKey {
    fn from(tag: PropertyTag) -> Self {
        PropertyKey::Tag(tag.unicode())
    }
}

impl From<PropertyName> for PropertyKey {
    fn from(name: PropertyName) -> Self {
        PropertyKey::named(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_print_as_they_are_written() {
        let guid = Guid::from_u128(0x00062002_0000_0000_C000_000000000046);
        assert_eq!(guid.to_string(), "00062002-0000-0000-c000-000000000046");
        assert_eq!(guid.0[..4], [0x02, 0x20, 0x06, 0x00]);
    }

    #[test]
    fn string8_is_unicode_inside() {
        assert_eq!(PropertyTag(0x0037001E).unicode(), PropertyTag(0x0037001F));
        assert_eq!(PropertyTag(0x800F101E).unicode(), PropertyTag(0x800F101F));
        assert_eq!(PropertyTag(0x00170003).unicode(), PropertyTag(0x00170003));
    }

    #[test]
    fn types_have_their_numbers() {
        for code in 0..=u16::MAX {
            if let Some(property_type) = PropertyType::from_code(code) {
                assert_eq!(property_type.code(), code);
            }
        }
    }

    #[test]
    fn well_known_names_become_numbers() {
        let location = PropertyName::id(names::PSETID_APPOINTMENT, 0x8208);
        let key = PropertyKey::named(location.clone());
        assert!(matches!(key, PropertyKey::Known(_)));
        assert_eq!(key.name(), Some(location));
        let header = PropertyName::string(names::PS_INTERNET_HEADERS, "X-Foo");
        assert_eq!(header.kind, NameKind::String("x-foo".into()));
        assert!(matches!(PropertyKey::named(header), PropertyKey::Named(_)));
    }
}

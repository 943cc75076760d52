//! Values of properties ([MS-OXCDATA] section 2.11.1).

use types::wire::{Reader, put_uint};

use super::{Corrupt, Guid, PropertyType};
use crate::stored::{Stored, stored_scalars};

/// 100 ns since 1601-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileTime(pub u64);

/// Seconds from 1601-01-01 to 1970-01-01.
const UNIX_EPOCH_SECONDS: i64 = 11_644_473_600;
const TICKS_PER_SECOND: u64 = 10_000_000;

impl FileTime {
    /// From seconds since 1970-01-01 UTC; times before 1601 become 1601.
    pub fn from_unix(seconds: i64) -> Self {
        let seconds = u64::try_from(seconds.saturating_add(UNIX_EPOCH_SECONDS)).unwrap_or(0);
        FileTime(seconds.saturating_mul(TICKS_PER_SECOND))
    }

    /// Whole seconds since 1970-01-01 UTC.
    pub fn to_unix(self) -> i64 {
        (self.0 / TICKS_PER_SECOND) as i64 - UNIX_EPOCH_SECONDS
    }
}

/// A value of any type. Text is Unicode. What only rules and tables look into (restrictions,
/// actions, server ids) stays in its wire form.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Null,
    Integer16(i16),
    Integer32(i32),
    Floating32(f32),
    Floating64(f64),
    /// Ten-thousandths.
    Currency(i64),
    /// Days since 1899-12-30.
    FloatingTime(f64),
    ErrorCode(u32),
    Boolean(bool),
    Integer64(i64),
    String(String),
    Time(FileTime),
    Guid(Guid),
    ServerId(Vec<u8>),
    Restriction(Vec<u8>),
    RuleAction(Vec<u8>),
    Binary(Vec<u8>),
    MultipleInteger16(Vec<i16>),
    MultipleInteger32(Vec<i32>),
    MultipleFloating32(Vec<f32>),
    MultipleFloating64(Vec<f64>),
    MultipleCurrency(Vec<i64>),
    MultipleFloatingTime(Vec<f64>),
    MultipleInteger64(Vec<i64>),
    MultipleString(Vec<String>),
    MultipleTime(Vec<FileTime>),
    MultipleGuid(Vec<Guid>),
    MultipleBinary(Vec<Vec<u8>>),
}

stored_scalars! {
    FileTime: |v, out| put_uint(out, v.0), |r| FileTime(r.uint()?);
    Guid: |v, out| out.extend_from_slice(&v.0), |r| Guid(r.array()?);
}

macro_rules! codec {
    (single: $($single:ident)*; multiple: $($multiple:ident)*) => {
        impl Value {
            /// The type of this value; never Unspecified, Object or an 8-bit string.
            pub fn property_type(&self) -> PropertyType {
                match self {
                    Value::Null => PropertyType::Null,
                    $(Value::$single(_) => PropertyType::$single,)*
                    $(Value::$multiple(_) => PropertyType::$multiple,)*
                }
            }

            /// Appends type and value.
            pub(super) fn encode(&self, out: &mut Vec<u8>) {
                put_uint(out, u64::from(self.property_type().code()));
                match self {
                    Value::Null => {}
                    $(Value::$single(value) => value.put(out),)*
                    $(Value::$multiple(values) => values.put(out),)*
                }
            }

            /// Reads what [`Value::encode`] wrote.
            pub(super) fn decode(reader: &mut Reader) -> Result<Self, Corrupt> {
                let code = u16::try_from(reader.uint()?).map_err(|_| Corrupt)?;
                match PropertyType::from_code(code).ok_or(Corrupt)? {
                    PropertyType::Null => Ok(Value::Null),
                    $(PropertyType::$single => Ok(Value::$single(Stored::get(reader)?)),)*
                    $(PropertyType::$multiple => Ok(Value::$multiple(Stored::get(reader)?)),)*
                    PropertyType::Unspecified
                    | PropertyType::Object
                    | PropertyType::String8
                    | PropertyType::MultipleString8 => Err(Corrupt),
                }
            }
        }
    };
}

codec! {
    single: Integer16 Integer32 Floating32 Floating64 Currency FloatingTime ErrorCode Boolean
        Integer64 String Time Guid ServerId Restriction RuleAction Binary;
    multiple: MultipleInteger16 MultipleInteger32 MultipleFloating32 MultipleFloating64
        MultipleCurrency MultipleFloatingTime MultipleInteger64 MultipleString MultipleTime
        MultipleGuid MultipleBinary
}

impl Value {
    /// Octets on the wire of MAPI: text is UTF-16 and ends with NUL; of a multiple type those of
    /// its elements.
    pub fn wire_octets(&self) -> u64 {
        use Value::*;
        match self {
            Null => 0,
            Boolean(_) => 1,
            Integer16(_) => 2,
            Integer32(_) | Floating32(_) | ErrorCode(_) => 4,
            Floating64(_) | Currency(_) | FloatingTime(_) | Integer64(_) | Time(_) => 8,
            Guid(_) => 16,
            String(text) => 2 * (text.encode_utf16().count() as u64 + 1),
            _ => match self.octets() {
                Some(octets) => octets.len() as u64,
                None => self.elements().iter().map(Value::wire_octets).sum(),
            },
        }
    }

    /// A long value as the octets of a stream: text in UTF-8, octets as they are, anything else
    /// as its record.
    pub fn into_stream(self) -> Vec<u8> {
        match self {
            Value::String(text) => text.into_bytes(),
            Value::Binary(octets)
            | Value::ServerId(octets)
            | Value::Restriction(octets)
            | Value::RuleAction(octets) => octets,
            other => {
                let mut out = Vec::new();
                other.encode(&mut out);
                out
            }
        }
    }

    /// The value that a stream of [`Value::into_stream`] is. A text that was cut within a
    /// character loses it.
    pub fn from_stream(property_type: PropertyType, octets: Vec<u8>) -> Result<Value, Corrupt> {
        Ok(match property_type {
            PropertyType::String => Value::String(String::from_utf8_lossy(&octets).into_owned()),
            PropertyType::Binary => Value::Binary(octets),
            PropertyType::ServerId => Value::ServerId(octets),
            PropertyType::Restriction => Value::Restriction(octets),
            PropertyType::RuleAction => Value::RuleAction(octets),
            _ => return Value::decode(&mut Reader::new(&octets)),
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

macro_rules! from_scalar {
    ($($scalar:ty => $variant:ident,)*) => {
        $(impl From<$scalar> for Value {
            fn from(value: $scalar) -> Self {
                Value::$variant(value)
            }
        })*
    };
}

from_scalar! {
    String => String,
    i32 => Integer32,
    bool => Boolean,
    FileTime => Time,
    Guid => Guid,
    Vec<u8> => Binary,
    Vec<String> => MultipleString,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_come_back_from_their_streams() {
        for value in [
            Value::from("\u{fc}ber"),
            Value::from(vec![0u8, 255]),
            Value::RuleAction(vec![1]),
            Value::MultipleInteger32(vec![1, -1]),
            Value::from(vec!["a".to_owned(), String::new()]),
        ] {
            let property_type = value.property_type();
            let stream = value.clone().into_stream();
            assert_eq!(Value::from_stream(property_type, stream), Ok(value));
        }
        assert_eq!(Value::from_stream(PropertyType::MultipleGuid, vec![9]), Err(Corrupt));
    }
}

//! Values of properties ([MS-OXCDATA] section 2.11.1).

use types::wire::{Reader, put_bytes, put_int, put_uint};

use super::{Corrupt, Guid, PropertyType};
use types::limits::PROPERTY_VALUES_MAX;

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

/// One field of the record: how a scalar is written and read.
trait Field: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(reader: &mut Reader) -> Result<Self, Corrupt>;
}

macro_rules! fields {
    ($($scalar:ty: |$value:ident, $out:ident| $put:expr, |$reader:ident| $get:expr;)*) => {
        $(impl Field for $scalar {
            fn put(&self, $out: &mut Vec<u8>) {
                let $value = self;
                $put
            }
            fn get($reader: &mut Reader) -> Result<Self, Corrupt> {
                Ok($get)
            }
        })*
    };
}

fields! {
    i16: |v, out| put_int(out, i64::from(*v)), |r| i16::try_from(r.int()?).map_err(|_| Corrupt)?;
    i32: |v, out| put_int(out, i64::from(*v)), |r| i32::try_from(r.int()?).map_err(|_| Corrupt)?;
    i64: |v, out| put_int(out, *v), |r| r.int()?;
    u32: |v, out| put_uint(out, u64::from(*v)), |r| r.uint32()?;
    f32: |v, out| out.extend_from_slice(&v.to_le_bytes()), |r| f32::from_le_bytes(r.array()?);
    f64: |v, out| out.extend_from_slice(&v.to_le_bytes()), |r| f64::from_le_bytes(r.array()?);
    bool: |v, out| out.push(u8::from(*v)), |r| r.octet()? != 0;
    String: |v, out| put_bytes(out, v.as_bytes()), |r| r.text()?.to_owned();
    FileTime: |v, out| put_uint(out, v.0), |r| FileTime(r.uint()?);
    Guid: |v, out| out.extend_from_slice(&v.0), |r| Guid(r.array()?);
    Vec<u8>: |v, out| put_bytes(out, v), |r| r.bytes()?.to_vec();
}

fn put_all<T: Field>(values: &[T], out: &mut Vec<u8>) {
    put_uint(out, values.len() as u64);
    values.iter().for_each(|value| value.put(out));
}

fn get_all<T: Field>(reader: &mut Reader) -> Result<Vec<T>, Corrupt> {
    let count = usize::try_from(reader.uint()?).map_err(|_| Corrupt)?;
    if count > PROPERTY_VALUES_MAX.min(reader.rest().len()) {
        return Err(Corrupt);
    }
    (0..count).map(|_| T::get(reader)).collect()
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
                    $(Value::$multiple(values) => put_all(values, out),)*
                }
            }

            /// Reads what [`Value::encode`] wrote.
            pub(super) fn decode(reader: &mut Reader) -> Result<Self, Corrupt> {
                let code = u16::try_from(reader.uint()?).map_err(|_| Corrupt)?;
                match PropertyType::from_code(code).ok_or(Corrupt)? {
                    PropertyType::Null => Ok(Value::Null),
                    $(PropertyType::$single => Ok(Value::$single(Field::get(reader)?)),)*
                    $(PropertyType::$multiple => Ok(Value::$multiple(get_all(reader)?)),)*
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

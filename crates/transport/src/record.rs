//! The stored form of envelope values: fields in a fixed order, integers and lengths as
//! [`types::wire`] writes them. The version stands in the store's frame, not here.

use std::net::IpAddr;

use store::BlobNumber;
use types::time::Timestamp;
use types::wire::{Reader, Truncated, put_bytes, put_int, put_uint};

use crate::connector::ConnectorGuid;
use crate::envelope::{NetworkMessageId, Origin, Recipient, SenderCheck, Source, TlsSession};
use crate::queue::keys::HopNumber;
use crate::status::{EnhancedStatus, Reply};
use types::{Address, BodyType, Notify, OriginalRecipient, Return, ReversePath};

/// A value that stands inside a record.
pub(crate) trait Field: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated>;
}

impl Field for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.text().map(str::to_owned)
    }
}

impl Field for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(reader.octet()? != 0)
    }
}

impl Field for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.octet()
    }
}

impl Field for u16 {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        u16::try_from(reader.uint()?).map_err(|_| Truncated)
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.array()
    }
}

impl Field for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.uint32()
    }
}

impl Field for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, *self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.uint()
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        if bool::read(reader)? { T::read(reader).map(Some) } else { Ok(None) }
    }
}

impl<T: Field> Field for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, self.len() as u64);
        for value in self {
            value.put(out);
        }
    }

    /// Grows as it reads, so a lying count costs nothing.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let count = reader.uint()?;
        (0..count).map(|_| T::read(reader)).collect()
    }
}

impl Field for Address {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_string().put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Address::parse(reader.text()?).map_err(|_| Truncated)
    }
}

impl Field for ReversePath {
    fn put(&self, out: &mut Vec<u8>) {
        self.address().cloned().put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Option::<Address>::read(reader)?.map_or(ReversePath::Null, ReversePath::Address))
    }
}

/// One octet, a bit for each event.
impl Field for Notify {
    fn put(&self, out: &mut Vec<u8>) {
        let Notify { success, failure, delay } = *self;
        out.push(u8::from(success) | u8::from(failure) << 1 | u8::from(delay) << 2);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let bits = reader.octet()?;
        let is_set = |bit: u8| bits & bit != 0;
        Ok(Notify { success: is_set(1), failure: is_set(2), delay: is_set(4) })
    }
}

impl Field for IpAddr {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_string().put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.text()?.parse().map_err(|_| Truncated)
    }
}

impl Field for Timestamp {
    fn put(&self, out: &mut Vec<u8>) {
        put_int(out, self.micros());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.int().map(Timestamp::from_micros)
    }
}

/// Newtypes are stored as what they wrap.
macro_rules! stored_newtype {
    ($($name:ident),+) => {$(
        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
                Field::read(reader).map($name)
            }
        }
    )+};
}
pub(crate) use stored_newtype;

stored_newtype!(BlobNumber, NetworkMessageId, ConnectorGuid, HopNumber);

/// Structs are stored as the fields named, in that order, which is the record's form: a new
/// field needs a new version.
macro_rules! stored_struct {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)+
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
                Ok($name { $($field: Field::read(reader)?),+ })
            }
        }
    };
}
pub(crate) use stored_struct;

stored_struct!(OriginalRecipient { address_type, address });
stored_struct!(Recipient { address, original, notify });
stored_struct!(EnhancedStatus { class, subject, detail });
stored_struct!(Reply { code, status, text });
stored_struct!(TlsSession { version, cipher });
stored_struct!(Origin { source, connector, remote, helo, esmtp, authenticated, tls, sender_check });

/// Enums without data are stored as their place in a list, which therefore only grows.
macro_rules! stored_enum {
    ($name:ident: $($variant:ident = $number:literal),+ $(,)?) => {
        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $($name::$variant => $number),+ });
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
                match reader.octet()? {
                    $($number => Ok($name::$variant),)+
                    _ => Err(Truncated),
                }
            }
        }
    };
}
pub(crate) use stored_enum;

stored_enum!(BodyType: SevenBit = 0, EightBitMime = 1, BinaryMime = 2);
stored_enum!(Return: Full = 0, Headers = 1);
stored_enum!(SenderCheck: NotChecked = 0, Passed = 1, Failed = 2);
stored_enum!(Source: Smtp = 0, StoreDriver = 1, Dsn = 2, Queue = 3, Pickup = 4, Admin = 5,
    Resolver = 6, Routing = 7);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_for_reports_are_one_octet() {
        for (notify, octet) in [(Notify::NEVER, 0), (Notify::default(), 6)] {
            let mut record = Vec::new();
            notify.put(&mut record);
            assert_eq!(record, [octet]);
        }
    }
}

//! The stored form of envelope values: fields in a fixed order, integers and lengths as
//! [`types::wire`] writes them. The version stands in the store's frame, not here.

use types::wire::{Reader, Truncated, put_bytes, put_uint};
use types::{Address, ReversePath};

use crate::envelope::{
    BodyType, Notify, Origin, OriginalRecipient, Recipient, Return, SenderCheck, Source, TlsSession,
};
use crate::status::{EnhancedStatus, Reply};

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

impl Field for Notify {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.bits());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        reader.octet().map(Notify::from_bits)
    }
}

impl Field for OriginalRecipient {
    fn put(&self, out: &mut Vec<u8>) {
        self.address_type.put(out);
        self.address.put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(OriginalRecipient { address_type: Field::read(reader)?, address: Field::read(reader)? })
    }
}

impl Field for Recipient {
    fn put(&self, out: &mut Vec<u8>) {
        self.address.put(out);
        self.original.put(out);
        self.notify.put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Recipient {
            address: Field::read(reader)?,
            original: Field::read(reader)?,
            notify: Field::read(reader)?,
        })
    }
}

impl Field for Reply {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(self.code));
        out.push(self.status.class);
        put_uint(out, u64::from(self.status.subject));
        put_uint(out, u64::from(self.status.detail));
        self.text.put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let code = uint16(reader)?;
        let status = EnhancedStatus::new(reader.octet()?, uint16(reader)?, uint16(reader)?);
        Ok(Reply { code, status, text: Field::read(reader)? })
    }
}

pub(crate) fn uint16(reader: &mut Reader<'_>) -> Result<u16, Truncated> {
    u16::try_from(reader.uint()?).map_err(|_| Truncated)
}

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

impl Field for TlsSession {
    fn put(&self, out: &mut Vec<u8>) {
        self.version.put(out);
        self.cipher.put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(TlsSession { version: Field::read(reader)?, cipher: Field::read(reader)? })
    }
}

impl Field for Origin {
    fn put(&self, out: &mut Vec<u8>) {
        self.source.put(out);
        self.connector.put(out);
        self.remote.map(|address| address.to_string()).put(out);
        self.helo.put(out);
        self.esmtp.put(out);
        self.authenticated.put(out);
        self.tls.put(out);
        self.sender_check.put(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Origin {
            source: Field::read(reader)?,
            connector: Field::read(reader)?,
            remote: remote(reader)?,
            helo: Field::read(reader)?,
            esmtp: Field::read(reader)?,
            authenticated: Field::read(reader)?,
            tls: Field::read(reader)?,
            sender_check: Field::read(reader)?,
        })
    }
}

fn remote(reader: &mut Reader<'_>) -> Result<Option<std::net::IpAddr>, Truncated> {
    let text: Option<String> = Field::read(reader)?;
    text.map(|text| text.parse().map_err(|_| Truncated)).transpose()
}

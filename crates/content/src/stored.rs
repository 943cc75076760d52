//! How the fields of our own records are written and read (`types::wire` underneath).

use types::wire::{Reader, put_bytes, put_int, put_uint};

use crate::property::Corrupt;

/// A value with a place in a record.
pub(crate) trait Stored: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(reader: &mut Reader) -> Result<Self, Corrupt>;
}

/// A struct is stored as its fields in the order given.
macro_rules! stored {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(impl Stored for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
            fn get(reader: &mut Reader) -> Result<Self, Corrupt> {
                Ok($name { $($field: Stored::get(reader)?,)* })
            }
        })*
    };
}

/// A type with expressions that write and read it.
macro_rules! stored_scalars {
    ($($scalar:ty: |$value:ident, $out:ident| $put:expr, |$reader:ident| $get:expr;)*) => {
        $(impl Stored for $scalar {
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

pub(crate) use {stored, stored_scalars};

stored_scalars! {
    i16: |v, out| put_int(out, i64::from(*v)), |r| i16::try_from(r.int()?).map_err(|_| Corrupt)?;
    i32: |v, out| put_int(out, i64::from(*v)), |r| i32::try_from(r.int()?).map_err(|_| Corrupt)?;
    i64: |v, out| put_int(out, *v), |r| r.int()?;
    u32: |v, out| put_uint(out, u64::from(*v)), |r| r.uint32()?;
    u64: |v, out| put_uint(out, *v), |r| r.uint()?;
    f32: |v, out| out.extend_from_slice(&v.to_le_bytes()), |r| f32::from_le_bytes(r.array()?);
    f64: |v, out| out.extend_from_slice(&v.to_le_bytes()), |r| f64::from_le_bytes(r.array()?);
    bool: |v, out| out.push(u8::from(*v)), |r| r.octet()? != 0;
    String: |v, out| put_bytes(out, v.as_bytes()), |r| r.text()?.to_owned();
    Vec<u8>: |v, out| put_bytes(out, v), |r| r.bytes()?.to_vec();
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn get(reader: &mut Reader) -> Result<Self, Corrupt> {
        bool::get(reader)?.then(|| T::get(reader)).transpose()
    }
}

impl<T: Stored> Stored for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn get(reader: &mut Reader) -> Result<Self, Corrupt> {
        T::get(reader).map(Box::new)
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, self.len() as u64);
        self.iter().for_each(|value| value.put(out));
    }

    fn get(reader: &mut Reader) -> Result<Self, Corrupt> {
        let count = count(reader)?;
        (0..count).map(|_| T::get(reader)).collect()
    }
}

/// A number of things to come; each takes an octet at least, so no more than octets are left.
pub(crate) fn count(reader: &mut Reader) -> Result<usize, Corrupt> {
    let count = usize::try_from(reader.uint()?).map_err(|_| Corrupt)?;
    if count > reader.rest().len() { Err(Corrupt) } else { Ok(count) }
}

//! The overlay row: what clients wrote over the properties that an item's content gives. Only
//! items somebody wrote to have one. Keys do not depend on the mailbox.

use std::collections::{BTreeMap, BTreeSet};

use content::Bag;
use content::property::{PropertyKey, PropertyType};
use store::{BlobNumber, Corrupt, Record};
use types::wire::{Reader, put_uint};

/// Octets of the row; a value may have 100,000 with its frame.
pub(crate) const OVERLAY_OCTETS_MAX: usize = 90_000;

/// What clients wrote. A key is in one of the three at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// Values that are long: blobs.
    pub streams: BTreeMap<PropertyKey, PropertyStream>,
    /// Properties of the content that the item shall not have.
    pub deleted: BTreeSet<PropertyKey>,
    /// The other values.
    pub set: Bag,
}

/// A long value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PropertyStream {
    /// Its type; what its octets are is said at [`content::property::Value::into_stream`].
    pub property_type: PropertyType,
    /// Its octets.
    pub blob: BlobNumber,
    /// How many.
    pub octets: u64,
    /// How many on MAPI's wire, where text is UTF-16.
    pub wire_octets: u64,
}

impl Overlay {
    /// Nothing is written over.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.deleted.is_empty() && self.set.is_empty()
    }

    /// The blobs it refers to.
    pub fn blobs(&self) -> impl Iterator<Item = BlobNumber> {
        self.streams.values().map(|stream| stream.blob)
    }

    /// Octets of all long values.
    pub fn stream_octets(&self) -> u64 {
        self.streams.values().map(|stream| stream.octets).sum()
    }

    /// Neither set nor deleted any more. True when it was one of the two.
    pub(crate) fn forget(&mut self, key: &PropertyKey) -> bool {
        let stream = self.streams.remove(key).is_some();
        let set = self.set.remove(key.clone()).is_some();
        self.deleted.remove(key) || stream || set
    }
}

impl Record for Overlay {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.streams.len() as u64);
        for (key, stream) in &self.streams {
            key.encode(out);
            put_uint(out, u64::from(stream.property_type.code()));
            for number in [stream.blob.0, stream.octets, stream.wire_octets] {
                put_uint(out, number);
            }
        }
        put_uint(out, self.deleted.len() as u64);
        self.deleted.iter().for_each(|key| key.encode(out));
        out.extend_from_slice(&self.set.encode());
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        decode(payload).map_err(|_| Corrupt("overlay"))
    }
}

fn decode(payload: &[u8]) -> Result<Overlay, content::Corrupt> {
    let mut reader = Reader::new(payload);
    let mut overlay = Overlay::default();
    for _ in 0..reader.uint()? {
        let key = PropertyKey::decode(&mut reader)?;
        overlay.streams.insert(key, decode_stream(&mut reader)?);
    }
    for _ in 0..reader.uint()? {
        overlay.deleted.insert(PropertyKey::decode(&mut reader)?);
    }
    overlay.set = Bag::decode(reader.rest())?;
    Ok(overlay)
}

fn decode_stream(reader: &mut Reader<'_>) -> Result<PropertyStream, content::Corrupt> {
    let code = u16::try_from(reader.uint()?).map_err(|_| content::Corrupt)?;
    Ok(PropertyStream {
        property_type: PropertyType::from_code(code).ok_or(content::Corrupt)?,
        blob: BlobNumber(reader.uint()?),
        octets: reader.uint()?,
        wire_octets: reader.uint()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use content::property::tags;
    use proptest::prelude::*;

    fn overlay() -> Overlay {
        let stream = PropertyStream {
            property_type: PropertyType::String,
            blob: BlobNumber(7),
            octets: 5000,
            wire_octets: 10_002,
        };
        Overlay {
            streams: [(tags::BODY.into(), stream)].into(),
            deleted: [tags::SENSITIVITY.into()].into(),
            set: [(tags::SUBJECT, "x")].into_iter().collect(),
        }
    }

    #[test]
    fn overlays_come_back() {
        for overlay in [Overlay::default(), overlay()] {
            let mut out = Vec::new();
            overlay.encode(&mut out);
            assert_eq!(Overlay::decode(1, &out).unwrap(), overlay);
        }
    }

    #[test]
    fn what_is_forgotten_is_neither_set_nor_deleted() {
        let mut overlay = overlay();
        for tag in [tags::BODY, tags::SENSITIVITY, tags::SUBJECT] {
            assert!(overlay.forget(&tag.into()));
            assert!(!overlay.forget(&tag.into()));
        }
        assert!(overlay.is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Overlay::decode(1, &bytes);
        }
    }
}

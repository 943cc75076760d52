//! Photos of people (Set-UserPhoto), as they were given: rows of their own, which are read when
//! somebody asks and are no part of the snapshot. A photo goes with its recipient.
//!
//! What it is not: no picture is decoded here; only its first octets say what it is.

use auth::RecipientId;
use store::ReadExt;
use types::limits::PHOTO_OCTETS_MAX;

use crate::directory::Directory;
use crate::error::DirectoryError;
use crate::keys;

/// What a photo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoFormat {
    /// image/jpeg (ISO/IEC 10918-1: SOI, and the marker behind it).
    Jpeg,
    /// image/png (RFC 2083 section 3.1).
    Png,
}

impl PhotoFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            PhotoFormat::Jpeg => "image/jpeg",
            PhotoFormat::Png => "image/png",
        }
    }
}

/// A photo of legal size in a known format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    octets: Vec<u8>,
    format: PhotoFormat,
}

/// Octets that are no photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPhoto {
    /// Neither JPEG nor PNG.
    #[error("a photo is a JPEG or a PNG")]
    Format,
    /// Beyond [`PHOTO_OCTETS_MAX`].
    #[error("a photo has at most {PHOTO_OCTETS_MAX} octets")]
    TooLong,
}

impl Photo {
    /// A photo of its octets.
    pub fn new(octets: Vec<u8>) -> Result<Self, NoPhoto> {
        if octets.len() > PHOTO_OCTETS_MAX {
            return Err(NoPhoto::TooLong);
        }
        let format = match octets.as_slice() {
            [0xff, 0xd8, 0xff, _, ..] => PhotoFormat::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', _, ..] => PhotoFormat::Png,
            _ => return Err(NoPhoto::Format),
        };
        Ok(Photo { octets, format })
    }

    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What it is.
    pub fn format(&self) -> PhotoFormat {
        self.format
    }
}

/// The row: the octets alone.
#[derive(Debug)]
pub(crate) struct PhotoRow(pub Vec<u8>);

impl Directory {
    /// The photo of a recipient.
    pub async fn photo(&self, id: RecipientId) -> Result<Option<Photo>, DirectoryError> {
        let key = keys::photo(id);
        let row = self.database().read(move |read| read.record::<PhotoRow>(&key)).await?;
        // What is no photo any more is none: it was one when it was written.
        Ok(row.and_then(|PhotoRow(octets)| Photo::new(octets).ok()))
    }

    /// Gives a recipient a photo, or takes it away.
    pub async fn set_photo(
        &self,
        id: RecipientId,
        photo: Option<Photo>,
    ) -> Result<(), DirectoryError> {
        let photo = photo.map(|photo| PhotoRow(photo.octets));
        self.change(move |draft| {
            draft.existing(id)?;
            draft.edit(crate::snapshot::Edit::PutPhoto(id, photo.map(std::sync::Arc::new)));
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_octets_say_what_a_photo_is() {
        for (octets, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Ok(PhotoFormat::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0", Ok(PhotoFormat::Png)),
            (b"\x89PNG\n\x1a\n\0\0", Err(NoPhoto::Format)),
            (b"GIF89a", Err(NoPhoto::Format)),
            (b"\xff\xd8\xff", Err(NoPhoto::Format)),
            (b"", Err(NoPhoto::Format)),
        ] {
            assert_eq!(Photo::new(octets.to_vec()).map(|photo| photo.format()), expected);
        }
    }

    #[test]
    fn a_photo_has_so_many_octets() {
        let photo = |octets: usize| {
            let mut all = b"\xff\xd8\xff\xe0".to_vec();
            all.resize(octets, 0);
            Photo::new(all)
        };
        assert!(photo(PHOTO_OCTETS_MAX).is_ok());
        assert_eq!(photo(PHOTO_OCTETS_MAX + 1), Err(NoPhoto::TooLong));
    }
}

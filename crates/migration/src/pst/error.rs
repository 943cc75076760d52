//! What is wrong with a PST file, or with one of its items.

use std::io;

/// Why a PST file, or a part of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PstError {
    /// The system.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It does not begin with `!BDN`.
    #[error("it is no PST file")]
    NotPst,
    /// wVer of a format that is not read: files of 4 KiB pages (OST of Outlook 2013 and later).
    #[error("version {0} of the format is not read")]
    Version(u16),
    /// bCryptMethod 0x10: protected by the system (Windows Information Protection).
    #[error("its contents are encrypted in a way ({0}) that needs the computer that wrote it")]
    Encrypted(u8),
    /// The file is shorter than its header says.
    #[error("it is cut off: its header says {expected} octets, and it has {found}")]
    Cut {
        /// ibFileEof.
        expected: u64,
        /// Its length.
        found: u64,
    },
    /// What stands there cannot stand there.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// A limit with a name.
    #[error("limit reached: {0}")]
    Limit(&'static str),
}

impl PstError {
    /// Whether only the item at hand is concerned, and others may be read.
    pub(super) fn is_of_item(&self) -> bool {
        matches!(self, PstError::Damaged(_) | PstError::Limit(_))
    }
}

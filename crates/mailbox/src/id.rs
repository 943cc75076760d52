//! The numbers a mailbox hands out. One newtype each, so that none is taken for another.
//!
//! Ids (folders, items, MIDs) and change numbers are two counters of the mailbox's counter
//! row; both stay below 2^48, the size of MAPI's GlobalCounter ([MS-OXCFXICS] 2.2.2.1).

use std::fmt;

/// The largest id or change number: MAPI carries 48 bits.
pub const COUNTER_MAX: u64 = (1 << 48) - 1;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($inner);

        impl $name {
            /// Wraps the number as it stands in a record or a protocol.
            pub const fn new(number: $inner) -> Self {
                $name(number)
            }

            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A mailbox within its database. Local: it never leaves the server in an id.
    MailboxNumber(u32)
);
number!(
    /// A folder (MAPI FID counter). Survives rename and folder move.
    FolderId(u64)
);
number!(
    /// An item for as long as it exists, through moves. Internal.
    ItemNumber(u64)
);
number!(
    /// One content, shared by the copies of an item in the mailbox. IMAP EMAILID.
    ContentNumber(u64)
);
number!(
    /// A message (MAPI MID counter). New after a move.
    Mid(u64)
);
number!(
    /// A change. IMAP modification sequences and MAPI change numbers are this.
    ChangeNumber(u64)
);
number!(
    /// Unfinished bulk work, and the list its items stand in: from the same counter as folders.
    IntentNumber(u64)
);
number!(
    /// A message within its folder (RFC 9051 section 2.3.1.1). Never 0, never reused.
    Uid(u32)
);

impl IntentNumber {
    /// Where the rows of its items stand, as if it were a folder.
    pub(crate) fn list(self) -> FolderId {
        FolderId::new(self.0)
    }
}

/// A GUID in the byte order of the wire ([MS-DTYP] 2.3.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// A fresh random GUID (version 4).
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes)?;
        bytes[7] = (bytes[7] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Ok(Guid(bytes))
    }
}

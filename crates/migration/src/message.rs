//! What is carried over.

use content::Bag;
use mailbox::Flags;

/// A message with what a mailbox knows of it besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// RFC 5322, lines ended by CRLF.
    pub octets: Vec<u8>,
    /// Flags with a meaning of their own.
    pub flags: Flags,
    /// Keywords by name.
    pub keywords: Vec<String>,
    /// INTERNALDATE, seconds since 1970; None: not known.
    pub received: Option<i64>,
    /// Zone of the INTERNALDATE, minutes east of UTC.
    pub zone_minutes: i16,
    /// What the octets do not say, where a source has more; categories go before `keywords`.
    pub properties: Bag,
    /// Properties and attachments of the source that the item could not keep.
    pub left_out: u64,
}

impl Message {
    /// One without flags, of an unknown time.
    pub fn of(octets: Vec<u8>) -> Self {
        let (flags, keywords) = (Flags::NONE, Vec::new());
        let properties = Bag::default();
        Message {
            octets,
            flags,
            keywords,
            received: None,
            zone_minutes: 0,
            properties,
            left_out: 0,
        }
    }
}

/// One item of a source's folder.
#[derive(Clone, Debug)]
pub struct Item {
    /// What to go on behind: the source's own, opaque to others, rising in the source's order.
    pub cursor: Vec<u8>,
    /// How much of the folder's [`units`](crate::SourceFolder::units) it is.
    pub units: u64,
    /// The source cannot say whether it gave this one before, under another cursor.
    pub again: bool,
    /// The message; or why there is none, which makes it a bad item.
    pub body: Result<Message, String>,
}

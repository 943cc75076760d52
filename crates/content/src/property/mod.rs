//! MAPI properties without MAPI's wire: tags, names, values, bags ([MS-OXCDATA] section 2.11,
//! [MS-OXPROPS]).
//!
//! A bag's keys do not depend on a mailbox: there are no 0x8000 ids here, a named property is
//! its set and name, or the compiled-in number of a well-known one. Not a wire format of any
//! protocol: [`Bag::encode`] is our own record.

mod bag;
mod compare;
mod key;
pub mod names;
pub mod restriction;
pub mod tags;
mod value;

pub use bag::Bag;
pub use compare::{SortKey, compare_column};
pub use key::{Guid, NameKind, PropertyKey, PropertyName, PropertyTag, PropertyType};
pub use restriction::{Properties, Restriction};
pub use value::{FileTime, Value};

/// Stored bytes that this version cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored record is corrupt or of a later version")]
pub struct Corrupt;

impl From<types::wire::Truncated> for Corrupt {
    fn from(_: types::wire::Truncated) -> Self {
        Corrupt
    }
}

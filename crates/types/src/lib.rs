//! Value types that every crate may name: addresses, identifiers of protocols, limits.
//!
//! What it is not: no IO, no clock, no protocol grammar. A value that exists here is legal
//! (parse, don't validate): a function that takes an [`Address`] never checks it again.

pub mod address;
pub mod address_space;
pub mod address_template;
pub mod esmtp;
pub mod ip_range;
pub mod limits;
pub mod login_type;
pub mod modified_utf7;
pub mod port;
pub mod time;
pub mod wire;

pub use address::{Address, AddressError, Domain, LocalPart, ReversePath};
pub use address_space::{AddressSpace, AddressSpaceError, DomainPattern};
pub use address_template::AddressTemplate;
pub use esmtp::{BodyType, Notify, OriginalRecipient, Return};
pub use ip_range::{IpRange, IpRangeError};
pub use login_type::LoginType;
pub use port::{Port, Transport};
pub use time::{Clock, ManualClock, SystemClock, Timestamp};

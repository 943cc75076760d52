//! What a message says: MIME, properties, text. Pure functions of octets.
//!
//! What it is not: no IO, no clock, no storage, no protocol session. IMAP's ENVELOPE and
//! BODYSTRUCTURE syntax is written here ([`imap_text`]) because those texts are derived columns:
//! made once at delivery, stored, and sent as they are.
//!
//! * [`derive()`] makes the [`Summary`] of a message: everything lists and IMAP ask for, and the
//!   base properties. It never fails: whatever arrives has a summary.
//! * [`structure`] finds parts by IMAP number and decodes them; [`header_fields`] cuts headers.
//! * [`search`] is the text that searches see; [`thread`] makes threads and sort keys.
//! * [`property`] are MAPI's properties; [`compose`] makes MIME of them; [`rtf`] are bodies that
//!   MAPI keeps in RTF; [`interchange`] makes iCalendar and vCard.
//!
//! The MIME scanner is our own (see `scanner.rs` for why); `mail-parser` supplies charsets and
//! reads improper dates. Specifications: RFC 5322, 2045 to 2047, 2183, 2231, 3501/9051, 5256,
//! 5957, 8970, [MS-OXCMAIL], [MS-OXCDATA].
//!
//! Invariants: every function is total, linear in its input up to the named limits, and gives
//! the same result for the same octets for as long as [`CONVERTER_VERSION`] does not rise.

pub mod address_list;
pub mod automatic_response;
pub mod charset;
pub mod class;
pub mod compose;
pub mod date;
pub mod envelope;
mod header;
pub mod html;
pub mod imap_text;
pub mod interchange;
mod lexis;
mod mail_properties;
pub mod message_id;
pub mod parameters;
mod preview;
pub mod property;
mod record;
pub mod rtf;
mod scanner;
pub mod search;
mod stored;
pub mod structure;
pub mod subject;
mod summary;
pub mod thread;
pub mod transfer;
pub mod words;

pub use address_list::EnvelopeAddress;
pub use date::Sent;
pub use envelope::Envelope;
pub use header::{Field, field_text, fields, header_fields, unfold};
pub use mail_properties::{settle_subject, split_prefix};
pub use parameters::Parameter;
pub use property::{Bag, Corrupt};
pub use structure::{Disposition, Part, Span, decode_body};
pub use summary::{CONVERTER_VERSION, Importance, Summary, derive};
pub use transfer::UnknownEncoding;

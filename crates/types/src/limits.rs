//! Every limit on what comes from the network or grows with use: name, unit, reason.
//!
//! One place, so that a reviewer can ask of each quantity "who bounds this?". Limits that an
//! administrator changes are defaults here and settings elsewhere. Units stand last in names.

// ---- Addresses (RFC 5321 section 4.5.3.1; Exchange's wider values inside the organization) ----

/// Octets of a local part. RFC 5321 asks for 64; Exchange takes 315 (X.400 encapsulation).
pub const LOCAL_PART_OCTETS_MAX: usize = 315;
/// Octets of a domain name (RFC 1035).
pub const DOMAIN_OCTETS_MAX: usize = 255;
/// Octets of one label of a domain name (RFC 1035).
pub const DOMAIN_LABEL_OCTETS_MAX: usize = 63;

// ---- Engines: the narrowest of all supported engines, enforced by every one of them ----

/// Octets of a key.
pub const KEY_OCTETS_MAX: usize = 10_000;
/// Octets of a value, framing included.
pub const VALUE_OCTETS_MAX: usize = 100_000;
/// Octets of keys and values of one engine transaction.
pub const TRANSACTION_OCTETS_MAX: usize = 8 * 1024 * 1024;

// ---- Messages ----

/// Octets of the largest message accepted unless a connector says otherwise: Exchange's
/// default of 36 MB, which is 25 MB of attachments in base64.
pub const MESSAGE_OCTETS_MAX: usize = 37_748_736;
/// Octets of the largest message any setting may allow; tested.
pub const MESSAGE_OCTETS_CEILING: usize = 150 * 1024 * 1024;
/// Octets of a message's header (Exchange 2013 and later).
pub const HEADER_OCTETS_MAX: usize = 256 * 1024;
/// Nesting of MIME parts; what lies deeper stays opaque bytes.
pub const MIME_DEPTH_MAX: usize = 64;
/// Parts of one message; what follows stays opaque bytes.
pub const MIME_PARTS_MAX: usize = 10_000;

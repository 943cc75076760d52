//! Keys of the directory's rows, all under the store's directory space.
//!
//! | second octet | then | row |
//! |---|---|---|
//! | 0x01 | | settings |
//! | 0x02 | GUID | recipient |
//! | 0x03 | name | accepted domain |
//! | 0x04 | change number | reserved: what was removed, for servers that follow |

use std::ops::Range;

use auth::RecipientId;
use store::keys::SPACE_DIRECTORY;
use types::Domain;

const KIND_SETTINGS: u8 = 0x01;
const KIND_RECIPIENT: u8 = 0x02;
const KIND_DOMAIN: u8 = 0x03;

/// The settings row.
pub(crate) const SETTINGS: [u8; 2] = [SPACE_DIRECTORY, KIND_SETTINGS];

/// Row of a recipient.
pub(crate) fn recipient(id: RecipientId) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_RECIPIENT], &id.0[..]].concat()
}

/// Row of an accepted domain.
pub(crate) fn domain(name: &Domain) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_DOMAIN], name.as_str().as_bytes()].concat()
}

/// All recipients.
pub(crate) fn recipients() -> Range<Vec<u8>> {
    kind(KIND_RECIPIENT)
}

/// All accepted domains.
pub(crate) fn domains() -> Range<Vec<u8>> {
    kind(KIND_DOMAIN)
}

fn kind(kind: u8) -> Range<Vec<u8>> {
    vec![SPACE_DIRECTORY, kind]..vec![SPACE_DIRECTORY, kind + 1]
}

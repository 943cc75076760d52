//! Keys of the directory's rows, all under the store's directory space.
//!
//! | second octet | then | row |
//! |---|---|---|
//! | 0x01 | | settings |
//! | 0x02 | GUID | recipient |
//! | 0x03 | name | accepted domain |
//! | 0x04 | change number | reserved: what was removed, for servers that follow |
//! | 0x05 | second, sequence | entry of the administrator audit log |
//! | 0x06 | kind, 0, name | configuration object |
//! | 0x09 | name in lower case | role group |
//! | 0x08 | GUID | app passwords of an account |
//! | 0x07 | GUID | photo of a recipient |

use std::ops::Range;

use auth::RecipientId;
use store::keys::SPACE_DIRECTORY;
use types::Domain;

use crate::object::ObjectIdentity;

const KIND_SETTINGS: u8 = 0x01;
const KIND_RECIPIENT: u8 = 0x02;
const KIND_DOMAIN: u8 = 0x03;
const KIND_AUDIT: u8 = 0x05;
const KIND_OBJECT: u8 = 0x06;
const KIND_ROLE_GROUP: u8 = 0x09;
const KIND_APP_PASSWORDS: u8 = 0x08;
const KIND_PHOTO: u8 = 0x07;

/// The settings row.
pub(crate) const SETTINGS: [u8; 2] = [SPACE_DIRECTORY, KIND_SETTINGS];

/// Row of a recipient.
pub(crate) fn recipient(id: RecipientId) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_RECIPIENT], &id.0[..]].concat()
}

/// Row of a recipient's photo.
pub(crate) fn photo(id: RecipientId) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_PHOTO], &id.0[..]].concat()
}

/// Row of an accepted domain.
pub(crate) fn domain(name: &Domain) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_DOMAIN], name.as_str().as_bytes()].concat()
}

/// Where the audit log's entries of a second begin.
pub(crate) fn audit(second: u64) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_AUDIT], &second.to_be_bytes()[..]].concat()
}

/// What tells the entries of one second apart.
pub(crate) fn audit_sequence(key: &[u8]) -> Option<u32> {
    key.last_chunk().map(|octets| u32::from_be_bytes(*octets))
}

/// Row of a configuration object.
pub(crate) fn object(identity: &ObjectIdentity) -> Vec<u8> {
    let (kind, name) = (identity.kind.as_bytes(), identity.name.as_bytes());
    [&[SPACE_DIRECTORY, KIND_OBJECT], kind, &[0], name].concat()
}

/// Row of a role group.
pub(crate) fn role_group(folded: &str) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_ROLE_GROUP], folded.as_bytes()].concat()
}

/// All role groups.
pub(crate) fn role_groups() -> Range<Vec<u8>> {
    kind(KIND_ROLE_GROUP)
}

/// Row of an account's app passwords.
pub(crate) fn app_passwords(account: RecipientId) -> Vec<u8> {
    [&[SPACE_DIRECTORY, KIND_APP_PASSWORDS], &account.0[..]].concat()
}

/// All rows of app passwords.
pub(crate) fn all_app_passwords() -> Range<Vec<u8>> {
    kind(KIND_APP_PASSWORDS)
}

/// All configuration objects.
pub(crate) fn objects() -> Range<Vec<u8>> {
    kind(KIND_OBJECT)
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

//! The first octet of a key says whose it is; the store's own rows are named here.

use crate::blob::BlobNumber;

/// The store's own rows.
pub const SPACE_STORE: u8 = 0x00;
/// Blob rows.
pub const SPACE_BLOB: u8 = 0x01;
/// Mailboxes.
pub const SPACE_MAILBOX: u8 = 0x10;
/// The index of who was granted folders of which mailboxes.
pub const SPACE_GRANTS: u8 = 0x11;
/// The mail queue.
pub const SPACE_QUEUE: u8 = 0x20;
/// The directory.
pub const SPACE_DIRECTORY: u8 = 0x30;
/// What a server notes of its own work on the database.
pub const SPACE_SERVER: u8 = 0x40;
/// Requests to import and to export, in the database of the mailboxes they speak of.
pub const SPACE_MIGRATION: u8 = 0x50;
/// Reserved; ends the last space.
pub const SPACE_END: u8 = 0x7f;

/// Number of the next blob.
pub(crate) const NEXT_BLOB: &[u8] = &[SPACE_STORE, b'b'];
/// Version of the schema.
pub(crate) const SCHEMA: &[u8] = &[SPACE_STORE, b's'];
/// Where an unfinished migration stands.
pub(crate) const MIGRATION: &[u8] = &[SPACE_STORE, b'm'];
/// How far blobs are old enough to be reclaimed.
pub(crate) const SWEEP: &[u8] = &[SPACE_STORE, b'w'];

/// Octets of a blob row's key.
pub(crate) const BLOB_KEY_OCTETS: usize = 9;

/// Key of a blob's row.
pub(crate) fn blob(number: BlobNumber) -> [u8; BLOB_KEY_OCTETS] {
    let mut key = [SPACE_BLOB; BLOB_KEY_OCTETS];
    key[1..].copy_from_slice(&number.0.to_be_bytes());
    key
}

/// Key behind those of all blob rows.
pub(crate) fn blob_end() -> [u8; 1] {
    [SPACE_BLOB + 1]
}

/// Number of the blob whose row has this key.
pub(crate) fn blob_number(key: &[u8]) -> Option<BlobNumber> {
    let (space, number) = key.split_first()?;
    let number = u64::from_be_bytes(number.try_into().ok()?);
    (*space == SPACE_BLOB).then_some(BlobNumber(number))
}

/// What a key's first octet says, in words.
pub(crate) fn space_name(key: &[u8]) -> &'static str {
    match key.first() {
        Some(&SPACE_STORE) => "store",
        Some(&SPACE_BLOB) => "blob",
        Some(&SPACE_MAILBOX) => "mailbox",
        Some(&SPACE_GRANTS) => "grants",
        Some(&SPACE_QUEUE) => "queue",
        Some(&SPACE_DIRECTORY) => "directory",
        Some(&SPACE_SERVER) => "server",
        Some(&SPACE_MIGRATION) => "migration",
        _ => "unknown",
    }
}

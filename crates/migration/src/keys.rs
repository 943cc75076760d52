//! Keys of requests, in the database of the mailboxes, under the store's migration space.
//!
//! | second octet | then | row |
//! |---|---|---|
//! | 0x01 | request | what was asked for |
//! | 0x02 | request | its state |
//! | 0x03 | request, the source's name of a folder | how far that folder has come |
//! | 0x04 | name, in small letters | a batch |
//! | 0x05 | name, in small letters | an endpoint |

use std::ops::Range;

use store::keys::SPACE_MIGRATION;

use crate::request::RequestId;

const KIND_REQUEST: u8 = 0x01;
const KIND_STATE: u8 = 0x02;
const KIND_FOLDER: u8 = 0x03;
const KIND_BATCH: u8 = 0x04;
const KIND_ENDPOINT: u8 = 0x05;

/// What was asked for.
pub(crate) fn request(id: RequestId) -> Vec<u8> {
    of(KIND_REQUEST, id)
}

/// All requests.
pub(crate) fn requests() -> Range<Vec<u8>> {
    all_of(KIND_REQUEST)
}

/// The state of a request.
pub(crate) fn state(id: RequestId) -> Vec<u8> {
    of(KIND_STATE, id)
}

/// How far a folder has come.
pub(crate) fn folder(id: RequestId, place: &str) -> Vec<u8> {
    let mut key = of(KIND_FOLDER, id);
    key.extend_from_slice(place.as_bytes());
    key
}

/// All folders of a request.
pub(crate) fn folders(id: RequestId) -> Range<Vec<u8>> {
    let from = of(KIND_FOLDER, id);
    let mut to = from.clone();
    // No text has this octet.
    to.push(0xff);
    from..to
}

/// A batch.
pub(crate) fn batch(name: &str) -> Vec<u8> {
    named(KIND_BATCH, name)
}

/// All batches.
pub(crate) fn batches() -> Range<Vec<u8>> {
    all_of(KIND_BATCH)
}

/// An endpoint.
pub(crate) fn endpoint(name: &str) -> Vec<u8> {
    named(KIND_ENDPOINT, name)
}

/// All endpoints.
pub(crate) fn endpoints() -> Range<Vec<u8>> {
    all_of(KIND_ENDPOINT)
}

/// A name as keys have it: the same, in capitals or not.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

fn named(kind: u8, name: &str) -> Vec<u8> {
    [&[SPACE_MIGRATION, kind], folded(name).as_bytes()].concat()
}

fn all_of(kind: u8) -> Range<Vec<u8>> {
    vec![SPACE_MIGRATION, kind]..vec![SPACE_MIGRATION, kind + 1]
}

fn of(kind: u8, id: RequestId) -> Vec<u8> {
    [&[SPACE_MIGRATION, kind], &id.0[..]].concat()
}

//! Keys of requests, in the database of the mailboxes, under the store's migration space.
//!
//! | second octet | then | row |
//! |---|---|---|
//! | 0x01 | request | what was asked for |
//! | 0x02 | request | its state |
//! | 0x03 | request, the source's name of a folder | how far that folder has come |

use std::ops::Range;

use store::keys::SPACE_MIGRATION;

use crate::request::RequestId;

const KIND_REQUEST: u8 = 0x01;
const KIND_STATE: u8 = 0x02;
const KIND_FOLDER: u8 = 0x03;

/// What was asked for.
pub(crate) fn request(id: RequestId) -> Vec<u8> {
    of(KIND_REQUEST, id)
}

/// All requests.
pub(crate) fn requests() -> Range<Vec<u8>> {
    vec![SPACE_MIGRATION, KIND_REQUEST]..vec![SPACE_MIGRATION, KIND_REQUEST + 1]
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

fn of(kind: u8, id: RequestId) -> Vec<u8> {
    [&[SPACE_MIGRATION, kind], &id.0[..]].concat()
}

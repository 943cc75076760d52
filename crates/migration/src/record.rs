//! Rows of requests as JSON: they are few, they are written by people, and they gain fields.

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Corrupt, Record};

/// A row whose value is JSON.
pub(crate) struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Record for Json<T> {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        // Maps with text keys and plain values always serialize; an empty row would be found
        // as damage.
        let written = serde_json::to_writer(&mut *out, &self.0);
        debug_assert!(written.is_ok(), "a row of a request does not serialize");
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        serde_json::from_slice(payload).map(Json).map_err(|_| Corrupt("migration request"))
    }
}

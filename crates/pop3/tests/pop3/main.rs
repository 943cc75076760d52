//! POP3 as its clients see it.
#![allow(clippy::unwrap_used, missing_docs)]

mod sessions;
mod support;
mod transcripts;

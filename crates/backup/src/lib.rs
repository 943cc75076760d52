//! Backups of a whole server: its databases, its keys and its settings, in a repository folder.
//!
//! A [`Repository`] holds chunks of files under the SHA-256 of their octets, and one manifest a
//! backup, which says which chunks make which file. [`take`] makes a backup while the server
//! runs or not, [`restore`](fn@restore) makes a data folder of one, [`verify`](fn@verify)
//! reads everything in a repository, [`prune`](fn@prune) removes old backups.
//!
//! What it is not: it knows no mail, and no mailbox alone; it starts nothing and asks no server.
//! It neither encrypts nor compresses: the file system below does, or the one who copies the
//! repository elsewhere.
//!
//! Invariants:
//! * A backup is there when its manifest is, which is written last. What an interruption leaves
//!   is never read.
//! * Nothing in a repository is changed or written over. Removed are unfinished files and, by
//!   [`prune`], backups: first manifests, then the chunks that no manifest names.
//! * Each database is in the state of one moment, with every octet that its rows name.
//! * No octet is restored that has not the hash under which it was put away, and no file
//!   outside of the folder that was named for it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod file;
mod manifest;
mod progress;
mod prune;
mod repository;
mod restore;
mod source;
mod take;
mod verify;

pub use error::BackupError;
pub use manifest::{BackupFile, Manifest};
pub use progress::{Progress, Silent, Step};
pub use prune::{Keep, Pruned, prune};
pub use repository::{Listed, Repository};
pub use restore::{RESTORED, restore};
pub use source::{Extra, Source};
pub use take::{Taken, take};
pub use verify::{Report, verify};

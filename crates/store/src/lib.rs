//! The store: ordered rows with transactions, blobs, and one sync for many writers.
//!
//! A [`Database`] holds framed rows under octet keys in an engine ([`engine`]), and blobs in
//! rows or segment files. A write is a function: `database.write(|txn| …)` runs on the
//! database's one writer thread over what earlier functions of its group changed, and answers
//! when the group is durable. A read is a function of a [`Snapshot`].
//!
//! What it is not: it knows nothing of mail, and no network. Only this crate knows engines.
//!
//! Invariants:
//! * An answer `Ok` of a write survives kill and loss of power; of a write that answered an
//!   error nothing is there.
//! * Numbers handed out inside write functions come in commit order: nobody sees change N+1
//!   before N.
//! * A row never names octets of a blob that are not durable.
//! * Damage is found when it is read, never handed on: every row and every whole blob has a
//!   checksum.
//! * After a failed sync or commit nothing more is written (poisoned).
//! * The limits on keys, values and transactions are the same over every engine.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod blob;
mod blob_reader;
mod cache;
mod database;
mod directory;
pub mod engine;
mod error;
mod frame;
mod frozen;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod job;
pub mod keys;
mod lanes;
mod options;
mod pending;
mod read;
mod reclaim;
mod schema;
mod segment;
mod snapshot;
mod space;
mod stage;
mod sync;
mod sync_times;
mod txn;
mod verify;
mod watch;
mod writer;

pub use blob::{BlobNumber, Staged};
pub use blob_reader::BlobReader;
pub use database::{Database, Stats};
pub use error::{Corrupt, StoreError};
pub use frozen::{Frozen, FrozenFile, FrozenFiles};
pub use health::Health;
pub use job::Bulk;
pub use options::{EngineKind, Options};
pub use read::{Direction, Read, ReadExt, Record, Row};
pub use reclaim::{Mark, Pin, Swept};
pub use schema::{Migration, Schema, Step};
pub use snapshot::Snapshot;
pub use space::{FileSystemProbe, Room, SpaceProbe};
pub use stage::Stager;
pub use txn::Txn;
pub use verify::{Damaged, Finding, Report, verify_directory};
pub use watch::Watch;

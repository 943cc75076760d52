//! Bringing mail in and out: requests to import into a mailbox or to export from it, as Exchange's
//! MailboxImportRequest, MailboxExportRequest and MailboxRestoreRequest.
//!
//! A [`Source`] has folders, and in each folder items in an order that only grows at its end; a
//! [`Sink`] takes them. [`transfer`] carries items from one to the other in batches and keeps a
//! [`Ledger`]: per folder a cursor, how far it has come. Sources are files on the server's disk
//! ([`disk`], [`pst`]), mailboxes on other servers ([`imap_source`]), mailboxes in a recovery database
//! ([`RecoveryMailbox`]) and, for exports, a mailbox ([`MailboxSource`]); sinks are a mailbox
//! ([`MailboxSink`]) and folders on the disk.
//!
//! Nothing missing, nothing twice, also after a kill: an import writes the items of a batch and
//! the cursor behind them in one transaction, which is why the rows of requests stand in the
//! database of the mailboxes and not in the directory's. A key per item would show duplicates as
//! well, but costs a row for each message of a migration for good; every source here has an
//! order that rises (place in the file, name, UID), and so one row per folder does. An export
//! writes files first and the cursor after their sync; what was written behind the cursor is
//! taken away before it goes on.
//!
//! What it is not: nothing here decides when a request runs (crate `roles` does), nor who may make
//! one (the verbs in `admin`). Contents are neither changed nor judged, but for line ends.
//!
//! Invariants: a request that was suspended or removed writes nothing any more, because every
//! batch reads the state in its own transaction. Files are opened below the root of the request
//! alone, and never through a link.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batch;
pub mod disk;
mod error;
mod filter;
mod folder;
pub mod imap_source;
mod keys;
mod ledger;
mod lines;
mod mailbox_sink;
mod mailbox_source;
mod message;
pub mod pst;
mod record;
mod recovery;
mod request;
mod requests;
mod run;
mod schedule;
mod transfer;

pub use batch::{
    BadRow, Batch, BatchChange, BatchCounts, BatchPhase, BatchStatus, BatchTag, BatchUser,
    CsvError, CsvRow, MigrationEndpoint, NewBatch, csv_rows,
};
pub use disk::DiskSource;
pub use error::MigrationError;
pub use filter::{FolderFilter, FolderPattern};
pub use folder::{SourceFolder, special_by_name};
pub use imap_source::{ImapEndpoint, ImapSource, Network, Pace, Secret, Security};
pub use ledger::{FolderProgress, Gain, Ledger};
pub use mailbox_sink::MailboxSink;
pub use mailbox_source::MailboxSource;
pub use message::{Item, Message};
pub use recovery::{RecoveryMailbox, recovery_folder};
pub use request::{
    DiskFormat, Kind, NewRequest, Place, Request, RequestId, RequestState, RequestStatus,
};
pub use requests::Requests;
pub use run::run;
pub use schedule::Schedule;
pub use transfer::{Sink, Source, transfer};

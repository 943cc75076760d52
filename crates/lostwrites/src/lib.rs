//! A file system that loses what was not synced, for tests of what survives a loss of power.
//!
//! [`Mount::over`] puts the files of a directory under a mount point of its own. A program
//! writes and syncs there; [`Mount::cut`] takes the power away: the directory then holds what
//! a disk may hold at that moment, and can be mounted again. It works on Linux through
//! `/dev/fuse`, as root or with `fusermount3` (package fuse3).
//!
//! What is durable ([`model`], which knows nothing of mounts):
//! * The data and the length of a file, when that file was synced (fsync and fdatasync are the
//!   same here).
//! * A name (made, renamed, removed) when its directory was synced, and nothing else. ext4 makes
//!   the name of a synced new file durable too; POSIX does not promise it, so neither does this.
//! * A rename is all or nothing. Between two directories it is durable when one of them was
//!   synced, together with what was done in both before.
//!
//! What a cut leaves of the rest is [`Loss`]: nothing, or a random part as a page cache and a
//! journal write it back, with a torn block in each file. [`Disk::Lying`] forgets even what was
//! synced: a test that passes over it tests nothing.
//!
//! What it is not: a file system to keep something in. All files are in memory while mounted;
//! nothing is freed before the end. Owner and times of files are not kept, permissions are
//! durable at once. There are no links, and directories stay in the directory they were made in.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod adapter;
mod backing;
mod chance;
pub mod model;
mod mount;

pub use chance::Chance;
pub use model::Loss;
pub use mount::{Disk, Mount};

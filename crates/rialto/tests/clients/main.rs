//! Mail programs that people use, against the real binary on loopback: one module a program.
//!
//! What it is not: protocols are tested in their own crates, byte by byte. Here counts what a
//! program that nobody here wrote makes of the whole server.
//!
//! Invariants: every test has a server, ports and a folder of its own; a program that is not
//! installed is told loudly, and fails the test where `CI` is `true`; what a program did is
//! looked at with other eyes than its own, those of [`support`].

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acme;
mod app_passwords;
mod backup;
mod batch;
mod check;
mod configured;
mod connectivity;
mod curl;
mod explain;
mod fetch;
mod guide;
mod installation;
mod linked_directory;
mod mailflow;
mod mbsync;
mod metrics;
mod migration;
mod mutt;
mod offlineimap;
mod postfix;
mod pull;
mod pull_large;
mod python;
mod queues;
mod recorded;
mod recovery;
mod restart;
mod rows;
mod send;
mod setup;
mod support;
mod swaks;
mod telemetry;
mod tracking;
mod verbs;

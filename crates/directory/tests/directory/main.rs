//! The directory over a store in memory, and over one on disk where it must survive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod address_policies;
mod app_passwords;
mod authentication;
mod changes;
mod limits;
mod logins;
mod members;
mod persistence;
mod photos;
mod resolution;
mod role_groups;
mod support;

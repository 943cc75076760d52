//! Verbs as an administrator writes them, on an organization in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod address_lists;
mod address_policies;
mod app_passwords;
mod audit;
mod auto_replies;
mod batches;
mod certificates;
mod configuration;
mod configured;
mod connectivity;
mod enabling;
mod explain;
mod kinds;
mod linked_directories;
mod mailflow;
mod maintenance;
mod people;
mod photos;
mod queues;
mod recipients;
mod refusals;
mod requests;
mod restores;
mod role_groups;
mod scopes;
mod shell;
mod statistics;
#[path = "../support/mod.rs"]
mod support;
mod throttling;
mod tracking;

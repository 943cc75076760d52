//! The mail queue: durable rows, one queue per next hop, Exchange's retry schedule.
//!
//! Rows ([`message`], [`hop`]) are the truth; in memory stands only which queue may connect
//! when ([`scheduler`]) and which parts a connection holds. A restart reads the queues' names
//! and the time of their first due row, nothing else, and goes on.
//!
//! What is recorded: one transaction per connection holds the fate of every message it
//! carried together with the reports. A kill between a remote 250 and that transaction sends
//! the message again; that is SMTP's own gap and the only repeat there is.

pub mod admin;
pub(crate) mod board;
pub mod hop;
pub mod keys;
pub mod listing;
mod local;
pub mod manager;
pub mod message;
mod notices;
pub mod rows;
pub mod schedule;
pub mod scheduler;
mod settle;

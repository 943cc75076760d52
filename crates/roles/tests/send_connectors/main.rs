//! Mail that leaves a running server by a Send connector: to another running server, and to
//! next hops that answer by script.
#![allow(clippy::unwrap_used)]

mod counts;
mod logs;
mod next_hop;
mod properties;
mod require_tls;
mod retry;
mod site;

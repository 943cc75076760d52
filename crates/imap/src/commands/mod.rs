//! One file per command: resolve names and numbers, act on the mailbox, answer.

pub mod acl;
pub mod append;
pub mod authenticate;
pub mod close;
pub mod copy;
pub mod create;
pub mod criteria;
pub mod delete;
pub mod enable;
pub mod expunge;
pub mod fetch;
pub mod id;
pub mod idle;
pub mod list;
pub mod metadata;
pub mod namespace;
pub mod notify;
pub mod quota;
pub mod rename;
pub mod search;
pub mod select;
pub mod sort;
pub mod status;
pub mod store;
pub mod subscribe;
pub mod thread;

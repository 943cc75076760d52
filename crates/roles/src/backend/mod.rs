//! Front end and back end of IMAP4 and POP3 (rows C-11 and C-12, Z-02 and Z-03): a client may
//! come to any server, and is served by the one that has its mailbox.
//!
//! The front end checks the credentials. When the mailbox is on another server, it connects to
//! that server's back-end service ([`splice`]), says who has logged in ([`preface`]), and from
//! then on copies octets both ways ([`relay`]). The back end ([`listen`]) asks its own
//! directory again what that account may do, and answers the login as the client expects it.
//! When the mailbox is on this server, none of this happens: the session opens it itself.
//!
//! Invariants: servers trust each other by their certificates and nothing else ([`trust`]);
//! neither says a word to a peer that has not shown the right one. A password never crosses to
//! another server. A back end never passes a client on, so nobody is sent in circles.

mod listen;
pub(crate) mod preface;
mod refusal;
mod relay;
mod splice;
mod trust;

pub(crate) use listen::{Service, protocol};
pub(crate) use preface::Session;
pub(crate) use splice::{BackEnds, Client};

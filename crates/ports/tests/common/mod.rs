//! A registry as a running Mailbox server of a small organization leaves it.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::net::SocketAddr;

use ports::capability::{INTERNET_SEND_CONNECTOR, INTRA_ORGANIZATION, RESOLVER};
use ports::listeners::*;
use ports::{Listener, Registry, Role};

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn open(registry: &mut Registry, listener: &'static Listener, at: &[&str]) {
    for text in at {
        registry.register(listener, address(text), "test");
    }
}

pub fn mailbox_server() -> Registry {
    let mut registry = Registry::new("MBX1", &[Role::Mailbox]);
    open(&mut registry, &DEFAULT_FRONTEND, &["0.0.0.0:25", "[::]:25"]);
    open(&mut registry, &CLIENT_FRONTEND, &["192.0.2.10:587", "127.0.0.1:587"]);
    open(&mut registry, &SUBMISSION_TLS, &["0.0.0.0:465"]);
    open(&mut registry, &DEFAULT, &["127.0.0.1:2525"]);
    open(&mut registry, &IMAP4, &["[2001:db8::10]:143", "192.0.2.10:143"]);
    open(&mut registry, &IMAP4_TLS, &["0.0.0.0:993"]);
    open(&mut registry, &IMAP4_BACK_END, &["192.0.2.10:1993"]);
    registry.built(&POP3, "test");
    registry.built(&POP3_TLS, "test");
    registry.built(&EDGE_DEFAULT_INTERNAL, "test");
    registry.capability(&RESOLVER, true, "test");
    registry.capability(&INTRA_ORGANIZATION, true, "test");
    registry.capability(&INTERNET_SEND_CONNECTOR, false, "test");
    registry
}

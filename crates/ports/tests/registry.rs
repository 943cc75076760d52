//! The state of rows, computed from what a server has opened.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use ports::State::{NotBuilt, Off, Working};
use ports::capability::*;
use ports::listeners::*;
use ports::{Kind, Registry, RegistryError, Role, State, rows};

fn state(registry: &Registry, row: &str) -> State {
    registry.state(rows::row(row.parse().unwrap()).unwrap())
}

fn server(role: Role) -> Registry {
    Registry::new("MBX1", &[role])
}

#[test]
fn nothing_works_on_a_server_that_opened_nothing() {
    let empty = server(Role::Mailbox);
    for row in rows::all().filter(|row| !row.kind.is_statement()) {
        assert_eq!(empty.state(row), NotBuilt, "{}", row.id);
    }
}

#[test]
fn a_listener_is_not_built_then_off_then_working_then_off() {
    let mut registry = server(Role::Mailbox);
    assert_eq!(state(&registry, "P-01"), NotBuilt);
    registry.built(&DEFAULT_FRONTEND, "test");
    assert_eq!(state(&registry, "P-01"), Off);
    common::open(&mut registry, &DEFAULT_FRONTEND, &["127.0.0.1:25"]);
    for row in ["P-01", "M-01", "X-15"] {
        assert_eq!(state(&registry, row), Working, "{row}");
    }
    registry.closed(&DEFAULT_FRONTEND);
    assert_eq!(state(&registry, "P-01"), Off);
}

/// IMAP4 is 143 and 993: one alone is not the row.
#[test]
fn a_row_with_two_listeners_needs_both() {
    let mut registry = server(Role::Mailbox);
    common::open(&mut registry, &IMAP4, &["127.0.0.1:143"]);
    assert_eq!((state(&registry, "X-07"), state(&registry, "C-11")), (Working, NotBuilt));
    registry.built(&IMAP4_TLS, "test");
    assert_eq!(state(&registry, "C-11"), Off);
    common::open(&mut registry, &IMAP4_TLS, &["127.0.0.1:993"]);
    for row in ["C-11", "A-08", "X-08", "F-07", "F-08"] {
        assert_eq!(state(&registry, row), Working, "{row}");
    }
}

/// An open port 443 says nothing about the service behind it.
#[test]
fn a_web_service_needs_its_listener_and_its_capability() {
    let mut registry = server(Role::Mailbox);
    common::open(&mut registry, &HTTPS, &["127.0.0.1:443"]);
    assert_eq!((state(&registry, "X-14"), state(&registry, "C-03")), (Working, NotBuilt));
    registry.capability(&EWS, false, "test");
    assert_eq!(state(&registry, "C-03"), Off);
    registry.capability(&EWS, true, "test");
    assert_eq!((state(&registry, "C-03"), state(&registry, "C-02")), (Working, NotBuilt));
}

#[test]
fn an_outgoing_row_follows_its_capability() {
    let mut registry = server(Role::Mailbox);
    for (on, expected) in [(false, Off), (true, Working), (false, Off)] {
        registry.capability(&INTERNET_SEND_CONNECTOR, on, "test");
        assert_eq!(state(&registry, "M-03"), expected);
    }
}

/// The Edge's end of a path is not asked of a Mailbox server, but it must exist somewhere.
#[test]
fn a_path_needs_this_end_open_and_the_other_end_built() {
    let mut registry = server(Role::Mailbox);
    common::open(&mut registry, &DEFAULT_FRONTEND, &["127.0.0.1:25"]);
    assert_eq!(state(&registry, "M-13"), NotBuilt);
    registry.capability(&EDGESYNC_INBOUND, false, "test");
    assert_eq!(state(&registry, "M-13"), Working);
}

#[test]
fn a_row_of_the_other_role_is_off() {
    let mut registry = server(Role::Mailbox);
    registry.capability(&RESOLVER, true, "test");
    registry.built(&EDGE_DEFAULT_INTERNAL, "test");
    assert_eq!((state(&registry, "M-05"), state(&registry, "M-17")), (Working, Off));
    assert_eq!(state(&registry, "M-12"), Off);
    let mut edge = server(Role::Edge);
    edge.capability(&RESOLVER, true, "test");
    common::open(&mut edge, &EDGE_DEFAULT_INTERNAL, &["127.0.0.1:25"]);
    assert_eq!((state(&edge, "M-05"), state(&edge, "M-17")), (Off, Working));
    assert_eq!(state(&edge, "M-12"), Working);
}

#[test]
fn a_statement_works_when_a_test_shows_it_and_only_then() {
    let registry = server(Role::Mailbox);
    for row in rows::all().filter(|row| row.kind.is_statement()) {
        let named = ports::LISTENERS.iter().any(|listener| listener.rows.contains(&row.id));
        let expected = match row.shown_by {
            Some(_) if !named && row.roles.contains(&Role::Mailbox) => Working,
            Some(_) => continue,
            None => NotBuilt,
        };
        assert_eq!(registry.state(row), expected, "{}", row.id);
    }
    assert!(rows::all().any(|row| row.kind == Kind::Rule && registry.state(row) == Working));
}

#[test]
fn a_registry_reads_back_as_it_was_written() {
    let registry = common::mailbox_server();
    let json = registry.to_json().unwrap();
    assert_eq!(Registry::from_json(&json).unwrap(), registry);
    for row in rows::all() {
        assert_eq!(Registry::from_json(&json).unwrap().state(row), registry.state(row));
    }
}

#[test]
fn a_file_of_another_program_is_refused() {
    let json = common::mailbox_server().to_json().unwrap();
    for (word, other, message) in [
        ("\"format\": 1", "\"format\": 2", "written in format 2, this program reads format 1"),
        ("\"P-01\"", "\"Q-01\"", "unknown listener Q-01"),
        ("\"resolver\"", "\"oracle\"", "unknown capability oracle"),
        ("0.0.0.0:25", "0.0.0.0:port", "not a list of ports: invalid socket address syntax"),
    ] {
        assert!(json.contains(word), "{word}");
        let error = Registry::from_json(&json.replace(word, other)).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn a_running_server_leaves_its_ports_in_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Registry::load(dir.path()), Err(RegistryError::Io { .. })));
    let mut registry = common::mailbox_server();
    registry.save(dir.path()).unwrap();
    registry.closed(&IMAP4);
    registry.save(dir.path()).unwrap();
    assert_eq!(Registry::load(dir.path()).unwrap(), registry);
    assert_eq!(registry.process(), std::process::id());
    let files: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(files, [ports::FILE_NAME]);
}

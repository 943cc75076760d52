//! The tables against themselves: complete, consistent, and in step with the listeners.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ports::{CAPABILITIES, Group, Kind, LISTENERS, Numbers, Role, Row, RowId, rows};
use types::{Port, Transport};

#[test]
fn every_group_has_the_documents_rows() {
    let counts = [
        (Group::G, 11),
        (Group::C, 16),
        (Group::M, 24),
        (Group::P, 7),
        (Group::T, 22),
        (Group::B, 22),
        (Group::A, 18),
        (Group::U, 17),
        (Group::F, 60),
        (Group::X, 26),
        (Group::W, 8),
        (Group::R, 10),
        (Group::H, 8),
        (Group::Z, 7),
    ];
    for (group, count) in counts {
        assert_eq!(rows::group(group).len(), count, "group {group}");
    }
    assert_eq!(rows::all().count(), 249 + 7);
}

#[test]
fn rows_stand_in_their_group_in_order_and_can_be_found() {
    for group in Group::ALL {
        let ids: Vec<RowId> = rows::group(group).iter().map(|row| row.id).collect();
        assert!(ids.iter().all(|id| id.group() == group), "group {group}");
        assert!(ids.is_sorted_by(|a, b| a < b), "group {group} is out of order");
    }
    for row in rows::all() {
        assert_eq!(rows::row(row.id), Some(row));
        assert!(!row.purpose.is_empty(), "{} says nothing", row.id);
        assert!(!row.roles.is_empty(), "{} concerns nobody", row.id);
    }
    assert_eq!(rows::row("C-99".parse().unwrap()), None);
}

#[test]
fn listeners_and_capabilities_are_named_once_and_name_rows_that_exist() {
    let listeners = LISTENERS.iter().map(|it| (it.id, it.rows));
    let capabilities = CAPABILITIES.iter().map(|it| (it.id, it.rows));
    let mut seen = BTreeSet::new();
    for (id, named) in listeners.chain(capabilities) {
        assert!(seen.insert(id), "{id} twice");
        assert!(named.iter().all(|&row| rows::row(row).is_some()), "{id}");
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{id}");
    }
}

#[test]
fn a_listener_is_called_after_a_row_it_serves() {
    for listener in LISTENERS {
        let (row, _) = listener.id.split_once('+').unwrap_or((listener.id, ""));
        assert!(listener.rows.contains(&row.parse().unwrap()), "{}", listener.id);
    }
}

/// The port a listener takes stands in every row it serves from outside.
#[test]
fn a_listener_serves_only_rows_that_name_its_port() {
    for listener in LISTENERS {
        if let Numbers::Described(_) = listener.port.numbers {
            continue;
        }
        for row in served_from_outside(listener.rows) {
            let named = row.names(listener.port(), listener.transport());
            assert!(named, "{} is not a port of {}", listener.id, row.id);
        }
    }
}

fn served_from_outside(ids: &[RowId]) -> impl Iterator<Item = &'static Row> {
    let listed = ids.iter().filter_map(|&id| rows::row(id));
    // U-24 lists rules by name, without ports.
    listed
        .filter(|row| row.kind == Kind::Listener || row.kind == Kind::FirewallRule)
        .filter(|row| !row.ports.is_empty())
        // F-48 and F-49 are open on "any" port.
        .filter(|row| row.ports.iter().all(|it| !matches!(it.numbers, Numbers::Described("any"))))
}

/// No port that a row asks us to listen on is forgotten.
#[test]
fn every_port_we_are_to_listen_on_has_a_listener() {
    for row in rows::all().filter(|row| matches!(row.kind, Kind::Listener | Kind::FirewallRule)) {
        assert!(serving(row).count() > 0, "nothing listens for {}", row.id);
        for spec in row.ports {
            let Numbers::One(port) = spec.numbers else { continue };
            // A-18 names a port of the other side, "out".
            let covered = serving(row).any(|it| covers(it, port, spec.transport));
            assert!(covered, "{} of {} has no listener", spec, row.id);
        }
    }
}

fn serving(row: &Row) -> impl Iterator<Item = &'static ports::Listener> {
    LISTENERS.into_iter().filter(|listener| listener.rows.contains(&row.id))
}

fn covers(listener: &ports::Listener, port: Port, transport: Transport) -> bool {
    listener.port.contains(port, transport)
}

/// Rows that are neither statements nor named by anything can never work: only those that
/// Windows itself serves are allowed to be so.
#[test]
fn every_path_has_something_that_can_make_it_true() {
    let orphans: Vec<String> = rows::all()
        .filter(|row| !row.kind.is_statement())
        .filter(|row| serving(row).count() == 0)
        .filter(|row| !CAPABILITIES.iter().any(|it| it.rows.contains(&row.id)))
        .map(|row| row.id.to_string())
        .collect();
    assert_eq!(orphans, ["B-09", "B-19", "B-20"]);
}

#[test]
fn edge_servers_have_no_client_listener() {
    let edge = LISTENERS.into_iter().filter(|listener| listener.roles.contains(&Role::Edge));
    for listener in edge {
        let client = listener.rows.iter().find(|id| id.group() == Group::C);
        assert_eq!(client, None, "{}", listener.id);
    }
}

/// Row F-60: what listens on 80 and 443 there is opened by another program's setup.
#[test]
fn no_rule_of_setup_is_for_the_web() {
    let rules: Vec<&Row> = rows::all().filter(|row| row.kind == Kind::FirewallRule).collect();
    assert!(rules.len() > 50);
    for row in rules {
        let web = [80, 443].map(Port::new);
        let named = web.iter().find(|port| row.names(**port, Transport::Tcp));
        assert_eq!(named, None, "{}", row.id);
    }
}

#[test]
fn nothing_listens_for_the_user_locator_service() {
    let user_locator = rows::row("X-24".parse().unwrap()).unwrap();
    for spec in user_locator.ports {
        let Numbers::One(port) = spec.numbers else { panic!("X-24 names one port") };
        let taken = LISTENERS.into_iter().find(|it| covers(it, port, spec.transport));
        assert_eq!(taken.map(|listener| listener.id), None);
    }
}

#[test]
fn the_merged_index_agrees_with_the_rows() {
    for line in include_str!("data/port_index.txt").lines().filter(|line| !line.starts_with('#')) {
        let (ports, listed) = line.split_once(" | ").unwrap();
        let numbers = numbers(ports);
        for id in listed.split([' ']).flat_map(|run| run.split("..")) {
            let row = rows::row(id.parse().unwrap()).unwrap();
            assert!(numbers.iter().any(|&it| reaches(row, it)), "{id} does not name {ports}");
        }
    }
}

#[test]
fn the_merged_index_has_every_number_of_the_rows() {
    let index = include_str!("data/port_index.txt");
    let listed: BTreeSet<Port> = index
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| numbers(line.split_once(" | ").unwrap().0))
        .collect();
    for row in rows::all().filter(|row| row.id.group() != Group::Z) {
        for spec in row.ports {
            if let Numbers::One(port) = spec.numbers {
                assert!(listed.contains(&port), "{port} of {} is not in the index", row.id);
            }
        }
    }
}

/// The numbers of an index entry; a long range only by its ends.
fn numbers(text: &str) -> Vec<Port> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '-');
    let mut found = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else { continue };
        let step = if last - first < 10 { 1 } else { usize::from(last - first) };
        found.extend((first..=last).step_by(step).map(Port::new));
    }
    found
}

/// The row names the port, or the documents leave it to the listener that serves the row.
fn reaches(row: &Row, port: Port) -> bool {
    [Transport::Tcp, Transport::Udp].into_iter().any(|transport| {
        row.names(port, transport) || serving(row).any(|it| covers(it, port, transport))
    })
}

#[test]
fn every_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for row in rows::all() {
        let Some(test) = row.shown_by else { continue };
        let (file, function) = test.split_once("::").expect("file.rs::function");
        let text = std::fs::read_to_string(root.join(PathBuf::from(file)))
            .unwrap_or_else(|error| panic!("{}: {file}: {error}", row.id));
        assert!(has_test(&text, function), "{}: {file} has no test {function}", row.id);
    }
}

/// Whether the text has this function under a test attribute, and it is not ignored.
fn has_test(text: &str, function: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    (0..lines.len()).any(|at| declares(lines[at], function) && runs_as_test(&lines[..at]))
}

fn declares(line: &str, function: &str) -> bool {
    let name = line.trim_start_matches("async ").strip_prefix("fn ");
    name.and_then(|name| name.strip_prefix(function)).is_some_and(|rest| rest.starts_with('('))
}

fn runs_as_test(above: &[&str]) -> bool {
    let attributes: Vec<&str> =
        above.iter().rev().copied().take_while(|line| line.starts_with("#[")).collect();
    attributes.iter().any(|it| it.contains("test"))
        && !attributes.iter().any(|it| it.contains("ignore"))
}

#[test]
fn a_named_test_must_be_a_test_that_runs() {
    assert!(has_test("#[tokio::test]\nasync fn works() {", "works"));
    assert!(has_test("#[test]\n#[should_panic]\nfn works() {", "works"));
    assert!(!has_test("#[test]\n#[ignore]\nfn works() {", "works"));
    assert!(!has_test("fn works() {", "works"));
    assert!(!has_test("#[test]\nfn works_twice() {", "works"));
}

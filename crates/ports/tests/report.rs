//! `rialto ports` as text and as JSON.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use expect_test::expect_file;
use ports::report::{Filter, entries, json, table};
use ports::{Group, Registry, Role, State};
use serde_json::Value;

fn ids(filter: Filter) -> Vec<String> {
    entries(&common::mailbox_server(), &filter).iter().map(|it| it.row.id.to_string()).collect()
}

#[test]
fn the_table_of_the_pipeline_is_as_agreed() {
    let filter = Filter { group: Some(Group::P), ..Filter::default() };
    let text = table(&entries(&common::mailbox_server(), &filter));
    expect_file!["golden/pipeline.txt"].assert_eq(&text);
}

/// Every row is one line, its columns begin where the headings do.
#[test]
fn the_whole_table_is_aligned() {
    let text = table(&entries(&common::mailbox_server(), &Filter::default()));
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    assert_eq!(lines.len(), 1 + 256 + 1);
    let heading: String = lines[0].iter().collect();
    for column in ["STATE", "PURPOSE", "PORT", "SERVICE", "CONNECTOR", "ADDRESS"] {
        let start = heading.find(column).unwrap();
        for line in lines[1..256].iter().filter(|line| line.len() > start) {
            assert_eq!(line[start - 1], ' ', "{column}: {}", line.iter().collect::<String>());
        }
    }
}

#[test]
fn filters_narrow_the_table() {
    assert_eq!(ids(Filter::default()).len(), 256);
    let edge = ids(Filter { role: Some(Role::Edge), group: Some(Group::P), ..Filter::default() });
    assert_eq!(edge, ["P-06"]);
    let working =
        Filter { state: Some(State::Working), group: Some(Group::M), ..Filter::default() };
    assert_eq!(ids(working), ["M-01", "M-02", "M-05"]);
    let off = Filter { state: Some(State::Off), group: Some(Group::C), ..Filter::default() };
    assert_eq!(ids(off), ["C-12"]);
}

#[test]
fn filter_words_are_read_as_they_are_printed() {
    assert_eq!("edge".parse(), Ok(Role::Edge));
    assert_eq!("Not-Built".parse(), Ok(State::NotBuilt));
    assert!("hub".parse::<Role>().is_err() && "broken".parse::<State>().is_err());
}

#[test]
fn json_has_every_row_with_every_field() {
    let text = json(&entries(&common::mailbox_server(), &Filter::default())).unwrap();
    let Value::Array(rows) = serde_json::from_str(&text).unwrap() else { panic!("a list") };
    assert_eq!(rows.len(), 256);
    let first = rows[0].as_object().unwrap();
    assert!(rows.iter().all(|row| row.as_object().unwrap().keys().eq(first.keys())));
    let imap = rows.iter().find(|row| row["id"] == "C-11").unwrap();
    for (field, value) in [
        ("state", Value::from("working")),
        ("purpose", "IMAP4 clients".into()),
        ("port", "143/TCP, 993/TCP".into()),
        ("protocol", "IMAP4, IMAP4 over TLS".into()),
        ("service", "IMAP4 front-end service".into()),
        ("address", vec!["[2001:db8::10]:143", "192.0.2.10:143", "0.0.0.0:993"].into()),
        ("default", "off".into()),
        ("editions", "E2013 E2016 E2016s E2019".into()),
    ] {
        assert_eq!(imap[field], value, "{field}");
    }
}

#[test]
fn marks_travel_with_the_text() {
    let all = json(&entries(&common::mailbox_server(), &Filter::default())).unwrap();
    let rows: Value = serde_json::from_str(&all).unwrap();
    let clients = rows.as_array().unwrap().iter().find(|row| row["id"] == "T-11").unwrap();
    assert_eq!(clients["port"], "587/TCP [P], 25/TCP [R]");
    assert_eq!(clients["encryption"], "TLS");
    assert_eq!(clients["encrypted_by_default"], "yes [R]");
}

#[test]
fn connectors_carry_the_servers_name() {
    let registry = Registry::new("EX01", &[Role::Mailbox]);
    let named = |id: &str| {
        let all = entries(&registry, &Filter::default());
        all.into_iter().find(|it| it.row.id.to_string() == id).unwrap().connector
    };
    for (row, connector) in [
        ("P-01", "Default Frontend EX01"),
        ("M-01", "Default Frontend EX01"),
        ("C-13", "Client Frontend EX01"),
        ("C-15", "Client Proxy EX01"),
        ("M-04", "Outbound Proxy Frontend EX01"),
        ("M-12", "Default internal receive connector <Edge>"),
        ("M-13", "EdgeSync - Inbound to <AD site name>"),
        ("M-14", "implicit intra-organization Send connector"),
        ("F-44", ""),
        ("C-01", ""),
    ] {
        assert_eq!(named(row), connector, "{row}");
    }
}

//! `rialto ports`: the rows of the documents that a demonstration makes true.

use std::process::Command;

use crate::support::server::{Data, RIALTO};

/// Client access, mail flow and Receive connectors.
const ROWS: [&str; 14] = [
    "C-11", "C-12", "C-13", "C-14", "M-01", "M-03", "M-05", "P-01", "P-02", "X-07", "X-08", "X-09",
    "X-10", "X-15",
];

#[test]
fn a_demonstration_makes_its_rows_true_until_it_is_gone() {
    let data = Data::new();
    let demo = data.demo();
    for id in ROWS {
        assert_eq!(data.row(id)["state"], "working", "{id}");
    }
    assert_eq!(data.row("C-11")["address"][0], demo.address("IMAP_PORT"));
    demo.kill();
    assert_eq!(data.row("C-11")["state"], "off");
}

/// Row G-11: the three diagrams, in the colours of a server that runs.
#[test]
fn the_map_of_a_running_server_is_the_three_diagrams() {
    let data = Data::new();
    let _demo = data.demo();
    let output =
        Command::new(RIALTO).args(["ports", "map", "--dir"]).arg(data.path()).output().unwrap();
    let svg = String::from_utf8(output.stdout).unwrap();
    for title in ["Clients and services", "Mail flow without Edge", "Mail flow with Edge"] {
        assert_eq!(svg.matches(&format!(">{title}")).count(), 1, "{title}");
    }
    let imap = "class=\"working\" text-anchor=\"middle\">C-11 143/TCP, 993/TCP<";
    assert!(svg.contains(imap), "{svg}");
}

//! The network map: well-formed, complete, in step with the registry.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;

use ports::{Registry, Role, map};

#[test]
fn the_three_diagrams_label_every_row_once() {
    let svg = map::svg(&common::mailbox_server());
    for title in ["Clients and services", "Mail flow without Edge", "Mail flow with Edge"] {
        assert_eq!(svg.matches(&format!(">{title}")).count(), 1, "{title}");
    }
    let mut ids = BTreeSet::new();
    for row in map::drawn() {
        assert!(ids.insert(row.id), "{} is drawn twice", row.id);
        assert_eq!(svg.matches(&format!(">{}<", map::label(row))).count(), 1, "{}", row.id);
    }
    assert_eq!(ids.len(), 17 + 7 + 9);
}

#[test]
fn a_row_is_drawn_in_the_colour_of_its_state() {
    let registry = common::mailbox_server();
    let svg = map::svg(&registry);
    for row in map::drawn() {
        let text = format!(
            "class=\"{}\" text-anchor=\"middle\">{}<",
            registry.state(row),
            map::label(row)
        );
        assert!(svg.contains(&text), "{text}");
    }
}

#[test]
fn the_map_is_well_formed_whatever_the_server_is_called() {
    for name in ["MBX1", "<&>\"' ]]> \u{1} ümlaut", &"long".repeat(300)] {
        let svg = map::svg(&Registry::new(name, &[Role::Edge]));
        assert_eq!(first_fault(&svg), None, "{name}");
        assert!(!svg.chars().any(|c| c.is_control() && c != '\n'), "{name}");
    }
}

#[test]
fn the_reader_of_this_test_sees_faults() {
    assert_eq!(first_fault("<a><b/>x &amp; y</a>"), None);
    for bad in ["<a><b></a>", "<a>", "</a>", "<a>x & y</a>", "<a b=\"1></a>", "<a><</a>"] {
        assert!(first_fault(bad).is_some(), "{bad}");
    }
}

/// Checks nesting, quoting and entities of the small XML the map is written in.
fn first_fault(xml: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        if let Some(fault) = bad_text(&rest[..start]) {
            return Some(fault);
        }
        let Some(length) = rest[start..].find('>') else { return Some("open tag".to_owned()) };
        let tag = &rest[start + 1..start + length];
        if tag.contains('<') || tag.matches('"').count() % 2 == 1 {
            return Some(format!("tag {tag}"));
        }
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) if open.pop() != Some(name) => return Some(format!("end of {name}")),
            (false, false) => open.push(name),
            _ => {}
        }
        rest = &rest[start + length + 1..];
    }
    (!open.is_empty()).then(|| format!("{open:?} never end"))
}

fn bad_text(text: &str) -> Option<String> {
    let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
    let bad = text.split('&').skip(1).find(|after| !known.iter().any(|it| after.starts_with(it)));
    bad.map(|after| format!("entity {after}"))
}

/// Writes the map for a person to look at: `MAP_SVG=/tmp/map.svg cargo test -p ports --test map`.
#[test]
fn the_map_can_be_looked_at() {
    let svg = map::svg(&common::mailbox_server());
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    if let Some(path) = std::env::var_os("MAP_SVG") {
        std::fs::write(path, svg).unwrap();
    }
}

//! Firewall output against golden files; `UPDATE_EXPECT=1` rewrites them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use expect_test::expect_file;
use ports::firewall::{Format, rules};
use ports::listeners::*;
use ports::{Registry, Role};

const PROGRAM: &str = r"C:\Program Files\Rialto\rialto.exe";

fn sample(format: Format) -> String {
    rules(&common::mailbox_server(), format, PROGRAM)
}

#[test]
fn nftables_rules_are_as_agreed() {
    expect_file!["golden/nftables.txt"].assert_eq(&sample(Format::Nftables));
}

#[test]
fn iptables_rules_are_as_agreed() {
    expect_file!["golden/iptables.txt"].assert_eq(&sample(Format::Iptables));
}

#[test]
fn windows_rules_are_as_agreed() {
    expect_file!["golden/windows.txt"].assert_eq(&sample(Format::Windows));
}

#[test]
fn windows_rules_are_bound_to_the_program() {
    let output = sample(Format::Windows);
    let rules: Vec<&str> =
        output.lines().filter(|line| line.starts_with("New-NetFirewallRule")).collect();
    assert!(rules.len() > 3);
    assert!(rules.iter().all(|rule| rule.ends_with(" -Program $program")));
    assert!(output.contains(&format!("$program = '{PROGRAM}'\n")));
}

/// Row F-63: who has these rules needs no other tool to find out which ones.
#[test]
fn whatever_is_open_has_its_rule() {
    for listener in ports::LISTENERS {
        let mut registry = Registry::new("MBX1", &[Role::Mailbox, Role::Edge]);
        common::open(&mut registry, listener, &["0.0.0.0:4711"]);
        for (format, rule) in [
            (Format::Nftables, "dport 4711 accept "),
            (Format::Iptables, "--dport 4711 "),
            (Format::Windows, "-LocalPort 4711 "),
        ] {
            let output = rules(&registry, format, PROGRAM);
            assert!(output.contains(rule), "{}: no {rule} in\n{output}", listener.id);
        }
    }
}

/// Row F-64: a group to find them by, and names that lead to the row.
#[test]
fn the_windows_console_lists_the_rules_by_row() {
    let output = sample(Format::Windows);
    let rules: Vec<&str> =
        output.lines().filter(|line| line.starts_with("New-NetFirewallRule")).collect();
    for rule in &rules {
        let (_, name) = rule.split_once(" -DisplayName 'Rialto ").unwrap();
        let row = name.split([' ', '+']).next().unwrap();
        assert!(ports::rows::all().any(|it| it.id.to_string() == row), "{rule}");
        assert!(rule.starts_with("New-NetFirewallRule -Group 'Rialto' "), "{rule}");
    }
    assert!(!rules.is_empty());
}

/// What only this machine reaches gets a comment and no rule.
#[test]
fn loopback_listeners_get_no_rule() {
    let mut registry = Registry::new("MBX1", &[Role::Mailbox]);
    common::open(&mut registry, &DEFAULT, &["127.0.0.1:2525", "[::1]:2525"]);
    common::open(&mut registry, &IMAP4, &["[::ffff:127.0.0.1]:143"]);
    for format in [Format::Nftables, Format::Iptables, Format::Windows] {
        let output = rules(&registry, format, PROGRAM);
        assert_eq!(output.matches("loopback only, no rule").count(), 2 * copies(format));
        for rule in ["dport", "-A RIALTO", "New-NetFirewallRule -"] {
            assert!(!output.contains(rule), "{output}");
        }
    }
}

/// The script for iptables has every comment once for IPv4 and once for IPv6.
fn copies(format: Format) -> usize {
    if format == Format::Iptables { 2 } else { 1 }
}

#[test]
fn closed_listeners_are_not_mentioned() {
    let mut registry = Registry::new("MBX1", &[Role::Mailbox]);
    registry.built(&POP3, "test");
    common::open(&mut registry, &IMAP4, &["0.0.0.0:143"]);
    registry.closed(&IMAP4);
    let output = rules(&registry, Format::Nftables, PROGRAM);
    assert!(!output.contains("C-12") && !output.contains("C-11"), "{output}");
}

#[test]
fn a_wildcard_makes_narrower_rules_needless() {
    for (bound, expected) in [
        (&["0.0.0.0:25", "[::]:25"][..], &["tcp dport 25"][..]),
        (&["192.0.2.1:25", "[::]:25", "0.0.0.0:25"], &["tcp dport 25"]),
        (&["192.0.2.1:25", "0.0.0.0:25"], &["meta nfproto ipv4 tcp dport 25"]),
        (
            &["0.0.0.0:25", "[2001:db8::1]:25"],
            &["meta nfproto ipv4 tcp dport 25", "ip6 daddr 2001:db8::1 tcp dport 25"],
        ),
        (
            &["0.0.0.0:25", "192.0.2.1:26"],
            &["meta nfproto ipv4 tcp dport 25", "ip daddr 192.0.2.1 tcp dport 26"],
        ),
    ] {
        let mut registry = Registry::new("MBX1", &[Role::Mailbox]);
        common::open(&mut registry, &DEFAULT_FRONTEND, bound);
        let output = rules(&registry, Format::Nftables, PROGRAM);
        let matches: Vec<&str> = output
            .lines()
            .filter_map(|line| line.trim().split_once(" accept"))
            .map(|it| it.0)
            .collect();
        assert_eq!(matches, expected, "{bound:?}");
    }
}

/// A server's name is the administrator's, but it must not become a command.
#[test]
fn a_strange_server_name_stays_inside_its_comment() {
    let name = "a\"; drop\nRULES\n$(id)`id`'\\";
    let mut registry = Registry::new(name, &[Role::Mailbox]);
    common::open(&mut registry, &DEFAULT_FRONTEND, &["0.0.0.0:25"]);
    for format in [Format::Nftables, Format::Iptables, Format::Windows] {
        let output = rules(&registry, format, "p'q");
        for line in output.lines().filter(|line| line.contains("drop")) {
            let text = line.trim_start();
            let told = text.starts_with('#')
                || text.contains("comment \"")
                || text.contains("-DisplayName '")
                || text.contains("--comment \"");
            assert!(told, "{line}");
        }
        assert!(!output.contains("$(") && !output.contains('`'), "{output}");
    }
    assert!(rules(&registry, Format::Windows, "p'q").contains("$program = 'p''q'\n"));
}

#[test]
fn nft_accepts_the_rules() {
    let Some(output) = ask("nft", &["list", "tables"], "") else { return };
    if !output.status.success() {
        return skipped("nft", &String::from_utf8_lossy(&output.stderr));
    }
    accept("nft", &["-c", "-f", "-"], &sample(Format::Nftables));
}

#[test]
fn iptables_accepts_the_rules() {
    for program in ["iptables-restore", "ip6tables-restore"] {
        let Some(output) = ask(program, &["--test", "--noflush"], "*filter\nCOMMIT\n") else {
            return;
        };
        if !output.status.success() {
            return skipped(program, &String::from_utf8_lossy(&output.stderr));
        }
        let script = sample(Format::Iptables);
        let (_, after) = script.split_once(&format!("{program} --noflush <<'RULES'\n")).unwrap();
        accept(program, &["--test", "--noflush"], after.split_once("RULES\n").unwrap().0);
    }
}

fn accept(program: &str, arguments: &[&str], input: &str) {
    let output = ask(program, arguments, input).expect("it was there a moment ago");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {error}\n{input}");
}

/// Runs a program with this input; `None`, loudly, where it is not installed.
fn ask(program: &str, arguments: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            skipped(program, &error.to_string());
            return None;
        }
    };
    // A program that refuses at once may be gone before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Some(child.wait_with_output().unwrap())
}

fn skipped(program: &str, reason: &str) {
    eprintln!("SKIPPED: {program} cannot check the rules here: {}", reason.trim());
}

//! The reachability check and the reader of the kernel's socket tables.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ports::check::{Answer, Finding, Probe, Viewpoint, probe, report, targets, unregistered};
use ports::listeners::*;
use ports::sockets::{ListeningSocket, NotASocket, listening, owners};
use ports::{Registry, Role};

/// A network in which only these addresses answer.
struct Network {
    open: BTreeSet<SocketAddr>,
    otherwise: Answer,
}

impl Network {
    fn new(open: &[&str], otherwise: Answer) -> Network {
        Network { open: open.iter().map(|text| common::address(text)).collect(), otherwise }
    }
}

impl Probe for Network {
    fn connect(&mut self, address: SocketAddr) -> Answer {
        if self.open.contains(&address) { Answer::Open } else { self.otherwise }
    }
}

fn small_server() -> Registry {
    let mut registry = Registry::new("MBX1", &[Role::Mailbox]);
    common::open(&mut registry, &DEFAULT_FRONTEND, &["0.0.0.0:25", "[::]:25"]);
    common::open(&mut registry, &DEFAULT, &["127.0.0.1:2525"]);
    registry
}

fn wrong(registry: &Registry, from: Viewpoint, network: &mut Network) -> Vec<String> {
    let findings = probe(&targets(registry, from), network);
    let mut wrong: Vec<&Finding> = findings.iter().filter(|it| it.is_wrong()).collect();
    wrong.sort_by_key(|it| it.to_string());
    wrong.into_iter().map(Finding::to_string).collect()
}

#[test]
fn a_server_that_is_as_it_should_be_is_clean() {
    let mut network = Network::new(&["127.0.0.1:25", "[::1]:25", "127.0.0.1:2525"], Answer::Closed);
    assert!(wrong(&small_server(), Viewpoint::ThisMachine, &mut network).is_empty());
}

#[test]
fn a_listener_that_does_not_answer_is_wrong_and_so_is_a_port_that_should_be_closed() {
    let mut network =
        Network::new(&["127.0.0.1:25", "127.0.0.1:2525", "127.0.0.1:143"], Answer::Closed);
    assert_eq!(
        wrong(&small_server(), Viewpoint::ThisMachine, &mut network),
        [
            "WRONG    127.0.0.1:143 C-11 IMAP4 front-end service answers and should not: this server has not opened it",
            "WRONG    [::1]:25 P-01 Front End Transport should be open and is closed",
        ]
    );
}

#[test]
fn from_elsewhere_loopback_listeners_must_not_answer() {
    let host = "192.0.2.10";
    let from = Viewpoint::Elsewhere(host.parse().unwrap());
    let mut network = Network::new(&["192.0.2.10:25"], Answer::Filtered);
    assert!(wrong(&small_server(), from, &mut network).is_empty());
    let mut exposed = Network::new(&["192.0.2.10:25", "192.0.2.10:2525"], Answer::Filtered);
    assert_eq!(wrong(&small_server(), from, &mut exposed).len(), 1);
    let mut behind_a_firewall = Network::new(&[], Answer::Filtered);
    assert_eq!(
        wrong(&small_server(), from, &mut behind_a_firewall),
        ["WRONG    192.0.2.10:25 P-01 Front End Transport should be open and is filtered"]
    );
}

#[test]
fn only_listeners_of_the_servers_roles_are_tried() {
    let edge = targets(&Registry::new("EDGE1", &[Role::Edge]), Viewpoint::ThisMachine);
    assert!(edge.iter().all(|target| target.listener.roles.contains(&Role::Edge)));
    assert!(edge.iter().any(|target| target.listener.id == "P-06" && !target.expected));
}

/// Every address is tried once, and a listener that shares its number with an open one is not.
#[test]
fn a_shared_number_is_tried_for_the_one_that_is_open() {
    let mut registry = small_server();
    common::open(&mut registry, &SUBMISSION_TLS, &["[::]:465"]);
    let targets = targets(&registry, Viewpoint::ThisMachine);
    let addresses: BTreeSet<SocketAddr> = targets.iter().map(|target| target.address).collect();
    assert_eq!(addresses.len(), targets.len());
    let on_465: Vec<&str> =
        targets.iter().filter(|it| it.address.port() == 465).map(|it| it.listener.id).collect();
    assert_eq!(on_465, ["Z-01"]);
}

/// As Linux prints it on a little-endian machine.
const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:09DD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 901 1 0000000000000000 100 0 0 10 0
   1: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 902 1 0000000000000000 100 0 0 10 0
   2: 0100007F:0019 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 903 1 0000000000000000 20 4 30 10 -1
   3: 0A0200C0:270F 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 904 1 0000000000000000 100 0 0 10 0
";
const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0019 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 911 1 0000000000000000 100 0 0 10 0
   1: B80D0120000000000000000001000000:0185 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 912 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 913 1 0000000000000000 100 0 0 10 0
";

fn all_sockets() -> Vec<ListeningSocket> {
    [TCP, TCP6].iter().flat_map(|text| listening(text).unwrap()).collect()
}

#[test]
#[cfg(target_endian = "little")]
fn listening_sockets_are_read_from_the_kernels_table() {
    let found: Vec<(String, u64)> =
        all_sockets().iter().map(|it| (it.address.to_string(), it.inode)).collect();
    let expected = [
        ("127.0.0.1:2525", 901),
        ("0.0.0.0:25", 902),
        ("192.0.2.10:9999", 904),
        ("[::]:25", 911),
        ("[2001:db8::1]:389", 912),
        ("127.0.0.1:3000", 913),
    ];
    assert_eq!(found, expected.map(|(address, inode)| (address.to_owned(), inode)));
}

#[test]
fn a_table_that_is_none_names_the_line() {
    assert_eq!(listening(""), Ok(vec![]));
    assert_eq!(listening("heading\n"), Ok(vec![]));
    for bad in [
        "x",
        "0: zz:19 a 0A b c d e f 1",
        "0: 0100007F 0 0A 0 0 0 0 0 1",
        "0: 01:0019 0 0A 0 0 0 0 0 1",
    ] {
        assert_eq!(listening(&format!("heading\n\n{bad}\n")), Err(NotASocket(3)), "{bad}");
    }
    let short = "0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0";
    assert_eq!(listening(&format!("heading\n{short}\n")), Err(NotASocket(2)));
    assert_eq!(listening("heading\n0: é000007F:0019 0 0A 0 0 0 0 0 1\n"), Err(NotASocket(2)));
}

#[test]
#[cfg(target_endian = "little")]
fn sockets_that_the_registry_does_not_know_are_told_with_the_rows_that_name_them() {
    let registry = small_server();
    let ours = registry.process();
    let owner = |inode| match inode {
        912 => Some(4_000_000_000),
        904 => Some(ours),
        _ => None,
    };
    let findings = unregistered(&registry, &all_sockets(), owner);
    let text = report(&findings);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(
        lines[0],
        format!("WRONG    192.0.2.10:9999 (process {ours}) listens; no row names it")
    );
    assert!(
        lines[1].starts_with("other    [2001:db8::1]:389 (process 4000000000) listens; named by ")
    );
    assert!(lines[1].contains(" X-01"), "{}", lines[1]);
    assert_eq!(lines[2], "other    127.0.0.1:3000 listens; no row names it");
    assert_eq!(lines[3], "3 checked, 1 wrong");
}

#[test]
#[cfg(target_os = "linux")]
fn the_owner_of_a_socket_is_found_among_open_files() {
    let proc = tempfile::tempdir().unwrap();
    for (process, links) in [
        ("17", &["socket:[901]", "/dev/null"][..]),
        ("18", &["socket:[902]"]),
        ("self", &["socket:[999]"]),
    ] {
        let open_files = proc.path().join(process).join("fd");
        std::fs::create_dir_all(&open_files).unwrap();
        for (number, link) in links.iter().enumerate() {
            std::os::unix::fs::symlink(link, open_files.join(number.to_string())).unwrap();
        }
    }
    let found = owners(proc.path()).unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(901, 17), (902, 18)]);
    assert!(owners(&proc.path().join("nowhere")).is_err());
}

/// A real socket of this process appears in the real table, with this process as its owner.
#[test]
#[cfg(target_os = "linux")]
fn a_real_socket_is_found() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let found = listening(&table).unwrap();
    let address = socket.local_addr().unwrap();
    let ours = found.iter().find(|it| it.address == address).unwrap();
    let owners = owners(std::path::Path::new("/proc")).unwrap();
    assert_eq!(owners.get(&ours.inode), Some(&std::process::id()));
}

proptest::proptest! {
    #[test]
    fn no_text_upsets_the_reader_of_socket_tables(text in "(?s).{0,200}") {
        let _ = listening(&format!("heading\n{text}"));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn every_socket_line_reads_back(octets: [u8; 4], port: u16, inode: u64) {
        let [a, b, c, d] = octets;
        let line = format!("0: {d:02X}{c:02X}{b:02X}{a:02X}:{port:04X} 0:0 0A 0 0 0 0 0 {inode}");
        let address = SocketAddr::from((octets, port));
        proptest::prop_assert_eq!(
            listening(&format!("heading\n{line}")),
            Ok(vec![ListeningSocket { address, inode }])
        );
    }
}

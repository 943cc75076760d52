//! `rialto setup --check` of a server that `rialto setup` made, in the DNS that it asked for.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;

use net::testing::{DnsServer, TimeServer, Zone};
use serde_json::Value;
use tokio::runtime::Runtime;
use types::limits::CHECK_TARGETS_MAX;
use types::{Clock, SystemClock};

use crate::support::programs::{program, run};
use crate::support::server::RIALTO;
use crate::support::site::{SERVER, Site};
use crate::support::zone::zone_of;

/// A server that was set up, and the name server and time server of its world.
struct World {
    site: Site,
    time: SocketAddr,
    _dns: DnsServer,
    _time: TimeServer,
    _runtime: Runtime,
}

impl World {
    /// The zone is what the setup printed, changed; the time server is ahead by so many seconds.
    fn new(change: impl FnOnce(Zone) -> Zone, ahead_secs: i64) -> Self {
        let site = Site::new();
        let told = run(&mut site.setup()).well();
        let zone = change(zone_of(&told)).a(SERVER, site.address());
        let runtime = Runtime::new().unwrap();
        let dns = runtime.block_on(zone.serve()).unwrap();
        let time = runtime.block_on(TimeServer::ahead_by(SystemClock.now(), ahead_secs)).unwrap();
        let mut file = File::options().append(true).open(site.path("rialto.toml")).unwrap();
        let server = dns.address();
        write!(file, "[resolver]\nserver = \"{server}\"\nallow_loopback = true\n").unwrap();
        World { site, time: time.address(), _dns: dns, _time: time, _runtime: runtime }
    }

    fn check(&self) -> Command {
        let mut check = program(RIALTO);
        check.args(["setup", "--check", "--config"]).arg(self.site.path("rialto.toml"));
        check
    }
}

/// The line about this has these words.
fn assert_line(told: &str, subject: &str, words: &str) {
    let mut lines = told.lines().filter(|line| line.starts_with(subject));
    let line = lines.next().unwrap_or_else(|| panic!("no {subject:?} in\n{told}"));
    assert!(line.contains(words), "{words:?}: {line}");
}

#[test]
fn the_dns_that_a_setup_asks_for_satisfies_the_check() {
    let world = World::new(|zone| zone, 100);
    let site = &world.site;
    let stopped = run(&mut world.check());
    assert_eq!(stopped.code, Some(1), "{}", stopped.text);
    assert_line(&stopped.text, "MX example.test", "ok           10 mail.example.test");
    assert_line(&stopped.text, &format!("port {} SMTP", site.at(25)), "failed");
    let server = site.data().serve(&site.path("rialto.toml"), &[]);
    let outbound = format!("example.test:{}", site.port(25));
    let mut check = world.check();
    check.args(["--outbound", &outbound, "--time-server", &world.time.to_string()]);
    let told = run(&mut check).well();
    for subject in [
        "MX example.test",
        "SPF example.test",
        "SPF mail.example.test",
        "DMARC example.test",
        "DKIM ",
        "SRV _imaps._tcp.example.test",
        "SRV _submission._tcp.example.test",
    ] {
        assert_line(&told, subject, "  ok  ");
    }
    for (port, words) in [
        (25, "ok           220 mail.example.test "),
        (465, "ok           220 mail.example.test "),
        (993, "ok           open"),
    ] {
        assert_line(&told, &format!("port {} ", site.at(port)), words);
    }
    assert_line(&told, "A/AAAA mail.example.test", "warning");
    assert_line(
        &told,
        "certificate mail.example.test",
        "warning      generated.crt is self-signed",
    );
    assert_line(&told, &format!("outbound {outbound}"), "220 mail.example.test");
    assert_line(&told, "clock", "warning      ");
    assert!(told.ends_with(" 0 failed, 1 not checked\n"), "{told}");
    let json = run(world.check().arg("--json")).well();
    let findings: Vec<Value> = serde_json::from_str(&json).unwrap();
    let verdict = |subject: &str| {
        let found = findings.iter().find(|finding| finding["subject"] == subject);
        found.unwrap_or_else(|| panic!("{subject}: {json}"))["verdict"].as_str().unwrap()
    };
    assert_eq!(verdict("MX example.test"), "ok");
    assert_eq!(verdict("clock"), "not_checked");
    let mut verb = program(RIALTO);
    verb.args(["set-accepted-domain", "example.test", "--domain-type", "InternalRelay"]);
    run(verb.arg("--config").arg(site.path("rialto.toml"))).well();
    let told = run(&mut world.check()).well();
    assert!(!told.contains("MX example.test"), "others have mail of the domain, too: {told}");
    server.stop();
}

/// What verbs have changed counts, with the server running or not.
#[test]
fn services_that_a_verb_has_opened_are_checked() {
    let world = World::new(|zone| zone, 0);
    let pop = format!("port {} POP3", world.site.at(995));
    assert!(!run(&mut world.check()).text.contains(&pop));
    let mut verb = program(RIALTO);
    verb.args(["set-pop-settings", "--enabled", "true", "--config"]);
    run(verb.arg(world.site.path("rialto.toml"))).well();
    let checked = run(&mut world.check());
    assert_line(&checked.text, &pop, "failed");
    assert_line(&checked.text, "SRV _pop3s._tcp.example.test", "no record; add ");
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let other = |zone: Zone| {
        let _ = zone;
        Zone::new().mx("example.test", 10, "mx.other.test").txt("example.test", "v=spf1 -all")
    };
    let world = World::new(other, 400);
    let checked = run(world.check().args(["--time-server", &world.time.to_string()]));
    let told = &checked.text;
    assert_eq!(checked.code, Some(1), "{told}");
    assert_line(told, "MX ", "failed       10 mx.other.test; it should be example.test. IN MX");
    assert_line(told, "SPF example.test", "may not send: v=spf1 -all");
    assert_line(told, "DKIM ", "failed       no record; add ");
    assert_line(told, "clock", "failed  ");
    assert_line(told, "clock", " s behind 127.0.0.1:");
    assert_line(told, "outbound port 25", "not checked");
}

#[test]
fn a_check_that_cannot_be_made_is_not_one_that_failed() {
    let world = World::new(|zone| zone, 0);
    let many = vec!["--outbound=a.test"; CHECK_TARGETS_MAX + 1];
    for (words, told) in [
        (&["--config", "/nonexistent.toml"][..], "/nonexistent.toml"),
        (&["example.test"], "cannot be used with"),
        (&["--name", "mail.example.test"], "cannot be used with"),
        (&["--outbound", "a b"], "HOST or HOST:PORT"),
        (&["--time-server", "a:0"], "HOST or HOST:PORT"),
        (&many, "--outbound: at most 16"),
    ] {
        let mut check = program(RIALTO);
        check.args(["setup", "--check"]);
        if !words.contains(&"--config") {
            check.arg("--config").arg(world.site.path("rialto.toml"));
        }
        let checked = run(check.args(words));
        assert!(
            checked.code == Some(2) && checked.text.contains(told),
            "{words:?}: {}",
            checked.text
        );
    }
    let alone = run(program(RIALTO).args(["setup", "--outbound", "a.test"]));
    assert!(alone.code == Some(2) && alone.text.contains("--check"), "{}", alone.text);
}

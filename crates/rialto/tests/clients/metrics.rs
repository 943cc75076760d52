//! Watching a server from outside: curl as a scraper.

use admin::exposition::Exposition;

use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::Data;
use crate::support::smtp;

/// What the server of this data answers on its socket; the status is the last line.
fn get(data: &Data, path: &str) -> String {
    let mut curl = program("curl");
    curl.args(["--silent", "--show-error", "--disable", "--write-out", "\n%{http_code}"]);
    curl.arg("--unix-socket").arg(data.path().join("admin.socket"));
    run(curl.arg(format!("http://localhost{path}"))).well()
}

fn counts(data: &Data) -> Exposition {
    let answer = get(data, "/metrics");
    let text = answer.strip_suffix("\n200").expect(&answer);
    Exposition::parse(text).unwrap_or_else(|malformed| panic!("{malformed}\n{text}"))
}

#[test]
fn a_scraper_sees_a_delivery() {
    if !installed("curl") {
        return;
    }
    let data = Data::new();
    let demo = data.demo();
    let delivered = |counts: &Exposition| counts.sum("rialto_messages_delivered_total");
    let before = counts(&data);
    let (from, alice) = ("stranger@elsewhere.example", demo.user("alice"));
    let text = message::text(from, &alice, "Counted");
    smtp::deliver(&demo.address("SMTP_PORT"), from, &alice, &text);
    let after = counts(&data);
    assert_eq!(delivered(&after) - delivered(&before), 1.0);
    let documented = include_str!("../../../../docs/metrics.md");
    for name in after.kinds.keys() {
        assert!(documented.contains(&format!("| `{name}` |")), "{name}");
    }
    demo.stop();
}

//! Watching a server from outside: curl as a scraper and as a load balancer.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use admin::exposition::Exposition;
use serde_json::Value;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::patience::{PATIENCE, wait_for};
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, RIALTO};
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

#[test]
fn all_parts_of_a_running_server_work_and_none_of_a_stopped_one() {
    if !installed("curl") {
        return;
    }
    let data = Data::new();
    let demo = data.demo();
    for page in ["/health/live", "/health/ready"] {
        assert_eq!(get(&data, page), "{\"status\":\"ok\"}\n200");
    }
    let answer = get(&data, "/health/components");
    let health: Value = serde_json::from_str(answer.strip_suffix("\n200").unwrap()).unwrap();
    assert_eq!(health["State"], "Healthy", "{answer}");
    for kind in ["Store", "Listener", "Transport", "Dns", "Migration", "Janitor", "Certificate"] {
        assert!(answer.contains(&format!("\"Kind\":\"{kind}\"")), "{kind}: {answer}");
    }
    let services = |column: &str| -> Vec<String> {
        let mut test = program(RIALTO);
        test.args(["test-service-health", "--json", "--dir"]).arg(data.path());
        let roles: Vec<Value> = serde_json::from_str(&run(&mut test).well()).unwrap();
        let services = roles.iter().flat_map(|role| role[column].as_array().unwrap());
        services.map(|service| service.as_str().unwrap().to_owned()).collect()
    };
    assert!(services("ServicesRunning").contains(&"MSExchangeIMAP4".to_owned()));
    assert_eq!(services("ServicesNotRunning"), Vec::<String>::new());
    demo.stop();
    assert_eq!(services("ServicesRunning"), Vec::<String>::new());
    assert!(services("ServicesNotRunning").contains(&"MSExchangeTransport".to_owned()));
}

/// A client in the middle of a message, for whose end a stopping server waits.
#[test]
fn a_server_that_stops_is_not_ready_and_still_says_so() {
    if !installed("curl") {
        return;
    }
    let data = Data::new();
    let demo = data.demo();
    let mut sender = BufReader::new(TcpStream::connect(demo.address("SMTP_PORT")).unwrap());
    sender.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
    let mut say = |text: &str, code: &str| {
        sender.get_mut().write_all(text.as_bytes()).unwrap();
        let mut line = String::new();
        while !line.starts_with(&format!("{code} ")) {
            line.clear();
            assert!(sender.read_line(&mut line).unwrap() > 0, "{text}: closed before {code}");
        }
    };
    say("", "220");
    say("EHLO client.example\r\n", "250");
    say("MAIL FROM:<stranger@elsewhere.example>\r\n", "250");
    say(&format!("RCPT TO:<{}>\r\n", demo.user("alice")), "250");
    say("DATA\r\n", "354");
    let stopping = std::thread::scope(|scope| {
        let stop = scope.spawn(|| demo.stop());
        let not_ready = wait_for("the stop to begin", || {
            Some(get(&data, "/health/ready")).filter(|answer| answer.ends_with("\n503"))
        });
        assert!(get(&data, "/health/live").ends_with("\n200"));
        say("Subject: Late\r\n\r\nText\r\n.\r\n", "250");
        stop.join().unwrap();
        not_ready
    });
    assert!(stopping.contains("not ready"), "{stopping}");
}

#[test]
fn top_shows_what_the_server_does() {
    let data = Data::new();
    let demo = data.demo();
    let _session = Imap::of(&demo, "alice");
    let top = |words: &[&str]| {
        let mut top = program(RIALTO);
        top.arg("top").args(words).arg("--dir").arg(data.path());
        run(&mut top)
    };
    let view: Value = serde_json::from_str(&top(&["--once", "--json"]).well()).unwrap();
    let services = view["Services"].as_array().unwrap();
    let imap = services.iter().find(|row| row["Service"] == "IMAP4 front-end service").unwrap();
    assert_eq!(imap["Sessions"], 1.0, "{view}");
    assert_eq!(view["Queues"], serde_json::json!([]), "{view}");
    assert!(view["Process"]["ResidentMemoryOctets"].as_f64().unwrap() > 0.0, "{view}");
    assert_eq!(view["Databases"].as_array().unwrap().len(), 2, "{view}");
    let page = top(&["--once"]).well();
    assert!(page.contains("messages/s: ") && !page.contains('\x1b'), "{page}");
    demo.stop();
    assert!(top(&["--once"]).with(2).contains("no server listens on"));
}

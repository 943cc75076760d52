//! An administrator asks whether the server lets people in.

use serde_json::Value;

use crate::support::server::{Data, PASSWORD};
use crate::support::verb::{answers, input, objects, verb};

const VERBS: [&str; 3] = ["Test-SmtpConnectivity", "Test-ImapConnectivity", "Test-PopConnectivity"];

/// What a verb finds out with a credential.
fn with_login(data: &Data, name: &str, credential: &str) -> Vec<Value> {
    let mut test = verb(data, &[name, "-MailboxCredential", "-"]);
    answers(test.stdin(input(data, &format!("{credential}\n"))))
}

#[test]
fn every_listener_is_tried_and_lets_its_users_in() {
    let data = Data::new();
    let demo = data.demo();
    let credential = format!("{}:{PASSWORD}", demo.user("alice"));
    let ends = |outcomes: &[Value]| -> Vec<String> {
        outcomes.iter().map(|outcome| outcome["EndPoint"].as_str().unwrap().to_owned()).collect()
    };
    let ports = [
        ["SMTP_PORT", "SUBMISSION_PORT"],
        ["IMAP_PORT", "IMAPS_PORT"],
        ["POP3_PORT", "POP3S_PORT"],
    ];
    for (name, ports) in VERBS.into_iter().zip(ports) {
        let outcomes = objects(&data, &[name]);
        let ends = ends(&outcomes);
        assert!(ports.iter().all(|port| ends.contains(&demo.address(port))), "{name}: {ends:?}");
        for outcome in &outcomes {
            assert_eq!(outcome["Result"], "Success", "{outcome}");
            assert_eq!((&outcome["Secured"], &outcome["LoggedIn"]), (&true.into(), &false.into()));
        }
        let outcomes = with_login(&data, name, &credential);
        let port = demo.address(ports[1]);
        let users = outcomes.iter().find(|outcome| outcome["EndPoint"] == *port).unwrap();
        assert_eq!((&users["Result"], &users["LoggedIn"]), (&"Success".into(), &true.into()));
        let outcomes = with_login(&data, name, &format!("{}:wrong", demo.user("bob")));
        let users = outcomes.iter().find(|outcome| outcome["EndPoint"] == *port).unwrap();
        assert_eq!((&users["Result"], &users["StatusCode"]), (&"Failure".into(), &"Error".into()));
        assert!(users["Error"].as_str().unwrap().starts_with("login: "), "{users}");
    }
    demo.stop();
}

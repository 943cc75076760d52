//! Tests of the way in: who may run them, and what they find where nobody listens. What they
//! find on a server is shown on the running program.

use std::sync::Arc;

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use config::Settings;

use crate::shell::Shell;

const VERBS: [&str; 3] = ["Test-SmtpConnectivity", "Test-ImapConnectivity", "Test-PopConnectivity"];

/// One whose listeners are on a loopback address where nobody listens.
async fn deserted() -> Shell {
    let mut shell = Shell::new().await;
    let mut settings = Settings {
        server_name: "mail1.example.test".to_owned(),
        addresses: vec!["127.0.0.77".parse().unwrap()],
        port_offset: 31_000,
        ..Settings::default()
    };
    settings.imap4.enabled = true;
    settings.pop3.enabled = false;
    shell.organization.settings = Arc::new(settings);
    shell
}

#[tokio::test]
async fn where_nobody_listens_nobody_gets_in() {
    let shell = deserted().await;
    let outcomes = shell.objects("Test-ImapConnectivity").await;
    let told: Vec<[&serde_json::Value; 4]> = outcomes
        .as_array()
        .unwrap()
        .iter()
        .map(|outcome| ["Scenario", "EndPoint", "Result", "StatusCode"].map(|name| &outcome[name]))
        .collect();
    assert_eq!(
        told,
        [
            ["IMAP4", "127.0.0.77:31143", "Failure", "UnableToConnect"],
            ["IMAP4 over TLS", "127.0.0.77:31993", "Failure", "UnableToConnect"],
        ]
    );
    let connector = shell.shown("Test-SmtpConnectivity", "Scenario").await;
    assert_eq!(connector, "Default Frontend MAIL1");
    let none = shell.run("Test-PopConnectivity").await.unwrap();
    assert_eq!(none, "warning: no listener of this protocol is enabled\n");
}

#[tokio::test]
async fn a_credential_has_two_parts_and_the_verbs_a_role() {
    let mut shell = deserted().await;
    for verb in VERBS {
        for half in ["alice", ":secret"] {
            let line = format!("{verb} -MailboxCredential {half}");
            let refused = shell.run(&line).await.unwrap_err();
            assert_eq!(refused, "MailboxCredential: expected ADDRESS:PASSWORD");
        }
    }
    let groups = vec![RoleGroup::HelpDesk];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "help".to_owned(), groups };
    for verb in VERBS {
        assert_eq!(shell.run(verb).await.unwrap_err(), "the role Monitoring is needed");
    }
}

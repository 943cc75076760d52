//! Verbs on queues and messages where nothing waits: what they refuse. What they do is shown on
//! the running program.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;

use crate::shell::Shell;

#[tokio::test]
async fn what_does_not_wait_is_not_found() {
    let shell = Shell::new().await;
    assert_eq!(shell.objects("Get-Queue").await, serde_json::json!([]));
    assert_eq!(shell.objects("Get-QueueDigest").await, serde_json::json!([]));
    assert_eq!(shell.objects("Get-Message").await, serde_json::json!([]));
    for (line, expected) in [
        ("Get-Queue 7", "queue \"7\" could not be found"),
        ("Get-Queue far.test", "queue \"far.test\" could not be found"),
        ("Suspend-Queue MAIL1\\7", "queue \"MAIL1\\\\7\" could not be found"),
        ("Resume-Queue 7", "could not be found"),
        ("Retry-Queue 7 -Resubmit", "could not be found"),
        ("Retry-Queue", "Identity is missing"),
        ("Get-QueueDigest -GroupBy RiskLevel", "[possible values: NextHopDomain, NextHopCategory"),
        ("Get-QueueDigest -ResultSize many", "ResultSize: expected a whole number"),
        ("Get-Message -Queue 7", "queue \"7\" could not be found"),
        ("Get-Message MAIL1\\7\\12", "could not be found"),
        ("Get-Message 12", "message \"12\" could not be found"),
        ("Get-Message x", "Identity: expected SERVER\\queue\\number"),
        ("Suspend-Message 12", "message 12 is in no queue"),
        ("Resume-Message 12", "message 12 is in no queue"),
        ("Export-Message 12 --json", "message 12 is in no queue"),
        ("Remove-Message 12 -WithNDR $false -Confirm:$false", "message 12 is in no queue"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
}

#[tokio::test]
async fn a_filter_knows_the_properties() {
    let shell = Shell::new().await;
    for (verb, filter, expected) in [
        ("Get-Queue", "{Colour -eq 1}", "Queue has no property Colour"),
        ("Get-Queue", "MessageCount -gt many", "MessageCount: expected a whole number"),
        ("Get-QueueDigest", "{Colour -eq 1}", "Queue has no property Colour"),
        ("Get-Message", "{Size}", "Filter: expected an operator"),
        ("Get-Message", "{Sise -gt 1MB}", "Message has no property Sise"),
    ] {
        let refused = shell.run_words([verb, "-Filter", filter]).await.unwrap_err();
        assert!(refused.contains(expected), "{filter}: {refused}");
    }
    shell.run_words(["Get-Message", "-Filter", "{Size -gt 1MB}"]).await.unwrap();
}

#[tokio::test]
async fn queues_are_for_who_runs_servers() {
    let mut shell = Shell::new().await;
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "help".to_owned(), groups };
    for line in [
        "Get-Queue",
        "Get-QueueDigest",
        "Suspend-Queue 7",
        "Resume-Queue 7",
        "Retry-Queue 7",
        "Get-Message",
        "Suspend-Message 12",
        "Resume-Message 12",
        "Export-Message 12 --json",
        "Redirect-Message -Target MAIL2",
        "Remove-Message 12 -Confirm:$false",
    ] {
        assert_eq!(shell.run(line).await.unwrap_err(), "the role Transport Queues is needed");
    }
}

/// Each target gets the reason that is its own.
#[tokio::test]
async fn messages_are_redirected_to_no_server() {
    let shell = Shell::new().await;
    let address = "bob@example.test".parse().unwrap();
    let elsewhere = directory::NewMailbox::user(address, "MAIL2", "Mailbox Database");
    shell.organization.directory.create_mailbox(elsewhere).await.unwrap();
    for (line, expected) in [
        ("Redirect-Message", "Target is missing"),
        ("Redirect-Message -Target MAIL9", "server \"MAIL9\" could not be found"),
        ("Redirect-Message -Target mail2 -Server MAIL9", "server \"MAIL9\" could not be found"),
        ("Redirect-Message -Target mail1.example.test", "the messages are on MAIL1 already"),
        ("Redirect-Message -Target mail2", "MAIL1 cannot hand its queues to another server yet"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
}

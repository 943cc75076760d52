//! Tests of the mail flow that are refused. What becomes of a message is shown on the running
//! program.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;

use crate::shell::Shell;

#[tokio::test]
async fn a_test_needs_a_target_that_is_known_and_a_role() {
    let mut shell = Shell::new().await;
    for (line, expected) in [
        ("Test-Mailflow", "TargetEmailAddress is missing"),
        ("Test-Mailflow alice", "TargetEmailAddress: expected a mail address"),
        ("Test-Mailflow alice@example.test", "5.1."),
        ("Test-Mailflow alice@example.test -WhatIf", "5.1."),
        (
            "Test-Mailflow alice@example.test -ExecutionTimeout 3601",
            "ExecutionTimeout: expected 3600 at most",
        ),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "help".to_owned(), groups };
    let refused = shell.run("Test-Mailflow alice@example.test").await.unwrap_err();
    assert_eq!(refused, "the role Monitoring is needed");
}

//! Throttling policies, and who has which.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use serde_json::json;

use crate::shell::Shell;

const GET: &str = "Get-ThrottlingPolicyAssociation alice";

async fn with_alice() -> Shell {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    shell
}

#[tokio::test]
async fn a_policy_is_made_given_and_taken() {
    let shell = with_alice().await;
    assert_eq!(shell.shown(GET, "ThrottlingPolicyId").await, json!(null));
    shell.run("New-ThrottlingPolicy Machines -RecipientRateLimit 500").await.unwrap();
    let policy = "Get-ThrottlingPolicy Machines";
    assert_eq!(shell.shown(policy, "RecipientRateLimit").await, 500);
    assert_eq!(shell.shown(policy, "ThrottlingPolicyScope").await, "Regular");
    shell.run("Set-ThrottlingPolicyAssociation alice -ThrottlingPolicy machines").await.unwrap();
    assert_eq!(shell.shown(GET, "ThrottlingPolicyId").await, "Machines");
    let told = "Set-ThrottlingPolicyAssociation alice -ThrottlingPolicy $null -WhatIf";
    assert!(shell.run(told).await.unwrap().starts_with("What if: "));
    assert_eq!(shell.shown(GET, "ThrottlingPolicyId").await, "Machines");
    shell.run("Set-ThrottlingPolicyAssociation alice -ThrottlingPolicy $null").await.unwrap();
    assert_eq!(shell.shown(GET, "ThrottlingPolicyId").await, json!(null));
    shell.run("Remove-ThrottlingPolicy Machines -Confirm:$false").await.unwrap();
    assert!(shell.run(policy).await.is_err());
}

#[tokio::test]
async fn what_contradicts_itself_is_refused() {
    let mut shell = with_alice().await;
    shell.run("New-ThrottlingPolicy All -ThrottlingPolicyScope Organization").await.unwrap();
    for (line, why) in [
        ("New-ThrottlingPolicy All", "already"),
        ("New-ThrottlingPolicy Two -ThrottlingPolicyScope Organization", "at most one"),
        ("New-ThrottlingPolicy Two -ThrottlingPolicyScope Global", "one of the scope Global"),
        ("Remove-ThrottlingPolicy GlobalThrottlingPolicy -Confirm:$false", "change it with"),
        ("Set-ThrottlingPolicyAssociation alice -ThrottlingPolicy All", "holds for everybody"),
        ("Set-ThrottlingPolicyAssociation alice -ThrottlingPolicy None", "could not be found"),
        ("Set-ThrottlingPolicyAssociation alice", "ThrottlingPolicy"),
        ("Set-ThrottlingPolicyAssociation nobody -ThrottlingPolicy $null", "could not be found"),
        ("Set-ThrottlingPolicy All -MessageRateLimit fast", "MessageRateLimit"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(why), "{line}: {refused}");
    }
    let groups = vec![RoleGroup::HelpDesk];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "help".to_owned(), groups };
    let refused = shell.run("New-ThrottlingPolicy Three").await.unwrap_err();
    assert_eq!(refused, "the role Organization Configuration is needed");
    let give = "Set-ThrottlingPolicyAssociation alice -ThrottlingPolicy $null";
    assert_eq!(shell.run(give).await.unwrap_err(), "the role Mail Recipients is needed");
}

//! The administrator audit log is searched.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use serde_json::json;

use crate::shell::Shell;

/// An organization in which alice was made, renamed, and bob could not be removed.
async fn with_history() -> Shell {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    shell.run("Set-Mailbox alice -DisplayName Al").await.unwrap();
    shell.run("Remove-Mailbox bob -Confirm:$false").await.unwrap_err();
    shell
}

/// The verbs found, the newest first.
async fn verbs(shell: &Shell, line: &str) -> Vec<String> {
    let found = shell.objects(&format!("Search-AdminAuditLog {line}")).await;
    let name = |entry: &serde_json::Value| entry["CmdletName"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn entries_are_found_by_what_they_say() {
    let shell = with_history().await;
    let all = ["Remove-Mailbox", "Set-Mailbox", "New-Mailbox", "New-AcceptedDomain"];
    for (line, expected) in [
        ("-Cmdlets Set-Mailbox,Remove-Mailbox", &all[..2]),
        ("-Cmdlets set-mailbox -Parameters displayname", &all[1..2]),
        ("-Cmdlets set-mailbox -Parameters Alias", &[]),
        ("-ObjectIds alice@example.test", &all[1..3]),
        ("-UserIds nobody", &[]),
        ("-IsSuccess $false", &all[..1]),
        ("-IsSuccess $true", &all[1..]),
        ("-ResultSize 10", &all[..]),
        ("-StartIndex 2 -ResultSize 2", &all[2..]),
        ("-StartDate 2023-11-14 -EndDate 2023-11-15", &all[..]),
        ("-StartDate 2023-11-15", &[]),
        ("-EndDate 11/14/2023", &[]),
    ] {
        assert_eq!(verbs(&shell, line).await, expected, "{line}");
    }
    let few = shell.run("Search-AdminAuditLog -ResultSize 1").await.unwrap();
    assert!(few.contains("there are more"), "{few}");
}

#[tokio::test]
async fn an_entry_says_who_did_what_and_how_it_ended() {
    let shell = with_history().await;
    let set = shell.objects("Search-AdminAuditLog -Cmdlets Set-Mailbox").await;
    assert_eq!(set[0]["Caller"], "root");
    assert_eq!(set[0]["ObjectModified"], "alice@example.test");
    assert_eq!(set[0]["ModifiedProperties"], json!([r#"DisplayName: "alice" -> "Al""#]));
    assert_eq!(set[0]["CmdletParameters"], json!(["DisplayName=Al", "Identity=alice"]));
    assert_eq!((&set[0]["Succeeded"], &set[0]["Error"]), (&json!(true), &json!(null)));
    assert_eq!(set[0]["RunDate"], "2023-11-14T22:13:20Z");
    let made = shell.objects("Search-AdminAuditLog -Cmdlets New-Mailbox").await;
    assert!(!made.to_string().contains("secret-1"), "{made}");
    let failed = shell.objects("Search-AdminAuditLog -IsSuccess $false").await;
    assert_eq!(failed[0]["Succeeded"], false);
    assert!(failed[0]["Error"].as_str().unwrap().contains("could not be found"), "{failed}");
}

#[tokio::test]
async fn a_search_is_refused_without_the_role_or_sense() {
    let mut shell = with_history().await;
    for (line, expected) in [
        ("-Parameters Alias", "-Parameters needs -Cmdlets"),
        ("-StartDate 2026-01-02 -EndDate 2026-01-01", "-StartDate is after -EndDate"),
        ("-StartDate yesterday", "StartDate: expected a moment"),
    ] {
        let refused = shell.run(&format!("Search-AdminAuditLog {line}")).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "help".to_owned(), groups };
    let refused = shell.run("Search-AdminAuditLog").await.unwrap_err();
    assert_eq!(refused, "the role View-Only Audit Logs is needed");
    let groups = vec![RoleGroup::RecordsManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "auditor".to_owned(), groups };
    shell.run("Search-AdminAuditLog").await.unwrap();
}

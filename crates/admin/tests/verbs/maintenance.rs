//! Get- and Set-ServerComponentState.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use serde_json::{Value, json};

use crate::shell::Shell;

async fn states(shell: &Shell) -> Vec<(String, String)> {
    let shown = shell.objects("Get-ServerComponentState").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let state = |one: &Value| (text(&one["Component"]), text(&one["State"]));
    let all = shown.as_array().unwrap().iter().map(state);
    all.filter(|(_, state)| state != "Active").collect()
}

async fn set(shell: &Shell, component: &str, state: &str, requester: &str) {
    let line = format!(
        "Set-ServerComponentState MAIL1 -Component {component} -State {state} -Requester {requester}"
    );
    assert_eq!(shell.run(&line).await.unwrap(), "");
}

#[tokio::test]
async fn a_component_is_active_while_nobody_wants_it_otherwise() {
    let shell = Shell::new().await;
    assert_eq!(states(&shell).await, []);
    set(&shell, "ImapProxy", "Inactive", "Maintenance").await;
    set(&shell, "imapproxy", "draining", "functional").await;
    let imap = ("ImapProxy".to_owned(), "Inactive".to_owned());
    assert_eq!(states(&shell).await, [imap]);
    let one = "Get-ServerComponentState mail1.example.test -Component ImapProxy";
    let requests = json!(["Maintenance:Inactive", "Functional:Draining"]);
    assert_eq!(shell.shown(one, "Requests").await, requests);
    set(&shell, "ImapProxy", "Active", "Maintenance").await;
    assert_eq!(shell.shown(one, "State").await, "Draining");
    set(&shell, "ImapProxy", "Active", "Functional").await;
    assert_eq!(states(&shell).await, []);
    set(&shell, "ServerWideOffline", "Inactive", "Maintenance").await;
    assert_eq!(states(&shell).await.len(), 5, "all of them");
    let log = shell.objects("Search-AdminAuditLog -Cmdlets Set-ServerComponentState").await;
    assert_eq!(log[0]["ObjectModified"], "MAIL1\\ServerWideOffline");
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_is_refused() {
    let mut shell = Shell::new().await;
    let set = "Set-ServerComponentState MAIL1 -Component ImapProxy -State Inactive";
    for (line, expected) in [
        (set, "Requester is missing"),
        (&format!("{set} -Requester Me"), "[possible values: HealthAPI, Maintenance"),
        ("Set-ServerComponentState MAIL1 -Component OwaProxy", "[possible values: ServerWide"),
        (
            "Set-ServerComponentState MAIL2 -Component ImapProxy -State Active -Requester Functional",
            "MAIL2 is another server: run the verb there; this one is MAIL1",
        ),
        ("Get-ServerComponentState MAIL2", "MAIL2 is another server"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let told = shell.run(&format!("{set} -Requester Maintenance -WhatIf")).await.unwrap();
    assert_eq!(told, "What if: Changing ServerComponentState ImapProxy.\n");
    assert_eq!(states(&shell).await, []);
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "somebody".to_owned(), groups };
    let refused = shell.run(&format!("{set} -Requester Maintenance")).await.unwrap_err();
    assert_eq!(refused, "the role Exchange Servers is needed");
}

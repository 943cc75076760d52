//! App passwords as an administrator makes and removes them.

use admin::verb::{Caller, RoleGroup};
use auth::{Attempt, Authenticator, ClientInfo, Mechanism, Protocol, RecipientId};
use serde_json::{Value, json};

use crate::shell::Shell;

async fn office() -> Shell {
    let shell = Shell::new().await;
    shell.run("New-Mailbox Alice -Password secret-enough-1").await.unwrap();
    shell.run("New-Mailbox Sales -Shared").await.unwrap();
    shell
}

async fn logs_in(shell: &Shell, password: &str, protocol: Protocol) -> bool {
    let attempt = Attempt::password(Mechanism::Plain, "", "alice", password).unwrap();
    let client = ClientInfo { ip: "192.0.2.1".parse().unwrap(), protocol };
    shell.organization.directory.verify(attempt, client).await.is_ok()
}

#[tokio::test]
async fn the_password_is_shown_once_and_opens_what_it_was_made_for() {
    let shell = office().await;
    let new = "New-AppPassword Alice -Name phone -Scopes Imap,Smtp -ExpiresOn 2100-01-01";
    let made = shell.objects(new).await;
    let password = made[0]["Password"].as_str().unwrap();
    assert!(logs_in(&shell, password, Protocol::Imap4).await);
    assert!(!logs_in(&shell, password, Protocol::Pop3).await);
    let shown = shell.objects("Get-AppPassword Alice").await;
    let expected = json!([{
        "Mailbox": "Alice", "Name": "phone", "Scopes": ["Imap", "Smtp"],
        "WhenCreated": shown[0]["WhenCreated"], "ExpiresOn": "2100-01-01T00:00:00Z",
        "IsExpired": false,
    }]);
    assert_eq!(shown, expected);

    shell.run("Remove-AppPassword Alice -Name phone -Confirm:$false").await.unwrap();
    assert!(!logs_in(&shell, password, Protocol::Imap4).await);
    assert_eq!(shell.objects("Get-AppPassword Alice").await, json!([]));
    let log = shell.objects("Search-AdminAuditLog").await.to_string();
    assert!(log.contains("New-AppPassword") && log.contains("Remove-AppPassword"), "{log}");
    assert!(log.contains("phone"), "{log}");
    assert!(!log.contains(password), "{log}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let shell = office().await;
    shell.run("New-AppPassword Alice -Name phone").await.unwrap();
    for (line, expected) in [
        ("New-AppPassword Alice -Name Phone", "there is an app password \"Phone\" already"),
        (
            "New-AppPassword Alice -Name x -ExpiresOn 2001-01-01",
            "an app password must expire later than now",
        ),
        ("New-AppPassword Alice", "Name is missing"),
        ("New-AppPassword Nobody -Name x", "mailbox \"Nobody\" could not be found"),
        ("Get-AppPassword Alice -Name x", "app password \"x\" could not be found"),
        (
            "Remove-AppPassword Alice -Name x -Confirm:$false",
            "app password \"x\" could not be found",
        ),
    ] {
        assert_eq!(shell.run(line).await.unwrap_err(), expected, "{line}");
    }
    let scope = shell.run("New-AppPassword Alice -Name x -Scopes Ftp").await.unwrap_err();
    assert!(scope.contains("possible values: Imap, Pop, Smtp"), "{scope}");
    let shared = shell.run("New-AppPassword Sales -Name x").await.unwrap_err();
    assert!(shared.ends_with("has no mailbox that somebody logs in to"), "{shared}");
    assert_eq!(shell.objects("Get-AppPassword Alice").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_if_makes_and_removes_nothing() {
    let shell = office().await;
    let told = shell.run("New-AppPassword Alice -Name phone -WhatIf").await.unwrap();
    assert!(told.contains("Making app password Alice@example.test phone"), "{told}");
    assert_eq!(shell.objects("Get-AppPassword Alice").await, json!([]));
    shell.run("New-AppPassword Alice -Name phone").await.unwrap();
    shell.run("Remove-AppPassword Alice -Name phone -WhatIf").await.unwrap();
    assert_eq!(shell.objects("Get-AppPassword Alice").await[0]["Name"], "phone");
}

#[tokio::test]
async fn who_may_not_reset_passwords_makes_none() {
    let mut shell = office().await;
    shell.run("New-AppPassword Alice -Name phone").await.unwrap();
    let (id, name) = (RecipientId([1; 16]), "help".to_owned());
    shell.caller = Caller::User { id, name, groups: vec![RoleGroup::HelpDesk] };
    for line in
        ["New-AppPassword Alice -Name x", "Remove-AppPassword Alice -Name phone -Confirm:$false"]
    {
        let refused = shell.run(line).await.unwrap_err();
        assert_eq!(refused, "the role Reset Password is needed", "{line}");
    }
    let shown = shell.objects("Get-AppPassword Alice").await;
    assert_eq!(shown.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn test_login_tells_what_each_is_good_for() {
    let shell = office().await;
    shell.run("New-AppPassword Alice -Name phone -Scopes Pop").await.unwrap();
    let steps = shell.objects("Test-Login alice").await;
    let steps: Vec<&Value> = steps.as_array().unwrap().iter().collect();
    let told = steps.iter().find(|step| step["Step"] == "AppPassword").unwrap();
    assert_eq!((&told["Result"], &told["Detail"]), (&json!("Passed"), &json!("phone: for Pop")));
}

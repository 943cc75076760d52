//! Linked directories, and mailboxes whose password is there.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;

use crate::shell::Shell;

const NEW: &str =
    "New-LinkedDirectory AD -LinkedDomainControllers dc1.contoso.com,dc2.contoso.com:3269";

#[tokio::test]
async fn one_is_made_changed_and_removed() {
    let shell = Shell::new().await;
    shell.run(NEW).await.unwrap();
    let get = "Get-LinkedDirectory AD";
    assert_eq!(shell.shown(get, "Security").await, "Tls");
    assert_eq!(shell.shown(get, "BindName").await, "%s");
    shell.run("Set-LinkedDirectory AD -Security StartTls -Domains a.test").await.unwrap();
    assert_eq!(shell.shown(get, "Security").await, "StartTls");
    let told = shell.run("Remove-LinkedDirectory AD -WhatIf").await.unwrap();
    assert!(told.starts_with("What if: "), "{told}");
    shell.run("Remove-LinkedDirectory AD -Confirm:$false").await.unwrap();
    assert!(shell.run(get).await.is_err());
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let mut shell = Shell::new().await;
    shell.run(NEW).await.unwrap();
    for (line, why) in [
        (NEW, "already"),
        ("New-LinkedDirectory B", "LinkedDomainControllers is empty"),
        ("Set-LinkedDirectory AD -Security None", "in the clear"),
        ("Set-LinkedDirectory AD -Security Some", "--security"),
        ("Set-LinkedDirectory AD -BindName cn=admin", "BindName"),
        ("Set-LinkedDirectory AD -SearchBase dc=x -SearchFilter mail=%s", "RFC 4515"),
        ("Set-LinkedDirectory None -Enabled $false", "could not be found"),
        ("Remove-LinkedDirectory None -Confirm:$false", "could not be found"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(why), "{line}: {refused}");
    }
    let groups = vec![RoleGroup::HelpDesk];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "help".to_owned(), groups };
    for line in [
        "New-LinkedDirectory B -LinkedDomainControllers dc1.contoso.com",
        "Set-LinkedDirectory AD -Enabled $false",
        "Remove-LinkedDirectory AD -Confirm:$false",
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert_eq!(refused, "the role Organization Configuration is needed", "{line}");
    }
}

#[tokio::test]
async fn a_linked_mailbox_has_no_password_here() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Linked").await.unwrap();
    for (line, why) in [
        ("New-Mailbox bob -Linked -Password secret-1", "not with -Password"),
        ("New-Mailbox bob -Linked -Room", "it has no password"),
        ("Set-Mailbox alice -Linked -Password secret-1", "not with -Password"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(why), "{line}: {refused}");
    }
    shell.run("New-Mailbox hall -Room").await.unwrap();
    assert!(shell.run("Set-Mailbox hall -Linked").await.unwrap_err().contains("no password"));
    shell.run(NEW).await.unwrap();
    let told = shell.run("Test-Login alice").await.unwrap();
    assert!(told.contains("the linked directory AD is asked"), "{told}");
    shell.run("Set-Mailbox alice -Password secret-1").await.unwrap();
    assert!(shell.run("Test-Login alice").await.unwrap().contains("one is set"));
    shell.run("Set-Mailbox alice -Linked").await.unwrap();
    assert!(shell.run("Test-Login alice").await.unwrap().contains("the linked directory AD"));
}

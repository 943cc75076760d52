//! Enable- and Disable-Mailbox: an account without mail in between.

use serde_json::json;

use crate::shell::Shell;

#[tokio::test]
async fn a_mailbox_is_taken_and_a_new_one_given() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -DisplayName Alice -Password secret-1").await.unwrap();
    shell.run("Set-Mailbox alice -EmailAddresses @{Add=\"a@example.test\"}").await.unwrap();
    shell.run("Set-User alice -Department Sales").await.unwrap();
    let number = |shell: &Shell| {
        let alice = shell.organization.directory.snapshot().by_alias("alice").cloned().unwrap();
        alice.mailbox().map(|mailbox| mailbox.location.number)
    };
    let first = number(&shell).unwrap();
    let told = shell.run("Disable-Mailbox alice -WhatIf").await.unwrap();
    assert_eq!(told, "What if: Disabling mailbox alice@example.test.\n");
    shell.run("Disable-Mailbox alice -Confirm:$false").await.unwrap();
    let gone = shell.run("Get-Mailbox alice").await.unwrap_err();
    assert_eq!(gone, "mailbox \"alice\" could not be found");
    assert_eq!(shell.objects("Get-Recipient").await, json!([]));
    let user = shell.objects("Get-User alice").await[0].clone();
    assert_eq!(
        (&user["RecipientTypeDetails"], &user["Department"]),
        (&json!("User"), &json!("Sales"))
    );
    let before = shell.organization.directory.snapshot().by_alias("alice").cloned().unwrap();
    let made = shell.run("Enable-Mailbox alice").await.unwrap();
    assert!(made.contains("alice@example.test"), "{made}");
    assert_ne!(number(&shell).unwrap(), first, "a new one");
    let alice = shell.organization.directory.snapshot().by_alias("alice").cloned().unwrap();
    assert_eq!(alice.account(), before.account(), "the password is the same");
    assert_eq!((alice.display_name.as_str(), alice.proxies.len()), ("Alice", 0));
    assert_eq!(shell.shown("Get-User alice", "Department").await, "Sales");
}

#[tokio::test]
async fn a_mail_user_gets_a_mailbox_and_a_room_an_account_without_password() {
    let shell = Shell::new().await;
    let new = "New-MailUser mia -ExternalEmailAddress m@far.test -Password secret-1";
    shell.run(new).await.unwrap();
    shell.run("Enable-Mailbox mia -PrimarySmtpAddress mia@example.test").await.unwrap();
    assert_eq!(shell.property("mia", "RecipientTypeDetails").await, "UserMailbox");
    assert_eq!(shell.property("mia", "EmailAddresses").await, json!(["SMTP:mia@example.test"]));
    shell.run("New-Mailbox hall -Room").await.unwrap();
    shell.run("Disable-Mailbox hall -Confirm:$false").await.unwrap();
    let hall = shell.organization.directory.snapshot().by_alias("hall").cloned().unwrap();
    assert_eq!(hall.account().unwrap().credentials, None);
    shell.run("Enable-Mailbox hall -Equipment").await.unwrap();
    assert_eq!(shell.property("hall", "RecipientTypeDetails").await, "EquipmentMailbox");
    shell.run("Disable-Mailbox hall -Confirm:$false").await.unwrap();
    shell.run("Remove-User hall -Confirm:$false").await.unwrap();
    assert!(shell.run("Get-User hall").await.is_err());
}

#[tokio::test]
async fn who_has_a_mailbox_or_is_nobody_is_refused() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    shell.run("New-MailContact frida -ExternalEmailAddress f@far.test").await.unwrap();
    for (line, expected) in [
        ("Enable-Mailbox alice", "alice@example.test is no user without a mailbox"),
        ("Enable-Mailbox frida", "f@far.test is no user without a mailbox"),
        ("Enable-Mailbox nobody", "user \"nobody\" could not be found"),
        ("Disable-Mailbox frida -Confirm:$false", "mailbox \"frida\" could not be found"),
        (
            "Remove-User alice -Confirm:$false",
            "alice@example.test has mail: see Remove-Mailbox, Remove-MailUser",
        ),
    ] {
        assert_eq!(shell.run(line).await.unwrap_err(), expected, "{line}");
    }
    shell.run("Disable-Mailbox alice -Confirm:$false").await.unwrap();
    let kinds = shell.run("Enable-Mailbox alice -Shared -Room").await.unwrap_err();
    assert!(kinds.contains("say one of them"), "{kinds}");
    let foreign = shell.run("Enable-Mailbox alice -PrimarySmtpAddress a@far.test").await;
    assert!(foreign.unwrap_err().contains("far.test"));
}

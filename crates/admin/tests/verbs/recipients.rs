//! Verbs as an administrator writes them, on an organization in memory.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use mailbox::{Guid, Home, Mailbox, NewItem};

use crate::shell::Shell;

#[tokio::test]
async fn a_mailbox_from_making_to_removing() {
    let shell = Shell::new().await;
    let made = shell.run("New-Mailbox -Name Alice -Alias alice -Password secret-1").await.unwrap();
    assert!(made.contains("alice@example.test"), "{made}");
    shell.run("set-mailbox alice --prohibit-send-quota 2GB --display-name Al").await.unwrap();
    assert_eq!(shell.property("alice", "ProhibitSendQuota").await, 2_147_483_648_u64);
    let shown = shell.run("Get-Mailbox Al -List").await.unwrap();
    let line = shown.lines().find(|line| line.starts_with("ProhibitSendQuota ")).unwrap();
    assert!(line.ends_with(" : 2 GB (2,147,483,648 bytes)"), "{shown}");
    shell.run("Set-Mailbox alice -ProhibitSendQuota Unlimited").await.unwrap();
    assert_eq!(shell.property("alice", "ProhibitSendQuota").await, "Unlimited");
    assert_eq!(shell.property("alice", "UseDatabaseQuotaDefaults").await, true);
    let retain = "Set-Mailbox alice -UseDatabaseQuotaDefaults $false -RetainDeletedItemsFor 30.00:00:00 \
        -RecoverableItemsQuota 1GB -SingleItemRecoveryEnabled $true";
    shell.run(retain).await.unwrap();
    assert_eq!(shell.property("alice", "UseDatabaseQuotaDefaults").await, false);
    assert_eq!(shell.property("alice", "RecoverableItemsQuota").await, 1_073_741_824_u64);
    assert_eq!(shell.property("alice", "SingleItemRecoveryEnabled").await, true);
    shell.run("Remove-Mailbox alice -Confirm:$false").await.unwrap();
    assert_eq!(shell.run("get-mailbox").await.unwrap(), "");
    let missing = shell.run("get-mailbox alice").await.unwrap_err();
    assert_eq!(missing, "mailbox \"alice\" could not be found");
}

#[tokio::test]
async fn addresses_are_replaced_and_edited() {
    let shell = Shell::new().await;
    shell.run("new-mailbox alice --password secret-1").await.unwrap();
    shell.run("set-mailbox alice --email-address-policy-enabled=false").await.unwrap();
    let addresses = async || shell.property("alice", "EmailAddresses").await;
    shell.run("set-mailbox alice --primary-smtp-address a.l@example.test").await.unwrap();
    assert_eq!(
        addresses().await,
        serde_json::json!(["SMTP:a.l@example.test", "smtp:alice@example.test"])
    );
    let edit = r#"@{Add="x@example.test","X500:/o=Old/cn=alice";Remove="alice@example.test"}"#;
    shell.run(&format!("Set-Mailbox alice -EmailAddresses {edit}")).await.unwrap();
    assert_eq!(
        addresses().await,
        serde_json::json!(["SMTP:a.l@example.test", "smtp:x@example.test", "X500:/o=Old/cn=alice"])
    );
    let refused =
        shell.run(r#"Set-Mailbox alice -EmailAddresses @{Remove="a.l@example.test"}"#).await;
    assert_eq!(refused.unwrap_err(), "one SMTP address must be the primary one");
    let foreign = shell.run("set-mailbox alice --email-addresses SMTP:a@elsewhere.test").await;
    assert!(foreign.unwrap_err().contains("not an accepted domain"));
}

#[tokio::test]
async fn what_if_changes_nothing_and_is_not_audited() {
    let shell = Shell::new().await;
    let told = shell.run("New-Mailbox alice -WhatIf").await.unwrap();
    assert_eq!(told, "What if: Creating mailbox alice@example.test.\n");
    assert_eq!(shell.run("get-mailbox").await.unwrap(), "");
    let entries = shell.organization.directory.audit_entries(0..u64::MAX, 10, |_| true).await;
    let verbs: Vec<String> = entries.unwrap().into_iter().map(|entry| entry.verb).collect();
    assert_eq!(verbs, ["New-AcceptedDomain"]);
}

#[tokio::test]
async fn what_is_lost_is_not_done_unasked() {
    let shell = Shell::new().await;
    shell.run("new-mailbox alice --password secret-1").await.unwrap();
    let refused = shell.run("remove-mailbox alice").await.unwrap_err();
    assert!(refused.contains("--confirm=false"), "{refused}");
    assert!(shell.run("get-mailbox alice").await.is_ok());
}

#[tokio::test]
async fn rights_come_from_role_groups_and_refusals_are_audited() {
    let mut shell = Shell::new().await;
    shell.run("new-mailbox alice --password secret-1").await.unwrap();
    shell.caller = Caller::User {
        id: RecipientId([1; 16]),
        name: "help@example.test".to_owned(),
        groups: vec![RoleGroup::HelpDesk],
    };
    assert!(shell.run("get-mailbox alice").await.is_ok());
    let refused = shell.run("set-mailbox alice --display-name X --password new-secret").await;
    assert_eq!(refused.unwrap_err(), "the role Mail Recipients is needed");
    let entries = shell.organization.directory.audit_entries(0..u64::MAX, 1, |_| true).await;
    let entry = entries.unwrap().remove(0);
    assert_eq!(entry.caller, "help@example.test");
    assert_eq!(entry.error.as_deref(), Some("the role Mail Recipients is needed"));
    let password = ("Password".to_owned(), "*****".to_owned());
    assert!(entry.parameters.contains(&password), "{:?}", entry.parameters);
}

#[tokio::test]
async fn the_audit_log_says_what_changed() {
    let shell = Shell::new().await;
    shell.run("new-mailbox alice --password secret-1").await.unwrap();
    shell.run("set-mailbox alice --display-name Al").await.unwrap();
    let entries = shell.organization.directory.audit_entries(0..u64::MAX, 1, |_| true).await;
    let entry = entries.unwrap().remove(0);
    assert_eq!((entry.verb.as_str(), entry.object.as_str()), ("Set-Mailbox", "alice@example.test"));
    let changed: Vec<_> = entry.modified.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(changed, ["DisplayName"]);
}

#[tokio::test]
async fn mistakes_are_told_with_the_nearest_name() {
    let shell = Shell::new().await;
    let verb = shell.run("get-mailbx").await.unwrap_err();
    assert!(verb.contains("did you mean Get-Mailbox?"), "{verb}");
    let parameter = shell.run("new-mailbox alice --pasword x").await.unwrap_err();
    assert!(parameter.contains("--password"), "{parameter}");
    let value = shell
        .run("new-mailbox alice --password x --primary-smtp-address nobody")
        .await
        .unwrap_err();
    assert_eq!(value, "PrimarySmtpAddress: expected a mail address");
}

#[tokio::test]
async fn verbs_are_listed_by_noun_and_name() {
    let shell = Shell::new().await;
    let of_noun = shell.run("Get-Command -Noun Mailbox").await.unwrap();
    assert!(of_noun.contains("Remove-Mailbox") && !of_noun.contains("Domain"), "{of_noun}");
    let named = shell.run("get-command *-accepteddomain --json").await.unwrap();
    let named: Vec<serde_json::Value> = serde_json::from_str(&named).unwrap();
    assert_eq!(named.len(), 4);
    assert_eq!(named[0]["Synopsis"], "Shows accepted domains.");
    assert_eq!(named[1]["Synopsis"], "Accepts mail for a domain.");
}

/// Puts messages into a new folder and deletes the folder.
async fn delete_from(mailbox: &Mailbox, subjects: &[&str]) {
    for subject in subjects {
        let bytes = format!("Subject: {subject}\r\n\r\nhello\r\n").into_bytes();
        let item = NewItem {
            summary: content::derive(&bytes).encode().into(),
            prefix: Vec::new(),
            flags: Default::default(),
            keywords: Default::default(),
            received: None,
            zone_minutes: 0,
        };
        let staged = mailbox.stage(bytes).await.unwrap();
        let append = move |change: &mut mailbox::Change<'_, '_>| {
            let folder = match change.view()?.folder_by_path(&["Work"])? {
                Some(folder) => folder,
                None => change.create_path(&["Work"])?,
            };
            change.append(folder.id, &staged, &item).map(drop)
        };
        mailbox.write(append).await.unwrap();
    }
    let delete = |change: &mut mailbox::Change<'_, '_>| {
        let folder = change.view()?.folder_by_path(&["Work"])?.unwrap();
        change.delete_folder(folder.id)
    };
    mailbox.write(delete).await.unwrap();
}

#[tokio::test]
async fn deleted_items_are_listed_and_come_back() {
    let shell = Shell::new().await;
    shell.run("new-mailbox alice --password secret-1").await.unwrap();
    let guid = shell.organization.directory.snapshot().by_alias("alice").unwrap().id.0;
    let home = shell.organization.homes.home(Guid(guid), Guid(guid)).await.unwrap();
    let Home::Local(mailbox) = home else { panic!("it is here") };
    delete_from(&mailbox, &["Budget 2024", "Lunch"]).await;
    let listed = shell.run("get-recoverable-items alice --json").await.unwrap();
    let items: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(items.as_array().unwrap().len(), 2);
    assert_eq!(items[0]["Subject"], "Budget 2024");
    assert_eq!(items[0]["LastParentPath"], "Work");
    assert_eq!(items[0]["OriginalFolderExists"], false);
    let told = shell.run("restore-recoverable-items alice --what-if").await.unwrap();
    assert_eq!(told, "What if: Restoring 2 items of alice.\n");
    let restored = shell.run("Restore-RecoverableItems alice -SubjectContains budget").await;
    assert!(restored.unwrap().contains("Work                  1\n"));
    let listed = shell.run("get-recoverable-items alice").await.unwrap();
    assert!(listed.contains("Lunch") && !listed.contains("Budget"), "{listed}");
    let id = items[1]["EntryId"].as_str().unwrap();
    shell.run(&format!("restore-recoverable-items alice --entry-id {id}")).await.unwrap();
    assert_eq!(shell.run("restore-recoverable-items alice").await.unwrap(), "");
    let nobody = shell.run("get-recoverable-items bob").await.unwrap_err();
    assert_eq!(nobody, "mailbox \"bob\" could not be found");
}

#[tokio::test]
async fn a_mailbox_is_made_whole_or_not_at_all() {
    let shell = Shell::new().await;
    let make = |words: &str| format!("new-mailbox {words} --password secret-1");
    shell.run(&make("alice --alias boss")).await.unwrap();
    let change = shell.organization.directory.snapshot().change();
    let taken = shell.run(&make("bob --alias boss --primary-smtp-address b@example.test")).await;
    assert!(taken.unwrap_err().contains("boss"));
    assert_eq!(shell.organization.directory.snapshot().change(), change);
    // An address whose local part is another one's alias, under an alias of its own.
    shell
        .run(&make("carol --alias carol --primary-smtp-address alice@example.test"))
        .await
        .unwrap();
    let now = shell.organization.directory.snapshot().change();
    assert_eq!(now.0, change.0 + 1, "one mailbox is one change");
}

#[tokio::test]
async fn a_password_nobody_can_be_asked_for_is_missing() {
    let shell = Shell::new().await;
    for words in ["new-mailbox alice", "new-mailbox alice --shared=false"] {
        let missing = shell.run(words).await.unwrap_err();
        assert!(missing.starts_with("--password is missing"), "{missing}");
    }
    shell.run("new-mailbox team --shared").await.unwrap();
    shell.run("new-mailbox alice --what-if").await.unwrap();
}

#[tokio::test]
async fn services_are_switched_for_one_account() {
    let shell = Shell::new().await;
    shell.run("new-mailbox alice --password secret-1").await.unwrap();
    shell.run("new-mailbox meeting --room").await.unwrap();
    let set = "Set-CASMailbox alice -PopEnabled $false -SmtpClientAuthenticationDisabled $true \
        -ImapCapabilitiesHidden compress=deflate,NOTIFY";
    shell.run(set).await.unwrap();
    shell
        .run("set-cas-mailbox alice --imap-capabilities-hidden @{Remove=\"notify\"}")
        .await
        .unwrap();
    let shown = shell.run("get-cas-mailbox alice --json").await.unwrap();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let of = |name: &str| shown[0][name].clone();
    assert_eq!((of("ImapEnabled"), of("PopEnabled")), (true.into(), false.into()));
    assert_eq!(of("SmtpClientAuthenticationDisabled"), true);
    assert_eq!(of("ImapCapabilitiesHidden"), serde_json::json!(["COMPRESS=DEFLATE"]));
    for (line, expected) in [
        ("Set-CASMailbox meeting -ImapEnabled $false", "could not be found"),
        ("Set-CASMailbox alice -ImapCapabilitiesHidden a(b", "expected a capability"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
}

//! How full mailboxes and folders are.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use mailbox::{Guid, Home, Mailbox, NewItem};
use serde_json::{Value, json};

use crate::shell::Shell;

async fn mailbox(shell: &Shell, alias: &str) -> Mailbox {
    let guid = Guid(shell.organization.directory.snapshot().by_alias(alias).unwrap().id.0);
    match shell.organization.homes.home(guid, guid).await.unwrap() {
        Home::Local(mailbox) => mailbox,
        Home::Remote(server) => panic!("on {server}"),
    }
}

/// Puts a message into a folder; gives its octets.
async fn put(mailbox: &Mailbox, path: &'static [&'static str], received: i64) -> u64 {
    let bytes = format!("Subject: {received}\r\n\r\nhello\r\n").into_bytes();
    let octets = bytes.len() as u64;
    let item = NewItem {
        summary: content::derive(&bytes).encode().into(),
        prefix: Vec::new(),
        flags: Default::default(),
        keywords: Default::default(),
        received: Some(received),
        zone_minutes: 0,
    };
    let staged = mailbox.stage(bytes).await.unwrap();
    let append = move |change: &mut mailbox::Change<'_, '_>| {
        let folder = match change.view()?.folder_by_path(path)? {
            Some(folder) => folder,
            None => change.create_path(path)?,
        };
        change.append(folder.id, &staged, &item).map(drop)
    };
    mailbox.write(append).await.unwrap();
    octets
}

async fn folder(shell: &Shell, path: &str) -> Value {
    let words = "Get-MailboxFolderStatistics alice -IncludeOldestAndNewestItems";
    let folders = shell.objects(words).await;
    let found = folders.as_array().unwrap().iter().find(|folder| folder["FolderPath"] == path);
    found.cloned().unwrap_or_else(|| panic!("{path}: {folders}"))
}

#[tokio::test]
async fn folders_count_what_is_in_them_and_below() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    let mailbox = mailbox(&shell, "alice").await;
    let first = put(&mailbox, &["Work"], 1_700_000_000).await;
    let second = put(&mailbox, &["Work"], 1_600_000_000).await;
    let third = put(&mailbox, &["Work", "Old"], 1_500_000_000).await;
    let work = folder(&shell, "/Work").await;
    assert_eq!(
        (&work["FolderType"], &work["ContainerClass"]),
        (&json!("User Created"), &json!("IPF.Note"))
    );
    assert_eq!((&work["ItemsInFolder"], &work["UnreadItemsInFolder"]), (&json!(2), &json!(2)));
    assert_eq!(work["FolderSize"], first + second);
    assert_eq!(work["ItemsInFolderAndSubfolders"], 3);
    assert_eq!(work["FolderAndSubfolderSize"], first + second + third);
    assert_eq!(work["OldestItemReceivedDate"], "2020-09-13T12:26:40Z");
    assert_eq!(work["NewestItemReceivedDate"], "2023-11-14T22:13:20Z");
    let inbox = folder(&shell, "/Inbox").await;
    assert_eq!((&inbox["FolderType"], &inbox["ItemsInFolder"]), (&json!("Inbox"), &json!(0)));
    assert_eq!(inbox["OldestItemReceivedDate"], Value::Null);
    let one = shell.objects("Get-MailboxFolderStatistics alice -FolderScope Inbox").await;
    assert_eq!(one.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_mailbox_counts_what_is_in_it_and_what_was_deleted() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    let mailbox = mailbox(&shell, "alice").await;
    let kept = put(&mailbox, &["Work"], 1_700_000_000).await;
    let deleted = put(&mailbox, &["Gone"], 1_700_000_000).await;
    let delete = |change: &mut mailbox::Change<'_, '_>| {
        let folder = change.view()?.folder_by_path(&["Gone"])?.unwrap();
        change.delete_folder(folder.id)
    };
    mailbox.write(delete).await.unwrap();
    let statistics = shell.objects("Get-MailboxStatistics alice").await;
    let shown = |name: &str| statistics[0][name].clone();
    assert_eq!((shown("ItemCount"), shown("TotalItemSize")), (json!(1), json!(kept)));
    assert_eq!(
        (shown("DeletedItemCount"), shown("TotalDeletedItemSize")),
        (json!(1), json!(deleted))
    );
    assert_eq!((shown("DisplayName"), shown("ServerName")), (json!("alice"), json!("MAIL1")));
    assert_eq!(shown("StorageLimitStatus"), "NoChecking");
    let limits = mailbox::record::QuotaLimits { prohibit_send: Some(kept), ..Default::default() };
    mailbox.write(move |change| change.set_quota(&limits)).await.unwrap();
    let status = shell.shown("Get-MailboxStatistics alice", "StorageLimitStatus").await;
    assert_eq!(status, "ProhibitSend");
}

#[tokio::test]
async fn statistics_are_refused_without_the_role_or_a_mailbox() {
    let mut shell = Shell::new().await;
    for (line, expected) in [
        ("Get-MailboxStatistics bob", "mailbox \"bob\" could not be found"),
        ("Get-MailboxFolderStatistics bob", "mailbox \"bob\" could not be found"),
        ("Get-MailboxFolderStatistics bob -FolderScope Attic", "[possible values: All, Inbox"),
        ("Get-MailboxStatistics", "Identity is missing"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let groups = vec![RoleGroup::RecordsManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "auditor".to_owned(), groups };
    for line in ["Get-MailboxStatistics bob", "Get-MailboxFolderStatistics bob"] {
        let refused = shell.run(line).await.unwrap_err();
        assert_eq!(refused, "the role View-Only Recipients is needed");
    }
}

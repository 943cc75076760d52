//! Requests to restore a mailbox, of a server that is stopped: they are recorded.

use std::fs;
use std::path::Path;

use admin::verb::{Caller, RoleGroup};
use auth::{RecipientId, VerifierOptions};
use directory::{AcceptedDomain, Directory, DomainKind, NewMailbox};
use store::{Database, Options};

use crate::shell::Shell;

/// A data folder as a restored backup leaves it, with alice and with carol, who is gone since.
pub async fn recovery(data: &Path) {
    fs::write(data.join("restored"), "20261123T183000Z\n").unwrap();
    let paths = ["mailboxes", "directory"].map(|name| data.join(name));
    let open = |path| move || Database::open(Options::sqlite(path)).unwrap();
    let [mailboxes, rows] = paths.map(|path| tokio::task::spawn_blocking(open(path)));
    mailboxes.await.unwrap().close().await;
    let rows = rows.await.unwrap();
    let directory = Directory::open(rows.clone(), VerifierOptions::default()).await.unwrap();
    let domain = AcceptedDomain {
        name: "example.test".parse().unwrap(),
        kind: DomainKind::Authoritative,
        match_sub_domains: false,
        catch_all: None,
    };
    directory.add_domain(domain).await.unwrap();
    for address in ["alice@example.test", "carol@example.test"] {
        let new = NewMailbox::user(address.parse().unwrap(), "MAIL1", "Mailbox Database");
        directory.create_mailbox(new).await.unwrap();
    }
    rows.close().await;
}

/// A server with bob, and the line that restores from a backup.
async fn world() -> (Shell, tempfile::TempDir, String) {
    let shell = Shell::new().await;
    shell.run("New-Mailbox bob -Password secret-1").await.unwrap();
    let disk = tempfile::tempdir().unwrap();
    recovery(disk.path()).await;
    let path = disk.path().display();
    let new = format!("New-MailboxRestoreRequest -SourceDatabase {path} -SourceStoreMailbox");
    (shell, disk, new)
}

#[tokio::test]
async fn a_restore_request_from_making_to_removing() {
    let (shell, disk, new) = world().await;
    let made = shell.run(&format!("{new} carol@example.test -TargetMailbox bob")).await.unwrap();
    assert!(made.contains("the server is not running"), "{made}");
    let get = "Get-MailboxRestoreRequest bob\\MailboxRestore";
    assert_eq!(shell.shown(get, "SourceDatabase").await, disk.path().display().to_string());
    assert_eq!(shell.shown(get, "SourceStoreMailbox").await, "carol@example.test");
    let root = "Recovered 20261123T183000Z carol";
    assert_eq!(shell.shown(get, "TargetRootFolder").await, root);
    let statistics = "Get-MailboxRestoreRequestStatistics bob\\MailboxRestore";
    assert_eq!(shell.shown(statistics, "Status").await, "Queued");
    shell.run("Suspend-MailboxRestoreRequest bob\\MailboxRestore").await.unwrap();
    assert_eq!(shell.shown(get, "Status").await, "Suspended");
    shell.run("Resume-MailboxRestoreRequest bob\\MailboxRestore").await.unwrap();
    assert_eq!(shell.shown(get, "Status").await, "Queued");
    assert_eq!(shell.run("Get-MailboxImportRequest").await.unwrap(), "");
    let remove = "Remove-MailboxRestoreRequest bob\\MailboxRestore -Confirm:$false";
    shell.run(remove).await.unwrap();
    let gone = shell.run(get).await.unwrap_err();
    assert_eq!(gone, "mailbox restore request \"bob\\\\MailboxRestore\" could not be found");
}

#[tokio::test]
async fn the_administrator_says_where_it_goes() {
    let (shell, _disk, new) = world().await;
    let line = format!("{new} alice -TargetMailbox bob -TargetRootFolder Old/Mail -Name again");
    shell.run(&line).await.unwrap();
    let get = "Get-MailboxRestoreRequest bob\\again";
    assert_eq!(shell.shown(get, "TargetRootFolder").await, "Old/Mail");
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_once() {
    let (mut shell, disk, new) = world().await;
    let path = disk.path().display().to_string();
    for (line, refusal) in [
        (format!("{new} nobody -TargetMailbox bob"), "mailbox of the backup \"nobody\" could not"),
        (format!("{new} bob -TargetMailbox bob"), "mailbox of the backup \"bob\" could not be"),
        (format!("{new} carol"), "could not be found"),
        (format!("{new} alice -TargetMailbox dora"), "mailbox \"dora\" could not be found"),
        (format!("{new} alice -TargetMailbox bob -IncludeFolders #No#"), "names no folder"),
        (new.replace(&path, "there") + " alice", "not an absolute path"),
        (new.replace(&path, &format!("{path}/no")) + " alice", "is no data folder that a backup"),
    ] {
        let refused = shell.run(&line).await.unwrap_err();
        assert!(refused.contains(refusal), "{line}: {refused}");
    }
    let mut settings = (*shell.organization.settings).clone();
    settings.data_directory = disk.path().to_owned();
    shell.organization.settings = settings.into();
    let refused = shell.run(&format!("{new} alice -TargetMailbox bob")).await.unwrap_err();
    assert!(refused.ends_with("is the server's own data"), "{refused}");
    assert_eq!(shell.run("Get-MailboxRestoreRequest").await.unwrap(), "");
    let name = "somebody@example.test".to_owned();
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name, groups };
    let refused = shell.run(&format!("{new} alice -TargetMailbox bob")).await.unwrap_err();
    assert_eq!(refused, "the role Mailbox Import Export is needed");
}

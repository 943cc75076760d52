//! Requests to import and to export, of a server that is stopped: they are recorded.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;

use crate::shell::Shell;

async fn with_alice() -> (Shell, tempfile::TempDir, String) {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    let disk = tempfile::tempdir().unwrap();
    std::fs::write(disk.path().join("1.eml"), "A: b\n\nx\n").unwrap();
    let path = disk.path().display().to_string();
    (shell, disk, path)
}

#[tokio::test]
async fn an_import_request_from_making_to_removing() {
    let (shell, _disk, path) = with_alice().await;
    let made =
        shell.run(&format!("New-MailboxImportRequest alice -FilePath {path}")).await.unwrap();
    assert!(made.contains("MailboxImport"), "{made}");
    assert!(made.contains("the server is not running"), "{made}");
    let get = "Get-MailboxImportRequest alice\\MailboxImport";
    assert_eq!(shell.shown(get, "Format").await, "Eml");
    assert_eq!(shell.shown(get, "Status").await, "Queued");
    assert_eq!(shell.shown(get, "FilePath").await, path);
    let guid = shell.shown(get, "RequestGuid").await;
    let by_guid = format!("Get-MailboxImportRequestStatistics {}", guid.as_str().unwrap());
    assert_eq!(shell.shown(&by_guid, "PercentComplete").await, 0);
    assert_eq!(shell.shown(&by_guid, "BadItemLimit").await, 0);
    shell.run("Suspend-MailboxImportRequest alice\\MailboxImport").await.unwrap();
    assert_eq!(shell.shown(get, "Status").await, "Suspended");
    assert_eq!(shell.run("Get-MailboxImportRequest -Status Queued").await.unwrap(), "");
    shell.run("Resume-MailboxImportRequest alice\\MailboxImport").await.unwrap();
    assert_eq!(shell.shown("Get-MailboxImportRequest -Mailbox alice", "Status").await, "Queued");
    let again = shell.run("Resume-MailboxImportRequest alice\\MailboxImport").await;
    assert_eq!(again.unwrap_err(), "the request is Queued");
    let remove = "Remove-MailboxImportRequest alice\\MailboxImport -Confirm:$false";
    shell.run(remove).await.unwrap();
    let gone = shell.run(get).await.unwrap_err();
    assert_eq!(gone, "mailbox import request \"alice\\\\MailboxImport\" could not be found");
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_once() {
    let (shell, disk, path) = with_alice().await;
    std::fs::create_dir(disk.path().join("empty")).unwrap();
    std::fs::write(disk.path().join("other.pst"), "!BDN and nothing more").unwrap();
    for (line, refusal) in [
        ("New-MailboxImportRequest bob -FilePath /x".to_owned(), "mailbox \"bob\" could not be"),
        ("New-MailboxImportRequest alice -FilePath mail".to_owned(), "not an absolute path"),
        (format!("New-MailboxImportRequest alice -FilePath {path}/../x"), "not an absolute path"),
        (format!("New-MailboxImportRequest alice -FilePath {path}/no"), "the server cannot open"),
        (format!("New-MailboxImportRequest alice -FilePath {path}/empty"), "say SourceFormat"),
        (
            format!("New-MailboxImportRequest alice -FilePath {path} -IncludeFolders #No#"),
            "names no folder",
        ),
        (
            format!("New-MailboxExportRequest alice -FilePath {path}/x -TargetFormat Zip"),
            "possible values: Mbox, Maildir, Eml, Pst",
        ),
        (
            format!("New-MailboxExportRequest alice -FilePath {path}/x -TargetFormat Pst"),
            "mail is not exported as Pst",
        ),
        (
            format!("New-MailboxImportRequest alice -FilePath {path}/other.pst"),
            "other.pst: it is no PST file",
        ),
        (
            format!("New-MailboxImportRequest alice -FilePath {path} -SourceFormat Pst"),
            "is a link or no regular file",
        ),
    ] {
        let refused = shell.run(&line).await.unwrap_err();
        assert!(refused.contains(refusal), "{line}: {refused}");
    }
    assert_eq!(shell.run("Get-MailboxImportRequest").await.unwrap(), "");
}

#[tokio::test]
async fn the_servers_own_data_is_no_source_and_no_target() {
    let (mut shell, disk, path) = with_alice().await;
    let mut settings = (*shell.organization.settings).clone();
    settings.data_directory = disk.path().to_owned();
    shell.organization.settings = settings.into();
    for verb in ["New-MailboxImportRequest alice", "New-MailboxExportRequest alice"] {
        let refused = shell.run(&format!("{verb} -FilePath {path}/x/y")).await.unwrap_err();
        assert!(refused.ends_with("is the server's own data"), "{refused}");
    }
}

#[tokio::test]
async fn exports_are_apart_from_imports_and_the_role_is_exchanges() {
    let (mut shell, _disk, path) = with_alice().await;
    shell.run(&format!("New-MailboxExportRequest alice -FilePath {path}/x")).await.unwrap();
    assert_eq!(shell.run("Get-MailboxImportRequest").await.unwrap(), "");
    assert_eq!(shell.shown("Get-MailboxExportRequest", "Format").await, "Mbox");
    assert_eq!(shell.shown("Get-MailboxExportRequest", "Identity").await, "alice\\MailboxExport");
    let name = "somebody@example.test".to_owned();
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name, groups };
    let refused = shell.run("Get-MailboxExportRequest").await.unwrap_err();
    assert_eq!(refused, "the role Mailbox Import Export is needed");
}

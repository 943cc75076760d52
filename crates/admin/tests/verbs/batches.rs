//! Migration batches and their endpoints, of a server that is stopped: they are recorded.

use std::fs;

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use types::limits::{MIGRATION_CSV_OCTETS_MAX, MIGRATION_NAME_CHARS_MAX};

use crate::shell::Shell;

const HEADER: &str = "EmailAddress,UserName,Password,UserRoot\n";
const SECRET: &str = "pw-at-the-source";
const ENDPOINT: &str = "New-MigrationEndpoint old -IMAP -RemoteServer imap.old.test";

async fn with_people() -> (Shell, tempfile::TempDir) {
    let shell = Shell::new().await;
    for name in ["alice", "bob", "carol"] {
        shell.run(&format!("New-Mailbox {name} -Password secret-1")).await.unwrap();
    }
    shell.run(ENDPOINT).await.unwrap();
    (shell, tempfile::tempdir().unwrap())
}

fn csv(folder: &tempfile::TempDir, rows: &str) -> String {
    let path = folder.path().join("users.csv");
    fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    path.display().to_string()
}

fn rows() -> String {
    format!("alice@example.test,old-a,{SECRET},\nbob@example.test,master*old-b,{SECRET},/Mail\n")
}

fn new_batch(path: &str) -> String {
    format!("New-MigrationBatch Spring -SourceEndpoint old -CSVData {path}")
}

#[tokio::test]
async fn a_batch_from_making_to_removing() {
    let (shell, folder) = with_people().await;
    let path = csv(&folder, &rows());
    let made = shell.run(&format!("{} -ExcludeFolders Junk", new_batch(&path))).await.unwrap();
    assert!(made.contains("Spring") && made.contains("Created"), "{made}");
    let get = "Get-MigrationBatch spring";
    assert_eq!(shell.shown(get, "TotalCount").await, 2);
    assert_eq!(shell.shown(get, "SourceEndpoint").await, "old");
    let request = "Get-MailboxImportRequest bob\\Spring";
    assert_eq!(shell.shown(request, "SourceServer").await, "imap.old.test:993");
    assert_eq!(shell.shown(request, "SourceUser").await, "master*old-b");
    assert_eq!(shell.shown(request, "SourceRootFolder").await, "/Mail");
    assert_eq!(shell.shown(request, "ExcludeFolders").await[0], "Junk");
    assert_eq!(shell.shown(request, "BatchName").await, "Spring");
    assert_eq!(shell.shown(request, "Status").await, "Suspended");
    assert_eq!(shell.shown("Get-MigrationUser bob", "Status").await, "Queued");

    let started = shell.run("Start-MigrationBatch Spring").await.unwrap();
    assert!(started.contains("the server is not running"), "{started}");
    assert_eq!(shell.shown(get, "Status").await, "Syncing");
    assert_eq!(shell.shown(get, "ActiveCount").await, 2);
    let early = shell.run("Complete-MigrationBatch Spring").await.unwrap_err();
    assert_eq!(early, "the batch is Syncing");
    shell.run("Stop-MigrationBatch Spring").await.unwrap();
    assert_eq!(shell.shown("Get-MigrationBatch -Status Stopped", "StoppedCount").await, 2);
    assert_eq!(shell.run("Get-MigrationBatch -Status Syncing").await.unwrap(), "");
    assert_eq!(shell.run("Get-MigrationBatch -Endpoint other").await.unwrap(), "");
    let users = shell.objects("Get-MigrationUser -BatchId Spring -Status Stopped").await;
    assert_eq!(users[0]["Identity"], "alice@example.test");
    assert_eq!(users.as_array().unwrap().len(), 2);
    let statistics = "Get-MigrationUserStatistics alice@example.test";
    assert_eq!(shell.shown(statistics, "UserName").await, "old-a");
    assert_eq!(shell.shown(statistics, "PercentageComplete").await, 0);

    shell.run("Remove-MigrationBatch Spring -Confirm:$false").await.unwrap();
    assert_eq!(shell.run("Get-MailboxImportRequest").await.unwrap(), "");
    assert_eq!(shell.run("Get-MigrationUser").await.unwrap(), "");
    let gone = shell.run(get).await.unwrap_err();
    assert_eq!(gone, "migration batch \"spring\" could not be found");
}

#[tokio::test]
async fn a_batch_is_changed_and_takes_more_mailboxes() {
    let (shell, folder) = with_people().await;
    shell.run(&new_batch(&csv(&folder, &rows()))).await.unwrap();
    let get = "Get-MigrationBatch Spring";
    let limit = async |line: &str| shell.shown(line, "BadItemLimit").await;
    assert_eq!(limit(get).await, 0);
    shell.run("Set-MigrationBatch spring -BadItemLimit 5").await.unwrap();
    for line in [get, "Get-MailboxImportRequestStatistics bob\\Spring"] {
        assert_eq!(limit(line).await, 5, "{line}");
    }
    shell.run("Set-MigrationBatch Spring -BadItemLimit Unlimited").await.unwrap();
    assert_eq!(limit(get).await, serde_json::Value::Null);

    let more = format!("bob@example.test,new-b,{SECRET},/Old\ncarol@example.test,c,{SECRET},\n");
    let more = format!("Set-MigrationBatch Spring -CSVData {}", csv(&folder, &more));
    let asked = shell.run(&format!("{more} -WhatIf")).await.unwrap();
    assert!(asked.contains("2 of its mailboxes"), "{asked}");
    assert_eq!(shell.shown(get, "TotalCount").await, 2);
    shell.run("Start-MigrationBatch Spring").await.unwrap();
    let told = shell.run(&more).await.unwrap();
    assert!(told.contains("the server is not running"), "{told}");
    assert_eq!(shell.shown(get, "TotalCount").await, 3);
    for (mailbox, property, value) in [
        ("alice", "SourceUser", "old-a"),
        ("bob", "SourceUser", "new-b"),
        ("bob", "SourceRootFolder", "/Old"),
        ("carol", "SourceUser", "c"),
        ("carol", "Status", "Queued"),
    ] {
        let request = format!("Get-MailboxImportRequest {mailbox}\\Spring");
        assert_eq!(shell.shown(&request, property).await, value, "{mailbox}");
    }
    let logged = shell.run("Search-AdminAuditLog -Cmdlets Set-MigrationBatch --json").await;
    assert!(!logged.unwrap().contains(SECRET));
}

#[tokio::test]
async fn what_a_batch_cannot_be_is_refused() {
    let (mut shell, folder) = with_people().await;
    let of = |user: &str| format!("{user}@example.test,u,{SECRET},\n");
    shell.run(&new_batch(&csv(&folder, &of("alice")))).await.unwrap();
    let other = csv(&folder, &of("bob"));
    let other = format!("New-MigrationBatch Autumn -SourceEndpoint old -CSVData {other}");
    shell.run(&other).await.unwrap();
    let taken = format!("Set-MigrationBatch Spring -CSVData {}", csv(&folder, &of("bob")));
    let refused = shell.run(&taken).await.unwrap_err();
    assert!(refused.contains("is in the batch \"Autumn\" already"), "{refused}");
    let gone = shell.run("Set-MigrationBatch Winter -BadItemLimit 1").await.unwrap_err();
    assert_eq!(gone, "migration batch \"Winter\" could not be found");
    assert!(shell.run("Set-MigrationBatch Spring -BadItemLimit many").await.is_err());
    assert_eq!(shell.shown("Get-MigrationBatch Spring", "TotalCount").await, 1);
    shell.becomes(RoleGroup::HelpDesk);
    let denied = shell.run("Set-MigrationBatch Spring -BadItemLimit 1").await.unwrap_err();
    assert_eq!(denied, "the role Migration is needed");
}

#[tokio::test]
async fn passwords_are_neither_shown_nor_logged() {
    let (shell, folder) = with_people().await;
    let path = csv(&folder, &rows());
    let mut shown = shell.run(&format!("{} -AutoStart", new_batch(&path))).await.unwrap();
    for line in [
        "Get-MigrationBatch --json",
        "Get-MigrationUser --json",
        "Get-MigrationUserStatistics bob --json",
        "Get-MailboxImportRequest --json",
        "Search-AdminAuditLog --json",
    ] {
        shown += &shell.run(line).await.unwrap();
    }
    assert!(shown.contains("New-MigrationBatch") && shown.contains(&path), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn one_bad_row_and_nothing_is_made() {
    let (shell, folder) = with_people().await;
    let good = rows();
    let path = csv(
        &folder,
        &format!(
            "{good}nobody@example.test,x,{SECRET},\nALICE@example.test,again,{SECRET},\n\
             carol@example.test,x,,\n"
        ),
    );
    let refused = shell.run(&new_batch(&path)).await.unwrap_err();
    assert_eq!(
        refused,
        "CSVData has wrong rows: line 4: nobody@example.test is no mailbox here; \
         line 5: ALICE@example.test is that of line 2 again; line 6: Password is empty"
    );
    assert_eq!(shell.run("Get-MigrationBatch").await.unwrap(), "");
    assert_eq!(shell.run("Get-MailboxImportRequest").await.unwrap(), "");

    shell.run(&new_batch(&csv(&folder, &good))).await.unwrap();
    let second = csv(&folder, &format!("bob@example.test,x,{SECRET},\n"));
    let line = format!("New-MigrationBatch Second -SourceEndpoint old -CSVData {second}");
    let refused = shell.run(&line).await.unwrap_err();
    assert_eq!(
        refused,
        "CSVData has wrong rows: line 2: bob@example.test is in the batch \"Spring\" already"
    );
    shell.run("Remove-MigrationBatch Spring -Confirm:$false").await.unwrap();
    shell.run(&format!("{line} -WhatIf")).await.unwrap();
    assert_eq!(shell.run("Get-MigrationBatch").await.unwrap(), "");
    shell.run(&line).await.unwrap();
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_once() {
    let (mut shell, folder) = with_people().await;
    let path = csv(&folder, &rows());
    let at = folder.path().display().to_string();
    fs::write(folder.path().join("other.csv"), "root:x:0:0\n").unwrap();
    let large = fs::File::create(folder.path().join("large.csv")).unwrap();
    large.set_len(MIGRATION_CSV_OCTETS_MAX + 1).unwrap();
    let long = "x".repeat(MIGRATION_NAME_CHARS_MAX + 1);
    let new = |csv: &str| format!("New-MigrationBatch X -SourceEndpoint old -CSVData {csv}");
    for (line, refusal) in [
        (new("users.csv"), "not an absolute path"),
        (new(&format!("{at}/no.csv")), "the server cannot open"),
        (new(&at), "no regular file"),
        (new(&format!("{at}/other.csv")), "the first line must be EmailAddress,UserName,Password"),
        (new(&format!("{at}/large.csv")), "CSVData is too long"),
        (format!("{} -ExcludeFolders #No#", new(&path)), "names no folder"),
        (format!("{} -NotificationEmails a@x.test", new(&path)), "unexpected argument"),
        (new(&path).replace("old", "none"), "migration endpoint \"none\" could not be found"),
        (new(&path).replace(" X ", " a\\b "), "without a backslash"),
        (new(&path).replace(" X ", &format!(" {long} ")), "a name of at most"),
    ] {
        let refused = shell.run(&line).await.unwrap_err();
        assert!(refused.contains(refusal), "{line}: {refused}");
    }
    assert_eq!(shell.run("Get-MigrationBatch").await.unwrap(), "");
    let mut settings = (*shell.organization.settings).clone();
    settings.data_directory = folder.path().to_owned();
    shell.organization.settings = settings.into();
    let refused = shell.run(&new(&path)).await.unwrap_err();
    assert!(refused.ends_with("is the server's own data"), "{refused}");
}

#[tokio::test]
async fn an_endpoint_from_making_to_removing() {
    let (shell, folder) = with_people().await;
    let get = "Get-MigrationEndpoint OLD";
    assert_eq!(shell.shown(get, "Port").await, 993);
    assert_eq!(shell.shown(get, "Security").await, "Tls");
    assert_eq!(shell.shown(get, "MaxConcurrentMigrations").await, 20);
    for (line, refusal) in [
        (ENDPOINT, "there is a migration endpoint of that name already"),
        ("New-MigrationEndpoint x -RemoteServer a..b", "a server such as"),
        ("New-MigrationEndpoint x -RemoteServer a.test:1 -Port 2", "one port above 0"),
        ("New-MigrationEndpoint x -RemoteServer a.test -Port 0", "one port above 0"),
        (
            "New-MigrationEndpoint x -RemoteServer a.test -MaxConcurrentMigrations 0",
            "a whole number above 0",
        ),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(refusal), "{line}: {refused}");
    }
    let set = "Set-MigrationEndpoint old -RemoteServer new.old.test -Security StartTls -Port 143";
    shell.run(set).await.unwrap();
    assert_eq!(shell.shown(get, "RemoteServer").await, "new.old.test");
    shell.run(&new_batch(&csv(&folder, &rows()))).await.unwrap();
    let used = "the batch \"Spring\" uses the endpoint";
    assert_eq!(shell.run("Set-MigrationEndpoint old -Port 144").await.unwrap_err(), used);
    let remove = "Remove-MigrationEndpoint old -Confirm:$false";
    assert_eq!(shell.run(remove).await.unwrap_err(), used);
    shell.run("Set-MigrationEndpoint old -MaxConcurrentMigrations 5").await.unwrap();
    assert_eq!(shell.shown(get, "MaxConcurrentMigrations").await, 5);
    assert_eq!(shell.shown(get, "Port").await, 143);
    shell.run("Remove-MigrationBatch Spring -Confirm:$false").await.unwrap();
    shell.run(remove).await.unwrap();
    assert_eq!(shell.run("Get-MigrationEndpoint").await.unwrap(), "");
}

#[tokio::test]
async fn the_role_is_exchanges() {
    let (mut shell, _folder) = with_people().await;
    let name = "somebody@example.test".to_owned();
    let caller =
        |group| Caller::User { id: RecipientId([1; 16]), name: name.clone(), groups: vec![group] };
    shell.caller = caller(RoleGroup::HelpDesk);
    let refused = shell.run("Get-MigrationBatch").await.unwrap_err();
    assert_eq!(refused, "the role Migration is needed");
    let made = shell.run("New-MigrationBatch X -SourceEndpoint old -CSVData /x").await;
    assert_eq!(made.unwrap_err(), "the role Migration is needed");
    shell.caller = caller(RoleGroup::RecipientManagement);
    assert_eq!(shell.run("Get-MigrationBatch").await.unwrap(), "");
}

/// A server that greets, says what it can do, and is not logged in to.
async fn imap(capabilities: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"* OK here\r\n").await;
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|octets| octets > 0) {
                let tag = line.split(' ').next().unwrap();
                let answer = format!("* CAPABILITY {capabilities}\r\n{tag} OK done\r\n");
                assert!(line.contains("CAPABILITY"), "{line}");
                let _ = stream.write_all(answer.as_bytes()).await;
                line.clear();
            }
        }
    });
    port
}

#[tokio::test]
async fn a_server_is_tried_before_a_batch_is_made() {
    let (mut shell, _folder) = with_people().await;
    let (good, closed) = (imap("IMAP4rev1").await, imap("IMAP4rev1 LOGINDISABLED").await);
    let test = "Test-MigrationServerAvailability -IMAP";
    let at = |port| format!("{test} -RemoteServer 127.0.0.1 -Port {port} -Security None");
    let endpoint = format!("127.0.0.1:{good}");
    assert_eq!(shell.shown(&at(good), "Result").await, "Success");
    assert_eq!(shell.shown(&at(good), "TestedEndpoint").await, endpoint);
    assert_eq!(shell.shown(&at(closed), "Result").await, "Failed");
    let why = shell.shown(&at(closed), "Message").await;
    assert!(why.as_str().unwrap().contains("takes no password"), "{why}");
    let set = "Set-MigrationEndpoint old -RemoteServer 127.0.0.1 -Security None -Port";
    shell.run(&format!("{set} {good}")).await.unwrap();
    let by_name = format!("{test} -Endpoint old");
    assert_eq!(shell.shown(&by_name, "TestedEndpoint").await, endpoint);
    assert_eq!(shell.shown(&by_name, "Result").await, "Success");
    for line in
        [test.to_owned(), format!("{by_name} -RemoteServer x.test"), format!("{by_name} -Port 1")]
    {
        let refused = shell.run(&line).await.unwrap_err();
        assert_eq!(refused, "either -Endpoint or -RemoteServer is needed", "{line}");
    }
    let none = shell.run(&format!("{test} -Endpoint none")).await.unwrap_err();
    assert_eq!(none, "migration endpoint \"none\" could not be found");
    shell.becomes(RoleGroup::HelpDesk);
    assert_eq!(shell.run(&by_name).await.unwrap_err(), "the role Migration is needed");
}

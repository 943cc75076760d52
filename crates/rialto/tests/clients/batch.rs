//! Mailboxes of Dovecot come over by one CSV file.

use std::fs;

use serde_json::Value;

use crate::migration::verb;
use crate::support::dovecot::{Dovecot, MASTER, MASTER_PASSWORD, Stored};
use crate::support::imap::Imap;
use crate::support::patience::wait_for;
use crate::support::server::{Data, Demo};

/// Who is who there.
const USERS: [(&str, &str); 3] = [("alice", "one"), ("bob", "two"), ("carol", "three")];
const RIGHT: &str = "the \"right\", one";

fn store(dovecot: &Dovecot, user: &str, number: usize) {
    let text = format!("Subject: {user} {number}\n\nx\n");
    let stored = Stored { folder: "", number, flags: "S", received: 1_500_000_000, text: &text };
    dovecot.store_for(user, &stored);
}

fn shown(data: &Data, words: &[&str]) -> Value {
    serde_json::from_str(&verb(data, &[words, &["--json"]].concat())).unwrap()
}

/// The batch, once it stands so.
fn standing(data: &Data, status: &str) -> Value {
    wait_for(status, || {
        let batch = shown(data, &["Get-MigrationBatch", "Spring"])[0].take();
        (batch["Status"] == status).then_some(batch)
    })
}

/// Subjects of what has come, by mailbox.
fn come(demo: &Demo<'_>) -> Vec<Vec<String>> {
    let subjects = |(user, there): (&str, &str)| {
        let all = Imap::of(demo, user).folder("INBOX");
        let line = |kept: &crate::support::imap::Kept| {
            kept.message.lines().next()?.strip_prefix("Subject: ").map(str::to_owned)
        };
        all.iter().filter_map(line).filter(|it| it.starts_with(&format!("{there} "))).collect()
    };
    USERS.map(subjects).to_vec()
}

fn expected(last: usize) -> Vec<Vec<String>> {
    let of = |(_, there)| (0..=last).map(|number| format!("{there} {number}")).collect();
    USERS.map(of).to_vec()
}

/// One logs in for herself, one by a master, one with a password that is wrong there still.
fn csv(demo: &Demo<'_>) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let (right, master) = (quoted(RIGHT), quoted(MASTER_PASSWORD));
    format!(
        "EmailAddress,UserName,Password\r\n{},one,{right}\r\n{},two*{MASTER},{master}\r\n{},three,{right}\r\n",
        demo.user("alice"),
        demo.user("bob"),
        demo.user("carol"),
    )
}

#[test]
fn mailboxes_of_dovecot_come_by_one_file_and_again_when_the_batch_is_started_again() {
    let data = Data::new();
    let demo = data.demo();
    let outside = tempfile::tempdir().unwrap();
    let authority = data.path().join("authority");
    let Some(mut dovecot) = Dovecot::new(outside.path(), &authority) else { return };
    dovecot.users(&[("one", RIGHT), ("two", "unknown"), ("three", "wrong")]);
    USERS.iter().for_each(|(_, there)| store(&dovecot, there, 0));
    dovecot.start();
    let (host, port) =
        dovecot.address().rsplit_once(':').map(|(h, p)| (h.to_owned(), p.to_owned())).unwrap();
    let endpoint =
        ["New-MigrationEndpoint", "old", "-IMAP", "-RemoteServer", &host, "-Port", &port];
    let more = ["-AcceptUntrustedCertificates", "-MaxConcurrentMigrations", "2"];
    verb(&data, &[&endpoint[..], &more[..]].concat());
    let path = outside.path().join("users.csv");
    fs::write(&path, csv(&demo)).unwrap();
    let path = path.display().to_string();
    verb(&data, &["New-MigrationBatch", "Spring", "-SourceEndpoint", "old", "-CSVData", &path]);
    fs::remove_file(&path).unwrap();
    // What was made is there after a kill.
    demo.kill();
    let demo = data.demo();
    assert_eq!(standing(&data, "Created")["TotalCount"], 3);

    verb(&data, &["Start-MigrationBatch", "Spring"]);
    let batch = standing(&data, "SyncedWithErrors");
    assert_eq!((&batch["SyncedCount"], &batch["FailedCount"]), (&2.into(), &1.into()), "{batch}");
    let failed = shown(&data, &["Get-MigrationUser", "-BatchId", "Spring", "-Status", "Failed"]);
    assert_eq!(failed[0]["Identity"], demo.user("carol"), "{failed}");
    assert!(failed[0]["ErrorSummary"].as_str().unwrap().contains("AUTHENTICATE"), "{failed}");
    let nothing = vec![vec!["one 0".to_owned()], vec!["two 0".to_owned()], Vec::new()];
    assert_eq!(come(&demo), nothing);

    // Begun anew, since it looks for a changed file of users once a second at most.
    dovecot.stop();
    dovecot.users(&[("one", RIGHT), ("two", "unknown"), ("three", RIGHT)]);
    USERS.iter().for_each(|(_, there)| store(&dovecot, there, 1));
    dovecot.start();
    verb(&data, &["Start-MigrationBatch", "Spring"]);
    assert_eq!(standing(&data, "Synced")["SyncedCount"], 3);
    assert_eq!(come(&demo), expected(1));

    USERS.iter().for_each(|(_, there)| store(&dovecot, there, 2));
    verb(&data, &["Complete-MigrationBatch", "Spring"]);
    standing(&data, "Completed");
    assert_eq!(come(&demo), expected(2));
    let statistics = shown(&data, &["Get-MigrationUserStatistics", "bob"]);
    assert_eq!(statistics[0]["SyncedItemCount"], 3);
    verb(&data, &["Remove-MigrationBatch", "Spring", "-Confirm:$false"]);
    verb(&data, &["Remove-MigrationEndpoint", "old", "-Confirm:$false"]);
    assert_eq!(verb(&data, &["Get-MailboxImportRequest"]), "");
    demo.stop();
}

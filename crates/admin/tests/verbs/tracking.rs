//! Get-MessageTrackingLog on a log in memory.

use std::sync::Arc;

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use transport::tracking::TrackingRecord;
use types::Timestamp;
use types::limits::TRACKING_RESULTS_MAX;

use crate::shell::Shell;
use crate::support::Events;

/// 2026-11-20T00:00:00Z
const DAY: i64 = 1_795_132_800;

fn event(second: i64, event: &str, recipients: &str) -> TrackingRecord {
    TrackingRecord {
        date_time: Timestamp::from_micros((DAY + second) * 1_000_000 + 125_000),
        event_id: event.to_owned(),
        source: if event == "DSN" { "DSN" } else { "SMTP" }.to_owned(),
        internal_message_id: second.to_string(),
        message_id: format!("<{second}@a.test>"),
        recipient_address: recipients.to_owned(),
        message_subject: format!("Übersicht {second}"),
        sender_address: "alice@example.test".to_owned(),
        total_bytes: "512".to_owned(),
        recipient_count: "1".to_owned(),
        reference: if event == "DSN" { "<1@a.test>" } else { "" }.to_owned(),
        ..TrackingRecord::default()
    }
}

async fn shell() -> Shell {
    let mut shell = Shell::new().await;
    let events = vec![
        event(2, "DELIVER", "bob@example.test"),
        event(1, "RECEIVE", "bob@example.test;carol@example.test"),
        event(3, "DSN", "alice@example.test"),
    ];
    shell.organization.tracking_log = Arc::new(Events(events));
    shell
}

/// The numbers of the messages that are found, one after the other.
async fn found(shell: &Shell, arguments: &str) -> String {
    let objects = shell.objects(&format!("Get-MessageTrackingLog{arguments}")).await;
    let number =
        |object: &serde_json::Value| object["InternalMessageId"].as_str().unwrap().to_owned();
    objects.as_array().unwrap().iter().map(number).collect()
}

#[tokio::test]
async fn events_are_found_by_each_of_their_properties() {
    let shell = shell().await;
    for (arguments, expected) in [
        ("", "123"),
        (" -EventId deliver", "2"),
        (" -Source DSN", "3"),
        (" -InternalMessageId 2", "2"),
        (" -MessageId <2@a.test>", "2"),
        (" -MessageId 2@a.test", "2"),
        (" -MessageSubject üBERSICHT", "123"),
        (" -MessageSubject other", ""),
        (" -Recipients Carol@example.test,nobody@example.test", "1"),
        (" -Recipients bob@example.test -EventId RECEIVE", "1"),
        (" -Sender ALICE@example.test", "123"),
        (" -Sender bob@example.test", ""),
        (" -Reference 1@a.test", "3"),
        (" -Start 2026-11-20T00:00:02Z", "23"),
        (" -End 2026-11-20T00:00:02", "1"),
        (" -Start 2026-11-20T00:00:02 -End 2026-11-20T00:00:03", "2"),
    ] {
        assert_eq!(found(&shell, arguments).await, expected, "{arguments}");
    }
    let words = ["Get-MessageTrackingLog", "-Start", "11/20/2026 00:00:03", "--json"];
    assert!(shell.run_words(words).await.unwrap().contains("DSN"));
}

#[tokio::test]
async fn an_event_is_shown_with_its_properties() {
    let shell = shell().await;
    let shown = shell.objects("Get-MessageTrackingLog -EventId RECEIVE").await;
    let expected = serde_json::json!(["bob@example.test", "carol@example.test"]);
    assert_eq!(shown[0]["Recipients"], expected);
    assert_eq!(shown[0]["Timestamp"], "2026-11-20T00:00:01.125Z");
    assert_eq!((&shown[0]["TotalBytes"], &shown[0]["RecipientCount"]), (&512.into(), &1.into()));
    let shown = shell.run("Get-MessageTrackingLog -ResultSize 1").await.unwrap();
    assert!(shown.contains("RECEIVE") && shown.contains("there are more"), "{shown}");
    assert!(!shown.contains("DELIVER"), "{shown}");
}

#[tokio::test]
async fn what_means_nothing_is_refused() {
    let shell = shell().await;
    let beyond = format!("-ResultSize {}", TRACKING_RESULTS_MAX + 1);
    for (arguments, expected) in [
        ("-Start yesterday", "Start: expected a moment such as"),
        ("-Start 2026-11-20 -End 2026-11-19", "End is before Start"),
        ("-EventId ARRIVE", "possible values: RECEIVE, DELIVER"),
        ("-Source POST", "possible values: SMTP"),
        ("-InternalMessageId x", "InternalMessageId: expected a whole number"),
        (&beyond, "ResultSize: expected 100000 at most"),
    ] {
        let refused = shell.run(&format!("Get-MessageTrackingLog {arguments}")).await.unwrap_err();
        assert!(refused.contains(expected), "{arguments}: {refused}");
    }
}

#[tokio::test]
async fn the_log_is_for_who_may_track_messages() {
    let mut shell = shell().await;
    for (group, may) in [
        (RoleGroup::HelpDesk, false),
        (RoleGroup::ServerManagement, false),
        (RoleGroup::RecordsManagement, true),
        (RoleGroup::RecipientManagement, true),
    ] {
        let (id, name) = (RecipientId([1; 16]), "help".to_owned());
        shell.caller = Caller::User { id, name, groups: vec![group] };
        let answer = shell.run("Get-MessageTrackingLog").await;
        let refused = "the role Message Tracking is needed".to_owned();
        assert_eq!(answer.map(|_| ()), if may { Ok(()) } else { Err(refused) });
    }
}

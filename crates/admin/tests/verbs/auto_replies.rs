//! Get- and Set-MailboxAutoReplyConfiguration.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use serde_json::{Value, json};
use types::limits::AUTOMATIC_REPLY_OCTETS_MAX;

use crate::shell::Shell;

const GET: &str = "Get-MailboxAutoReplyConfiguration alice";
const SET: &str = "Set-MailboxAutoReplyConfiguration alice";

async fn with_alice() -> Shell {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    shell
}

#[tokio::test]
async fn what_is_set_is_shown_and_the_rest_stays() {
    let shell = with_alice().await;
    let fresh = shell.objects(GET).await[0].clone();
    assert_eq!(
        fresh,
        json!({
            "Identity": "alice", "MailboxOwnerId": "alice", "AutoReplyState": "Disabled",
            "StartTime": null, "EndTime": null, "ExternalAudience": "All",
            "InternalMessage": "", "ExternalMessage": "",
        })
    );
    let words = [
        "Set-MailboxAutoReplyConfiguration",
        "alice",
        "-AutoReplyState",
        "scheduled",
        "-StartTime",
        "2026-12-24 12:00",
        "-EndTime",
        "2027-01-02",
        "-InternalMessage",
        "Back <b>soon</b>",
        "-ExternalAudience",
        "Known",
    ];
    shell.run_words(words).await.unwrap();
    shell.run(&format!("{SET} -ExternalMessage Away")).await.unwrap();
    let set = shell.objects(GET).await[0].clone();
    assert_eq!(
        set,
        json!({
            "Identity": "alice", "MailboxOwnerId": "alice", "AutoReplyState": "Scheduled",
            "StartTime": "2026-12-24T12:00:00Z", "EndTime": "2027-01-02T00:00:00Z",
            "ExternalAudience": "Known",
            "InternalMessage": "Back <b>soon</b>", "ExternalMessage": "Away",
        })
    );
    shell.run_words([SET_WORD, "alice", "-ExternalMessage", ""]).await.unwrap();
    assert_eq!(shell.shown(GET, "ExternalMessage").await, "");
    let audited = shell.objects("Search-AdminAuditLog -Cmdlets Set-MailboxAutoReplyConfiguration");
    let modified = audited.await[0]["ModifiedProperties"].to_string();
    assert!(modified.contains("ExternalMessage"), "{modified}");
}

const SET_WORD: &str = "Set-MailboxAutoReplyConfiguration";

#[tokio::test]
async fn what_would_be_done_is_not_done() {
    let shell = with_alice().await;
    let told = shell.run(&format!("{SET} -AutoReplyState Enabled -WhatIf")).await.unwrap();
    assert!(told.contains("Setting the automatic replies of alice"), "{told}");
    assert_eq!(shell.shown(GET, "AutoReplyState").await, "Disabled");
}

#[tokio::test]
async fn bad_settings_and_callers_are_refused() {
    let mut shell = with_alice().await;
    let long = "x".repeat(AUTOMATIC_REPLY_OCTETS_MAX + 1);
    for (more, expected) in [
        ("-AutoReplyState Scheduled", "StartTime has to be earlier than EndTime"),
        (
            "-AutoReplyState Scheduled -StartTime 2026-12-24 -EndTime 2026-12-24",
            "StartTime has to be earlier than EndTime",
        ),
        ("-AutoReplyState Perhaps", "[possible values: Disabled, Enabled, Scheduled]"),
        ("-ExternalAudience Friends", "[possible values: None, Known, All]"),
        (&format!("-InternalMessage {long}"), "InternalMessage is too long"),
        (&format!("-ExternalMessage {long}"), "ExternalMessage is too long"),
    ] {
        let refused = shell.run(&format!("{SET} {more}")).await.unwrap_err();
        assert!(refused.contains(expected), "{more}: {refused}");
    }
    assert_eq!(shell.shown(GET, "AutoReplyState").await, Value::from("Disabled"));
    let nobody = shell.run("Set-MailboxAutoReplyConfiguration bob").await.unwrap_err();
    assert_eq!(nobody, "mailbox \"bob\" could not be found");
    let groups = vec![RoleGroup::RecordsManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "auditor".to_owned(), groups };
    for line in [GET, SET] {
        let refused = shell.run(line).await.unwrap_err();
        assert_eq!(refused, "the role User Options is needed");
    }
}

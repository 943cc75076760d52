//! The pages of `rialto explain` on an organization in memory. Queues are played: what waits on
//! a server is shown on the running program.

use std::sync::Arc;

use admin::explain::Explain;
use admin::shell::Executor;
use admin::verb::{Call, Caller, Reply, RoleGroup};
use admin::{AdminError, Console};
use auth::RecipientId;
use clap::Parser;
use serde_json::{Value, json};
use transport::tracking::TrackingRecord;
use types::Timestamp;

use crate::shell::Shell;
use crate::support::Events;

/// 2026-11-20T00:00:00Z
const DAY: i64 = 1_795_132_800;
const GUID: &str = "03020100-0504-0706-0809-0a0b0c0d0e0f";

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    explain: Explain,
}

/// A server whose queues hold these.
struct Server {
    shell: Shell,
    messages: Vec<Value>,
    queues: Vec<Value>,
}

impl Executor for Server {
    async fn execute(&self, call: Call) -> Result<Reply, AdminError> {
        let name = call.verb.name.as_str();
        let played = match name {
            "Get-Message" => &self.messages,
            "Get-Queue" => &self.queues,
            _ => return self.shell.execute(call).await,
        };
        if played.is_empty() {
            return self.shell.execute(call).await;
        }
        let said = Value::Object(call.arguments.to_json(call.verb.parameters));
        let meant = said["Identity"].as_str().unwrap_or_default();
        let is_meant = |object: &&Value| object["Identity"].as_str().unwrap().ends_with(meant);
        let objects = played.iter().filter(is_meant).map(|one| one.as_object().unwrap().clone());
        Ok(Reply { objects: objects.collect(), ..Reply::default() })
    }
}

impl Server {
    async fn new(events: Vec<TrackingRecord>) -> Self {
        let mut shell = Shell::new().await;
        shell.organization.tracking_log = Arc::new(Events(events));
        Server { shell, messages: Vec::new(), queues: Vec::new() }
    }

    fn call_as(&mut self, groups: Vec<RoleGroup>) {
        let (id, name) = (RecipientId([1; 16]), "help".to_owned());
        self.shell.caller = Caller::User { id, name, groups };
    }

    async fn explain(&self, words: &[&str]) -> Result<String, String> {
        let words = ["explain"].iter().chain(words);
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        let (mut output, mut notices) = (Vec::new(), Vec::new());
        let mut console = Console { output: &mut output, notices: &mut notices };
        let explained = cli.explain.run(self, &mut console).await;
        explained.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(output).unwrap())
    }
}

fn event(second: i64, event: &str, recipients: &str) -> TrackingRecord {
    TrackingRecord {
        date_time: Timestamp::from_secs(DAY + second),
        event_id: event.to_owned(),
        source: "SMTP".to_owned(),
        internal_message_id: "12".to_owned(),
        message_id: "<a@far.test>".to_owned(),
        network_message_id: GUID.to_owned(),
        recipient_address: recipients.to_owned(),
        message_subject: "Hi\u{1b}[2J".to_owned(),
        return_path: "ann@far.test".to_owned(),
        total_bytes: "512".to_owned(),
        ..TrackingRecord::default()
    }
}

fn received(context: &str) -> TrackingRecord {
    TrackingRecord {
        client_ip: "192.0.2.7".to_owned(),
        client_hostname: "client.far.test".to_owned(),
        connector_id: "MAIL1\\Default".to_owned(),
        source_context: context.to_owned(),
        ..event(1, "RECEIVE", "al@example.test;staff@example.test;old@example.test;x@away.test")
    }
}

fn with(record: TrackingRecord, related: &str, status: &str) -> TrackingRecord {
    TrackingRecord {
        related_recipient_address: related.to_owned(),
        recipient_status: status.to_owned(),
        ..record
    }
}

fn deferred(second: i64) -> TrackingRecord {
    let mx = "mx.late.test".to_owned();
    let status = "451 4.7.1 later";
    let event = with(event(second, "DEFER", "w@late.test"), "", status);
    TrackingRecord { source_context: mx, ..event }
}

/// Resolved, expanded, forwarded; delivered, sent, failed, dropped, waiting.
fn story() -> Vec<TrackingRecord> {
    let sent = with(event(4, "SEND", "x@away.test"), "", "250 2.0.0 taken");
    let report = TrackingRecord {
        message_id: "<report@example.test>".to_owned(),
        network_message_id: "report".to_owned(),
        internal_message_id: "14".to_owned(),
        reference: "<a@far.test>".to_owned(),
        ..event(6, "DSN", "ann@far.test")
    };
    vec![
        received("tls=TLSv1.3;user=EXAMPLE\\ann"),
        with(event(1, "RESOLVE", "alice@example.test"), "al@example.test", ""),
        event(1, "EXPAND", "staff@example.test"),
        event(1, "DUPLICATEEXPAND", "alice@example.test"),
        with(event(1, "REDIRECT", "w@late.test"), "old@example.test", ""),
        event(1, "DROP", "void@example.test"),
        TrackingRecord {
            internal_message_id: "13".to_owned(),
            ..event(1, "TRANSFER", "w@late.test")
        },
        event(2, "DELIVER", "alice@example.test"),
        event(2, "DUPLICATEDELIVER", "bob@example.test"),
        TrackingRecord { server_hostname: "mx.away.test".to_owned(), ..sent },
        with(event(5, "FAIL", "gone@away.test"), "", "550 5.1.1 nobody"),
        report,
        deferred(7),
        deferred(67),
        deferred(127),
    ]
}

fn waiting() -> Value {
    json!({
        "Identity": "MAIL1\\3\\13", "Queue": "MAIL1\\3", "FromAddress": "ann@far.test",
        "Status": "Retry", "InternetMessageId": "<a@far.test>", "Subject": "Hi", "Size": 512,
        "DateReceived": "2026-11-20T00:00:01Z", "ExpirationTime": "2026-11-22T00:00:01Z",
        "RetryCount": 3, "LastError": "451 4.7.1 later", "Recipients": ["w@late.test"],
    })
}

fn queue() -> Value {
    json!({
        "Identity": "MAIL1\\3", "DeliveryType": "DnsConnectorDelivery",
        "NextHopDomain": "late.test", "Status": "Retry", "MessageCount": 1, "RetryCount": 2,
        "LastError": "421 4.4.1 no answer", "LastRetryTime": "2026-11-20T00:02:07Z",
        "NextRetryTime": "2026-11-20T00:07:07Z",
    })
}

const STORY: &str = include_str!("explained_message.txt");

#[tokio::test]
async fn a_message_is_told_hop_by_hop_and_recipient_by_recipient() {
    let mut server = Server::new(story()).await;
    (server.messages, server.queues) = (vec![waiting()], vec![queue()]);
    for id in ["<a@far.test>", "a@far.test", "12", "13", GUID] {
        let page = server.explain(&["message", id]).await.unwrap();
        assert_eq!(page, STORY, "{id}:\n{page}");
    }
}

#[tokio::test]
async fn programs_read_the_same_as_json() {
    let mut server = Server::new(story()).await;
    (server.messages, server.queues) = (vec![waiting()], vec![queue()]);
    let page = server.explain(&["message", "12", "--json"]).await.unwrap();
    let page: Value = serde_json::from_str(&page).unwrap();
    let message = &page["Messages"][0];
    assert_eq!(message["Events"].as_array().unwrap().len(), 14);
    assert_eq!(message["Queues"][0]["NextHopDomain"], "late.test");
    assert_eq!(message["Reports"][0]["MessageId"], "<report@example.test>");
    let outcome = |address: &str| {
        let recipients = message["Recipients"].as_array().unwrap();
        let of = recipients.iter().find(|one| one["Address"] == address).unwrap();
        of["Outcome"].as_str().unwrap().to_owned()
    };
    for (address, expected) in [
        ("al@example.test", "Replaced"),
        ("alice@example.test", "Delivered"),
        ("staff@example.test", "Replaced"),
        ("bob@example.test", "Duplicate"),
        ("void@example.test", "Dropped"),
        ("x@away.test", "Sent"),
        ("gone@away.test", "Failed"),
        ("w@late.test", "Waiting"),
    ] {
        assert_eq!(outcome(address), expected, "{address}");
    }
}

#[tokio::test]
async fn what_the_log_does_not_tell_is_not_made_up() {
    for (context, expected) in [
        ("", "TLS and who logged on not in the log"),
        ("tls=none", "without TLS, nobody logged on"),
        ("tls=TLSv1.3", "with TLSv1.3, nobody logged on"),
    ] {
        let server = Server::new(vec![received(context)]).await;
        let page = server.explain(&["message", "12"]).await.unwrap();
        assert!(page.contains(expected), "{context}: {page}");
        let end = "x@away.test: not known; the log has nothing later, and it is in no queue";
        assert!(page.contains(end), "{page}");
        assert!(!page.contains("Send connector"), "{page}");
    }
}

#[tokio::test]
async fn several_messages_of_one_message_id_are_told_apart() {
    let other = TrackingRecord {
        network_message_id: "other".to_owned(),
        internal_message_id: "20".to_owned(),
        ..event(9, "RECEIVE", "carol@example.test")
    };
    let server = Server::new(vec![received(""), other]).await;
    let page = server.explain(&["message", "a@far.test"]).await.unwrap();
    assert!(page.starts_with("2 messages have this id\n"), "{page}");
    let (first, second) = page.split_once("Internal message ids  20").unwrap();
    assert!(first.contains("x@away.test") && !first.contains("carol"), "{page}");
    assert!(second.contains("carol") && !second.contains("x@away.test"), "{page}");
    let page = server.explain(&["message", "20"]).await.unwrap();
    assert!(!page.contains("x@away.test"), "{page}");
}

#[tokio::test]
async fn a_message_that_only_a_queue_has_is_told_from_there() {
    let mut server = Server::new(Vec::new()).await;
    (server.messages, server.queues) = (vec![waiting()], vec![queue()]);
    for id in ["13", "a@far.test"] {
        let page = server.explain(&["message", id]).await.unwrap();
        assert!(page.contains("the message tracking log has no event of it"), "{page}");
        assert!(page.contains("w@late.test: waits in MAIL1\\3"), "{page}");
    }
}

#[tokio::test]
async fn an_unknown_id_tells_what_was_searched() {
    let server = Server::new(Vec::new()).await;
    let unknown = server.explain(&["message", "b@far.test"]).await.unwrap_err();
    assert_eq!(
        unknown,
        "no message \"b@far.test\" is in the message tracking log or in a queue: the log has no \
         events at all; MessageTrackingLogMaxAge is 30.00:00:00"
    );
    let server = Server::new(story()).await;
    server.shell.run("Set-TransportService -MessageTrackingLogEnabled $false").await.unwrap();
    for id in ["b@far.test", "99", "it's", "13020100-0504-0706-0809-0a0b0c0d0e0f"] {
        let unknown = server.explain(&["message", id]).await.unwrap_err();
        let span = "the log was searched from 2026-11-20T00:00:01.000Z, its oldest event, until \
                    now; MessageTrackingLogMaxAge is 30.00:00:00, and the log is disabled";
        assert!(unknown.contains(span), "{id}: {unknown}");
    }
}

#[tokio::test]
async fn a_page_shows_what_the_callers_roles_show() {
    let mut server = Server::new(story()).await;
    server.call_as(vec![RoleGroup::HelpDesk]);
    let refused = server.explain(&["message", "12"]).await.unwrap_err();
    assert_eq!(refused, "the role Message Tracking is needed");
    server.call_as(vec![RoleGroup::RecordsManagement]);
    let page = server.explain(&["message", "12"]).await.unwrap();
    let queues = "what waits in queues is not known: the role Transport Queues is needed.";
    assert!(page.contains(queues), "{page}");
    assert!(page.contains("later; whether it waits is not known"), "{page}");
    assert!(page.contains("how long events are kept is not known to the caller"), "{page}");
}

/// Alice, sales that she may open, and who is none to log in.
async fn office() -> Server {
    let server = Server::new(Vec::new()).await;
    for line in [
        "New-Mailbox Alice -Password secret-enough-1",
        "New-Mailbox Sales -Shared",
        "New-Mailbox Closed -Shared",
        "Add-MailboxPermission Sales -User Alice -AccessRights FullAccess",
        "Set-ImapSettings -Enabled $true",
        "New-DistributionGroup Staff",
    ] {
        server.shell.run(line).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    server
}

const LOGIN: &str = include_str!("explained_login.txt");

#[tokio::test]
async fn a_login_is_told_step_by_step() {
    let server = office().await;
    let page = server.explain(&["login", "alice@example.test"]).await.unwrap();
    assert_eq!(page, LOGIN, "{page}");
}

/// The results of the steps of a login: `IMAP4 Passed` and so on.
async fn results(server: &Server, user: &str) -> Vec<String> {
    let steps = server.explain(&["login", user, "--json"]).await.unwrap();
    let steps: Vec<Value> = serde_json::from_str(&steps).unwrap();
    let told = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
    steps.iter().map(|step| told(step, "Step") + " " + &told(step, "Result")).collect()
}

#[tokio::test]
async fn each_form_of_a_user_name_is_understood() {
    let server = office().await;
    for (user, form, imap) in [
        ("ALICE@example.test", "an address (user principal name)", "IMAP4 Passed"),
        ("alice", "understood as an alias", "IMAP4 Passed"),
        ("EXAMPLE\\alice", "a domain and an alias", "IMAP4 Passed"),
        ("alice/sales", "a delegate: an alias, and the mailbox sales", "IMAP4 Passed"),
        ("alice@example.test/closed", "a delegate: an address", "IMAP4 Refused"),
        ("alice/nobody", "no mailbox is called that", "IMAP4 Refused"),
    ] {
        let page = server.explain(&["login", user]).await.unwrap();
        assert!(page.contains(form), "{user}: {page}");
        let results = results(&server, user).await;
        assert!(results.iter().any(|result| result == imap), "{user}: {results:?}");
    }
}

#[tokio::test]
async fn what_is_switched_off_is_refused() {
    let server = office().await;
    let set = "Set-CASMailbox Alice -ImapEnabled $false -SmtpClientAuthenticationDisabled $true";
    server.shell.run(set).await.unwrap();
    let refused = results(&server, "alice").await;
    for expected in ["IMAP4 Refused", "POP3 Refused", "SMTP Refused", "Password Passed"] {
        assert!(refused.iter().any(|result| result == expected), "{expected}: {refused:?}");
    }
    let page = server.explain(&["login", "alice"]).await.unwrap();
    assert!(page.contains("PopEnabled is True; the service is not enabled"), "{page}");
    assert!(page.contains("SmtpClientAuthenticationDisabled is True; users log on"), "{page}");
}

#[tokio::test]
async fn who_has_no_account_is_told_so_and_who_is_nobody_is_not_found() {
    let server = office().await;
    for (user, expected) in [
        ("sales", "a SharedMailbox, which nobody logs in to; who has Full Access opens it as"),
        ("staff@example.test", "which nobody logs in to\n"),
    ] {
        let page = server.explain(&["login", user]).await.unwrap();
        assert!(page.contains(expected) && page.contains("Refused"), "{user}: {page}");
    }
    for user in ["nobody", "nobody@example.test", "ELSEWHERE\\alice"] {
        let refused = server.explain(&["login", user]).await.unwrap_err();
        assert!(refused.starts_with("user ") && refused.contains("not be found"), "{refused}");
    }
}

#[tokio::test]
async fn logins_are_explained_to_who_may_see_recipients() {
    let mut server = office().await;
    server.call_as(vec![RoleGroup::RecordsManagement]);
    for user in ["alice", "nobody"] {
        let refused = server.explain(&["login", user]).await.unwrap_err();
        assert_eq!(refused, "the role View-Only Recipients is needed", "{user}");
    }
    server.call_as(vec![RoleGroup::HelpDesk]);
    server.explain(&["login", "alice"]).await.unwrap();
}

//! The page for people: the message, what happened, how it ended for whom, what waits and why.
//! Times are UTC.

use super::gather::{Explained, OneMessage};
use super::outcome::{Fate, Outcome};
use crate::asking::{Fields, number, text, texts};
use crate::explain::page::Page;

/// The page.
pub(super) fn page(explained: &Explained) -> String {
    let mut page = Page::default();
    if explained.messages.len() > 1 {
        page.head(&format!("{} messages have this id", explained.messages.len()));
    }
    for message in &explained.messages {
        head(&mut page, message);
        events(&mut page, message);
        recipients(&mut page, message, explained.unknown.queues.is_none());
        waiting(&mut page, message);
        reports(&mut page, message);
    }
    searched(&mut page, explained);
    page.text()
}

fn head(page: &mut Page, message: &OneMessage) {
    page.head(&format!("Message {}", or(message.message_id(), "without a Message-ID")));
    let first = message.events.first();
    if let Some(event) = first {
        page.named("Subject", or(text(event, "MessageSubject"), "(none in the log)"));
        page.named("Sender", or(text(event, "ReturnPath"), "(none in the log)"));
        page.named("Size", &octets(number(event, "TotalBytes")));
        page.named("Network message id", text(event, "NetworkMessageId"));
        page.named("Internal message ids", &copies(message));
    } else if let Some(queued) = message.waiting.first() {
        page.named("Subject", text(queued, "Subject"));
        page.named("Sender", text(queued, "FromAddress"));
        page.named("Size", &octets(number(queued, "Size")));
        page.named("Received", text(queued, "DateReceived"));
    }
}

fn octets(count: Option<u64>) -> String {
    count.map_or_else(|| "not known".to_owned(), |count| format!("{count} octets"))
}

/// The numbers of the copies, in the order they came up.
fn copies(message: &OneMessage) -> String {
    let mut copies: Vec<&str> = Vec::new();
    for event in &message.events {
        let copy = text(event, "InternalMessageId");
        if !copies.contains(&copy) {
            copies.push(copy);
        }
    }
    copies.join(", ")
}

/// An event, and how often it came again.
struct Happened<'m> {
    event: &'m Fields,
    again: usize,
    last: &'m str,
}

fn events(page: &mut Page, message: &OneMessage) {
    page.head("What happened");
    if message.events.is_empty() {
        page.line("Not known: the message tracking log has no event of it.");
    }
    for Happened { event, again, last } in happened(message) {
        let when = text(event, "Timestamp");
        page.line(&format!("{when}  {:<16}  {}", text(event, "EventId"), sentence(event)));
        if again > 0 {
            page.line(&format!("{:24}  {:16}  and {again} times more, last {last}", "", ""));
        }
    }
}

/// The events; a DEFER that says the same as one before is counted there.
fn happened(message: &OneMessage) -> Vec<Happened<'_>> {
    let mut all: Vec<Happened<'_>> = Vec::new();
    for event in &message.events {
        let is_defer = text(event, "EventId") == "DEFER";
        let same = all.iter_mut().find(|other| is_defer && is_same(other.event, event));
        match same {
            Some(other) => {
                other.again += 1;
                other.last = text(event, "Timestamp");
            }
            None => all.push(Happened { event, again: 0, last: "" }),
        }
    }
    all
}

fn is_same(one: &Fields, other: &Fields) -> bool {
    ["EventId", "Recipients", "RecipientStatus", "SourceContext"]
        .iter()
        .all(|name| one.get(*name) == other.get(*name))
}

fn sentence(event: &Fields) -> String {
    let who = texts(event, "Recipients").collect::<Vec<_>>().join(", ");
    let related = or(text(event, "RelatedRecipientAddress"), "an address");
    let context = text(event, "SourceContext");
    match text(event, "EventId") {
        "RECEIVE" => received(event, &who),
        "RESOLVE" => format!("{related} is an address of {who}"),
        "REDIRECT" => format!("{related} is forwarded to {who}"),
        "EXPAND" => format!("the group {who} became its members"),
        "DUPLICATEEXPAND" => format!("{who} came up again and gets one copy"),
        "TRANSFER" => format!("a copy of its own for {who}"),
        "DELIVER" => format!("into the mailbox of {who}{}", reply(event)),
        "DUPLICATEDELIVER" => format!("the mailbox of {who} had it already{}", reply(event)),
        "SEND" => {
            format!("{} took it for {who}{}", host(text(event, "ServerHostname")), reply(event))
        }
        "FAIL" => format!("given up for {who}{}{}", at(context), reply(event)),
        "DEFER" => format!("put off for {who}{}{}", at(context), reply(event)),
        "DROP" => format!("deleted for {who} without a report"),
        "DSN" => format!("a report about {}, to {who}", or(text(event, "Reference"), "a message")),
        _ => format!("{who}{}", reply(event)),
    }
}

/// From where, by which connector, who logged on.
fn received(event: &Fields, who: &str) -> String {
    let address = text(event, "ClientIp");
    if address.is_empty() {
        return format!("made by this server ({}), for {who}", text(event, "Source"));
    }
    let client = or(text(event, "ClientHostname"), "a client without a name");
    let connector = or(text(event, "ConnectorId"), "no connector");
    let session = session(text(event, "SourceContext"));
    format!("from {client} [{address}] by {connector}, {session}, for {who}")
}

/// What the log says of the session: `tls=VERSION`, then `;user=NAME` of who logged on.
fn session(context: &str) -> String {
    let Some(context) = context.strip_prefix("tls=") else {
        return "TLS and who logged on not in the log".to_owned();
    };
    let (version, user) = match context.split_once(";user=") {
        Some((version, user)) => (version, format!("logged on as {user}")),
        None => (context, "nobody logged on".to_owned()),
    };
    let tls = if version == "none" { "without TLS".to_owned() } else { format!("with {version}") };
    format!("{tls}, {user}")
}

fn reply(event: &Fields) -> String {
    match text(event, "RecipientStatus") {
        "" => String::new(),
        status => format!(": {status}"),
    }
}

fn at(host: &str) -> String {
    if host.is_empty() { String::new() } else { format!(" at {host}") }
}

fn host(host: &str) -> &str {
    or(host, "a host that the log does not name")
}

fn recipients(page: &mut Page, message: &OneMessage, knows_queues: bool) {
    page.head("How it ended");
    for fate in &message.recipients {
        page.line(&format!("{}: {}", fate.address, ended(fate, knows_queues)));
    }
}

fn ended(fate: &Fate, knows_queues: bool) -> String {
    let queue = if knows_queues { "it is in no queue" } else { "whether it waits is not known" };
    let status = if fate.status.is_empty() { String::new() } else { format!(": {}", fate.status) };
    let when = fate.timestamp.as_deref().unwrap_or_default();
    match fate.outcome {
        Outcome::Unknown => format!("not known; the log has nothing later, and {queue}"),
        Outcome::Replaced if fate.became.is_empty() => {
            "a group; its members came in its place".to_owned()
        }
        Outcome::Replaced => format!("{} came in its place", fate.became.join(", ")),
        Outcome::Delivered => format!("delivered to its mailbox, {when}{status}"),
        Outcome::Duplicate => format!("was in its mailbox already, {when}{status}"),
        Outcome::Sent => format!("sent to {}, {when}{status}", host(&fate.host)),
        Outcome::Failed => format!("failed{}, {when}{status}", at(&fate.host)),
        Outcome::Dropped => format!("deleted without a report, {when}"),
        Outcome::Deferred => format!("put off, {when}{status}; {queue}"),
        Outcome::Waiting => format!("waits in {}", fate.queues.join(", ")),
    }
}

fn waiting(page: &mut Page, message: &OneMessage) {
    for waiting in &message.waiting {
        let queue = text(waiting, "Queue");
        page.head(&format!("Waits as {}", text(waiting, "Identity")));
        page.named("Status", text(waiting, "Status"));
        page.named("Since", text(waiting, "DateReceived"));
        page.named("Given up", text(waiting, "ExpirationTime"));
        page.named(
            "Its own attempts",
            &number(waiting, "RetryCount").unwrap_or_default().to_string(),
        );
        page.named("Its own last error", or(text(waiting, "LastError"), "none"));
        match message.queues.iter().find(|shown| text(shown, "Identity") == queue) {
            Some(shown) => of_queue(page, shown),
            None => page.named("Queue", &format!("{queue}, of which no more is known")),
        }
    }
}

fn of_queue(page: &mut Page, queue: &Fields) {
    let name = text(queue, "Identity");
    let (kind, hop) = (text(queue, "DeliveryType"), text(queue, "NextHopDomain"));
    page.named("Queue", &format!("{name}, {}: {kind} to {hop}", text(queue, "Status")));
    page.named("Failed connections", &number(queue, "RetryCount").unwrap_or_default().to_string());
    page.named("Queue's last error", or(text(queue, "LastError"), "none"));
    page.named("Last attempt", or(text(queue, "LastRetryTime"), "none failed"));
    page.named("Next attempt", or(text(queue, "NextRetryTime"), "no time is set"));
}

fn reports(page: &mut Page, message: &OneMessage) {
    if message.reports.is_empty() {
        return;
    }
    page.head("Reports about it");
    for report in &message.reports {
        let (when, id) = (text(report, "Timestamp"), text(report, "MessageId"));
        let who = texts(report, "Recipients").collect::<Vec<_>>().join(", ");
        page.line(&format!("{when}  to {who}: {id}"));
    }
}

fn searched(page: &mut Page, explained: &Explained) {
    page.head("What was searched");
    page.line(&format!("{}{}.", explained.searched, explained.unknown));
    if explained.messages.iter().flat_map(|message| &message.recipients).any(is_sent) {
        page.line("By which Send connector mail was sent is not known: the log does not keep it.");
    }
}

fn is_sent(fate: &Fate) -> bool {
    fate.outcome == Outcome::Sent
}

fn or<'t>(text: &'t str, otherwise: &'t str) -> &'t str {
    if text.is_empty() { otherwise } else { text }
}

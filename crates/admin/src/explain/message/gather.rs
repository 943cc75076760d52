//! Everything that verbs know about a message.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::outcome::{Fate, fates};
use crate::AdminError;
use crate::asking::{Fields, ask, found, text, unless_denied};
use crate::shell::Executor;

/// Answers about an id, and what was asked for them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Explained {
    /// The id as it was written.
    pub(super) id: String,
    /// Several messages may have one Message-ID.
    pub(super) messages: Vec<OneMessage>,
    /// How far back the log reaches.
    pub(super) searched: Searched,
    /// What could not be found out.
    pub(super) unknown: Unknown,
}

/// A message: all its copies on this server.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneMessage {
    /// What Get-MessageTrackingLog answers, oldest first.
    pub(super) events: Vec<Fields>,
    /// What Get-Message answers.
    pub(super) waiting: Vec<Fields>,
    /// What Get-Queue answers about the queues it waits in.
    pub(super) queues: Vec<Fields>,
    /// Events of reports about it.
    pub(super) reports: Vec<Fields>,
    /// How it ended, recipient by recipient.
    pub(super) recipients: Vec<Fate>,
}

/// What could not be found out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Unknown {
    /// Why it is not known what waits in queues; None: it is known.
    pub(super) queues: Option<String>,
    /// There are more events than these.
    pub(super) events_after: Option<usize>,
}

/// How far back the log reaches.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Searched {
    /// The oldest event of any message; None: the log is empty.
    pub(super) oldest_event: Option<String>,
    /// MessageTrackingLogEnabled; None: the caller may not know.
    pub(super) enabled: Option<bool>,
    /// MessageTrackingLogMaxAge.
    pub(super) max_age: Option<String>,
}

/// What an id can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Internal,
    Network,
    Internet,
}

impl Kind {
    fn of(id: &str) -> Self {
        let is_digits = !id.is_empty() && id.bytes().all(|octet| octet.is_ascii_digit());
        match (is_digits, is_guid(id)) {
            (true, _) => Kind::Internal,
            (_, true) => Kind::Network,
            _ => Kind::Internet,
        }
    }

    /// The parameter of Get-MessageTrackingLog.
    fn parameter(self) -> &'static str {
        match self {
            Kind::Internal => "InternalMessageId",
            Kind::Network => "NetworkMessageId",
            Kind::Internet => "MessageId",
        }
    }
}

/// `8-4-4-4-12` hexadecimal digits.
fn is_guid(id: &str) -> bool {
    let mut lengths = id.split('-').map(str::len);
    let is_hex = id.bytes().all(|octet| octet == b'-' || octet.is_ascii_hexdigit());
    is_hex && lengths.by_ref().eq([8, 4, 4, 4, 12])
}

/// Asks the verbs. Errors: Untracked, and what verbs refuse.
pub(super) async fn gather(server: &impl Executor, id: &str) -> Result<Explained, AdminError> {
    let kind = Kind::of(id);
    let searched = searched(server).await?;
    let mut unknown = Unknown::default();
    let mut messages = events(server, kind, id, &mut unknown).await?;
    for message in &mut messages {
        add_waiting(server, message, &mut unknown).await?;
    }
    if messages.is_empty() {
        messages.extend(untracked(server, kind, id, &mut unknown).await?);
    }
    for message in &mut messages {
        add_queues(server, message, &mut unknown).await?;
        add_reports(server, message).await?;
        message.recipients = fates(message);
    }
    match messages.is_empty() {
        true => {
            let searched = format!("{searched}{unknown}");
            Err(AdminError::Untracked { id: id.to_owned(), searched })
        }
        false => Ok(Explained { id: id.to_owned(), messages, searched, unknown }),
    }
}

/// The messages that have the id, with all events of each.
async fn events(
    server: &impl Executor,
    kind: Kind,
    id: &str,
    unknown: &mut Unknown,
) -> Result<Vec<OneMessage>, AdminError> {
    let named = tracked(server, kind.parameter(), id, unknown).await?;
    let mut seen = BTreeSet::new();
    let mut messages = Vec::new();
    for event in &named {
        let network = text(event, "NetworkMessageId");
        if !seen.insert(network.to_owned()) {
            continue;
        }
        // A number is one copy's; the others tell the rest. A line without a GUID stands alone.
        let events = match kind == Kind::Internal && !network.is_empty() {
            true => tracked(server, "NetworkMessageId", network, unknown).await?,
            false => {
                let same = |other: &&Fields| text(other, "NetworkMessageId") == network;
                named.iter().filter(same).cloned().collect()
            }
        };
        messages.push(OneMessage { events, ..OneMessage::default() });
    }
    Ok(messages)
}

async fn tracked(
    server: &impl Executor,
    parameter: &str,
    id: &str,
    unknown: &mut Unknown,
) -> Result<Vec<Fields>, AdminError> {
    let reply = ask(server, "Get-MessageTrackingLog", &[(parameter, id)]).await?;
    if !reply.warnings.is_empty() {
        unknown.events_after = Some(reply.objects.len());
    }
    Ok(reply.objects)
}

/// What waits of a message that the log knows: its copies by their numbers.
async fn add_waiting(
    server: &impl Executor,
    message: &mut OneMessage,
    unknown: &mut Unknown,
) -> Result<(), AdminError> {
    let copies: BTreeSet<&str> =
        message.events.iter().map(|event| text(event, "InternalMessageId")).collect();
    for copy in copies.into_iter().filter(|copy| !copy.is_empty()) {
        let waiting = asked(server, "Get-Message", &[("Identity", copy)], unknown).await?;
        message.waiting.extend(waiting);
    }
    Ok(())
}

/// A message in a queue that the log does not know: it was disabled, or is shorter.
async fn untracked(
    server: &impl Executor,
    kind: Kind,
    id: &str,
    unknown: &mut Unknown,
) -> Result<Option<OneMessage>, AdminError> {
    let waiting = match kind {
        Kind::Internal => asked(server, "Get-Message", &[("Identity", id)], unknown).await?,
        Kind::Internet => {
            let filter =
                format!("{{InternetMessageId -eq '{}'}}", bracketed(id).replace('\'', "''"));
            asked(server, "Get-Message", &[("Filter", &filter)], unknown).await?
        }
        Kind::Network => {
            unknown.queues = Some("they do not tell network message ids".to_owned());
            Vec::new()
        }
    };
    Ok((!waiting.is_empty()).then(|| OneMessage { waiting, ..OneMessage::default() }))
}

/// A Message-ID as messages have it.
fn bracketed(id: &str) -> String {
    if id.starts_with('<') { id.to_owned() } else { format!("<{id}>") }
}

async fn add_queues(
    server: &impl Executor,
    message: &mut OneMessage,
    unknown: &mut Unknown,
) -> Result<(), AdminError> {
    let queues: BTreeSet<&str> =
        message.waiting.iter().map(|waiting| text(waiting, "Queue")).collect();
    for queue in queues {
        let shown = asked(server, "Get-Queue", &[("Identity", queue)], unknown).await?;
        message.queues.extend(shown);
    }
    Ok(())
}

async fn add_reports(server: &impl Executor, message: &mut OneMessage) -> Result<(), AdminError> {
    let id = message.message_id();
    if !id.is_empty() {
        message.reports =
            ask(server, "Get-MessageTrackingLog", &[("Reference", id)]).await?.objects;
    }
    Ok(())
}

/// About queues, which not everybody who may track messages may see.
async fn asked(
    server: &impl Executor,
    verb: &str,
    said: &[(&str, &str)],
    unknown: &mut Unknown,
) -> Result<Vec<Fields>, AdminError> {
    let (objects, refused) = unless_denied(found(server, verb, said).await)?;
    unknown.queues = refused.or(unknown.queues.take());
    Ok(objects)
}

async fn searched(server: &impl Executor) -> Result<Searched, AdminError> {
    let first = ask(server, "Get-MessageTrackingLog", &[("ResultSize", "1")]).await?.objects;
    let oldest = first.first().map(|event| text(event, "Timestamp").to_owned());
    let (settings, _) = unless_denied(found(server, "Get-TransportService", &[]).await)?;
    let settings = settings.into_iter().next().unwrap_or_default();
    let age = settings.get("MessageTrackingLogMaxAge").and_then(Value::as_str);
    Ok(Searched {
        oldest_event: oldest,
        enabled: settings.get("MessageTrackingLogEnabled").and_then(Value::as_bool),
        max_age: age.map(str::to_owned),
    })
}

impl OneMessage {
    /// Its Message-ID, from the log or from its queue.
    pub(super) fn message_id(&self) -> &str {
        let logged = self.events.first().map(|event| text(event, "MessageId"));
        let queued = || self.waiting.first().map(|waiting| text(waiting, "InternetMessageId"));
        logged.or_else(queued).unwrap_or_default()
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.queues {
            write!(f, "; what waits in queues is not known: {why}")?;
        }
        match self.events_after {
            Some(count) => write!(f, "; only the first {count} events were read"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.oldest_event {
            Some(oldest) => {
                write!(f, "the log was searched from {oldest}, its oldest event, until now")?
            }
            None => f.write_str("the log has no events at all")?,
        }
        match &self.max_age {
            Some(age) => write!(f, "; MessageTrackingLogMaxAge is {age}")?,
            None => f.write_str("; how long events are kept is not known to the caller")?,
        }
        match self.enabled {
            Some(false) => f.write_str(", and the log is disabled"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_it_is() {
        for (id, kind) in [
            ("12", Kind::Internal),
            ("03020100-0504-0706-0809-0a0b0c0d0e0f", Kind::Network),
            ("03020100-0504-0706-0809-0a0b0c0d0e0f@a.test", Kind::Internet),
            ("03020100-0504-0706-0809-0a0b0c0d0e0g", Kind::Internet),
            ("<12@a.test>", Kind::Internet),
            ("", Kind::Internet),
        ] {
            assert_eq!(Kind::of(id), kind, "{id}");
        }
    }
}

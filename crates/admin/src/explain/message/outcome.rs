//! How a message ended, recipient by recipient.

use serde::Serialize;

use super::gather::OneMessage;
use crate::asking::{Fields, text, texts};

/// What became of a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Fate {
    /// Who.
    pub(super) address: String,
    /// In one word.
    pub(super) outcome: Outcome,
    /// When the event happened that says so; None, when a queue says so.
    pub(super) timestamp: Option<String>,
    /// The reply that explains it.
    pub(super) status: String,
    /// The host that took or refused it.
    pub(super) host: String,
    /// The addresses that took its place.
    pub(super) became: Vec<String>,
    /// Queues that it waits in: `SERVER\number`.
    pub(super) queues: Vec<String>,
}

/// What became of a recipient, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Outcome {
    /// Nothing later is in the log.
    Unknown,
    /// Another address, or members, took its place.
    Replaced,
    /// In a mailbox of this server.
    Delivered,
    /// The mailbox had it already.
    Duplicate,
    /// The next hop took it.
    Sent,
    /// It never comes there.
    Failed,
    /// Deleted without a report.
    Dropped,
    /// The last attempt did not succeed.
    Deferred,
    /// In a queue.
    Waiting,
}

impl Outcome {
    /// What an event says about its recipients; None: nothing about how it ends.
    fn of(event: &str) -> Option<Self> {
        Some(match event {
            "RECEIVE" | "DSN" => Outcome::Unknown,
            "EXPAND" => Outcome::Replaced,
            "DELIVER" => Outcome::Delivered,
            "DUPLICATEDELIVER" => Outcome::Duplicate,
            "SEND" => Outcome::Sent,
            "FAIL" => Outcome::Failed,
            "DROP" => Outcome::Dropped,
            "DEFER" => Outcome::Deferred,
            _ => return None,
        })
    }

    /// Whether nothing more happens.
    fn is_final(self) -> bool {
        !matches!(self, Outcome::Unknown | Outcome::Deferred | Outcome::Waiting)
    }
}

/// How it ended for each recipient, in the order they came up.
pub(super) fn fates(message: &OneMessage) -> Vec<Fate> {
    let mut fates = Vec::new();
    message.events.iter().for_each(|event| apply(&mut fates, event));
    for waiting in &message.waiting {
        for address in texts(waiting, "Recipients") {
            wait(fate(&mut fates, address), waiting);
        }
    }
    fates
}

fn apply(fates: &mut Vec<Fate>, event: &Fields) {
    let name = text(event, "EventId");
    let related = text(event, "RelatedRecipientAddress");
    for address in texts(event, "Recipients") {
        if matches!(name, "RESOLVE" | "REDIRECT") && !related.is_empty() {
            let before = fate(fates, related);
            before.outcome = Outcome::Replaced;
            before.timestamp = Some(text(event, "Timestamp").to_owned());
            before.became.push(address.to_owned());
            fate(fates, address);
        } else if let Some(outcome) = Outcome::of(name) {
            end(fate(fates, address), outcome, event);
        }
    }
}

/// What is final stays: a message may come to a recipient twice.
fn end(fate: &mut Fate, outcome: Outcome, event: &Fields) {
    if fate.outcome.is_final() && !outcome.is_final() {
        return;
    }
    fate.outcome = outcome;
    fate.timestamp = Some(text(event, "Timestamp").to_owned());
    fate.status = text(event, "RecipientStatus").to_owned();
    let host = if outcome == Outcome::Sent { "ServerHostname" } else { "SourceContext" };
    let says_host = matches!(outcome, Outcome::Sent | Outcome::Failed | Outcome::Deferred);
    fate.host = if says_host { text(event, host).to_owned() } else { String::new() };
}

fn wait(fate: &mut Fate, waiting: &Fields) {
    if fate.outcome.is_final() {
        return;
    }
    fate.outcome = Outcome::Waiting;
    fate.queues.push(text(waiting, "Queue").to_owned());
}

/// The entry of an address; a new one if there is none.
fn fate<'f>(fates: &'f mut Vec<Fate>, address: &str) -> &'f mut Fate {
    let place = fates.iter().position(|fate| fate.address.eq_ignore_ascii_case(address));
    let place = place.unwrap_or_else(|| {
        fates.push(Fate::new(address));
        fates.len() - 1
    });
    &mut fates[place]
}

impl Fate {
    fn new(address: &str) -> Self {
        Fate {
            address: address.to_owned(),
            outcome: Outcome::Unknown,
            timestamp: None,
            status: String::new(),
            host: String::new(),
            became: Vec::new(),
            queues: Vec::new(),
        }
    }
}

//! From "this happened to these recipients" to a report on its way: decides whether one is
//! due, writes it, stages it and plans its own delivery, which then commits together with
//! the event it speaks of.
//!
//! A report has a null reverse path; one that cannot be delivered is dropped with a FAIL
//! event and never answered.

use std::sync::Arc;

use bytes::Bytes;
use store::{BlobNumber, Read, StoreError};
use types::limits::{HEADER_OCTETS_MAX, REPORT_ENCLOSED_OCTETS_MAX};

use crate::categorize::{self, Categorized, MessageFacts};
use crate::dsn::{self, Action, Enclosed, Original, Report, ReportedRecipient, wanted};
use crate::envelope::{Envelope, NetworkMessageId, Origin, Source};
use crate::header;
use crate::plan::{Content, PlannedCopy, Template, plan_copies, tracked};
use crate::queue::message::QueuedMessage;
use crate::shared::Core;
use crate::tracking::{EventId, TrackingEvent};
use types::{Address, BodyType, Return, ReversePath};

/// An occasion for a report.
pub(crate) struct Occasion<'a> {
    pub action: Action,
    pub message: &'a QueuedMessage,
    pub bytes: OriginalBytes<'a>,
    /// Those who asked for it.
    pub recipients: Vec<ReportedRecipient>,
}

/// Where the bytes of the original are.
#[derive(Clone, Copy)]
pub(crate) enum OriginalBytes<'a> {
    InMemory(&'a Bytes),
    Stored(BlobNumber),
}

impl OriginalBytes<'_> {
    /// Whether all of a message of that size is there.
    fn hold(self, octets: u64) -> bool {
        match self {
            OriginalBytes::InMemory(bytes) => bytes.len() as u64 == octets,
            OriginalBytes::Stored(_) => true,
        }
    }
}

/// The copies that carry the report; none when nobody is to be told.
pub(crate) async fn plan(
    core: &Arc<Core>,
    occasion: Occasion<'_>,
) -> Result<Vec<PlannedCopy>, StoreError> {
    let message = occasion.message;
    let Some(to) = wanted::reportable(&message.reverse_path, &message.origin) else {
        return Ok(Vec::new());
    };
    if occasion.recipients.is_empty() {
        return Ok(Vec::new());
    }
    let enclosed = enclosed(core, &occasion).await?;
    let report = report(core, to, &occasion, enclosed);
    let content = content(core, Bytes::from(dsn::write(&report))).await?;
    Ok(address(core, to, message, &content))
}

/// Stages a message and derives what mailboxes want.
pub(crate) async fn content(core: &Core, bytes: Bytes) -> Result<Content, StoreError> {
    let staged = core.database.stage(bytes.clone()).await?;
    let summary = core.local.summarize(&bytes);
    Ok(Content { staged, bytes, summary })
}

fn report(core: &Core, to: &Address, occasion: &Occasion<'_>, enclosed: Enclosed) -> Report {
    let message = occasion.message;
    let helo = &message.origin.helo;
    Report {
        action: occasion.action,
        to: to.clone(),
        reporting_mta: core.settings.server.clone(),
        default_domain: core.recipients.default_domain(),
        now: core.now(),
        recipients: occasion.recipients.clone(),
        original: Original {
            envelope_id: message.envelope_id.clone(),
            arrival: message.accepted,
            received_from: (!helo.is_empty()).then(|| helo.clone()),
            message_id: message.message_id.clone(),
            subject: message.subject.clone(),
            enclosed,
        },
        international: message.smtputf8,
    }
}

/// The whole message only in failure reports, unless RET=HDRS, REQUIRETLS (RFC 8689 section 5),
/// too large or binary.
async fn enclosed(core: &Core, occasion: &Occasion<'_>) -> Result<Enclosed, StoreError> {
    let message = occasion.message;
    let whole = occasion.action == Action::Failed
        && message.ret != Some(Return::Headers)
        && !message.require_tls
        && message.body != BodyType::BinaryMime
        && message.octets <= REPORT_ENCLOSED_OCTETS_MAX
        && occasion.bytes.hold(message.octets);
    let wanted = if whole { message.octets } else { message.octets.min(HEADER_OCTETS_MAX as u64) };
    let mut bytes = match original(core, occasion.bytes, wanted).await {
        // The report is due although there is nothing to enclose.
        Err(error) if error.is_damage() => {
            tracing::error!(%error, "the original cannot be enclosed in a report");
            return Ok(Enclosed::Headers(Vec::new()));
        }
        read => read?,
    };
    if whole {
        return Ok(Enclosed::Message(bytes));
    }
    bytes.truncate(header::header_len(&bytes));
    Ok(Enclosed::Headers(bytes))
}

/// The first `octets` of the original.
async fn original(
    core: &Core,
    bytes: OriginalBytes<'_>,
    octets: u64,
) -> Result<Vec<u8>, StoreError> {
    match bytes {
        OriginalBytes::InMemory(bytes) => {
            let end = usize::try_from(octets).unwrap_or(usize::MAX).min(bytes.len());
            Ok(bytes[..end].to_vec())
        }
        OriginalBytes::Stored(blob) => {
            core.database.read(move |snapshot| snapshot.blob(blob, 0..octets)).await
        }
    }
}

/// The report's own way to the sender, as protected as the message (RFC 8689 section 5).
fn address(
    core: &Core,
    to: &Address,
    message: &QueuedMessage,
    content: &Content,
) -> Vec<PlannedCopy> {
    let mut envelope = Envelope::new(ReversePath::Null, [to.clone()]);
    envelope.smtputf8 = message.smtputf8;
    envelope.require_tls = message.require_tls;
    envelope.body = BodyType::EightBitMime;
    let origin = Origin::own(Source::Dsn);
    let template = Template {
        network_id: NetworkMessageId::generate(),
        envelope: &envelope,
        origin: &origin,
        content,
    };
    let facts = MessageFacts { octets: content.staged.len(), internal: true };
    let routes = core.routes();
    let around = categorize::Surroundings { recipients: &*core.recipients, routes: &routes };
    let id = core.next_id();
    match categorize::categorize(&envelope, facts, around) {
        Ok(Categorized { copies, failures, .. }) => {
            let events = failures.iter().map(|failure| {
                let message = Arc::new(tracked(id, &template.message()));
                let who = vec![failure.recipient.address.clone()];
                TrackingEvent::new(EventId::Fail, Source::Dsn, &message, who).status(&failure.reply)
            });
            core.settings.tracking.write(core.now(), events);
            plan_copies(core, id, &template, copies)
        }
        Err(reply) => {
            tracing::warn!(%reply, %to, "a report could not be addressed");
            Vec::new()
        }
    }
}

/// What the tracking log says of reports about a message that were committed.
pub(crate) fn events(copies: &[PlannedCopy], about: &QueuedMessage) -> Vec<TrackingEvent> {
    let event = |copy: &PlannedCopy| {
        let local = copy.local.iter().map(|local| &local.target.recipient);
        let remote = copy.remote.iter().flat_map(|(_, recipients)| recipients);
        let who = local.chain(remote).map(|recipient| recipient.address.clone()).collect();
        let message = Arc::new(tracked(copy.id, &copy.message));
        let event = TrackingEvent::new(EventId::Dsn, Source::Dsn, &message, who);
        TrackingEvent { reference: about.message_id.clone(), ..event }
    };
    copies.iter().map(event).collect()
}

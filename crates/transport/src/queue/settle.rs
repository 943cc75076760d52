//! After a try: each recipient is done, put off or reported, in one transaction.

use std::sync::Arc;

use store::StoreError;

use crate::boundary::RecipientReport;
use crate::commit::{Change, PartChange, Work};
use crate::dsn::{Action, ReportedRecipient, wanted};
use crate::envelope::Source;
use crate::plan::{PlannedCopy, tracked};
use crate::queue::keys::PartKey;
use crate::queue::message::{Part, QueuedMessage, QueuedRecipient};
use crate::reports::{self, Occasion, OriginalBytes};
use crate::shared::Core;
use crate::status::{EnhancedStatus, Reply};
use crate::tracking::{EventId, TrackingEvent};

/// A part and what was said about its recipients, in their order.
pub(crate) struct PartResult {
    pub key: PartKey,
    pub part: Part,
    pub message: QueuedMessage,
    pub said: Vec<RecipientReport>,
    /// Who said it; none is this server.
    pub remote_host: Option<String>,
    /// For the tracking log.
    pub source: Source,
}

impl PartResult {
    /// The recipients with what was said; silence is a transient failure.
    fn verdicts(&self) -> impl Iterator<Item = (usize, &QueuedRecipient, RecipientReport)> {
        let said = |at: usize| {
            self.said.get(at).cloned().unwrap_or_else(|| RecipientReport::Deferred(no_answer()))
        };
        self.part.recipients.iter().enumerate().map(move |(at, who)| (at, who, said(at)))
    }
}

fn no_answer() -> Reply {
    Reply::new(451, EnhancedStatus::new(4, 4, 2), "The next hop gave no answer")
}

/// Records the results and sends the reports they call for.
pub(crate) async fn settle(core: &Arc<Core>, results: Vec<PartResult>) -> Result<(), StoreError> {
    let (mut copies, mut reported) = (Vec::new(), Vec::new());
    for result in &results {
        let reports = plan_reports(core, result).await?;
        reported.extend(reports::events(&reports, &result.message));
        copies.extend(reports);
    }
    let mut events: Vec<_> = results.iter().flat_map(tracking_events).collect();
    events.extend(reported);
    let changes = results.iter().map(change).collect();
    core.commit(Work { claim: None, copies, changes }).await?;
    core.settings.tracking.write(core.now(), events);
    Ok(())
}

/// Which recipients go on waiting, and the last reason.
fn change(result: &PartResult) -> PartChange {
    let mut positions = Vec::new();
    let mut error = None;
    for (at, _, verdict) in result.verdicts() {
        if let RecipientReport::Deferred(reply) = verdict {
            positions.push(at);
            error = Some(crate::status::shortened(reply));
        }
    }
    PartChange { key: result.key, change: Change::Remaining { positions, error } }
}

async fn plan_reports(
    core: &Arc<Core>,
    result: &PartResult,
) -> Result<Vec<PlannedCopy>, StoreError> {
    let mut copies = Vec::new();
    for action in [Action::Failed, Action::Delivered, Action::Relayed] {
        let occasion = Occasion {
            action,
            message: &result.message,
            bytes: OriginalBytes::Stored(result.message.blob),
            recipients: concerned(result, action),
        };
        copies.extend(reports::plan(core, occasion).await?);
    }
    Ok(copies)
}

/// Those to whom `action` happened and whose sender asked to hear of it.
fn concerned(result: &PartResult, action: Action) -> Vec<ReportedRecipient> {
    let concerned = |(_, who, verdict): (usize, &QueuedRecipient, RecipientReport)| {
        let (happened, reply) = happened(who, verdict)?;
        if happened != action || !wanted::asked_for(&who.recipient, action) {
            return None;
        }
        let about = ReportedRecipient::new(&who.recipient, reply);
        Some(ReportedRecipient { remote_mta: result.remote_host.clone(), ..about })
    };
    result.verdicts().filter_map(concerned).collect()
}

/// The action a report would name; none while the message waits, or when the next hop sends
/// the success report itself.
fn happened(who: &QueuedRecipient, verdict: RecipientReport) -> Option<(Action, Reply)> {
    match verdict {
        RecipientReport::Failed(reply) => Some((Action::Failed, reply)),
        RecipientReport::Taken { reply, .. } if who.mailbox.is_some() => {
            Some((Action::Delivered, reply))
        }
        RecipientReport::Taken { reply, passed_dsn: false } => Some((Action::Relayed, reply)),
        RecipientReport::Taken { .. } | RecipientReport::Deferred(_) => None,
    }
}

fn tracking_events(result: &PartResult) -> Vec<TrackingEvent> {
    let message = Arc::new(tracked(result.key.id, &result.message));
    let event = |(_, who, verdict): (usize, &QueuedRecipient, RecipientReport)| {
        let (id, reply) = match verdict {
            RecipientReport::Taken { reply, .. } if who.mailbox.is_some() => {
                (EventId::Deliver, reply)
            }
            RecipientReport::Taken { reply, .. } => (EventId::Send, reply),
            RecipientReport::Failed(reply) => (EventId::Fail, reply),
            RecipientReport::Deferred(reply) => (EventId::Defer, reply),
        };
        let address = vec![who.recipient.address.clone()];
        let event = TrackingEvent::new(id, result.source, &message, address).status(&reply);
        TrackingEvent { source_context: result.remote_host.clone().unwrap_or_default(), ..event }
    };
    result.verdicts().map(event).collect()
}

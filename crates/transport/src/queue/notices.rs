//! Time passing: the sender is told of a delay, and in the end that the message expired.
//!
//! Works on the notice index across all queues, so a queue that cannot connect is looked
//! after as well. Suspended messages have no notice row: an operator's hold stops the clock.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use types::limits::NOTICES_PER_TURN_MAX;
use types::time::Timestamp;

use crate::boundary::RecipientReport;
use crate::commit::{Change, PartChange, Work};
use crate::dsn::{Action, ReportedRecipient, wanted};
use crate::envelope::Source;
use crate::queue::keys::PartKey;
use crate::queue::message::{Part, QueuedMessage};
use crate::queue::rows;
use crate::queue::settle::{PartResult, settle};
use crate::reports::{self, Occasion, OriginalBytes};
use crate::shared::Core;
use crate::status::{self, Reply};

/// When to come back for a part that a connection holds.
const HELD_PAUSE: Duration = Duration::from_secs(60);

/// Handles what is overdue at `now`; says when to look again.
pub(crate) async fn run(core: &Arc<Core>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let due = core
        .database
        .read(move |snapshot| rows::due_notices(snapshot, now, NOTICES_PER_TURN_MAX))
        .await?;
    let mut again = due.next;
    for key in due.parts {
        if core.board().lock([key]).is_empty() {
            again = again.into_iter().chain([now.plus(HELD_PAUSE)]).min();
            continue;
        }
        let done = notice(core, now, key).await;
        core.board().unlock(&[key]);
        if let Err(error) = done {
            // One message that cannot be handled keeps no other waiting.
            tracing::error!(%error, internal_message_id = %key.id, "an overdue message could not be handled");
            again = again.into_iter().chain([now.plus(HELD_PAUSE)]).min();
        }
    }
    Ok(again)
}

/// The part is read again now that it is held: a connection may have changed it meanwhile.
async fn notice(core: &Arc<Core>, now: Timestamp, key: PartKey) -> Result<(), StoreError> {
    let found = core.database.read(move |snapshot| rows::part_and_message(snapshot, key)).await?;
    match found {
        Some((part, message)) if now >= core.settings.retry.expires_at(message.accepted) => {
            expire(core, key, part, message).await
        }
        Some((part, message)) if now >= part.notice && !part.delay_reported => {
            report_delay(core, key, &part, &message).await
        }
        _ => Ok(()),
    }
}

async fn expire(
    core: &Arc<Core>,
    key: PartKey,
    part: Part,
    message: QueuedMessage,
) -> Result<(), StoreError> {
    let reply = status::expired(last_error(core, &part).as_ref());
    give_up(core, key, part, message, reply, Source::Queue).await
}

/// All recipients of the part fail with that reply.
pub(crate) async fn give_up(
    core: &Arc<Core>,
    key: PartKey,
    part: Part,
    message: QueuedMessage,
    reply: Reply,
    source: Source,
) -> Result<(), StoreError> {
    let said = vec![RecipientReport::Failed(reply); part.recipients.len()];
    settle(core, vec![PartResult { key, part, message, said, remote_host: None, source }]).await
}

/// What the next hop said about this message, or why it could not be reached.
fn last_error(core: &Core, part: &Part) -> Option<Reply> {
    let queue = || core.board().scheduler.view(part.hop)?.last_error;
    part.last_error.clone().or_else(queue)
}

async fn report_delay(
    core: &Arc<Core>,
    key: PartKey,
    part: &Part,
    message: &QueuedMessage,
) -> Result<(), StoreError> {
    let until = core.settings.retry.expires_at(message.accepted);
    let reply = last_error(core, part).unwrap_or_else(status::delayed);
    let asked = part.recipients.iter().map(|queued| &queued.recipient);
    let recipients = asked
        .filter(|recipient| wanted::asked_for(recipient, Action::Delayed))
        .map(|recipient| ReportedRecipient {
            will_retry_until: Some(until),
            ..ReportedRecipient::new(recipient, reply.clone())
        })
        .collect();
    let bytes = OriginalBytes::Stored(message.blob);
    let copies =
        reports::plan(core, Occasion { action: Action::Delayed, message, bytes, recipients })
            .await?;
    let events = reports::events(&copies, message);
    let changes = vec![PartChange { key, change: Change::DelayReported }];
    core.commit(Work { claim: None, copies, changes }).await?;
    core.settings.tracking.write(core.now(), events);
    Ok(())
}

//! Submission: the pipeline as a function. Categorize, plan, one transaction, answer.
//!
//! When [`Transport::submit`] answers `Ok`, every recipient is in a mailbox or in a durable
//! queue row, or its failure report is. When it refuses, nothing was kept and the client
//! still has the message.

use std::sync::Arc;

use bytes::Bytes;
use store::{Database, StoreError};
use types::{Address, ReversePath};

use crate::boundary::{
    DomainType, Group, LocalDelivery, LocalMailbox, Recipients, Resolved, Sender,
};
use crate::categorize::{self, Categorized, Failure, MessageFacts, Step};
use crate::commit::{Claim, Committed, Work};
use crate::dsn::{Action, ReportedRecipient, wanted};
use crate::envelope::{Envelope, InternalMessageId, NetworkMessageId, Origin, Recipient, Source};
use crate::plan::{Content, PlannedCopy, Template, plan_copies, tracked};
use crate::queue::message::QueuedMessage;
use crate::reports::{self, Occasion, OriginalBytes};
use crate::route::RoutingTable;
use crate::shared::{Core, Settings, refusal};
use crate::status::{self, Reply};
use crate::tracking::{EventId, Tracked, TrackingEvent};

/// A server's transport. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Transport {
    pub(crate) core: Arc<Core>,
}

/// A message handed in.
pub struct Submission {
    /// From [`Transport::next_id`]; it stands in the Received line and in the 250.
    pub id: InternalMessageId,
    /// New, unless a server of the organization named one.
    pub network_id: NetworkMessageId,
    /// MAIL and RCPT.
    pub envelope: Envelope,
    /// Where it comes from.
    pub origin: Origin,
    /// The bytes, with the header prepared ([`crate::prepare_header`]).
    pub content: Content,
}

/// A message taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its number: `250 2.6.0 <message-id> [InternalId=…]`.
    pub id: InternalMessageId,
    /// Its Message-ID.
    pub message_id: String,
    /// Recipients that have it in their mailbox.
    pub delivered: usize,
    /// Recipients in queues.
    pub queued: usize,
}

/// A message or recipient not taken; the reply goes to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub Reply);

impl From<Reply> for Refused {
    fn from(reply: Reply) -> Self {
        Refused(reply)
    }
}

/// What the client at RCPT may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecipientRights {
    /// ms-Exch-SMTP-Accept-Any-Recipient: relay.
    pub accept_any_recipient: bool,
    /// Logged on, or a server of the organization.
    pub authenticated: bool,
    /// SIZE of MAIL, if given.
    pub octets: Option<u64>,
}

impl Transport {
    /// Transport over a database. Mail that waits in it leaves when a
    /// [`QueueManager`](crate::QueueManager) runs.
    pub fn open(
        database: Database,
        recipients: Arc<dyn Recipients>,
        local: Arc<dyn LocalDelivery>,
        settings: Settings,
    ) -> Result<Transport, StoreError> {
        let core = Core::open(database, recipients, local, settings)?;
        Ok(Transport { core: Arc::new(core) })
    }

    /// Replaces the Send connectors. New mail is routed by them at once; what waits for a
    /// connector that is gone waits until it is resubmitted or expires.
    pub fn set_routes(&self, table: RoutingTable) {
        self.core.set_routes(table);
    }

    /// Stops the queues, or lets them go on. What waits stays where it is; connections that are
    /// open end with the messages they have.
    pub fn set_paused(&self, paused: bool) {
        self.core.set_paused(paused);
    }

    /// A number for a message that is being received.
    pub fn next_id(&self) -> InternalMessageId {
        self.core.next_id()
    }

    /// Back pressure at MAIL: `452 4.3.1` before the disk is full.
    pub fn check_pressure(&self) -> Result<(), Refused> {
        Ok(self.core.check_pressure()?)
    }

    /// Whether RCPT may be answered with 250. `sender` is the reverse path's address.
    pub fn check_recipient(
        &self,
        address: &Address,
        sender: Option<&Address>,
        rights: RecipientRights,
    ) -> Result<(), Refused> {
        let recipients = &self.core.recipients;
        let sender = Sender { address: sender, authenticated: rights.authenticated };
        if !recipients.admits(address, sender) {
            return Err(status::not_authorized().into());
        }
        match recipients.resolve(address) {
            Resolved::Mailbox(mailbox) => Ok(check_mailbox(&mailbox, rights)?),
            Resolved::Group(group) => Ok(check_group(&group, rights)?),
            Resolved::Forward { .. } => Ok(()),
            Resolved::Unknown => Err(status::user_unknown().into()),
            Resolved::Ambiguous => Err(status::ambiguous_address().into()),
            Resolved::Unavailable => Err(status::store_failed().into()),
            Resolved::Remote => {
                let relayed = recipients.accepted_domain(&address.domain);
                let ours =
                    matches!(relayed, Some(DomainType::InternalRelay | DomainType::ExternalRelay));
                if ours || rights.accept_any_recipient {
                    Ok(())
                } else {
                    Err(status::unable_to_relay().into())
                }
            }
        }
    }

    /// Stages a message whose header is prepared and derives what mailboxes want.
    pub async fn content(&self, bytes: impl Into<Bytes>) -> Result<Content, Refused> {
        reports::content(&self.core, bytes.into()).await.map_err(|error| Refused(refusal(&error)))
    }

    /// Takes a message.
    pub async fn submit(&self, submission: Submission) -> Result<Accepted, Refused> {
        self.take(submission, None).await
    }

    /// Takes a message that is made from rows, such as an [outbox](crate::outbox) row, which
    /// `claim` takes away in the same transaction. When they were gone, the message has been
    /// accepted before: nobody is delivered to, nobody queued.
    pub async fn submit_claimed(
        &self,
        submission: Submission,
        claim: Claim,
    ) -> Result<Accepted, Refused> {
        self.take(submission, Some(claim)).await
    }

    async fn take(
        &self,
        submission: Submission,
        claim: Option<Claim>,
    ) -> Result<Accepted, Refused> {
        let core = &self.core;
        core.check_pressure()?;
        self.check(&submission)?;
        let sorted = self.categorize(&submission)?;
        let run = Run { core, submission: &submission, message: message_row(core, &submission) };
        let plan = run.plan(sorted).await.map_err(|error| Refused(refusal(&error)))?;
        run.commit(plan, claim).await.map_err(|error| Refused(refusal(&error)))
    }

    fn check(&self, submission: &Submission) -> Result<(), Reply> {
        if submission.envelope.recipients.is_empty() {
            return Err(status::no_recipients());
        }
        if submission.content.staged.len() > self.core.settings.max_message_octets {
            return Err(status::message_too_large());
        }
        Ok(())
    }

    fn categorize(&self, submission: &Submission) -> Result<Categorized, Reply> {
        let facts = MessageFacts {
            octets: submission.content.staged.len(),
            internal: submission.origin.is_internal(),
        };
        let routes = self.core.routes();
        let around =
            categorize::Surroundings { recipients: &*self.core.recipients, routes: &routes };
        categorize::categorize(&submission.envelope, facts, around)
    }
}

fn check_mailbox(mailbox: &LocalMailbox, rights: RecipientRights) -> Result<(), Reply> {
    if mailbox.over_quota {
        return Err(status::mailbox_full());
    }
    if mailbox.require_sender_authentication && !rights.authenticated {
        return Err(status::authentication_required());
    }
    if mailbox.max_receive_octets.zip(rights.octets).is_some_and(|(max, size)| size > max) {
        return Err(status::too_large_for_recipient());
    }
    Ok(())
}

fn check_group(group: &Group, rights: RecipientRights) -> Result<(), Reply> {
    if group.require_sender_authentication && !rights.authenticated {
        return Err(status::authentication_required());
    }
    match group.max_receive_octets.zip(rights.octets).is_some_and(|(max, size)| size > max) {
        true => Err(status::too_large_for_recipient()),
        false => Ok(()),
    }
}

/// The message as its row, its number and time of arrival not yet in it.
fn message_row(core: &Core, submission: &Submission) -> QueuedMessage {
    QueuedMessage { accepted: core.now(), ..template(submission).message() }
}

fn template(submission: &Submission) -> Template<'_> {
    Template {
        network_id: submission.network_id,
        envelope: &submission.envelope,
        origin: &submission.origin,
        content: &submission.content,
    }
}

/// One submission in progress.
struct Run<'a> {
    core: &'a Arc<Core>,
    submission: &'a Submission,
    message: QueuedMessage,
}

/// What is written, and what is to be said about it.
struct Plan {
    copies: Vec<PlannedCopy>,
    reports: Vec<PlannedCopy>,
    events: Vec<TrackingEvent>,
}

impl Run<'_> {
    async fn plan(&self, sorted: Categorized) -> Result<Plan, StoreError> {
        let tracked = Arc::new(tracked(self.submission.id, &self.message));
        let events = self.events(&tracked, &sorted);
        let mut copies =
            plan_copies(self.core, self.submission.id, &template(self.submission), sorted.copies);
        for copy in &mut copies {
            self.plan_receipts(copy).await?;
        }
        let mut reports = self.failure_reports(sorted.failures).await?;
        reports.extend(self.expansion_reports(&sorted.steps).await?);
        Ok(Plan { copies, reports, events })
    }

    /// A "delivered" report per local recipient that asked for one, sent by the transaction
    /// that delivers, if it does.
    async fn plan_receipts(&self, copy: &mut PlannedCopy) -> Result<(), StoreError> {
        let message = copy.message.clone();
        for local in &mut copy.local {
            let recipient = &local.target.recipient;
            if wanted::asked_for(recipient, Action::Delivered) {
                let about = ReportedRecipient::new(recipient, status::delivered());
                local.receipts = self.report(&message, Action::Delivered, vec![about]).await?;
            }
        }
        Ok(())
    }

    /// One report per reverse path.
    async fn failure_reports(
        &self,
        failures: Vec<Failure>,
    ) -> Result<Vec<PlannedCopy>, StoreError> {
        let mut by_sender: Vec<(ReversePath, Vec<ReportedRecipient>)> = Vec::new();
        for failure in failures.iter().filter(|f| wanted::asked_for(&f.recipient, Action::Failed)) {
            let about = ReportedRecipient::new(&failure.recipient, failure.reply.clone());
            match by_sender.iter_mut().find(|(path, _)| *path == failure.reverse_path) {
                Some((_, recipients)) => recipients.push(about),
                None => by_sender.push((failure.reverse_path.clone(), vec![about])),
            }
        }
        let mut reports = Vec::new();
        for (reverse_path, recipients) in by_sender {
            let message = QueuedMessage { reverse_path, ..self.message.clone() };
            reports.extend(self.report(&message, Action::Failed, recipients).await?);
        }
        Ok(reports)
    }

    async fn expansion_reports(&self, steps: &[Step]) -> Result<Vec<PlannedCopy>, StoreError> {
        let mut reports = Vec::new();
        for step in steps {
            let Step::Expanded { group, reverse_path, .. } = step else { continue };
            if wanted::asked_for(group, Action::Expanded) {
                let message =
                    QueuedMessage { reverse_path: reverse_path.clone(), ..self.message.clone() };
                let about = ReportedRecipient::new(group, status::delivered());
                reports.extend(self.report(&message, Action::Expanded, vec![about]).await?);
            }
        }
        Ok(reports)
    }

    async fn report(
        &self,
        message: &QueuedMessage,
        action: Action,
        recipients: Vec<ReportedRecipient>,
    ) -> Result<Vec<PlannedCopy>, StoreError> {
        let bytes = OriginalBytes::InMemory(&self.submission.content.bytes);
        reports::plan(self.core, Occasion { action, message, bytes, recipients }).await
    }

    async fn commit(&self, plan: Plan, claim: Option<Claim>) -> Result<Accepted, StoreError> {
        let Plan { copies, reports, mut events } = plan;
        events.extend(reports::events(&reports, &self.message));
        let all = copies.iter().chain(&reports).cloned().collect();
        let committed = self.core.commit(Work { claim, copies: all, changes: Vec::new() }).await?;
        if committed.forgone {
            return Ok(self.accepted(&copies, &committed));
        }
        events.extend(self.delivery_events(&copies, &committed));
        self.core.settings.tracking.write(self.core.now(), events);
        Ok(self.accepted(&copies, &committed))
    }

    fn accepted(&self, copies: &[PlannedCopy], committed: &Committed) -> Accepted {
        let ours = |id| copies.iter().any(|copy| copy.id == id);
        let mut accepted = Accepted {
            id: self.submission.id,
            message_id: self.message.message_id.clone(),
            delivered: 0,
            queued: 0,
        };
        for copy in committed.copies.iter().filter(|copy| ours(copy.id)) {
            accepted.delivered += copy.delivered.len() + copy.duplicates.len();
            accepted.queued += copy.queued;
        }
        accepted
    }

    /// RECEIVE, what resolution did, TRANSFER for further copies, FAIL.
    fn events(&self, tracked: &Arc<Tracked>, sorted: &Categorized) -> Vec<TrackingEvent> {
        let everybody = addresses(&self.submission.envelope.recipients);
        let source = self.submission.origin.source;
        let received = TrackingEvent {
            source_context: tracked.origin.session(),
            ..TrackingEvent::new(EventId::Receive, source, tracked, everybody)
        };
        let mut events = vec![received];
        events.extend(sorted.steps.iter().map(|step| step_event(tracked, step)));
        let further = sorted.copies.iter().skip(1).map(|copy| {
            let local = copy.local.iter().map(|local| local.recipient.address.clone());
            let remote = copy.remote.values().flatten().map(|recipient| recipient.address.clone());
            TrackingEvent::new(
                EventId::Transfer,
                Source::Resolver,
                tracked,
                local.chain(remote).collect(),
            )
        });
        events.extend(further);
        events.extend(sorted.failures.iter().map(|failure| {
            let who = vec![failure.recipient.address.clone()];
            TrackingEvent::new(EventId::Fail, Source::Routing, tracked, who).status(&failure.reply)
        }));
        events
    }

    fn delivery_events(&self, copies: &[PlannedCopy], committed: &Committed) -> Vec<TrackingEvent> {
        let mut events = Vec::new();
        for done in &committed.copies {
            let Some(copy) = copies.iter().find(|copy| copy.id == done.id) else { continue };
            let message = Arc::new(tracked(copy.id, &copy.message));
            for (event, who) in
                [(EventId::Deliver, &done.delivered), (EventId::DuplicateDeliver, &done.duplicates)]
            {
                if !who.is_empty() {
                    events.push(TrackingEvent::new(
                        event,
                        Source::StoreDriver,
                        &message,
                        who.clone(),
                    ));
                }
            }
        }
        events
    }
}

fn step_event(tracked: &Arc<Tracked>, step: &Step) -> TrackingEvent {
    let event =
        |id, who: &Address| TrackingEvent::new(id, Source::Resolver, tracked, vec![who.clone()]);
    match step {
        Step::Resolved { from, to } => event(EventId::Resolve, to).related(from),
        Step::Redirected { from, to } => event(EventId::Redirect, to).related(from),
        Step::Expanded { group, .. } => {
            event(EventId::Expand, &group.address).related(&group.address)
        }
        Step::Duplicate(who) => event(EventId::DuplicateExpand, who),
        Step::Dropped(who) => event(EventId::Drop, who),
    }
}

fn addresses(recipients: &[Recipient]) -> Vec<Address> {
    recipients.iter().map(|recipient| recipient.address.clone()).collect()
}

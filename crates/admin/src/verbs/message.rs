//! Messages that wait in queues: Get-, Suspend-, Resume-, Remove-, Export- and Redirect-Message.

mod export;
mod redirect;

use std::collections::HashSet;

use transport::queue::keys::HopNumber;
use transport::{InternalMessageId, MessageIdentity, MessageInfo, Transport};
use types::ReversePath;

use super::queue::{self, QueueIdentity, without_server};
use super::result_size::{limited, result_size};
use crate::verb::{
    Bytes, Cmdlet, Effect, Expected, Filter, Filtered, Moment, ObjectType, Role, Scalar, Session,
    Shape, Verb, VerbError, filtered, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetMessage>(),
    Verb::of::<SuspendMessage>(),
    Verb::of::<ResumeMessage>(),
    Verb::of::<RemoveMessage>(),
    Verb::of::<export::ExportMessage>(),
    Verb::of::<redirect::RedirectMessage>(),
];

object! {
    /// A message that waits in a queue.
    pub struct MessageObject = "Message" [identity, from_address, status, size, subject] {
        /// SERVER\queue\number.
        identity: String,
        /// Its queue: SERVER\number.
        queue: String,
        /// Who sent it; <> in reports.
        from_address: String,
        /// Ready, Retry (it was tried itself, not only its queue) or Suspended.
        status: &'static str,
        /// Message-ID.
        internet_message_id: String,
        /// Subject.
        subject: String,
        /// Octets.
        size: Bytes,
        /// When it was accepted.
        date_received: Moment,
        /// When it is given up.
        expiration_time: Moment,
        /// How often it was tried itself.
        retry_count: u32,
        /// How the last try failed.
        last_error: Option<String>,
        /// Who is to get it.
        recipients: Vec<String>,
    }
}

verb! {
    /// Shows messages that wait in queues.
    pub struct GetMessage = "Get-Message" (Role::TransportQueues, Effect::Read) {
        /// Only this one.
        identity: Option<WaitingIdentity> = first,
        /// Only of this queue.
        queue: Option<QueueIdentity>,
        /// Only those, such as {FromAddress -like '*@example.com'}.
        filter: Option<Filter>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Holds a message back: it stays and does not expire until it is resumed.
    pub struct SuspendMessage = "Suspend-Message" (Role::TransportQueues, Effect::Change) {
        /// The message.
        identity: WaitingIdentity = first,
    }
}

verb! {
    /// Lets a message go on that was held back; it is tried at once.
    pub struct ResumeMessage = "Resume-Message" (Role::TransportQueues, Effect::Change) {
        /// The message.
        identity: WaitingIdentity = first,
    }
}

verb! {
    /// Takes a message out of its queues. A transfer under way is not called back.
    pub struct RemoveMessage = "Remove-Message" (Role::TransportQueues, Effect::Destroy) {
        /// The message.
        identity: WaitingIdentity = first,
        /// Tell the sender, as is done unless this is false.
        with_ndr: Option<bool>,
    }
}

impl Filtered for MessageObject {
    const TYPE: ObjectType = MessageObject::OBJECT;
}

/// A message as it is written: `SERVER\queue\number`, or its number for all queues it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingIdentity {
    text: String,
    id: InternalMessageId,
}

impl Scalar for WaitingIdentity {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let number = text.rsplit('\\').next().and_then(|number| number.trim().parse().ok());
        let wrong = || Expected("SERVER\\queue\\number, as Get-Message shows it".to_owned());
        let id = number.map(InternalMessageId::new).ok_or_else(wrong)?;
        Ok(WaitingIdentity { text: text.trim().to_owned(), id })
    }
}

impl WaitingIdentity {
    /// The message, in the queue that is said or in all of them.
    async fn find(&self, session: &Session<'_>) -> Result<MessageIdentity, VerbError> {
        let queue = match without_server(session, &self.text).rsplit_once('\\') {
            None => None,
            Some((queue, _)) => Some(QueueIdentity::parse(queue).map_err(|_| self.missing())?),
        };
        let queue = match queue {
            None => None,
            Some(queue) => Some(queue.find(session).await?),
        };
        Ok(MessageIdentity { queue, id: self.id })
    }

    fn missing(&self) -> VerbError {
        VerbError::NotFound { what: "message", identity: self.text.clone() }
    }
}

impl Cmdlet for GetMessage {
    type Answer = Vec<MessageObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if let Some(filter) = &self.filter {
            filter.check(&MessageObject::OBJECT)?;
        }
        let queue = match &self.queue {
            None => None,
            Some(queue) => Some(queue.find(session).await?),
        };
        let found = match &self.identity {
            Some(identity) => self.named(session, identity, queue).await?,
            None => self.waiting(session, queue).await?,
        };
        Ok(limited(session, found, self.result_size))
    }
}

impl GetMessage {
    /// The message of that identity, a queue each; only in `queue` if there is one.
    async fn named(
        &self,
        session: &Session<'_>,
        identity: &WaitingIdentity,
        queue: Option<HopNumber>,
    ) -> Result<Vec<MessageObject>, VerbError> {
        let found = session.organization.transport.message(identity.find(session).await?).await;
        let mut found = match found {
            Err(transport::VerbError::NoMessage(_)) => Vec::new(),
            found => found?,
        };
        found.retain(|message| queue.is_none_or(|queue| queue == message.queue));
        if found.is_empty() {
            return Err(identity.missing());
        }
        let found = found.into_iter().map(|message| shown(session, message)).collect();
        filtered(self.filter.as_ref(), found)
    }

    /// What waits, queue by queue, until it is more than was asked for.
    async fn waiting(
        &self,
        session: &Session<'_>,
        queue: Option<HopNumber>,
    ) -> Result<Vec<MessageObject>, VerbError> {
        let queues = match queue {
            Some(queue) => vec![queue],
            None => queue::numbers(session).await?.into_iter().map(|(queue, _)| queue).collect(),
        };
        let mut found = Vec::new();
        for queue in queues {
            self.waiting_in(session, queue, &mut found).await?;
        }
        Ok(found)
    }

    async fn waiting_in(
        &self,
        session: &Session<'_>,
        queue: HopNumber,
        found: &mut Vec<MessageObject>,
    ) -> Result<(), VerbError> {
        // A message that is tried meanwhile comes again, further behind.
        let (mut seen, mut from) = (HashSet::new(), None);
        while found.len() <= result_size(self.result_size) {
            let page = session.organization.transport.messages(queue, from).await?;
            let new = page.messages.into_iter().filter(|message| seen.insert(message.id));
            let new = new.map(|message| shown(session, message)).collect();
            found.extend(filtered(self.filter.as_ref(), new)?);
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        Ok(())
    }
}

fn shown(session: &Session<'_>, message: MessageInfo) -> MessageObject {
    let queue = queue::identity(session, message.queue);
    let address =
        |queued: &transport::queue::message::QueuedRecipient| queued.recipient.address.to_string();
    MessageObject {
        identity: format!("{queue}\\{}", message.id),
        queue,
        from_address: match &message.reverse_path {
            ReversePath::Null => "<>".to_owned(),
            ReversePath::Address(address) => address.to_string(),
        },
        status: match (message.suspended, message.retry_count) {
            (true, _) => "Suspended",
            (false, 0) => "Ready",
            (false, _) => "Retry",
        },
        internet_message_id: message.message_id,
        subject: message.subject,
        size: Bytes(message.octets),
        date_received: Moment(message.accepted),
        expiration_time: Moment(message.expires),
        retry_count: message.retry_count,
        last_error: message.last_error.map(|reply| reply.to_string()),
        recipients: message.recipients.iter().map(address).collect(),
    }
}

/// The transport and the message, where something is to be done to it.
async fn meant<'s>(
    session: &'s Session<'_>,
    message: &WaitingIdentity,
    doing: &str,
) -> Result<Option<(&'s Transport, MessageIdentity)>, VerbError> {
    let found = message.find(session).await?;
    if !session.should_process(format!("{doing} message {}", message.text)) {
        return Ok(None);
    }
    session.modified(message.text.clone(), None, None);
    Ok(Some((&session.organization.transport, found)))
}

impl Cmdlet for SuspendMessage {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let Some((transport, id)) = meant(session, &self.identity, "Suspending").await? else {
            return Ok(());
        };
        Ok(transport.suspend_message(id).await?)
    }
}

impl Cmdlet for ResumeMessage {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let Some((transport, id)) = meant(session, &self.identity, "Resuming").await? else {
            return Ok(());
        };
        Ok(transport.resume_message(id).await?)
    }
}

impl Cmdlet for RemoveMessage {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let Some((transport, id)) = meant(session, &self.identity, "Removing").await? else {
            return Ok(());
        };
        Ok(transport.remove_message(id, self.with_ndr.unwrap_or(true)).await?)
    }
}

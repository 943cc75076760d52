//! Sending: a [`Client`] on a stream, with messages one after the other.

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Upgrade, wire};
use crate::client::{Action, Client, ContentInfo, Envelope, Fault, Outcome};
use crate::protocol_log::Entry;
use types::BodyType;

/// A message that waits to be sent.
pub trait Outgoing: Send {
    /// Sender, recipients, and what the content is.
    fn envelope(&self) -> Envelope;

    /// Goes back to the start of the content; called before the first piece, too.
    fn rewind(&mut self) -> impl Future<Output = io::Result<()>> + Send;

    /// The next piece of content; none at its end.
    fn next_piece(&mut self) -> impl Future<Output = io::Result<Option<Vec<u8>>>> + Send;

    /// Converts the content to this kind or a narrower one, and says what it is then. `None`
    /// when that cannot be done (a signature would break): the message then fails.
    fn downgrade(&mut self, _to: BodyType) -> impl Future<Output = Option<ContentInfo>> + Send {
        async { None }
    }
}

/// Who keeps the protocol log of a connection. Must not wait.
pub trait Journal: Send {
    /// Takes an entry.
    fn log(&mut self, entry: Entry);
}

/// Keeps nothing.
impl Journal for () {
    fn log(&mut self, _entry: Entry) {}
}

/// Who hears of each message as soon as it is settled, in their order; a message that nothing
/// is heard of was not tried. Must not wait: what was said is to be recorded while the next
/// message is on its way, since a crash before that sends the message again.
pub trait Settle: Send {
    /// The message is settled.
    fn settled(&mut self, outcome: Outcome);
}

/// Collects them.
impl Settle for Vec<Outcome> {
    fn settled(&mut self, outcome: Outcome) {
        self.push(outcome);
    }
}

/// Who attends to a connection.
pub struct Attendants<'a> {
    /// Keeps its protocol log.
    pub journal: &'a mut dyn Journal,
    /// Hears of its messages.
    pub settle: &'a mut dyn Settle,
}

/// Sends messages over one connection until they are done or it ends. The fault is set when
/// it failed rather than ended.
pub async fn send<S, U, M>(
    stream: &mut S,
    tls: &U,
    client: Client,
    messages: &mut [M],
    attendants: Attendants<'_>,
) -> Option<Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    U: Upgrade<S>,
    M: Outgoing,
{
    let mut sender = Sender { stream, tls, client, messages, attendants, begun: 0 };
    let fault = sender.run().await;
    // Everything is settled; a peer that is gone before we are changes nothing.
    if let Err(error) = wire::shut_down(sender.stream).await {
        tracing::debug!(%error, "closing an SMTP connection");
    }
    fault
}

struct Sender<'a, 'b, S, U, M> {
    stream: &'a mut S,
    tls: &'a U,
    client: Client,
    messages: &'a mut [M],
    attendants: Attendants<'b>,
    /// How many messages were given to the session; the last of them is under way.
    begun: usize,
}

impl<S, U, M> Sender<'_, '_, S, U, M>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    U: Upgrade<S>,
    M: Outgoing,
{
    async fn run(&mut self) -> Option<Fault> {
        loop {
            while let Some(action) = self.client.poll() {
                if let Action::Close(fault) = action {
                    return fault;
                }
                self.act(action).await;
            }
            tokio::select! {
                bytes = wire::read(self.stream) => self.take(bytes),
                () = wire::sleep_until(self.client.deadline()) => self.client.advance(wire::now()),
            }
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Send(bytes) => {
                if wire::write(self.stream, &bytes).await.is_err() {
                    self.hung_up().await;
                }
            }
            Action::StartTls => match self.tls.start_tls(self.stream).await {
                Ok(_) => self.client.tls_started(wire::now()),
                Err(error) => {
                    tracing::debug!(%error, "STARTTLS");
                    self.client.tls_failed(wire::now(), &error);
                }
            },
            Action::Log(entry) => self.attendants.journal.log(entry),
            Action::Ready => self.next_message(),
            Action::Done(outcome) => self.attendants.settle.settled(outcome),
            Action::Rewind | Action::NeedContent | Action::Downgrade(_) => {
                self.supply(action).await
            }
            Action::Close(_) => {}
        }
    }

    fn take(&mut self, bytes: io::Result<Vec<u8>>) {
        match bytes.unwrap_or_default() {
            bytes if bytes.is_empty() => self.client.end_of_input(wire::now()),
            bytes => self.client.input(wire::now(), &bytes),
        }
    }

    /// The server takes no more; it may have said why.
    async fn hung_up(&mut self) {
        if let Ok(Some(bytes)) = wire::read_ready(self.stream).await {
            self.client.input(wire::now(), &bytes);
        }
        self.client.end_of_input(wire::now());
    }

    fn next_message(&mut self) {
        match self.messages.get(self.begun) {
            Some(message) => {
                self.begun += 1;
                self.client.deliver(wire::now(), message.envelope());
            }
            None => self.client.quit(wire::now()),
        }
    }

    /// What the session wants of the message under way.
    async fn supply(&mut self, action: Action) {
        let Some(message) = self.begun.checked_sub(1).and_then(|last| self.messages.get_mut(last))
        else {
            return;
        };
        let supplied = match action {
            Action::Downgrade(to) => {
                let content = message.downgrade(to).await;
                return self.client.downgraded(wire::now(), content);
            }
            Action::Rewind => message.rewind().await,
            _ => message.next_piece().await.map(|piece| match piece {
                Some(piece) => self.client.content(wire::now(), &piece),
                None => self.client.end_of_content(wire::now()),
            }),
        };
        if let Err(error) = supplied {
            tracing::warn!(%error, "reading a message to send");
            self.client.content_failed(wire::now());
        }
    }
}

//! Receiving: a [`Server`] on a stream, with a [`Backend`] that decides.

use std::future::Future;
use std::io;
use std::ops::ControlFlow;
use std::pin::pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{Instrument, Span, debug_span};
use types::{Address, ReversePath};

use super::{Upgrade, wire};
use crate::codec::{Enhanced, MailParams, RcptParams, Reply};
use crate::protocol_log::Entry;
use crate::server::{
    Action, Answer, Question, Sasl, SaslAnswer, Server, SessionInfo, Transaction, Verdict,
};

/// Decides for one connection. There is one backend per connection, so it may keep what
/// belongs to it: a SASL exchange, what MAIL was found to mean.
pub trait Backend: Send {
    /// Takes the content of a message.
    type Sink: Sink;

    /// Somebody connected.
    fn connect(&mut self, _session: &SessionInfo) -> impl Future<Output = Verdict> + Send {
        async { Verdict::Accept }
    }

    /// The client named itself.
    fn hello(
        &mut self,
        _session: &SessionInfo,
        _name: &str,
    ) -> impl Future<Output = Verdict> + Send {
        async { Verdict::Accept }
    }

    /// An entry for the protocol log. Must not wait.
    fn log(&mut self, _entry: Entry) {}

    /// One step of AUTH. The session has made sure that the mechanism is offered.
    fn authenticate(
        &mut self,
        _session: &SessionInfo,
        _step: Sasl,
    ) -> impl Future<Output = SaslAnswer> + Send {
        async { SaslAnswer::Reject }
    }

    /// May this sender send? The session has checked the right to submit, and SIZE.
    fn mail_from(
        &mut self,
        session: &SessionInfo,
        reverse_path: &ReversePath,
        params: &MailParams,
    ) -> impl Future<Output = Verdict> + Send;

    /// May the message go there?
    fn rcpt_to(
        &mut self,
        session: &SessionInfo,
        transaction: &Transaction,
        recipient: &Address,
        params: &RcptParams,
    ) -> impl Future<Output = Verdict> + Send;

    /// Content is about to come.
    fn begin(
        &mut self,
        session: &SessionInfo,
        transaction: &Transaction,
    ) -> impl Future<Output = Result<Self::Sink, Reply>> + Send;
}

/// The content of one message. Dropped unfinished, the message never was.
pub trait Sink: Send {
    /// Takes a piece; after a refusal no more come.
    fn write(&mut self, piece: Vec<u8>) -> impl Future<Output = Result<(), Reply>> + Send;

    /// Takes responsibility: a 250 means that the message will not be lost. With LMTP one
    /// reply per recipient, in the transaction's order; otherwise one.
    fn finish(
        self,
        session: &SessionInfo,
        transaction: &Transaction,
    ) -> impl Future<Output = Vec<Reply>> + Send;
}

/// Runs a session until it ends or the stream fails. When `shutdown` is ready the message
/// under way may be finished, no other begun.
pub async fn serve<S, U, B>(
    stream: &mut S,
    tls: &U,
    server: Server,
    backend: B,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    U: Upgrade<S>,
    B: Backend,
{
    let mut receiver = Receiver { stream, tls, server, backend, sink: None };
    receiver.run(shutdown).await?;
    wire::shut_down(receiver.stream).await
}

struct Receiver<'a, S, U, B: Backend> {
    stream: &'a mut S,
    tls: &'a U,
    server: Server,
    backend: B,
    sink: Option<B::Sink>,
}

impl<S, U, B> Receiver<'_, S, U, B>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    U: Upgrade<S>,
    B: Backend,
{
    async fn run(&mut self, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
        let mut shutdown = pin!(shutdown);
        let mut stopping = false;
        loop {
            while let Some(action) = self.server.poll() {
                if self.act(action).await?.is_break() {
                    return Ok(());
                }
            }
            tokio::select! {
                bytes = wire::read(self.stream), if self.server.wants_input() => self.take(&bytes?),
                () = wire::sleep_until(self.server.deadline()) => self.server.advance(wire::now()),
                () = &mut shutdown, if !stopping => {
                    stopping = true;
                    self.server.shut_down(wire::now());
                }
            }
        }
    }

    async fn act(&mut self, action: Action) -> io::Result<ControlFlow<()>> {
        match action {
            Action::Send(bytes) => wire::write(self.stream, &bytes).await?,
            Action::Ask(question) => self.ask(question).await?,
            Action::Abort => self.sink = None,
            Action::Log(entry) => self.backend.log(entry),
            Action::StartTls => {
                let tls = self.tls.start_tls(self.stream).await?;
                self.server.tls_started(wire::now(), tls);
            }
            Action::Close => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn take(&mut self, bytes: &[u8]) {
        match bytes {
            [] => self.server.end_of_input(wire::now()),
            bytes => self.server.input(wire::now(), bytes),
        }
    }

    /// Answers a question. What came meanwhile is read first: the session must see who did
    /// not wait for a reply.
    async fn ask(&mut self, question: Question) -> io::Result<()> {
        let span = match question.command() {
            Some(command) => debug_span!("command", command),
            None => Span::none(),
        };
        let answer = self.decide(question).instrument(span).await;
        if self.server.wants_input()
            && let Some(bytes) = wire::read_ready(self.stream).await?
        {
            self.take(&bytes);
        }
        self.server.answer(wire::now(), answer);
        Ok(())
    }

    async fn decide(&mut self, question: Question) -> Answer {
        let session = self.server.session();
        let verdict = match question {
            Question::Authenticate(step) => {
                return Answer::Sasl(self.backend.authenticate(session, step).await);
            }
            Question::EndOfData => return Answer::Finished(self.finish().await),
            Question::Connect => self.backend.connect(session).await,
            Question::Hello(name) => self.backend.hello(session, &name).await,
            Question::MailFrom(path, params) => {
                self.backend.mail_from(session, &path, &params).await
            }
            Question::RcptTo(address, params) => self.rcpt_to(address, params).await,
            Question::Begin => self.begin().await,
            Question::Data(piece) => self.write(piece).await,
        };
        Answer::Verdict(verdict)
    }

    async fn rcpt_to(&mut self, address: Address, params: RcptParams) -> Verdict {
        let Some(transaction) = self.server.transaction() else { return local_error() };
        self.backend.rcpt_to(self.server.session(), transaction, &address, &params).await
    }

    async fn begin(&mut self) -> Verdict {
        let Some(transaction) = self.server.transaction() else { return local_error() };
        match self.backend.begin(self.server.session(), transaction).await {
            Ok(sink) => {
                self.sink = Some(sink);
                Verdict::Accept
            }
            Err(reply) => Verdict::Refuse(reply),
        }
    }

    async fn write(&mut self, piece: Vec<u8>) -> Verdict {
        let Some(sink) = &mut self.sink else { return local_error() };
        match sink.write(piece).await {
            Ok(()) => Verdict::Accept,
            Err(reply) => Verdict::Refuse(reply),
        }
    }

    async fn finish(&mut self) -> Vec<Reply> {
        match (self.sink.take(), self.server.transaction()) {
            (Some(sink), Some(transaction)) => {
                sink.finish(self.server.session(), transaction).await
            }
            _ => vec![local_error_reply()],
        }
    }
}

/// The session asked out of order, which it never does.
fn local_error() -> Verdict {
    Verdict::Refuse(local_error_reply())
}

fn local_error_reply() -> Reply {
    Reply::new(451, Enhanced(4, 3, 0), "Local error in processing")
}

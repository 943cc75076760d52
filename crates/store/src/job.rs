//! A write function on its way through the writer, and the answer to who waits for it.

use std::sync::mpsc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::Span;

use crate::error::StoreError;
use crate::txn::Txn;

/// What became of a function's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It wants its changes kept.
    Kept,
    /// It answered an error: its changes go.
    Refused,
}

/// Work for the writer.
pub(crate) trait Job: Send {
    /// Runs the function; again when its first run found no room in the group.
    fn run(&mut self, txn: &mut Txn) -> Ran;

    /// The group is durable, or `outcome` says what prevented this job. A job that is not
    /// through yet comes back.
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) -> Option<Box<dyn Job>>;
}

/// Who waits for the answer.
pub(crate) enum Reply<R> {
    Task(oneshot::Sender<R>),
    /// Of its own kind because a thread may wait that also drives tasks.
    Thread(mpsc::SyncSender<R>),
}

impl<R> Reply<R> {
    /// A caller who has gone away does not undo the write.
    fn send(self, result: R) {
        let _gone = match self {
            Reply::Task(task) => task.send(result).is_err(),
            Reply::Thread(thread) => thread.send(result).is_err(),
        };
    }
}

/// A function of the interactive lane.
pub(crate) struct Once<F, T, E> {
    pub(crate) function: F,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) reply: Reply<Result<T, E>>,
    /// Whose function it is, for log lines.
    pub(crate) span: Span,
    /// A place among the waiting writes; `None` where the caller blocks a thread of its own.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
}

impl<F, T, E> Job for Once<F, T, E>
where
    F: FnMut(&mut Txn) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, txn: &mut Txn) -> Ran {
        let result = self.span.in_scope(|| (self.function)(txn));
        let ran = ran(&result);
        self.result = Some(result);
        ran
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) -> Option<Box<dyn Job>> {
        let result = match (outcome, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        };
        self.reply.send(result);
        None
    }
}

/// Answer of one slice of bulk work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk<T> {
    /// There is more to do: call again after this slice's commit.
    More,
    /// That was the last slice.
    Done(T),
}

/// A function of the bulk lane.
pub(crate) struct Sliced<F, T, E> {
    pub(crate) function: F,
    pub(crate) result: Option<Result<Bulk<T>, E>>,
    pub(crate) reply: Reply<Result<T, E>>,
    /// Whose function it is, for log lines.
    pub(crate) span: Span,
}

impl<F, T, E> Job for Sliced<F, T, E>
where
    F: FnMut(&mut Txn) -> Result<Bulk<T>, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn run(&mut self, txn: &mut Txn) -> Ran {
        let result = self.span.in_scope(|| (self.function)(txn));
        let ran = ran(&result);
        self.result = Some(result);
        ran
    }

    fn finish(mut self: Box<Self>, outcome: Result<(), StoreError>) -> Option<Box<dyn Job>> {
        let result = match (outcome, self.result.take()) {
            (Ok(()), Some(Ok(Bulk::More))) => return Some(self),
            (Ok(()), Some(Ok(Bulk::Done(value)))) => Ok(value),
            (Ok(()), Some(Err(error))) => Err(error),
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        };
        self.reply.send(result);
        None
    }
}

/// A function nobody waits for.
pub(crate) struct Lazy<F>(pub(crate) F);

impl<F: FnMut(&mut Txn) -> Result<(), StoreError> + Send> Job for Lazy<F> {
    fn run(&mut self, txn: &mut Txn) -> Ran {
        let result = (self.0)(txn);
        if let Err(error) = &result {
            tracing::warn!(%error, "a lazy write failed");
        }
        ran(&result)
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) -> Option<Box<dyn Job>> {
        if let Err(error) = outcome {
            tracing::warn!(%error, "a lazy write was lost");
        }
        None
    }
}

fn ran<T, E>(result: &Result<T, E>) -> Ran {
    if result.is_ok() { Ran::Kept } else { Ran::Refused }
}

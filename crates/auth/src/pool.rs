//! Slow work away from the sessions: a few hashes at a time, a bounded number waiting.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use types::limits::{HASHES_RUNNING_MAX, HASHES_WAITING_MAX};

/// Too much is waiting already, or the runtime is shutting down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many password checks are waiting")]
pub struct Busy;

/// Runs password hashing on blocking threads.
#[derive(Clone, Debug)]
pub struct HashPool {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Default for HashPool {
    fn default() -> Self {
        HashPool::new(HASHES_RUNNING_MAX, HASHES_WAITING_MAX)
    }
}

impl HashPool {
    /// A pool of that many places, with that many waiting for one.
    pub fn new(running_max: usize, waiting_max: usize) -> Self {
        HashPool {
            running: Arc::new(Semaphore::new(running_max)),
            admitted: Arc::new(Semaphore::new(running_max + waiting_max)),
        }
    }

    /// Runs `work` when there is a place, in the order of asking. A caller that is dropped
    /// while waiting gives up its turn; work that has begun is finished, and keeps its place
    /// until then.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let places = self.places().await?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(places);
            result
        });
        task.await.map_err(|_| Busy)
    }

    async fn places(&self) -> Result<[OwnedSemaphorePermit; 2], Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Busy)?;
        Ok([admitted, running])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn one_runs_one_waits_and_the_third_is_turned_away() {
        let pool = HashPool::new(1, 1);
        let (release, gate) = mpsc::channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                let work = move || {
                    started.send(()).unwrap();
                    gate.recv().unwrap();
                    1
                };
                pool.run(work).await
            }
        });
        has_started.await.unwrap();
        let second = pool.run(|| 2);
        tokio::pin!(second);
        tokio::select! {
            biased;
            _ = &mut second => unreachable!("the place is taken"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(pool.run(|| 3).await, Err(Busy));
        release.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await), (Ok(1), Ok(2)));
        assert_eq!(pool.run(|| 4).await, Ok(4));
    }

    #[tokio::test]
    async fn so_many_wait_and_the_next_comes_back_later() {
        let pool = HashPool::default();
        let mut running = Vec::new();
        for _ in 0..HASHES_RUNNING_MAX {
            running.push(pool.places().await.unwrap());
        }
        let wait = |_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.places().await.map(drop) })
        };
        let waiting: Vec<_> = (0..HASHES_WAITING_MAX).map(wait).collect();
        while pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(waiting.iter().all(|task| !task.is_finished()));
        assert_eq!(pool.run(|| ()).await, Err(Busy));
        drop(running);
        for task in waiting {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
        assert_eq!(pool.run(|| ()).await, Ok(()));
    }
}

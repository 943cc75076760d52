//! How long the disk keeps a group waiting, for who counts it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

type Listener = Box<dyn Fn(Duration) + Send + Sync>;

/// Measures, once somebody listens.
#[derive(Default)]
pub(crate) struct SyncTimes(OnceLock<Listener>);

impl SyncTimes {
    /// Tells `listener` from now on; the first one stays.
    pub(crate) fn tell(&self, listener: Listener) {
        if self.0.set(listener).is_err() {
            tracing::error!("the times of syncs have a listener already");
        }
    }

    /// Runs `work` and tells how long it took.
    pub(crate) fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        let Some(listener) = self.0.get() else { return work() };
        let begun = Instant::now();
        let done = work();
        listener(begun.elapsed());
        done
    }
}

//! What took long lately, for who looks for the reason.
//!
//! Invariants: what is not slow costs a comparison. The list has an end, and neither users nor
//! arguments in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admin::monitor::SlowOperation;
use types::limits::{SLOW_OPERATION_MS_MIN, SLOW_OPERATIONS_KEPT_MAX};

use crate::metrics::{Metrics, SLOW_OPERATIONS};

const SLOW: Duration = Duration::from_millis(SLOW_OPERATION_MS_MIN);

/// The last slow operations of a server.
pub(crate) struct SlowOperations {
    metrics: Arc<Metrics>,
    /// The newest last.
    kept: Mutex<VecDeque<SlowOperation>>,
}

impl SlowOperations {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Arc<Self> {
        Arc::new(SlowOperations { metrics: Arc::clone(metrics), kept: Mutex::default() })
    }

    /// An operation of a service has ended and took so long.
    pub(crate) fn took(&self, service: &str, operation: &str, took: Duration) {
        if took < SLOW {
            return;
        }
        let operation = operation.to_owned();
        tracing::info!(service, operation, took = took.as_secs_f64(), "slow operation");
        self.metrics.counter(&SLOW_OPERATIONS, &[service]).increment(1);
        let (ended, service) = (jiff::Timestamp::now().to_string(), service.to_owned());
        let mut kept = self.kept();
        if kept.len() == SLOW_OPERATIONS_KEPT_MAX {
            kept.pop_front();
        }
        let seconds = took.as_secs_f64();
        kept.push_back(SlowOperation { ended, service, operation, seconds });
    }

    pub(crate) fn newest_first(&self) -> Vec<SlowOperation> {
        self.kept().iter().rev().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<SlowOperation>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_newest_slow_ones_are_kept() {
        let metrics = Metrics::new().unwrap();
        let slow = SlowOperations::new(&metrics);
        slow.took("IMAP4", "NOOP", SLOW - Duration::from_nanos(1));
        assert_eq!(slow.newest_first(), []);
        for number in 0..SLOW_OPERATIONS_KEPT_MAX + 2 {
            slow.took("IMAP4", &number.to_string(), SLOW);
        }
        let kept = slow.newest_first();
        let oldest = kept.last().map(|operation| operation.operation.as_str());
        assert_eq!((kept.len(), oldest), (SLOW_OPERATIONS_KEPT_MAX, Some("2")));
        assert_eq!(kept[0].seconds * 1_000.0, SLOW_OPERATION_MS_MIN as f64);
        let counted = format!("rialto_slow_operations_total{{service=\"IMAP4\"}} {}\n", 102);
        assert!(metrics.render().contains(&counted));
    }
}

//! A counter for each connector.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Counter;
use types::limits::METRIC_CONNECTORS_MAX;

use super::{Metric, Metrics};

/// What connectors beyond the limit are counted as.
const OTHER: &str = "other";

/// Counters of one metric, by the name of a connector. Connectors come and go while the server
/// runs; their counters stay, up to `METRIC_CONNECTORS_MAX`.
pub(crate) struct ByConnector {
    metrics: Arc<Metrics>,
    metric: Metric,
    known: RwLock<HashMap<String, Counter>>,
}

impl ByConnector {
    pub(crate) fn new(metrics: &Arc<Metrics>, metric: Metric) -> Self {
        ByConnector { metrics: Arc::clone(metrics), metric, known: RwLock::default() }
    }

    /// The connector's counter.
    pub(crate) fn of(&self, connector: &str) -> Counter {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(connector).cloned();
        drop(known);
        found.unwrap_or_else(|| self.add(connector))
    }

    fn add(&self, connector: &str) -> Counter {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= METRIC_CONNECTORS_MAX && !known.contains_key(connector) {
            return self.metrics.counter(&self.metric, &[OTHER]);
        }
        let counter = self.metrics.counter(&self.metric, &[connector]);
        known.entry(connector.to_owned()).or_insert(counter).clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::MESSAGES_SENT;

    #[test]
    fn connectors_beyond_the_limit_share_a_counter() {
        let metrics = Metrics::new().unwrap();
        let sent = ByConnector::new(&metrics, MESSAGES_SENT);
        for number in 0..METRIC_CONNECTORS_MAX + 2 {
            sent.of(&format!("To {number}")).increment(1);
        }
        sent.of("To 0").increment(1);
        let text = metrics.render();
        let series = |connector: &str| {
            let begin = format!("rialto_messages_sent_total{{connector=\"{connector}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&begin)).map(str::to_owned)
        };
        assert_eq!(series("To 0").as_deref(), Some("2"));
        assert_eq!(series(OTHER).as_deref(), Some("2"));
        assert_eq!(series(&format!("To {METRIC_CONNECTORS_MAX}")), None);
    }
}

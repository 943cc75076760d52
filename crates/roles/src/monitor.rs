//! The running server, for who watches it over the administration interface.

use std::sync::Arc;

use admin::monitor::{Monitor, Observing};

use crate::metrics::{Metrics, Sample};

/// Answers for one server.
pub(crate) struct ServerMonitor {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) sample: Sample,
}

impl Monitor for ServerMonitor {
    fn metrics(&self) -> Observing<'_, String> {
        Box::pin(async {
            self.sample.take().await;
            self.metrics.render()
        })
    }
}

//! The running server, for who watches it over the administration interface.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use admin::monitor::{Component, Monitor, Observing, Service, SlowOperation};
use admin::verb::VerbName;
use directory::ChangeNumber;
use net::{CertificateStore, Resolver};
use ports::listeners::ADMIN;
use tokio::sync::watch;

use crate::health::{self, Health};
use crate::metrics::{Metrics, Sample};
use crate::server::Parts;
use crate::slow_operations::SlowOperations;
use crate::storage::Storage;

/// Answers for one server.
pub(crate) struct ServerMonitor {
    metrics: Arc<Metrics>,
    sample: Sample,
    health: Arc<Health>,
    slow: Arc<SlowOperations>,
    storage: Storage,
    resolver: Resolver,
    certificates: Arc<CertificateStore>,
}

impl ServerMonitor {
    pub(crate) fn new(parts: &Parts) -> Self {
        let data = &parts.settings.data_directory;
        ServerMonitor {
            sample: Sample::new(&parts.metrics, &parts.storage, &parts.transport, data),
            metrics: Arc::clone(&parts.metrics),
            health: Arc::clone(&parts.health),
            slow: Arc::clone(&parts.slow),
            storage: parts.storage.clone(),
            resolver: parts.resolver.clone(),
            certificates: Arc::clone(&parts.certificates),
        }
    }

    fn databases(&self) -> [Component; 2] {
        let Storage { mailboxes, directory_rows, .. } = &self.storage;
        [
            health::database("mailboxes", mailboxes, Service::InformationStore),
            health::database("directory", directory_rows, Service::Directory),
        ]
    }
}

impl Monitor for ServerMonitor {
    fn metrics(&self) -> Observing<'_, String> {
        Box::pin(async {
            self.sample.take().await;
            self.metrics.render()
        })
    }

    fn is_ready(&self) -> bool {
        let Storage { mailboxes, directory_rows, .. } = &self.storage;
        self.health.is_ready([mailboxes, directory_rows])
    }

    fn components(&self) -> Vec<Component> {
        let now = SystemTime::now();
        let mut components = Vec::from(self.databases());
        components.extend(self.health.of_tasks());
        components.push(health::resolver(&self.resolver));
        let certificates = self.certificates.certificates();
        components.extend(certificates.iter().map(|info| health::certificate(info, now)));
        components
    }

    fn slow_operations(&self) -> Vec<SlowOperation> {
        self.slow.newest_first()
    }

    fn reload_certificates(&self) -> Result<(), String> {
        self.certificates.reload().map(drop).map_err(|error| error.to_string())
    }

    fn configuration(&self) -> watch::Receiver<ChangeNumber> {
        self.health.configuration()
    }

    fn verb_took(&self, verb: VerbName, took: Duration) {
        self.slow.took(ADMIN.service, verb.as_str(), took);
    }
}

//! Spans for a collector (`[telemetry]`), where the program was built with the feature
//! `opentelemetry`. Without it the setting is refused: a server that is to be watched and is not
//! would be noticed on the day it matters.

use config::Settings;

use crate::error::Error;
use crate::logging::Observer;

/// Whether spans can be exported at all.
const BUILT: bool = cfg!(feature = "opentelemetry");

/// What exports, if anything does.
#[derive(Default)]
pub struct Telemetry {
    #[cfg(feature = "opentelemetry")]
    exporting: Option<telemetry::Exporting>,
}

impl Telemetry {
    /// Begins to export when the settings name a collector. The observer belongs into the log.
    pub fn start(settings: &Settings) -> Result<(Option<Observer>, Self), Error> {
        match collector(settings, BUILT)? {
            None => Ok((None, Telemetry::default())),
            Some(endpoint) => begin(endpoint, settings),
        }
    }

    /// Sends what waits, for a while.
    #[cfg(feature = "opentelemetry")]
    pub async fn finish(self) {
        if let Some(exporting) = self.exporting {
            exporting.finish().await;
        }
    }

    /// There is nothing to send.
    #[cfg(not(feature = "opentelemetry"))]
    pub async fn finish(self) {}
}

/// The collector that is asked for.
fn collector(settings: &Settings, built: bool) -> Result<Option<&str>, Error> {
    match settings.telemetry.endpoint.as_deref() {
        Some(_) if !built => Err(Error::NoTelemetry),
        endpoint => Ok(endpoint),
    }
}

#[cfg(feature = "opentelemetry")]
fn begin(endpoint: &str, settings: &Settings) -> Result<(Option<Observer>, Telemetry), Error> {
    use net::connect::Rules;
    use net::{Connector, Resolver};
    use roles::metrics::spans;
    use telemetry::{Counts, Options, SpanLayer};
    use tracing_subscriber::Layer;

    let resolver = Resolver::of(settings.resolver.server);
    let options = Options {
        endpoint: endpoint.to_owned(),
        server_name: settings.server_name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        // The administrator names the collector, and mostly it is on this host.
        connector: Connector::new(Rules { allow_loopback: true, ..Rules::default() }),
        resolver: resolver.map_err(|error| Error::Telemetry(error.into()))?,
        counts: Counts { exported: &spans::EXPORTED, dropped: &spans::DROPPED },
    };
    let (layer, exporting) =
        telemetry::start(options).map_err(|error| Error::Telemetry(error.into()))?;
    let observer = layer.with_filter(SpanLayer::filter()).boxed();
    Ok((Some(observer), Telemetry { exporting: Some(exporting) }))
}

#[cfg(not(feature = "opentelemetry"))]
fn begin(_: &str, _: &Settings) -> Result<(Option<Observer>, Telemetry), Error> {
    Err(Error::NoTelemetry)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_collector_is_refused_by_a_program_without_spans() {
        let mut settings = Settings::default();
        assert_eq!(collector(&settings, false).unwrap(), None);
        settings.telemetry.endpoint = Some("http://127.0.0.1:4318".to_owned());
        let refused = collector(&settings, false).unwrap_err().to_string();
        assert!(refused.contains("built without the feature"), "{refused}");
        assert_eq!(collector(&settings, true).unwrap(), Some("http://127.0.0.1:4318"));
    }
}

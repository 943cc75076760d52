//! The program's own log: one line an event on standard error, for people or as JSON.
//!
//! Lines of a session carry its name, which the protocol logs have too; lines about a message
//! carry its internal message id. Both stand in spans: whoever writes a line need not know them.

mod json;
mod line;

use std::env;
use std::io::{self, IsTerminal};

use config::{Log, LogFormat, LogLevel};
use tracing_subscriber::filter::{Directive, EnvFilter, LevelFilter};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

use json::JsonLine;
use line::Lines;

/// The environment variable that says what is logged.
const VARIABLE: &str = "RIALTO_LOG";
/// The one that says in which form.
const FORMAT_VARIABLE: &str = "RIALTO_LOG_FORMAT";

/// What sees spans and events.
pub type Observer = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging, as the environment says or else as these settings do; perhaps somebody else
/// looks on.
pub fn start(log: &Log, observer: Option<Observer>) {
    let lines = layer(format(log)).with_filter(filter(log)).boxed();
    let observers: Vec<_> = [lines].into_iter().chain(observer).collect();
    tracing_subscriber::registry().with(observers).init();
}

fn layer<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'s> LookupSpan<'s>,
{
    match format {
        LogFormat::Text => {
            let colours = io::stderr().is_terminal();
            fmt::layer().with_writer(Lines).with_ansi(colours).boxed()
        }
        LogFormat::Json => fmt::layer()
            .with_writer(Lines)
            .fmt_fields(JsonFields::new())
            .event_format(JsonLine)
            .boxed(),
    }
}

/// A word that is none means what the settings say.
fn format(log: &Log) -> LogFormat {
    match env::var(FORMAT_VARIABLE).as_deref() {
        Ok("json") => LogFormat::Json,
        Ok("text") => LogFormat::Text,
        _ => log.format,
    }
}

fn filter(log: &Log) -> EnvFilter {
    let builder = EnvFilter::builder().with_default_directive(level(log.level).into());
    match env::var(VARIABLE) {
        Ok(directives) if !directives.is_empty() => builder.parse_lossy(directives),
        _ => log.targets.iter().filter_map(directive).fold(builder.parse_lossy(""), add),
    }
}

fn add(filter: EnvFilter, directive: Directive) -> EnvFilter {
    filter.add_directive(directive)
}

/// None for a target that cannot be one, which checked settings do not have.
fn directive((target, to): (&String, &LogLevel)) -> Option<Directive> {
    format!("{target}={}", level(*to)).parse().ok()
}

const fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn targets_have_levels_of_their_own() {
        let log = Log {
            level: LogLevel::Warn,
            targets: BTreeMap::from([
                ("smtp::service".to_owned(), LogLevel::Debug),
                ("message_tracking".to_owned(), LogLevel::Off),
            ]),
            ..Log::default()
        };
        let directives = log.targets.iter().filter_map(directive);
        let filter = directives.fold(EnvFilter::new("warn"), add).to_string();
        for expected in ["warn", "smtp::service=debug", "message_tracking=off"] {
            assert!(filter.contains(expected), "{filter}");
        }
    }
}

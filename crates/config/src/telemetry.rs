//! `[telemetry]`: where spans of sessions, commands and messages go.

use crate::section::section;
use crate::settings::Invalid;

section! {
    /// Spans of sessions, commands and messages for OpenTelemetry, sent by OTLP over HTTP. Only
    /// in programs that were built with the feature "opentelemetry".
    pub struct Telemetry {
        /// The collector, as `http://HOST[:PORT][/PATH]`; `/v1/traces` is added. TLS is not built: a
        /// collector on this host passes the spans on. Without it none are made.
        endpoint: Option<String> = None,
    }
}

impl Telemetry {
    /// Whether the collector can be one.
    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        match &self.endpoint {
            Some(endpoint) if endpoint.starts_with("https://") => {
                Err(Invalid::Telemetry("TLS to a collector is not built"))
            }
            Some(endpoint) if !is_http(endpoint) => {
                Err(Invalid::Telemetry("no address such as http://127.0.0.1:4318"))
            }
            _ => Ok(()),
        }
    }
}

fn is_http(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("http://") else { return false };
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '@' | '?' | '#');
    !authority.is_empty() && rest.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn telemetry(endpoint: &str) -> Result<(), String> {
        let telemetry = Telemetry { endpoint: Some(endpoint.to_owned()) };
        telemetry.validate().map_err(|error| error.to_string())
    }

    #[test]
    fn a_collector_is_an_address_of_plain_http() {
        for good in
            ["http://127.0.0.1:4318", "http://otel", "http://[::1]:4318/", "http://a.test/otlp"]
        {
            assert_eq!(telemetry(good), Ok(()), "{good}");
        }
        for bad in
            ["", "127.0.0.1:4318", "http://", "http:///v1", "http://me:pw@a.test", "http://a b"]
        {
            assert!(telemetry(bad).unwrap_err().contains("no address"), "{bad}");
        }
        assert!(telemetry("https://a.test").unwrap_err().contains("TLS"));
        assert!(Telemetry::default().validate().is_ok());
    }
}

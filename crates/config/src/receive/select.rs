//! Which connector a connection belongs to: the listener first, then the most specific range
//! of remote addresses.

use std::net::{IpAddr, SocketAddr};

use super::ReceiveConnector;

/// The connector for a connection from `remote` to `local`; none if the listener's connectors
/// are for other clients. The one whose smallest range holds the client wins.
///
/// A connector bound to the very address shuts out those bound to all addresses, because it
/// is another listener.
pub fn select(
    connectors: &[ReceiveConnector],
    local: SocketAddr,
    remote: IpAddr,
) -> Option<&ReceiveConnector> {
    let fit = |c: &ReceiveConnector| c.bindings.iter().filter_map(|b| b.fit(local)).max();
    let enabled = || connectors.iter().filter(|connector| connector.enabled);
    let listener = enabled().filter_map(fit).max()?;
    enabled()
        .filter(|connector| fit(connector) == Some(listener))
        .filter_map(|connector| Some((smallest_span(connector, remote)?, connector)))
        .min_by_key(|(span, _)| *span)
        .map(|(_, connector)| connector)
}

/// The size of the smallest range that holds the client.
fn smallest_span(connector: &ReceiveConnector, remote: IpAddr) -> Option<u128> {
    let holding = connector.remote_ip_ranges.iter().filter(|range| range.contains(remote));
    holding.map(types::IpRange::span).min()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn connector(name: &str, bindings: &[&str], ranges: &[&str]) -> ReceiveConnector {
        ReceiveConnector {
            name: name.to_owned(),
            bindings: bindings.iter().map(|text| text.parse().unwrap()).collect(),
            remote_ip_ranges: ranges.iter().map(|text| text.parse().unwrap()).collect(),
            ..ReceiveConnector::default()
        }
    }

    #[test]
    fn the_most_specific_range_of_the_listener_wins() {
        let all = ["0.0.0.0/0", "::/0"];
        let anywhere = ["0.0.0.0:25", "[::]:25"];
        let off = ReceiveConnector { enabled: false, ..connector("off", &anywhere, &["10.0.0.7"]) };
        let connectors = [
            connector("default", &anywhere, &all),
            connector("lan", &anywhere, &["10.0.0.0/8", "fd00::/8"]),
            connector("floor", &anywhere, &["10.0.0.0-10.0.0.99", "192.0.2.0/24"]),
            connector("printer", &anywhere, &["10.0.0.9"]),
            connector("submission", &["0.0.0.0:587"], &all),
            connector("dmz", &["198.51.100.1:25"], &["203.0.113.0/24"]),
            off,
        ];
        for (local, remote, expected) in [
            ("198.51.100.9:25", "203.0.113.1", Some("default")),
            ("198.51.100.9:25", "10.200.0.1", Some("lan")),
            ("198.51.100.9:25", "10.0.0.7", Some("floor")),
            ("198.51.100.9:25", "192.0.2.9", Some("floor")),
            ("198.51.100.9:25", "10.0.0.9", Some("printer")),
            ("198.51.100.9:25", "::ffff:10.0.0.9", Some("printer")),
            ("[2001:db8::1]:25", "fd00::9", Some("lan")),
            ("[2001:db8::1]:25", "2001:db8::9", Some("default")),
            ("[::ffff:198.51.100.9]:25", "10.0.0.9", Some("printer")),
            ("198.51.100.9:587", "10.0.0.9", Some("submission")),
            ("[2001:db8::1]:587", "2001:db8::9", None),
            ("198.51.100.9:26", "10.0.0.9", None),
            ("198.51.100.1:25", "203.0.113.1", Some("dmz")),
            ("198.51.100.1:25", "10.0.0.9", None),
        ] {
            let found = select(&connectors, local.parse().unwrap(), remote.parse().unwrap());
            let found = found.map(|connector| connector.name.as_str());
            assert_eq!(found, expected, "{remote} to {local}");
        }
    }
}

//! What a connector writes and counts in Received fields.

use config::receive::ReceiveConnector;
use types::Domain;
use types::limits::RECEIVED_FIELDS_MAX;

/// Name and limits of one connector.
pub(crate) struct Trace {
    /// Fqdn: the `by` clause of Received.
    pub name: Domain,
    /// MaxHopCount.
    hops_max: usize,
    /// MaxLocalHopCount; 0 in the settings is no limit.
    pub local_hops_max: Option<usize>,
}

impl Trace {
    /// The connector's own, with the server's name where it has none.
    pub(super) fn of(connector: &ReceiveConnector, server: &Domain) -> Self {
        let local = usize::from(connector.max_local_hop_count);
        Trace {
            name: Domain::parse(&connector.fqdn).unwrap_or_else(|_| server.clone()),
            hops_max: usize::from(connector.max_hop_count),
            local_hops_max: Some(local).filter(|&limit| limit > 0),
        }
    }

    /// MaxHopCount for users. Strangers have a hundred at least, as RFC 5321 section 6.3 asks:
    /// their mail may have come a long way.
    pub(super) fn hops(&self, authenticated: bool) -> usize {
        match authenticated {
            true => self.hops_max,
            false => self.hops_max.max(RECEIVED_FIELDS_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn strangers_mail_may_have_come_a_long_way() {
        let hops = |max_hop_count| {
            let connector = ReceiveConnector { max_hop_count, ..ReceiveConnector::default() };
            let trace = Trace::of(&connector, &"a.test".parse().unwrap());
            (trace.hops(true), trace.hops(false))
        };
        assert_eq!(hops(60), (60, RECEIVED_FIELDS_MAX));
        assert_eq!(hops(200), (200, 200));
    }
}

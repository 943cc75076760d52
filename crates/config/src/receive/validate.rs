//! What contradicts itself in a Receive connector, and what contradicts another one.

use std::ops::RangeInclusive;

use super::AuthMechanism::{self, BasicAuth, BasicAuthRequireTLS, ExternalAuthoritative, Tls};
use super::{PermissionGroup, ReceiveConnector};
use crate::{ByteQuantity, Unlimited};

/// Why a connector is refused. All faults are the administrator's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveConnectorFault {
    /// It has no name.
    #[error("a Receive connector needs a name")]
    NoName,
    /// It listens nowhere.
    #[error("{0}: Bindings is empty")]
    NoBindings(String),
    /// It is for nobody.
    #[error("{0}: RemoteIPRanges is empty")]
    NoRemoteRanges(String),
    /// `None` beside something.
    #[error("{connector}: {property} None stands alone")]
    NoneNotAlone {
        /// The connector.
        connector: String,
        /// AuthMechanism or PermissionGroups.
        property: &'static str,
    },
    /// A value that another value needs.
    #[error("{connector}: {property} needs {needed}")]
    Needs {
        /// The connector.
        connector: String,
        /// What was set.
        property: &'static str,
        /// What it needs.
        needed: &'static str,
    },
    /// Two values that exclude each other.
    #[error("{connector}: {property} excludes {excluded}")]
    Excludes {
        /// The connector.
        connector: String,
        /// What was set.
        property: &'static str,
        /// What it excludes.
        excluded: &'static str,
    },
    /// Mutual TLS with partners, which would prove nothing here.
    #[error("{0}: DomainSecureEnabled is not built")]
    DomainSecure(String),
    /// A number outside its range.
    #[error("{connector}: {property} is outside its range")]
    OutOfRange {
        /// The connector.
        connector: String,
        /// Which one.
        property: &'static str,
    },
    /// Two connectors of one name.
    #[error("two Receive connectors are named {0}")]
    DuplicateName(String),
    /// Two connectors claim the same clients at the same listener, or overlapping ones of
    /// which neither is the more specific.
    #[error("{first} and {second} claim the same clients on {binding}: {range}")]
    Ambiguous {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// The binding both have.
        binding: String,
        /// The range of the second that clashes.
        range: String,
    },
}

use ReceiveConnectorFault::{
    Ambiguous, DomainSecure, DuplicateName, Excludes, Needs, NoBindings, NoName, NoRemoteRanges,
    NoneNotAlone, OutOfRange,
};

type Verdict = Result<(), ReceiveConnectorFault>;

impl ReceiveConnector {
    /// Whether the connector agrees with itself.
    pub fn validate(&self) -> Verdict {
        self.check_presence()?;
        self.check_none_alone()?;
        self.check_needs()?;
        self.check_exclusions()?;
        if self.domain_secure_enabled {
            return Err(DomainSecure(self.name.clone()));
        }
        self.check_ranges()
    }

    fn check_presence(&self) -> Verdict {
        match self {
            _ if self.name.is_empty() => Err(NoName),
            _ if self.bindings.is_empty() => Err(NoBindings(self.name.clone())),
            _ if self.remote_ip_ranges.is_empty() => Err(NoRemoteRanges(self.name.clone())),
            _ => Ok(()),
        }
    }

    fn check_none_alone(&self) -> Verdict {
        let fault = |property| NoneNotAlone { connector: self.name.clone(), property };
        if self.offers(AuthMechanism::None) && self.auth_mechanism.len() > 1 {
            return Err(fault("AuthMechanism"));
        }
        if self.permits(PermissionGroup::None) && self.permission_groups.len() > 1 {
            return Err(fault("PermissionGroups"));
        }
        Ok(())
    }

    fn check_needs(&self) -> Verdict {
        let (tls, password) = (self.offers(Tls), self.offers(BasicAuth));
        let (only_in_tls, vouched) =
            (self.offers(BasicAuthRequireTLS), self.offers(ExternalAuthoritative));
        let servers = self.permits(PermissionGroup::ExchangeServers);
        let shorter = self.connection_inactivity_timeout < self.connection_timeout;
        for (set, met, property, needed) in [
            (only_in_tls, password, "BasicAuthRequireTLS", "BasicAuth"),
            (only_in_tls, tls, "BasicAuthRequireTLS", "Tls"),
            (vouched, servers, "ExternalAuthoritative", "PermissionGroups ExchangeServers"),
            (self.require_tls, tls, "RequireTLS", "AuthMechanism Tls"),
            (self.domain_secure_enabled, tls, "DomainSecureEnabled", "AuthMechanism Tls"),
            (self.binary_mime_enabled, self.chunking_enabled, "BinaryMimeEnabled", "Chunking"),
            (true, shorter, "ConnectionTimeout", "a shorter ConnectionInactivityTimeout"),
        ] {
            if set && !met {
                return Err(Needs { connector: self.name.clone(), property, needed });
            }
        }
        Ok(())
    }

    fn check_exclusions(&self) -> Verdict {
        let vouched = self.offers(ExternalAuthoritative);
        let excludes =
            |property, excluded| Err(Excludes { connector: self.name.clone(), property, excluded });
        let beside = |mechanism: &AuthMechanism| !matches!(mechanism, ExternalAuthoritative | Tls);
        if vouched && self.auth_mechanism.iter().any(beside) {
            return excludes("ExternalAuthoritative", "every AuthMechanism but Tls");
        }
        if vouched && self.domain_secure_enabled {
            return excludes("DomainSecureEnabled", "ExternalAuthoritative");
        }
        Ok(())
    }

    fn check_ranges(&self) -> Verdict {
        let two_gb = ByteQuantity::from_mb(2048).bytes();
        let kb = |kilobytes| ByteQuantity::from_kb(kilobytes).bytes();
        let rows: [(&'static str, Option<u64>, RangeInclusive<u64>); 10] = [
            ("MaxMessageSize", Some(self.max_message_size.bytes()), kb(64)..=two_gb),
            ("MaxHeaderSize", Some(self.max_header_size.bytes()), kb(1)..=two_gb),
            ("MaxRecipientsPerMessage", Some(self.max_recipients_per_message.into()), 1..=512_000),
            ("MaxInboundConnection", number(self.max_inbound_connection), 1..=i32::MAX as u64),
            (
                "MaxInboundConnectionPerSource",
                number(self.max_inbound_connection_per_source),
                1..=10_000,
            ),
            (
                "MaxInboundConnectionPercentagePerSource",
                Some(self.max_inbound_connection_percentage_per_source.into()),
                1..=100,
            ),
            ("MessageRateLimit", number(self.message_rate_limit), 1..=i32::MAX as u64),
            ("MaxLogonFailures", Some(self.max_logon_failures.into()), 0..=10),
            ("MaxHopCount", Some(self.max_hop_count.into()), 1..=500),
            ("MaxLocalHopCount", Some(self.max_local_hop_count.into()), 0..=50),
        ];
        for (property, value, range) in rows {
            if value.is_some_and(|value| !range.contains(&value)) {
                return Err(OutOfRange { connector: self.name.clone(), property });
            }
        }
        Ok(())
    }
}

fn number(limit: Unlimited<u32>) -> Option<u64> {
    limit.limit().map(u64::from)
}

/// Whether each connector agrees with itself, and all that are on with each other.
pub fn validate_all(connectors: &[ReceiveConnector]) -> Verdict {
    for (at, connector) in connectors.iter().enumerate() {
        connector.validate()?;
        for earlier in &connectors[..at] {
            check_pair(earlier, connector)?;
        }
    }
    Ok(())
}

/// On a shared binding, ranges are nested or apart; equal ones are ambiguous.
fn check_pair(first: &ReceiveConnector, second: &ReceiveConnector) -> Verdict {
    if first.name.eq_ignore_ascii_case(&second.name) {
        return Err(DuplicateName(second.name.clone()));
    }
    let shared = first.bindings.iter().find(|binding| second.bindings.contains(binding));
    let Some(binding) = shared.filter(|_| first.enabled && second.enabled) else {
        return Ok(());
    };
    for a in &first.remote_ip_ranges {
        let clashes =
            |b: &&types::IpRange| a == *b || (a.overlaps(b) && !a.is_within(b) && !b.is_within(a));
        if let Some(range) = second.remote_ip_ranges.iter().find(clashes) {
            return Err(Ambiguous {
                first: first.name.clone(),
                second: second.name.clone(),
                binding: binding.to_string(),
                range: range.to_string(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::TimeSpan;
    use crate::receive::Usage;
    use AuthMechanism::{ExchangeServer, Integrated};
    use PermissionGroup::{AnonymousUsers, ExchangeServers};

    fn fault(change: impl FnOnce(&mut ReceiveConnector)) -> String {
        let mut connector = Usage::Internet.connector("C");
        change(&mut connector);
        connector.validate().err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn mechanisms_need_and_exclude_each_other() {
        let with = |mechanisms: &[AuthMechanism]| fault(|c| c.auth_mechanism = mechanisms.to_vec());
        assert_eq!(with(&[AuthMechanism::None]), "");
        assert_eq!(with(&[AuthMechanism::None, Tls]), "C: AuthMechanism None stands alone");
        assert_eq!(with(&[Tls, BasicAuth, BasicAuthRequireTLS, Integrated]), "");
        assert_eq!(with(&[Tls, BasicAuthRequireTLS]), "C: BasicAuthRequireTLS needs BasicAuth");
        assert_eq!(with(&[BasicAuth, BasicAuthRequireTLS]), "C: BasicAuthRequireTLS needs Tls");
        assert_eq!(
            with(&[ExternalAuthoritative]),
            "C: ExternalAuthoritative needs PermissionGroups ExchangeServers"
        );
        let vouched = |also: AuthMechanism| {
            fault(|c| {
                c.permission_groups = vec![ExchangeServers];
                c.auth_mechanism = vec![ExternalAuthoritative, also];
            })
        };
        assert_eq!(vouched(Tls), "");
        assert_eq!(
            vouched(ExchangeServer),
            "C: ExternalAuthoritative excludes every AuthMechanism but Tls"
        );
    }

    #[test]
    fn switches_need_what_they_rest_on() {
        assert_eq!(
            fault(|c| {
                c.require_tls = true;
                c.auth_mechanism = vec![Integrated];
            }),
            "C: RequireTLS needs AuthMechanism Tls"
        );
        assert_eq!(
            fault(|c| {
                c.domain_secure_enabled = true;
                c.auth_mechanism = vec![];
            }),
            "C: DomainSecureEnabled needs AuthMechanism Tls"
        );
        assert_eq!(
            fault(|c| {
                c.domain_secure_enabled = true;
                c.permission_groups = vec![ExchangeServers];
                c.auth_mechanism = vec![Tls, ExternalAuthoritative];
            }),
            "C: DomainSecureEnabled excludes ExternalAuthoritative"
        );
        assert_eq!(
            fault(|c| c.domain_secure_enabled = true),
            "C: DomainSecureEnabled is not built"
        );
        assert_eq!(fault(|c| c.chunking_enabled = false), "C: BinaryMimeEnabled needs Chunking");
        assert_eq!(
            fault(|c| c.connection_inactivity_timeout = TimeSpan::from_mins(10)),
            "C: ConnectionTimeout needs a shorter ConnectionInactivityTimeout"
        );
        assert_eq!(
            fault(|c| c.permission_groups = vec![PermissionGroup::None, AnonymousUsers]),
            "C: PermissionGroups None stands alone"
        );
    }

    #[test]
    fn numbers_have_ranges() {
        let out = |property: &str| format!("C: {property} is outside its range");
        let size = |text: &str| fault(|c| c.max_message_size = text.parse().unwrap());
        assert_eq!([size("64 KB"), size("2 GB")], ["", ""]);
        assert_eq!(size("63 KB"), out("MaxMessageSize"));
        assert_eq!(size("3 GB"), out("MaxMessageSize"));
        assert_eq!(fault(|c| c.max_logon_failures = 11), out("MaxLogonFailures"));
        assert_eq!(fault(|c| c.max_hop_count = 0), out("MaxHopCount"));
        assert_eq!(fault(|c| c.max_local_hop_count = 51), out("MaxLocalHopCount"));
        let per_source =
            |limit| fault(|c| c.max_inbound_connection_per_source = Unlimited::Limited(limit));
        assert_eq!(per_source(10_000), "");
        assert_eq!(per_source(10_001), out("MaxInboundConnectionPerSource"));
        assert_eq!(fault(|c| c.name.clear()), "a Receive connector needs a name");
        assert_eq!(fault(|c| c.bindings.clear()), "C: Bindings is empty");
        assert_eq!(fault(|c| c.remote_ip_ranges.clear()), "C: RemoteIPRanges is empty");
    }

    #[test]
    fn on_one_listener_ranges_are_nested_or_apart() {
        for (first, second, binding, allowed) in [
            ("0.0.0.0/0", "10.0.0.0/8", "0.0.0.0:25", true),
            ("10.0.0.1", "10.0.0.2", "0.0.0.0:25", true),
            ("10.0.0.0/8", "10.0.0.0-10.255.255.255", "0.0.0.0:25", false),
            ("10.0.0.1-10.0.0.9", "10.0.0.5-10.0.0.20", "0.0.0.0:25", false),
            ("10.0.0.0/8", "10.0.0.0/8", "0.0.0.0:26", true),
        ] {
            let mut a = Usage::Internet.connector("A");
            a.remote_ip_ranges = vec![first.parse().unwrap()];
            let mut b = Usage::Internet.connector("B");
            b.remote_ip_ranges = vec![second.parse().unwrap()];
            b.bindings = vec![binding.parse().unwrap()];
            assert_eq!(validate_all(&[a, b]).is_ok(), allowed, "{first} and {second}");
        }
        let mut off = Usage::Internet.connector("B");
        off.enabled = false;
        assert_eq!(validate_all(&[Usage::Internet.connector("A"), off]), Ok(()));
        let twice = [Usage::Internet.connector("A"), Usage::Client.connector("a")];
        assert_eq!(validate_all(&twice), Err(DuplicateName("a".to_owned())));
    }
}

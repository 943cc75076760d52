//! `rialto setup --check`: whether what surrounds a server is as the server needs it, once DNS,
//! firewalls and certificates are there.
//!
//! What it is not: nothing is changed, and nothing is asked of anybody whom the administrator, or
//! the DNS of the domains, does not name. It sees what this host sees: a firewall in front of it
//! may let this host through and nobody else.

mod certificate;
mod clock;
mod dns;
mod finding;
mod greeting;
mod outbound;
mod reach;
mod spf;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use config::{HostPort, Settings};
use net::connect::Rules;
use net::{Connector, Resolver};
use types::limits::CHECK_CONNECT_SECS_MAX;
use types::{Address, AddressError, Clock, Domain};

use super::records::Facts;
use super::{SetupError, clients, listeners, signing};
use crate::server::{StartError, server_name};
use dns::Dns;

pub use finding::{Finding, Verdict, is_good, text};

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Surroundings<'s> {
    /// The server.
    pub settings: &'s Settings,
    /// The domains whose mail it takes for itself.
    pub domains: &'s [Domain],
    /// Domains of others whose mail exchangers are tried.
    pub outbound: &'s [HostPort],
    /// Who is asked for the time.
    pub time_server: Option<&'s HostPort>,
}

/// Looks at everything. Errors: there is no server to look at.
pub async fn run(asked: &Surroundings<'_>, clock: &dyn Clock) -> Result<Vec<Finding>, SetupError> {
    let settings = asked.settings;
    let resolver = resolver(settings)?;
    let dns = Dns::new(&resolver, &server_name(settings)?).await;
    let mut findings = asked.dns(&dns).await?;
    findings.extend(certificate::certificates(settings, clock.now()));
    let opened = listeners::opened(settings)?;
    findings.extend(reach::listeners(settings, &opened, dns.addresses()).await?);
    findings.extend(outbound::outbound(settings, &resolver, asked.outbound).await);
    findings.push(clock::clock(&resolver, asked.time_server, clock).await);
    Ok(findings)
}

/// Asks whom the server asks, but for the hosts file of this host, which others do not see.
fn resolver(settings: &Settings) -> Result<Resolver, StartError> {
    let resolver = match settings.resolver.server {
        Some(server) => Resolver::with_server(server),
        None => Resolver::system_name_servers(),
    };
    resolver.map_err(|error| StartError::Resolver(error.to_string()))
}

/// Makes connections with a check's patience.
fn connector(rules: Rules) -> Connector {
    Connector::new(rules).with_timeout(Duration::from_secs(CHECK_CONNECT_SECS_MAX))
}

impl Surroundings<'_> {
    async fn dns(&self, dns: &Dns<'_>) -> Result<Vec<Finding>, SetupError> {
        if let Some(silence) = dns.silence() {
            return Ok(vec![silence]);
        }
        let mut findings = vec![dns.server(&self.own_addresses())];
        for domain in self.domains {
            for finding in self.domain(dns, domain).await? {
                // What is said of the server, each domain would say again.
                if findings.iter().all(|known| known.subject != finding.subject) {
                    findings.push(finding);
                }
            }
        }
        for address in dns.addresses() {
            findings.push(dns.reverse(*address).await);
        }
        Ok(findings)
    }

    async fn domain(&self, dns: &Dns<'_>, domain: &Domain) -> Result<Vec<Finding>, SetupError> {
        let keys = signing::published(&self.settings.data_directory, domain)?;
        let facts = Facts {
            domain,
            server: &server_name(self.settings)?,
            addresses: &self.own_addresses(),
            keys: &keys,
            services: &clients::services(&listeners::opened(self.settings)?),
            administrator: &postmaster(domain)?,
        };
        let mut findings = dns.domain(&facts).await;
        if keys.is_empty() {
            let advice = "large receivers refuse it or call it spam";
            let subject = format!("DKIM {}", domain.to_ascii());
            findings.push(Finding::warning(subject, "no key: mail is not signed", advice));
        }
        Ok(findings)
    }

    /// Where the server listens, unless that is everywhere.
    fn own_addresses(&self) -> Vec<IpAddr> {
        let addresses = self.settings.addresses.iter().copied();
        addresses.filter(|address| !address.is_unspecified()).collect()
    }
}

/// Every domain has this mailbox (RFC 5321 section 4.5.1).
fn postmaster(domain: &Domain) -> Result<Address, AddressError> {
    Address::parse(&format!("postmaster@{domain}"))
}

//! Whether mail gets out: port 25 of others, which many providers close for their customers.

use std::net::IpAddr;

use config::{HostPort, Settings};
use net::connect::Rules;
use net::{Purpose, Resolver};
use types::limits::CHECK_EXCHANGERS_MAX;

use super::greeting::greeting;
use super::{Finding, connector};
use crate::outbound::targets::{NoTarget, Target, exchangers};

const ADVICE: &str =
    "does your provider close port 25? ask for it, or send by its smart host (Send connector)";

/// Tries the mail exchangers of each domain until one greets.
pub(super) async fn outbound(
    settings: &Settings,
    resolver: &Resolver,
    domains: &[HostPort],
) -> Vec<Finding> {
    if domains.is_empty() {
        let advice = "--outbound DOMAIN tries the mail exchangers of a domain";
        return vec![Finding::not_checked("outbound port 25", "nobody was named", advice)];
    }
    let rules = Rules { allow_loopback: settings.resolver.allow_loopback, ..Rules::default() };
    let mut findings = Vec::new();
    for domain in domains {
        findings.push(of_domain(resolver, &rules, domain).await);
    }
    findings
}

async fn of_domain(resolver: &Resolver, rules: &Rules, domain: &HostPort) -> Finding {
    let subject = format!("outbound {domain}");
    let name = match domain.host.parse::<IpAddr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => domain.host.clone(),
    };
    let found = match exchangers(resolver, &name, domain.port).await {
        Ok(found) => found,
        Err(NoTarget::Never(reply) | NoTarget::Later(reply)) => {
            return Finding::failed(subject, reply.text, "name a domain that takes mail");
        }
    };
    let mut last = Finding::failed(&subject, "no address", ADVICE);
    for exchanger in found.iter().take(CHECK_EXCHANGERS_MAX) {
        last = match greets(rules, exchanger).await {
            Ok(said) => return Finding::ok(subject, said),
            Err((why, advice)) => Finding::failed(&subject, why, advice),
        };
    }
    last
}

/// What an exchanger says that takes mail from here; or why it does not, and what to do.
async fn greets(rules: &Rules, exchanger: &Target) -> Result<String, (String, &'static str)> {
    let at = format!("{} at {}", exchanger.host, exchanger.address);
    let connector = connector(rules.clone());
    let stream = connector.connect(Purpose::Exchanger, exchanger.address, None).await;
    let stream = stream.map_err(|error| (format!("{}: {error}", exchanger.host), ADVICE))?;
    let reply = greeting(stream).await.map_err(|error| (format!("{at}: {error}"), ADVICE))?;
    let said = format!("{at}: {reply}");
    match reply.code {
        220 => Ok(said),
        _ => Err((said, "the answer says why; is this host's address on a block list?")),
    }
}

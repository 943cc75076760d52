//! `rialto setup --check`: what surrounds an installed server.

use std::path::Path;

use admin::{Console, Outcome};
use clap::Args;
use config::HostPort;
use roles::setup::check::{self, Finding, Surroundings};
use types::SystemClock;
use types::limits::CHECK_TARGETS_MAX;

use super::SetupArgumentError;
use crate::commands::verb::{self, Configured};
use crate::error::Error;

/// What a new server is made from, and a check does not take.
const OF_A_NEW_SERVER: [&str; 13] = [
    "domain",
    "name",
    "directory",
    "administrator",
    "password_file",
    "certificate_file",
    "key_file",
    "acme",
    "acme_directory",
    "acme_dns_program",
    "address",
    "port_offset",
    "yes",
];

/// How to check a server.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Check the server of a configuration file instead: DNS, certificates, ports, clock. The exit
    /// code is 1 when something has failed
    #[arg(long, conflicts_with_all = OF_A_NEW_SERVER)]
    pub check: bool,
    /// With --check: a domain to whose mail exchangers mail should get out; several times for several
    #[arg(long, value_name = "HOST[:PORT]", requires = "check", value_parser = HostPort::smtp)]
    outbound: Vec<HostPort>,
    /// With --check: a time server to compare the clock with
    #[arg(long, value_name = "HOST[:PORT]", requires = "check", value_parser = HostPort::ntp)]
    time_server: Option<HostPort>,
    /// With --check: the findings as JSON
    #[arg(long, requires = "check")]
    json: bool,
}

impl Check {
    /// Looks, and tells.
    pub async fn run(
        &self,
        configuration: &Path,
        console: &mut Console<'_>,
    ) -> Result<Outcome, Error> {
        if self.outbound.len() > CHECK_TARGETS_MAX {
            return Err(SetupArgumentError::Outbound.into());
        }
        let Configured { settings, domains } = verb::configured(configuration).await?;
        let surroundings = Surroundings {
            settings: &settings,
            domains: &domains,
            outbound: &self.outbound,
            time_server: self.time_server.as_ref(),
        };
        let findings = check::run(&surroundings, &SystemClock).await?;
        console.output.write_all(self.told(&findings).as_bytes())?;
        match check::is_good(&findings) {
            true => Ok(Outcome::Good),
            false => Ok(Outcome::Wrong),
        }
    }

    fn told(&self, findings: &[Finding]) -> String {
        match self.json {
            true => format!("{:#}\n", serde_json::json!(findings)),
            false => check::text(findings),
        }
    }
}

//! `rialto setup`: a new server. What the command line leaves out is asked where somebody can
//! answer; a password is never on the command line, where every user of the host could read it.
//! With `--check`, whether what surrounds a server is as it should be.

mod check;
mod dialogue;
mod missing;
mod password;

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use admin::{Console, Outcome};
use clap::Args;
use config::{Acme, AcmeChallenge};
use roles::setup::{self, Certificate, Password, Plan};
use types::limits::CHECK_TARGETS_MAX;
use types::{Address, Domain, SystemClock};

use super::{CONFIG_FILE, name};
use crate::error::Error;
use check::Check;
use dialogue::{Dialogue, Terminal};

/// Why a setup does not begin.
#[derive(Debug, thiserror::Error)]
pub enum SetupArgumentError {
    /// Something that has no default.
    #[error("{0} is missing, and nobody can be asked")]
    Missing(&'static str),
    /// Nobody can agree.
    #[error("nobody can be asked; say --yes to set the server up")]
    NotYes,
    /// What was answered is not to be done.
    #[error("nothing was done")]
    Declined,
    /// The terminal is gone.
    #[error("no answer")]
    NoAnswer,
    /// No address, and no local part of one.
    #[error("--administrator {0:?} is no name in the domain")]
    Administrator(String),
    /// No password.
    #[error("password: {0}")]
    Password(String),
    /// More than are tried.
    #[error("--outbound: at most {CHECK_TARGETS_MAX} of them")]
    Outbound,
    /// A file that cannot be read, or a path that cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Set up a new server: configuration, certificate, DKIM keys, first mailbox
#[derive(Debug, Args)]
pub struct Setup {
    /// The domain whose mail it takes
    #[arg(value_parser = name)]
    domain: Option<Domain>,
    /// The server's full name; "mail." before the domain without it
    #[arg(long, value_name = "HOST", value_parser = name)]
    name: Option<Domain>,
    /// Where its data is kept
    #[arg(long = "dir", value_name = "DIR", default_value = "/var/lib/rialto")]
    directory: PathBuf,
    /// The configuration file to write
    #[arg(long = "config", value_name = "FILE", default_value = CONFIG_FILE)]
    configuration: PathBuf,
    /// The first mailbox, whose owner is the administrator: a name in the domain, or an address
    #[arg(long, value_name = "NAME")]
    administrator: Option<String>,
    /// A file whose first line is the administrator's password; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The certificate with its chain (PEM); self-signed without it
    #[arg(long, value_name = "FILE", requires = "key_file")]
    certificate_file: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate_file")]
    key_file: Option<PathBuf>,
    /// Get a certificate from a certificate authority, and prove the server's name to it so:
    /// http-01 (port 80), tls-alpn-01 (port 443) or dns-01
    #[arg(long, value_name = "CHALLENGE", conflicts_with = "certificate_file")]
    acme: Option<AcmeChallenge>,
    /// The certificate authority's directory; Let's Encrypt's without it
    #[arg(long, value_name = "URL", requires = "acme")]
    acme_directory: Option<String>,
    /// The program that changes DNS for dns-01
    #[arg(long, value_name = "FILE", requires = "acme")]
    acme_dns_program: Option<PathBuf>,
    /// You agree to the certificate authority's terms of service
    #[arg(long, requires = "acme")]
    agree_to_terms: bool,
    /// An address to listen on, and for DNS to show; everywhere without it
    #[arg(long, value_name = "IP")]
    address: Vec<IpAddr>,
    /// Added to the documented ports (taken off above 45535)
    #[arg(long, value_name = "N", default_value_t = 0)]
    port_offset: u16,
    /// Ask nothing: what is left out has its default
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    check: Check,
    /// As it was answered.
    #[arg(skip)]
    password: Option<Password>,
}

impl Setup {
    /// Sets the server up, and tells what is left to do; or checks one.
    pub async fn run(mut self, console: &mut Console<'_>) -> Result<Outcome, Error> {
        if self.check.check {
            return self.check.run(&self.configuration, console).await;
        }
        setup::check_place(&self.configuration, &self.directory)?;
        let plan = if self.yes { self.plan()? } else { self.agreed()? };
        let server = setup::run(plan, &SystemClock).await?;
        console.output.write_all(server.report()?.as_bytes())?;
        Ok(Outcome::Good)
    }

    /// The plan of who sits at the terminal.
    fn agreed(&mut self) -> Result<Plan, SetupArgumentError> {
        if !Terminal::is_there() {
            return Err(SetupArgumentError::NotYes);
        }
        let mut terminal = Terminal;
        let mut dialogue = Dialogue::new(&mut terminal);
        missing::ask(self, &mut dialogue)?;
        let plan = self.plan()?;
        match dialogue.agrees(&summary(&plan))? {
            true => Ok(plan),
            false => Err(SetupArgumentError::Declined),
        }
    }

    fn plan(&self) -> Result<Plan, SetupArgumentError> {
        let domain = self.domain.clone().ok_or(SetupArgumentError::Missing("DOMAIN"))?;
        let server_name = match &self.name {
            Some(name) => name.clone(),
            None => server_of(&domain).ok_or(SetupArgumentError::Missing("--name"))?,
        };
        let administrator = administrator(self.administrator.as_deref(), &domain)?;
        Ok(Plan {
            certificate: self.certificate(&administrator)?,
            administrator,
            domain,
            server_name,
            directory: absolute(&self.directory)?,
            configuration: absolute(&self.configuration)?,
            password: self.password()?,
            addresses: self.address.clone(),
            port_offset: self.port_offset,
        })
    }

    fn password(&self) -> Result<Password, SetupArgumentError> {
        match (&self.password, &self.password_file) {
            (Some(answered), _) => Ok(answered.clone()),
            (None, Some(file)) => password::read(file),
            (None, None) => Err(SetupArgumentError::Missing("--password-file")),
        }
    }

    fn certificate(&self, administrator: &Address) -> Result<Certificate, SetupArgumentError> {
        if let Some(challenge) = self.acme {
            return Ok(Certificate::Acme(self.by_acme(challenge, administrator)?));
        }
        Ok(match (self.certificate_file.clone(), self.key_file.clone()) {
            (Some(chain), Some(key)) => Certificate::Own { chain, key },
            _ => Certificate::SelfSigned,
        })
    }

    /// The authority writes to the administrator.
    fn by_acme(
        &self,
        challenge: AcmeChallenge,
        administrator: &Address,
    ) -> Result<Acme, SetupArgumentError> {
        if !self.agree_to_terms {
            return Err(SetupArgumentError::Missing("--agree-to-terms"));
        }
        let defaults = Acme::default();
        Ok(Acme {
            directory_url: self.acme_directory.clone().unwrap_or(defaults.directory_url),
            terms_of_service_agreed: true,
            contact: Some(administrator.to_string()),
            challenge,
            dns_program: self.acme_dns_program.as_deref().map(absolute).transpose()?,
            ..defaults
        })
    }
}

/// What a server is called unless somebody says otherwise; None, when that is too long.
fn server_of(domain: &Domain) -> Option<Domain> {
    Domain::parse(&format!("mail.{domain}")).ok()
}

/// Who administers a server unless somebody says otherwise, as in Exchange.
const ADMINISTRATOR: &str = "administrator";

fn administrator(given: Option<&str>, domain: &Domain) -> Result<Address, SetupArgumentError> {
    let name = given.unwrap_or(ADMINISTRATOR);
    let address = match name.contains('@') {
        true => Address::parse(name),
        false => Address::parse(&format!("{name}@{domain}")),
    };
    address.map_err(|_| SetupArgumentError::Administrator(name.to_owned()))
}

fn absolute(path: &Path) -> Result<PathBuf, SetupArgumentError> {
    let file = |source| SetupArgumentError::File { path: path.to_owned(), source };
    std::path::absolute(path).map_err(file)
}

/// What is about to be made.
fn summary(plan: &Plan) -> String {
    let certificate = match &plan.certificate {
        Certificate::SelfSigned => "self-signed".to_owned(),
        Certificate::Own { chain, .. } => chain.display().to_string(),
        Certificate::Acme(acme) => format!("from {}", acme.directory_url),
    };
    format!(
        "{} for mail of {}, administrator {}, certificate {certificate};\n\
         configuration in {}, data in {}.",
        plan.server_name,
        plan.domain,
        plan.administrator,
        plan.configuration.display(),
        plan.directory.display(),
    )
}

//! `rialto ports check`: connects to every port that should be open, and to those that should
//! not, and looks for sockets that no row names.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use clap::Args;
use net::connect::Rules;
use net::probe::{Reachability, probe};
use net::{Connector, Resolver};
use ports::Registry;
use ports::check::{self, Answer, Finding, Probe, Target, Viewpoint};
use ports::sockets::{self, ListeningSocket};
use tokio::task::JoinSet;

use super::running::Directory;
use crate::{AdminError, Console, Outcome};

/// Where Linux tells about sockets and processes.
const PROC: &str = "/proc";

/// What is open that should be, what is closed, what listens that no row names
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    directory: Directory,
    /// Look from outside, at this name or address of the server
    #[arg(long)]
    host: Option<String>,
}

impl Check {
    pub async fn run(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let registry = self.directory.last_open(console)?;
        let mut findings = Vec::new();
        let viewpoint = match &self.host {
            Some(host) => Viewpoint::Elsewhere(address(host).await?),
            None => {
                findings.extend(strangers(&registry)?);
                Viewpoint::ThisMachine
            }
        };
        let targets = check::targets(&registry, viewpoint);
        let mut answers = Answers::of(&targets).await?;
        findings.extend(check::probe(&targets, &mut answers));
        console.print(&check::report(&findings))?;
        Ok(Outcome::of(!findings.iter().any(Finding::is_wrong)))
    }
}

/// The address of the host; of several, the first.
async fn address(host: &str) -> Result<IpAddr, AdminError> {
    if let Ok(address) = host.parse() {
        return Ok(address);
    }
    let failed = |source| AdminError::Resolve { host: host.to_owned(), source };
    let addresses = Resolver::system().map_err(failed)?.addresses(host).await.map_err(failed)?;
    addresses.first().copied().ok_or_else(|| AdminError::NoAddress(host.to_owned()))
}

/// What each address answered.
struct Answers(HashMap<SocketAddr, Answer>);

impl Answers {
    /// Tries all at once: what is filtered takes its time to say nothing.
    async fn of(targets: &[Target]) -> Result<Self, AdminError> {
        let connector = Connector::new(Rules::default());
        let mut attempts = JoinSet::new();
        for address in targets.iter().map(|target| target.address) {
            let connector = connector.clone();
            attempts.spawn(async move { (address, probe(&connector, address).await) });
        }
        let mut answers = HashMap::new();
        while let Some(attempt) = attempts.join_next().await {
            let (address, reachability) = attempt?;
            answers.insert(address, answer(reachability));
        }
        Ok(Answers(answers))
    }
}

impl Probe for Answers {
    fn connect(&mut self, address: SocketAddr) -> Answer {
        self.0.get(&address).copied().unwrap_or(Answer::Filtered)
    }
}

fn answer(reachability: Reachability) -> Answer {
    match reachability {
        Reachability::Open => Answer::Open,
        Reachability::Closed => Answer::Closed,
        Reachability::Filtered => Answer::Filtered,
    }
}

/// Sockets of this machine that the registry does not know.
fn strangers(registry: &Registry) -> Result<Vec<Finding>, AdminError> {
    let proc = Path::new(PROC);
    let mut listening = listening(&proc.join("net/tcp"))?;
    listening.extend(self::listening(&proc.join("net/tcp6"))?);
    let owners = sockets::owners(proc).map_err(|source| file_error(proc, source))?;
    Ok(check::unregistered(registry, &listening, |inode| owners.get(&inode).copied()))
}

/// None in a file that is not there: a kernel without IPv6 has no `tcp6`.
fn listening(path: &Path) -> Result<Vec<ListeningSocket>, AdminError> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|source| file_error(path, source))?,
    };
    let unreadable = |fault| file_error(path, std::io::Error::new(ErrorKind::InvalidData, fault));
    sockets::listening(&text).map_err(unreadable)
}

fn file_error(path: &Path, source: std::io::Error) -> AdminError {
    AdminError::File { path: path.to_owned(), source }
}

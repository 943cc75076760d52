//! `rialto setup`: the first ten minutes of an administrator.
//!
//! From a domain and a name it makes what a server needs to start: the configuration file, a
//! certificate, DKIM keys, the accepted domain and the first mailbox, whose owner is the
//! administrator; and it tells what is to be done elsewhere ([`records`]: DNS, [`clients`]:
//! mail programs, [`service`]: the start).
//!
//! What it is not: it starts no server, changes no DNS, and makes no Send connector: mail signed
//! with keys that are not in DNS yet would look forged.
//!
//! Invariants: nothing that is there is written over; the configuration file comes last, so that
//! where it is, everything else is.

mod certificate;
pub mod check;
pub mod clients;
mod configuration;
mod listeners;
mod organization;
mod plan;
pub mod records;
mod report;
pub mod service;
mod signing;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use config::EndpointError;
use directory::DirectoryError;
use net::tls::{CertificateError, CertificateInfo};
use transport::dkim::DkimError;
use types::{Address, AddressError, Clock};

pub use auth::Password;
pub use plan::{Certificate, Plan};

use crate::StartError;
use crate::private;
use crate::storage::StorageError;
use crate::whole_file::FileError;
use configuration::Staged;

/// Why there is no new server. Each names what to mend.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A server is set up already, or was to be.
    #[error("{0} is there already: move it away, or name another file with --config")]
    ConfigurationExists(PathBuf),
    /// A server has run there, or a setup was interrupted.
    #[error(
        "{0} is not empty: name another folder with --dir, or remove it if an interrupted setup left it"
    )]
    DataExists(PathBuf),
    /// Its mail would not come here.
    #[error("the administrator's address {0} is not in the domain that is set up")]
    ForeignAdministrator(Address),
    /// The plan contradicts itself.
    #[error(transparent)]
    Settings(#[from] config::Invalid),
    /// No listeners can be opened so.
    #[error(transparent)]
    Listeners(#[from] EndpointError),
    /// The certificate cannot be used or made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A DKIM key cannot be made.
    #[error("DKIM: {0}")]
    Dkim(#[from] DkimError),
    /// The data cannot be made.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The domain cannot be accepted.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The mailbox cannot be made.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A name that no mail can be addressed to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A file or folder cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A task of ours is gone.
    #[error("the setup was interrupted")]
    Interrupted,
}

/// A server that can be started, and what should be known of it.
pub struct NewServer {
    plan: Plan,
    certificate: Option<CertificateInfo>,
}

/// Makes all of it.
pub async fn run(plan: Plan, clock: &dyn Clock) -> Result<NewServer, SetupError> {
    plan.check()?;
    check_place(&plan.configuration, &plan.directory)?;
    let settings = plan.settings();
    let staged = Staged::write(&plan.configuration, &config::starter(&settings))?;
    match fill(plan, clock).await {
        Ok(server) => {
            staged.publish()?;
            Ok(server)
        }
        Err(error) => {
            staged.discard();
            Err(error)
        }
    }
}

/// Everything in the data folder.
async fn fill(plan: Plan, clock: &dyn Clock) -> Result<NewServer, SetupError> {
    let data = &plan.directory;
    private::create_folder(data).map_err(at(data))?;
    let certificate = certificate::put(&plan)?;
    signing::make(&plan, clock.now()).await?;
    organization::make(&plan).await?;
    Ok(NewServer { plan, certificate })
}

/// Whether there is nothing yet that a new server would write over.
pub fn check_place(configuration: &Path, data: &Path) -> Result<(), SetupError> {
    if configuration.exists() {
        return Err(SetupError::ConfigurationExists(configuration.to_owned()));
    }
    match is_empty(data).map_err(at(data))? {
        true => Ok(()),
        false => Err(SetupError::DataExists(data.to_owned())),
    }
}

/// No such folder, or nothing in it: packages and systemd make empty ones.
fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        entries => Ok(entries?.next().is_none()),
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError { path: path.clone(), source }
}

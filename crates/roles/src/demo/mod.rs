//! `rialto demo`: a Mailbox server with users and mail in it, for trying out and for testing
//! mail programs.
//!
//! It is the same server as any other, with settings made in code ([`settings()`]), users and
//! sample mail put in (`users`, [`samples`]), and told about in a table and in `env.sh`.
//! Outgoing mail ends in a folder ([`sink`]).
//!
//! Invariants: what a first start puts in is put in once, however often that start is
//! interrupted; `env.sh` is complete whenever it is there, and there before [`Demo::start`]
//! returns; passwords go in the clear on loopback addresses only.

mod environment;
mod fill;
mod free_ports;
mod options;
pub mod samples;
mod settings;
pub mod sink;
mod users;
mod welcome;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use auth::Failure;
use directory::DirectoryError;
use mailbox::Fault;
use net::listener::BindError;
use store::StoreError;
use transport::Refused;
use types::{Address, AddressError, Domain, SystemClock};

pub use crate::whole_file::FileError;
pub use environment::FILE_NAME as ENVIRONMENT_FILE;
pub use options::{NotPorts, Options, Ports};
pub use settings::settings;

use samples::SAMPLES;

use crate::storage::StorageError;
use crate::{MailboxServer, StartError};

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Anybody could log in, or listen in.
    #[error("--unthrottled is for loopback addresses only, not for {0}")]
    UnthrottledInPublic(std::net::IpAddr),
    /// Not a password.
    #[error("--password: {0}")]
    Password(Failure),
    /// A demonstration or another server has the directory.
    #[error("another server runs in {0}; stop it, or take another directory")]
    Running(PathBuf),
    /// The users were made with another password.
    #[error("the users in {0} have another password; give it, or take another directory")]
    OtherPassword(PathBuf),
    /// The users were made in another domain.
    #[error(
        "the users in {directory} have addresses in {found}; give that domain, or take another directory"
    )]
    OtherDomain {
        /// The data directory.
        directory: PathBuf,
        /// Their domain.
        found: Domain,
    },
    /// No free port could be found.
    #[error(transparent)]
    Port(#[from] BindError),
    /// The server does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A user cannot be made.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A user's address cannot be made.
    #[error("{0}: {1}")]
    Address(String, AddressError),
    /// A mailbox cannot be read.
    #[error(transparent)]
    Mailbox(#[from] Fault),
    /// Sample mail is not taken.
    #[error("sample mail: {0}")]
    Sample(#[from] Refused),
    /// A file of the demonstration.
    #[error(transparent)]
    File(#[from] FileError),
    /// A task of the start is gone.
    #[error("the start was interrupted")]
    Interrupted,
}

/// A running demonstration.
pub struct Demo {
    server: MailboxServer,
    options: Options,
}

impl Demo {
    /// Starts the server, puts in what is missing, writes `env.sh`. When it returns, it serves.
    pub async fn start(options: Options) -> Result<Self, DemoError> {
        let password = options.checked_password()?;
        let settings = settings(&options)?;
        let server =
            MailboxServer::start(settings).await.map_err(|error| start_error(error, &options))?;
        let demo = Demo { server, options };
        match demo.prepare(password).await {
            Ok(()) => Ok(demo),
            Err(error) => {
                demo.stop().await;
                Err(error)
            }
        }
    }

    async fn prepare(&self, password: auth::Password) -> Result<(), DemoError> {
        users::create_missing(&self.server, &self.options, password).await?;
        let domain = &self.options.domain;
        fill::deliver_missing(&self.server, SAMPLES, domain, &SystemClock).await?;
        environment::write(self)
    }

    /// What there is and how to try it, for people.
    pub fn welcome(&self) -> String {
        welcome::text(self)
    }

    /// The server below.
    pub fn server(&self) -> &MailboxServer {
        &self.server
    }

    /// How it was asked for.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The addresses of alice, bob and carol.
    pub fn user_addresses(&self) -> Vec<Address> {
        users::named(&self.options.domain).into_iter().map(|user| user.primary).collect()
    }

    /// Ends in order.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn start_error(error: StartError, options: &Options) -> DemoError {
    match error {
        StartError::Storage(StorageError::Database { source: StoreError::InUse(_), .. }) => {
            DemoError::Running(options.directory.clone())
        }
        error => error.into(),
    }
}

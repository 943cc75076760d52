//! Why a command could not do its work.

use std::io;
use std::path::PathBuf;

use ::config::ConfigError;
use ::ports::RegistryError;
use ::store::StoreError;
use net::resolve::ResolveError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The output is gone or full.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// No server has ever run there, or its file is damaged.
    #[error("no server has left its ports in {directory}: {source}")]
    NoServer {
        /// The data directory.
        directory: PathBuf,
        /// What is wrong with the file.
        #[source]
        source: RegistryError,
    },
    /// The rows cannot be printed as JSON.
    #[error("cannot print JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file cannot be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The configuration file cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A database cannot be checked.
    #[error("{path}: {source}")]
    Store {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// A backup was not made, read or restored.
    #[error(transparent)]
    Backup(#[from] ::backup::BackupError),
    /// One mailbox of a backup did not come back.
    #[error("the mailbox was not brought back: {0}")]
    NotRestored(String),
    /// The name service did not answer.
    #[error("{host}: {source}")]
    Resolve {
        /// The name asked for.
        host: String,
        /// Why.
        #[source]
        source: ResolveError,
    },
    /// The name has no address.
    #[error("{0} has no address")]
    NoAddress(String),
    /// A verb was refused or failed.
    #[error(transparent)]
    Verb(#[from] crate::verb::VerbError),
    /// Something would be lost, and there is nobody to ask.
    #[error("{0} asks before it does that; say --confirm=false when nobody can answer")]
    Unconfirmed(String),
    /// Something would be changed, and there is nobody to ask.
    #[error("nobody can be asked; say --yes to make these changes")]
    NotYes,
    /// What is asked for is a file that somebody else wrote.
    #[error("a file does not go to a terminal; redirect it, as in `> message.eml`")]
    Terminal,
    /// Standard input is no answer of a verb.
    #[error("standard input is no list of objects that say who they are")]
    Pipeline,
    /// Standard input is longer than `PIPELINE_OCTETS_MAX`.
    #[error("standard input is longer than {} octets", types::limits::PIPELINE_OCTETS_MAX)]
    PipelineTooLong,
    /// One standard input cannot be two things.
    #[error("standard input cannot be a password and something else as well")]
    InputTaken,
    /// Nobody gave the password.
    #[error("--{0}: standard input has no line")]
    NoSecret(String),
    /// A password was left out, and there is nobody to ask.
    #[error("--{0} is missing; say --{0} - and write it to standard input")]
    SecretNeeded(String),
    /// A server was asked and gave no answer, or a refusal.
    #[error(transparent)]
    Client(#[from] crate::api::ClientError),
    /// Neither the message tracking log nor a queue has the message.
    #[error("no message {id:?} is in the message tracking log or in a queue: {searched}")]
    Untracked {
        /// As it was written.
        id: String,
        /// How far back the log reaches.
        searched: String,
    },
    /// Nobody listens on the socket.
    #[error("no server listens on {0}")]
    NotRunning(PathBuf),
    /// What the server counts cannot be read.
    #[error("the server's metrics: {0}")]
    Exposition(#[from] crate::exposition::Malformed),
    /// A task of ours is gone.
    #[error("interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl AdminError {
    /// Whether the reader of our output went away, as `head` does: nobody to tell about it.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, AdminError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

//! Why a request does not go on.

use std::io;
use std::path::PathBuf;

use mailbox::Fault;
use store::StoreError;

use crate::imap_source::ImapError;
use crate::pst::PstError;

/// Why a request cannot be made, or does not go on. What is wrong with a single message is no
/// error: it counts as a bad item.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A path that does not begin at the root of the file system.
    #[error("{0} is not an absolute path on the server")]
    NotAbsolute(PathBuf),
    /// A file or folder that this server's user cannot read or write.
    #[error("the server cannot open {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file that is neither a regular file nor a folder, or reached by a link.
    #[error("{0} is a link or no regular file; links are not followed")]
    NotRegular(PathBuf),
    /// An export goes where nothing is.
    #[error("{0} is there already and is not an empty folder")]
    NotEmpty(PathBuf),
    /// Nothing says how the mail is kept.
    #[error("{0} does not show whether it is Mbox, Maildir, Eml or Pst: say SourceFormat")]
    UnknownFormat(PathBuf),
    /// A request whose row says what no verb asks for.
    #[error("a request of this kind has no such other end")]
    WrongPlace,
    /// A format that is only read.
    #[error("mail is not exported as {0}")]
    NotWritten(&'static str),
    /// A PST file that cannot be read.
    #[error("{path}: {source}")]
    Pst {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: PstError,
    },
    /// A folder that no backup was restored into.
    #[error("{0} is no data folder that a backup was restored into")]
    NoRecoveryDatabase(PathBuf),
    /// A limit with a name.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// More bad items than were allowed for.
    #[error("more than {0} items could not be carried over; the last: {1}")]
    TooManyBadItems(u32, String),
    /// There is no such request, batch or endpoint any more.
    #[error("there is no such request, batch or endpoint")]
    NotFound,
    /// A second request of that name for the same mailbox.
    #[error("the mailbox has a request of the name {0:?} already")]
    NameInUse(String),
    /// A second batch or endpoint of a name.
    #[error("there is a migration {0} of that name already")]
    Exists(&'static str),
    /// An endpoint that is needed.
    #[error("the batch {0:?} uses the endpoint")]
    InUse(String),
    /// A mailbox that another batch has.
    #[error("a mailbox is in the batch {0:?} already")]
    InBatch(String),
    /// How the batch stands does not allow it.
    #[error("the batch is {0}")]
    BatchStatus(&'static str),
    /// The state of the request does not allow it.
    #[error("the request is {0}")]
    Status(&'static str),
    /// The request was suspended or removed, or the server stops.
    #[error("stopped")]
    Stopped,
    /// A source on the network.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// The mailbox.
    #[error(transparent)]
    Mailbox(#[from] Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The task that worked is gone.
    #[error("interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    /// No randomness for an identifier.
    #[error("no randomness: {0}")]
    Entropy(getrandom::Error),
}

impl MigrationError {
    /// What went wrong with a file.
    pub(crate) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        MigrationError::File { path: path.into(), source }
    }
}

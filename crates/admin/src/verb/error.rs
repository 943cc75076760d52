//! Why a verb did not do what was asked.

use directory::DirectoryError;
use mailbox::Fault;
use migration::MigrationError;
use store::StoreError;

use super::role::Role;

/// Why a verb did not do what was asked. [`VerbError::code`] says whose fault it is.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// No verb has that name.
    #[error("there is no verb {name}{}", meant(.nearest))]
    UnknownVerb {
        /// What was written.
        name: String,
        /// The verb most like it.
        nearest: Option<String>,
    },
    /// The verb has no such parameter.
    #[error("there is no parameter {name}{}", meant(.nearest))]
    UnknownParameter {
        /// What was written.
        name: String,
        /// The parameter most like it.
        nearest: Option<String>,
    },
    /// A required parameter was not written.
    #[error("{0} is missing")]
    Missing(String),
    /// A value that is none of the parameter's type.
    #[error("{parameter}: expected {expected}")]
    Value {
        /// The parameter.
        parameter: String,
        /// What would have been right.
        expected: String,
    },
    /// A value or a list beyond any use.
    #[error("{0} is too long")]
    TooLong(String),
    /// Parameters that contradict each other, or a state that does not allow it.
    #[error("{0}")]
    Invalid(String),
    /// The caller's roles do not hold the verb.
    #[error("the role {} is needed", .0.name())]
    Denied(Role),
    /// The caller's role groups do not let it change that recipient.
    #[error("{0} is not in the caller's write scope")]
    OutOfScope(String),
    /// Nothing is called that.
    #[error("{what} {identity:?} could not be found")]
    NotFound {
        /// What was looked for: `mailbox`.
        what: &'static str,
        /// How it was named.
        identity: String,
    },
    /// Several are called that.
    #[error("{identity:?} could be any of {}", .candidates.join(", "))]
    Ambiguous {
        /// How it was named.
        identity: String,
        /// Their addresses.
        candidates: Vec<String>,
    },
    /// What the verb works on is not here: the server is stopped, or another one has it.
    #[error("{0}")]
    Unavailable(String),
    /// The directory refused the change, or failed.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A mailbox could not be read or written.
    #[error(transparent)]
    Mailbox(#[from] Fault),
    /// A request to import or to export was refused.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A queue or a message is not there, or could not be changed.
    #[error(transparent)]
    Transport(#[from] transport::VerbError),
    /// The message tracking log is there and cannot be read.
    #[error("cannot read the message tracking log: {0}")]
    Log(std::io::Error),
    /// The answer cannot be written.
    #[error("cannot write the answer: {0}")]
    Json(#[from] serde_json::Error),
}

/// An error in one word, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// No verb has that name.
    UnknownVerb,
    /// Mend the parameters.
    InvalidArgument,
    /// The caller may not.
    Denied,
    /// Nothing is called that.
    NotFound,
    /// Several are called that.
    Ambiguous,
    /// It contradicts what is there already.
    Conflict,
    /// Try again later, or elsewhere.
    Unavailable,
    /// Our own trouble.
    Internal,
}

impl ErrorCode {
    /// `NotFound`.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorCode::UnknownVerb => "UnknownVerb",
            ErrorCode::InvalidArgument => "InvalidArgument",
            ErrorCode::Denied => "Denied",
            ErrorCode::NotFound => "NotFound",
            ErrorCode::Ambiguous => "Ambiguous",
            ErrorCode::Conflict => "Conflict",
            ErrorCode::Unavailable => "Unavailable",
            ErrorCode::Internal => "Internal",
        }
    }
}

impl VerbError {
    /// Whose fault it is.
    pub fn code(&self) -> ErrorCode {
        match self {
            VerbError::UnknownVerb { .. } => ErrorCode::UnknownVerb,
            VerbError::UnknownParameter { .. }
            | VerbError::Missing(_)
            | VerbError::Value { .. }
            | VerbError::TooLong(_)
            | VerbError::Invalid(_) => ErrorCode::InvalidArgument,
            VerbError::Denied(_) | VerbError::OutOfScope(_) => ErrorCode::Denied,
            VerbError::NotFound { .. } => ErrorCode::NotFound,
            VerbError::Ambiguous { .. } => ErrorCode::Ambiguous,
            VerbError::Unavailable(_) => ErrorCode::Unavailable,
            VerbError::Directory(error) => of_directory(error),
            VerbError::Mailbox(fault) => of_mailbox(fault),
            VerbError::Migration(error) => of_migration(error),
            VerbError::Transport(error) => of_transport(error),
            VerbError::Log(_) | VerbError::Json(_) => ErrorCode::Internal,
        }
    }
}

fn of_transport(error: &transport::VerbError) -> ErrorCode {
    match error {
        transport::VerbError::NoQueue(_) | transport::VerbError::NoMessage(_) => {
            ErrorCode::NotFound
        }
        transport::VerbError::NotSuspended(_) => ErrorCode::Conflict,
        transport::VerbError::Busy(_) | transport::VerbError::Store(StoreError::DiskNearlyFull) => {
            ErrorCode::Unavailable
        }
        transport::VerbError::Store(_) => ErrorCode::Internal,
    }
}

fn of_directory(error: &DirectoryError) -> ErrorCode {
    match error {
        DirectoryError::AddressInUse(_)
        | DirectoryError::AliasInUse(_)
        | DirectoryError::RoleGroupExists(_)
        | DirectoryError::DomainExists(_)
        | DirectoryError::AppPasswordExists(_)
        | DirectoryError::DomainInUse(_) => ErrorCode::Conflict,
        DirectoryError::NoDomain(_)
        | DirectoryError::NoRecipient(_)
        | DirectoryError::NoObject(..)
        | DirectoryError::NoAppPassword(_) => ErrorCode::NotFound,
        DirectoryError::Alias(_)
        | DirectoryError::DomainNotAccepted(_)
        | DirectoryError::WrongKind { .. }
        | DirectoryError::TooMany { .. }
        | DirectoryError::Quotas
        | DirectoryError::AppPasswordName(_)
        | DirectoryError::AppPasswordExpiry
        | DirectoryError::Configuration(_)
        | DirectoryError::Password(_) => ErrorCode::InvalidArgument,
        DirectoryError::Busy(_)
        | DirectoryError::Interrupted
        | DirectoryError::Store(StoreError::DiskNearlyFull | StoreError::InUse(_)) => {
            ErrorCode::Unavailable
        }
        DirectoryError::NoNumber
        | DirectoryError::IdChanged
        | DirectoryError::Hash(_)
        | DirectoryError::Entropy(_)
        | DirectoryError::Conflict
        | DirectoryError::Store(_) => ErrorCode::Internal,
    }
}

fn of_mailbox(fault: &Fault) -> ErrorCode {
    match fault {
        Fault::NotFound(_) => ErrorCode::NotFound,
        Fault::Exists | Fault::OverQuota | Fault::BelowFloor => ErrorCode::Conflict,
        Fault::Denied => ErrorCode::Denied,
        Fault::Limit(_) | Fault::Invalid(_) | Fault::HasChildren => ErrorCode::InvalidArgument,
        Fault::Moved | Fault::DiskNearlyFull => ErrorCode::Unavailable,
        Fault::Damaged(_) | Fault::Storage(_) => ErrorCode::Internal,
    }
}

fn of_migration(error: &MigrationError) -> ErrorCode {
    match error {
        MigrationError::NotAbsolute(_)
        | MigrationError::File { .. }
        | MigrationError::NotRegular(_)
        | MigrationError::UnknownFormat(_)
        | MigrationError::NotWritten(_)
        | MigrationError::Pst { .. }
        | MigrationError::WrongPlace
        | MigrationError::NoRecoveryDatabase(_)
        | MigrationError::Limit(_) => ErrorCode::InvalidArgument,
        MigrationError::NotEmpty(_)
        | MigrationError::NameInUse(_)
        | MigrationError::Exists(_)
        | MigrationError::InUse(_)
        | MigrationError::InBatch(_)
        | MigrationError::BatchStatus(_)
        | MigrationError::Status(_)
        | MigrationError::TooManyBadItems(..) => ErrorCode::Conflict,
        MigrationError::NotFound => ErrorCode::NotFound,
        MigrationError::Stopped | MigrationError::Imap(_) => ErrorCode::Unavailable,
        MigrationError::Mailbox(fault) => of_mailbox(fault),
        MigrationError::Store(StoreError::DiskNearlyFull) => ErrorCode::Unavailable,
        MigrationError::Store(_) | MigrationError::Interrupted(_) | MigrationError::Entropy(_) => {
            ErrorCode::Internal
        }
    }
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}

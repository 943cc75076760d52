//! Why a change was refused.

use auth::{Busy, Failure, HashError, RecipientId};
use store::StoreError;
use types::{Address, Domain};

/// Why the directory did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another recipient has that proxy address.
    #[error("{0} belongs to another recipient")]
    AddressInUse(String),
    /// Another recipient has that alias.
    #[error("the alias {0} belongs to another recipient")]
    AliasInUse(String),
    /// Not an alias: RFC 5322 atom characters and dots, without `/`, which login names use.
    #[error("{0:?} is not an alias")]
    Alias(String),
    /// A mailbox or group address outside the accepted domains.
    #[error("the domain of {0} is not an accepted domain")]
    DomainNotAccepted(Address),
    /// A domain is being added twice.
    #[error("{0} is an accepted domain already")]
    DomainExists(Domain),
    /// No accepted domain of that name.
    #[error("{0} is not an accepted domain")]
    NoDomain(Domain),
    /// The default domain, or a recipient's, cannot be removed.
    #[error("{0} is in use")]
    DomainInUse(Domain),
    /// No recipient of that id.
    #[error("no recipient {0}")]
    NoRecipient(RecipientId),
    /// The recipient is not of a kind that can do this.
    #[error("recipient {id} has no {what}")]
    WrongKind {
        /// The recipient.
        id: RecipientId,
        /// What it lacks.
        what: &'static str,
    },
    /// A text or a list beyond its limit.
    #[error("{what}: at most {max}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// No configuration object of that kind and name.
    #[error("there is no {0} {1}")]
    NoObject(String, String),
    /// A role group of that name is there.
    #[error("there is a role group {0} already")]
    RoleGroupExists(String),
    /// The configuration would contradict itself.
    #[error("{0}")]
    Configuration(String),
    /// A quota below a lesser one.
    #[error("quotas must rise: warn, prohibit send, prohibit send and receive")]
    Quotas,
    /// An app password of that name is there already.
    #[error("there is an app password {0:?} already")]
    AppPasswordExists(String),
    /// The account has no app password of that name.
    #[error("there is no app password {0:?}")]
    NoAppPassword(String),
    /// Not a name: empty, or with control characters.
    #[error("{0:?} is not a name of an app password")]
    AppPasswordName(String),
    /// An app password would be good for nothing from the start.
    #[error("an app password must expire later than now")]
    AppPasswordExpiry,
    /// All mailbox numbers are used up.
    #[error("no mailbox number is left")]
    NoNumber,
    /// A change tried to give a recipient another identity.
    #[error("a recipient's id cannot change")]
    IdChanged,
    /// Not a password.
    #[error(transparent)]
    Password(#[from] Failure),
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No randomness.
    #[error("no randomness: {0}")]
    Entropy(getrandom::Error),
    /// Too many password hashes are being computed.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Somebody else has written to this directory since we read it.
    #[error("the directory was changed by another process")]
    Conflict,
    /// The runtime is shutting down; whether the change is kept is not known here.
    #[error("interrupted")]
    Interrupted,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<getrandom::Error> for DirectoryError {
    fn from(error: getrandom::Error) -> Self {
        DirectoryError::Entropy(error)
    }
}

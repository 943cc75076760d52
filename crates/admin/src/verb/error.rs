//! Why a verb did not do what was asked.

use directory::DirectoryError;
use mailbox::Fault;

use super::role::Role;

/// Why a verb did not do what was asked. [`VerbError::blame`] says whose fault it is.
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
    /// The answer cannot be written.
    #[error("cannot write the answer: {0}")]
    Json(#[from] serde_json::Error),
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}

//! Errors of the interface: a code for programs, a message for people, a status.

use auth::AuthFailure;
use serde_json::{Value, json};

use crate::verb::{ErrorCode, VerbError};

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// HTTP's status.
    pub status: u16,
    /// For programs: `NotFound`.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl Failure {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Failure { status, code, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Failure::new(400, "BadRequest", message)
    }

    pub(super) fn unauthorized() -> Self {
        Failure::new(401, "Unauthorized", "user name and password are needed")
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.message } })
    }
}

impl From<VerbError> for Failure {
    fn from(error: VerbError) -> Self {
        let code = error.code();
        Failure::new(status(code), code.as_str(), error.to_string())
    }
}

impl From<AuthFailure> for Failure {
    fn from(failure: AuthFailure) -> Self {
        let message = failure.to_string();
        match failure {
            AuthFailure::Throttled { .. } => Failure::new(429, "Throttled", message),
            AuthFailure::Busy | AuthFailure::Unavailable => {
                Failure::new(503, "Unavailable", message)
            }
            AuthFailure::ProtocolDisabled(_) | AuthFailure::MailboxAccess => {
                Failure::new(403, "Denied", message)
            }
            AuthFailure::Credentials | AuthFailure::Exchange(_) => {
                Failure::new(401, "Unauthorized", message)
            }
        }
    }
}

fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::InvalidArgument => 400,
        ErrorCode::Denied => 403,
        ErrorCode::UnknownVerb | ErrorCode::NotFound => 404,
        ErrorCode::Ambiguous | ErrorCode::Conflict => 409,
        ErrorCode::Internal => 500,
        ErrorCode::Unavailable => 503,
    }
}

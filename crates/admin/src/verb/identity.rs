//! Which recipient is meant.

use std::sync::Arc;

use auth::RecipientId;
use directory::{Recipient, Snapshot};
use types::Address;

use super::argument::{Expected, Scalar, Shape};
use super::error::VerbError;

/// How an administrator names a recipient: by alias, address, display name, GUID or
/// legacyExchangeDN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(pub String);

/// Candidates named in the answer to an ambiguous identity.
const CANDIDATES_SHOWN_MAX: usize = 5;

impl Scalar for Identity {
    const SHAPE: Shape = Shape::Identity;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.trim() {
            "" => Err(Self::SHAPE.expected()),
            text => Ok(Identity(text.to_owned())),
        }
    }
}

impl Identity {
    /// The recipient. Errors: NotFound; Ambiguous, when only a display name says it and
    /// several have it. `what` is how the error calls it.
    pub fn recipient(
        &self,
        snapshot: &Snapshot,
        what: &'static str,
    ) -> Result<Arc<Recipient>, VerbError> {
        let Identity(text) = self;
        let address = || text.parse::<Address>().ok();
        let found = guid(text)
            .and_then(|id| snapshot.recipient(id))
            .or_else(|| snapshot.by_alias(text))
            .or_else(|| address().and_then(|address| snapshot.by_address(&address)))
            .or_else(|| snapshot.by_x500(text));
        match found {
            Some(recipient) => Ok(Arc::clone(recipient)),
            None => self.by_display_name(snapshot, what),
        }
    }

    fn by_display_name(
        &self,
        snapshot: &Snapshot,
        what: &'static str,
    ) -> Result<Arc<Recipient>, VerbError> {
        let wanted = self.0.to_lowercase();
        let called =
            snapshot.recipients().filter(|each| each.display_name.to_lowercase() == wanted);
        let called: Vec<_> = called.take(CANDIDATES_SHOWN_MAX + 1).collect();
        match called.as_slice() {
            [one] => Ok(Arc::clone(one)),
            [] => Err(VerbError::NotFound { what, identity: self.0.clone() }),
            several => Err(VerbError::Ambiguous {
                identity: self.0.clone(),
                candidates: several
                    .iter()
                    .take(CANDIDATES_SHOWN_MAX)
                    .map(|each| each.primary.to_string())
                    .collect(),
            }),
        }
    }
}

/// The GUID in the form `GuidText` shows it, braces or not.
fn guid(text: &str) -> Option<RecipientId> {
    super::object::parse_guid(text).map(RecipientId)
}

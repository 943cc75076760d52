//! What a new recipient is called, when less is said.

use std::sync::Arc;

use directory::AddressPolicies;
use types::Address;

use super::super::email_address_policy::policies;
use crate::verb::{Session, VerbError};

/// The address: the one given, else the alias in the default domain.
pub(in crate::verbs) fn address(
    session: &Session<'_>,
    name: &str,
    given_alias: Option<&String>,
    primary: Option<&Address>,
) -> Result<Address, VerbError> {
    if let Some(primary) = primary {
        return Ok(primary.clone());
    }
    let snapshot = session.snapshot();
    let domain = snapshot.default_domain();
    let domain = domain.ok_or_else(|| VerbError::Invalid(NO_DOMAIN.to_owned()))?;
    let address = format!("{}@{domain}", given_alias.cloned().unwrap_or_else(|| alias(name)));
    address.parse().map_err(|_| VerbError::Invalid(format!("{address:?} is no mail address")))
}

/// The policies that the addresses of a new recipient follow: none where one was given.
pub(in crate::verbs) fn policies_of_new(
    session: &Session<'_>,
    primary: Option<&Address>,
) -> Result<Option<Arc<AddressPolicies>>, VerbError> {
    match primary {
        Some(_) => Ok(None),
        None => policies(session).map(Some),
    }
}

/// The alias that a name makes: without blanks.
pub(in crate::verbs) fn alias(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_whitespace()).collect()
}

const NO_DOMAIN: &str = "there is no accepted domain yet: run New-AcceptedDomain first";

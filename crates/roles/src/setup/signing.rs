//! DKIM keys of a new domain: one of each algorithm that the server signs with.

use std::path::Path;

use tokio::task::spawn_blocking;
use transport::dkim::{Algorithm, SelectorKey};
use types::{Domain, Timestamp};

use super::{Plan, SetupError};
use crate::dkim_keys;

/// Makes and keeps them.
pub(super) async fn make(plan: &Plan, now: Timestamp) -> Result<(), SetupError> {
    for (algorithm, letter) in [(Algorithm::Ed25519, 'e'), (Algorithm::Rsa, 'r')] {
        let selector = format!("{}{letter}", month(now));
        let key = spawn_blocking(move || SelectorKey::generate(selector, algorithm)).await;
        let key = key.map_err(|_| SetupError::Interrupted)??;
        dkim_keys::save(&plan.directory, &plan.domain, &key)?;
    }
    Ok(())
}

/// Name and content of the records that publish a domain's keys.
pub(super) fn published(data: &Path, domain: &Domain) -> Result<Vec<(String, String)>, SetupError> {
    let keys = dkim_keys::of_domain(data, domain)?;
    let records = keys.iter().map(|key| key.txt_record(domain));
    Ok(records.collect::<Result<_, _>>()?)
}

/// Selectors say when their keys were made: keys are replaced, and both are in DNS for a while.
fn month(now: Timestamp) -> String {
    let time = jiff::Timestamp::from_microsecond(now.micros());
    let time = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(jiff::tz::TimeZone::UTC);
    time.strftime("%Y%m").to_string()
}

//! Rows of the directory.

use directory::{AcceptedDomain, AppPasswords, AuditEntry, ConfigurationObject, Recipient};

use super::{choice, comes_back};

/// A row; the first octet chooses.
pub fn records(octets: &[u8]) {
    let (chosen, payload) = choice(octets);
    let records = [
        comes_back::<Recipient>,
        comes_back::<AcceptedDomain>,
        comes_back::<AuditEntry>,
        comes_back::<ConfigurationObject>,
        comes_back::<AppPasswords>,
    ];
    records[chosen % records.len()](payload);
}

//! Messages, their derived records, and bags of properties.

use content::{Bag, Summary};
use types::limits;

/// Any octets are a message: it has a summary within the limits, and the summary's record
/// says the same.
pub fn derive(octets: &[u8]) {
    let summary = content::derive(octets);
    assert_eq!(summary.size, octets.len() as u64);
    let record = summary.encode();
    assert!(record.len() <= limits::SUMMARY_OCTETS_MAX, "a record of {} octets", record.len());
    assert_eq!(Summary::decode(&record).as_ref(), Ok(&summary));
}

/// A record that decodes says the same after it is written again.
pub fn summary(octets: &[u8]) {
    let _ = Summary::converter_version(octets);
    let _ = Summary::envelope_bytes(octets);
    let _ = Summary::bodystructure_bytes(octets, true);
    if let Ok(summary) = Summary::decode(octets) {
        assert_eq!(Summary::decode(&summary.encode()).as_ref(), Ok(&summary));
    }
}

/// The same for a bag.
pub fn bag(octets: &[u8]) {
    if let Ok(bag) = Bag::decode(octets) {
        let encoded = bag.encode();
        assert_eq!(Bag::decode(&encoded).map(|bag| bag.encode()), Ok(encoded));
    }
}

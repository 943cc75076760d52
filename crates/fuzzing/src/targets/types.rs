//! Addresses, which come from everywhere.

use types::{Address, Domain};

/// An address that parses is printed as one that parses to the same.
pub fn address(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    if let Ok(address) = Address::parse(text) {
        assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address));
    }
    if let Ok(domain) = Domain::parse(text) {
        assert_eq!(Domain::parse(&domain.to_string()).as_ref(), Ok(&domain));
    }
}

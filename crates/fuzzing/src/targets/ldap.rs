//! LDAP: what another directory answers, and filters.

use filter::LdapFilter;
use filter::ldap::NameTemplate;

/// Whatever comes is a message or none.
pub fn message(octets: &[u8]) {
    if let Ok((_, ldap::Response::Entry(name))) = ldap::decode(octets) {
        assert!(name.len() <= 3 * octets.len(), "at most a replacement character for an octet");
    }
}

/// A filter or none; what is put into one leaves its shape as it was.
pub fn filter(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let name = NameTemplate::parse(text);
    let _ = name.map(|name| (name.of("a@b.test"), name.plain("a@b.test")));
    let Ok(filter) = LdapFilter::parse(text) else { return };
    let same = filter.map_values(&|value| value.to_vec());
    assert_eq!(same, filter);
}

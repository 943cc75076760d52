//! The PROXY protocol's header, which comes before anybody is known.

use net::proxy;

/// Both versions: a line of text, or command, family and the rest of a binary header.
pub fn proxy(octets: &[u8]) {
    let _ = proxy::parse_text(octets);
    if let [command, family, rest @ ..] = octets {
        let _ = proxy::parse_binary(*command, *family, rest);
    }
}

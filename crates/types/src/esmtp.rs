//! What ESMTP parameters of MAIL and RCPT say about a message: values that the session parses,
//! the queue keeps and the next hop is told. Grammar and quoting are crate `smtp`'s, forms of
//! records and reports crate `transport`'s.

use crate::Address;

/// `BODY=`: what the content of a message is made of (RFC 6152, RFC 3030).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum BodyType {
    /// Lines of ASCII.
    #[default]
    SevenBit,
    /// Lines of any octets.
    EightBitMime,
    /// Any octets without lines; only BDAT can carry them.
    BinaryMime,
}

/// `RET=`: how much of a message a failure report encloses (RFC 3461 section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// The whole message.
    Full,
    /// Its header only.
    Headers,
}

/// `NOTIFY=`: which reports the sender wants for a recipient (RFC 3461 section 4.1). All false
/// is NEVER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Report delivery, relay or expansion.
    pub success: bool,
    /// Report failure.
    pub failure: bool,
    /// Report a delay.
    pub delay: bool,
}

impl Notify {
    /// `NOTIFY=NEVER`.
    pub const NEVER: Notify = Notify { success: false, failure: false, delay: false };

    /// The same wishes without success reports: what members of a group get once the
    /// expansion itself has been reported (RFC 3461 section 5.2.7.3).
    pub fn without_success(self) -> Notify {
        Notify { success: false, ..self }
    }
}

impl Default for Notify {
    /// Failure and delay: what a sender who said nothing gets.
    fn default() -> Self {
        Notify { success: false, failure: true, delay: true }
    }
}

/// `ORCPT=type;address`: the recipient that the sender first named, for reports (RFC 3461
/// section 4.2), the address decoded from xtext or utf-8-addr-xtext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// `rfc822`, `utf-8` or another registered type, as written.
    pub address_type: String,
    /// The address in that type.
    pub address: String,
}

impl OriginalRecipient {
    /// What a server makes up for an address that had none.
    pub fn of(address: &Address) -> Self {
        match address.needs_smtputf8() {
            true => OriginalRecipient::typed("utf-8", address.to_string()),
            false => OriginalRecipient::typed("rfc822", address.to_ascii()),
        }
    }

    fn typed(address_type: &str, address: String) -> Self {
        OriginalRecipient { address_type: address_type.to_owned(), address }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_has_the_type_it_needs() {
        for (address, address_type, written) in [
            ("bob@example.test", "rfc822", "bob@example.test"),
            ("bob@bücher.test", "rfc822", "bob@xn--bcher-kva.test"),
            ("jürgen@bücher.test", "utf-8", "jürgen@bücher.test"),
        ] {
            let original = OriginalRecipient::of(&address.parse().unwrap());
            assert_eq!(original, OriginalRecipient::typed(address_type, written.to_owned()));
        }
    }
}

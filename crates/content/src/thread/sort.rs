//! Sort keys (RFC 5256 section 3, RFC 5957): texts that compare as the collation asks.

use crate::{address_list::EnvelopeAddress, search::fold, words};

/// A folded text; its order is the order of the messages.
pub type SortKey = String;

/// SUBJECT: the base subject.
pub fn subject_key(base_subject: &str) -> SortKey {
    fold(base_subject)
}

/// FROM, TO, CC: the local part of the first address; empty when there is none. In a group the
/// name of the group stands first, as it does in the envelope.
pub fn address_key(list: &[EnvelopeAddress]) -> SortKey {
    fold(list.first().and_then(|first| first.mailbox.as_deref()).unwrap_or_default())
}

/// DISPLAYFROM, DISPLAYTO (RFC 5957): the name of the first address, decoded; where it has
/// none, the address.
pub fn display_key(list: &[EnvelopeAddress]) -> SortKey {
    let Some(first) = list.first() else { return SortKey::new() };
    if !first.is_mailbox() {
        return fold(&words::decode(first.mailbox.as_deref().unwrap_or_default()));
    }
    fold(&first.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_list::parse;

    #[test]
    fn keys_are_folded() {
        for (field, address, display) in [
            ("=?utf-8?q?=C3=84?= <Zoe@b>, a@c", "zoe", "\u{e4}"),
            ("Bob@C", "bob", "bob@c"),
            ("Team: a@b;", "team", "team"),
            ("", "", ""),
        ] {
            let list = parse(field, 9);
            assert_eq!(address_key(&list), address, "{field}");
            assert_eq!(display_key(&list), display, "{field}");
        }
        assert_eq!(subject_key("\u{c4}b"), "\u{e4}b");
    }
}

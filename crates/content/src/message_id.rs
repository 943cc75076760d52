//! Message identifiers in Message-ID, In-Reply-To and References (RFC 5322 section 3.6.4), and
//! the conversation they put a message into.

use sha2::{Digest, Sha256};
use types::limits::REFERENCES_MAX;

use crate::transfer;

/// The first identifier of an unfolded field, without its angle brackets and inner blanks; a
/// field without brackets is taken as a whole, since some senders leave them out.
pub fn first(field: &str) -> Option<String> {
    match list(field).into_iter().next() {
        Some(id) => Some(id),
        None if field.contains('<') => None,
        None => normalized(field),
    }
}

/// All identifiers in angle brackets, in order; where there are more than `REFERENCES_MAX` the
/// first one (the root of the thread) and the last ones (the nearest ancestors) are kept.
pub fn list(field: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        field.split('<').skip(1).filter_map(|piece| normalized(piece.split_once('>')?.0)).collect();
    if let Some(surplus) = ids.len().checked_sub(REFERENCES_MAX) {
        ids.drain(1..=surplus);
        ids.truncate(REFERENCES_MAX);
    }
    ids
}

fn normalized(id: &str) -> Option<String> {
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !"<>".contains(*c)).collect();
    (!id.is_empty()).then_some(id)
}

/// 16 octets that all messages of one conversation share.
pub type ConversationId = [u8; 16];

/// Where a message's conversation comes from, the first one that is there: the GUID in its
/// Thread-Index; the root of its thread; its content.
pub(crate) fn conversation(
    thread_index: Option<&[u8]>,
    root_id: Option<&str>,
    content: &[u8],
) -> ConversationId {
    let guid = thread_index.and_then(|index| index.get(6..22)).and_then(|g| g.try_into().ok());
    guid.unwrap_or_else(|| match root_id {
        Some(id) => hash(b"message-id\0", id.as_bytes()),
        None => hash(b"content\0", content),
    })
}

fn hash(domain: &[u8], bytes: &[u8]) -> ConversationId {
    let digest = Sha256::new().chain_update(domain).chain_update(bytes).finalize();
    std::array::from_fn(|at| digest[at])
}

/// The octets of a Thread-Index field (base64 of PidTagConversationIndex: a header of 22
/// octets, 5 more for each reply; [MS-OXOMSG] section 2.2.1.3).
pub(crate) fn thread_index(field: &str) -> Option<Vec<u8>> {
    Some(transfer::base64(field.as_bytes())).filter(|index| index.len() >= 22)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_they_come() {
        for (field, ids) in [
            ("<a@b>", &["a@b"][..]),
            (" <a@b>\t<c@d> junk <e @f>", &["a@b", "c@d", "e@f"]),
            ("no brackets", &[]),
            ("<unclosed", &[]),
            ("<>", &[]),
        ] {
            assert_eq!(list(field), ids, "{field}");
        }
        assert_eq!(first("a@b").as_deref(), Some("a@b"));
        assert_eq!(first("a@b>").as_deref(), Some("a@b"));
        assert_eq!(first("<>"), None);
    }

    #[test]
    fn long_references_keep_root_and_nearest() {
        let field: String = (0..REFERENCES_MAX + 10).map(|n| format!("<{n}>")).collect();
        let ids = list(&field);
        assert_eq!(ids.len(), REFERENCES_MAX);
        assert_eq!((ids[0].as_str(), ids[1].as_str()), ("0", "11"));
        assert_eq!(ids.last().map(String::as_str), Some("1009"));
    }

    #[test]
    fn a_conversation_comes_from_the_best_source() {
        let index: Vec<u8> = (0..27).collect();
        let by_index = conversation(Some(&index), Some("a"), b"x");
        assert_eq!(by_index.as_slice(), &index[6..22]);
        let by_root = conversation(Some(&index[..10]), Some("a"), b"x");
        assert_eq!(by_root, conversation(None, Some("a"), b"y"));
        assert_ne!(by_root, conversation(None, None, b"a"));
    }
}

//! Object identifiers (RFC 8474): EMAILID, MAILBOXID and THREADID on the wire.
//!
//! A session sees several mailboxes, and a mailbox may move to another server. So a number that
//! counts within a mailbox never stands alone: the mailbox's GUID, which it keeps for good,
//! stands before it, whole, in hexadecimal digits. A conversation is named by what its messages
//! say of each other; it is the same one in whatever mailbox they lie.

use std::io::Write;

use mailbox::{ContentNumber, FolderId, Guid};

/// `objectid` of a content: equal for the copies of a message in one mailbox.
pub fn email_id(mailbox: Guid, content: ContentNumber) -> String {
    let mut out = Vec::new();
    write_email_id(&mut out, mailbox, content);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends [`email_id`].
pub fn write_email_id(out: &mut Vec<u8>, mailbox: Guid, content: ContentNumber) {
    // Writing to memory does not fail.
    let _ = write!(out, "M{:032x}-{content}", u128::from_be_bytes(mailbox.0));
}

/// The content that an identifier names in this mailbox.
pub fn content_of(id: &str, mailbox: Guid) -> Option<ContentNumber> {
    let (_, number) = id.split_once('-')?;
    let content = ContentNumber::new(number.parse().ok()?);
    (email_id(mailbox, content) == id).then_some(content)
}

/// `objectid` of a folder: stays through renames.
pub fn mailbox_id(mailbox: Guid, folder: FolderId) -> String {
    format!("F{:032x}-{folder}", u128::from_be_bytes(mailbox.0))
}

/// `objectid` of a conversation.
pub fn thread_id(conversation: [u8; 16]) -> String {
    format!("T{:032x}", u128::from_be_bytes(conversation))
}

/// The conversation that an identifier names.
pub fn conversation_of(id: &str) -> Option<[u8; 16]> {
    let digits = id.strip_prefix('T').filter(|digits| digits.len() == 32)?;
    let number = u128::from_str_radix(digits, 16).ok()?;
    let conversation = number.to_be_bytes();
    (thread_id(conversation) == id).then_some(conversation)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Guid = Guid([0xa1; 16]);
    const OTHER: Guid = Guid([0xa2; 16]);

    #[test]
    fn the_same_number_in_two_mailboxes_is_two_objects() {
        let content = ContentNumber::new(7);
        let id = email_id(ONE, content);
        assert_ne!(id, email_id(OTHER, content));
        assert_eq!(content_of(&id, ONE), Some(content));
        assert_eq!(content_of(&id, OTHER), None);
        assert_ne!(mailbox_id(ONE, FolderId::new(4)), mailbox_id(OTHER, FolderId::new(4)));
    }

    #[test]
    fn identifiers_are_made_of_what_the_rfc_allows() {
        let ids = [
            email_id(ONE, ContentNumber::new(u64::MAX)),
            mailbox_id(ONE, FolderId::new(u64::MAX)),
            thread_id([0xff; 16]),
        ];
        for id in ids {
            assert!(id.len() <= 255, "{id}");
            assert!(
                id.bytes().all(|o| o.is_ascii_alphanumeric() || o == b'_' || o == b'-'),
                "{id}"
            );
        }
    }

    #[test]
    fn an_object_has_one_identifier() {
        let id = email_id(ONE, ContentNumber::new(7));
        for other in [id.to_uppercase(), format!("{id}x"), id.replace("-7", "-07"), "M7".to_owned()]
        {
            assert_eq!(content_of(&other, ONE), None, "{other}");
        }
        let thread = thread_id([0xab; 16]);
        assert_eq!(conversation_of(&thread), Some([0xab; 16]));
        assert_eq!(conversation_of(&thread.to_uppercase()), None);
        assert_eq!(conversation_of("T+0000000000000000000000000000001"), None);
    }
}

//! Whether a program may answer a message by itself (RFC 3834 section 2), and what its answer
//! takes from it.
//!
//! Here only the header is asked. Where the answer would go (the reverse path), whether that is
//! believed and whether it was answered already is the caller's business.

use types::limits::{AUTOMATIC_REPLY_QUOTED_OCTETS_MAX, ENVELOPE_ADDRESSES_MAX, SCL_JUNK};

use crate::header::{Field, fields, unfold};
use crate::{address_list, message_id, words};

/// What an answer needs to know of a message that may be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Respondable {
    /// Whom the header names as recipients, as `local@domain` in lower case: who is not among
    /// them does not answer.
    pub named: Vec<String>,
    /// Subject, decoded.
    pub subject: String,
    /// Message-ID without its brackets; empty when there is none.
    pub message_id: String,
    /// Identifiers of References, or else of In-Reply-To, without brackets and each behind a
    /// space; without the Message-ID.
    pub references: String,
}

impl Respondable {
    /// Whether the header names this address as a recipient.
    pub fn names(&self, address: &types::Address) -> bool {
        let address = address.to_string().to_lowercase();
        self.named.contains(&address)
    }
}

/// Reads a header; None: no program may answer. That is so for what programs sent
/// (Auto-Submitted, Precedence), for lists (List-*, RFC 2369 and 2919), where the sender asks for
/// it (X-Auto-Response-Suppress with OOF, AutoReply or All) and for junk.
pub fn respondable(header: &[u8]) -> Option<Respondable> {
    let mut found = Respondable::default();
    let mut in_reply_to = String::new();
    for field in fields(header) {
        if forbids(&field) {
            return None;
        }
        let value = || unfold(field.value);
        match &*field.name.to_ascii_lowercase() {
            b"to" | b"cc" | b"bcc" | b"resent-to" | b"resent-cc" | b"resent-bcc" => {
                found.name_all(&value());
            }
            b"subject" => found.subject = cut(words::decode(&value()).into_owned()),
            b"message-id" => found.message_id = message_id::first(&value()).unwrap_or_default(),
            b"references" => found.references = identifiers(&value()),
            b"in-reply-to" => in_reply_to = identifiers(&value()),
            _ => {}
        }
    }
    if found.references.is_empty() {
        found.references = in_reply_to;
    }
    found.message_id = Some(found.message_id).filter(|id| fits(id)).unwrap_or_default();
    Some(found)
}

impl Respondable {
    fn name_all(&mut self, list: &str) {
        let room = ENVELOPE_ADDRESSES_MAX.saturating_sub(self.named.len());
        let addresses = address_list::parse(list, room);
        let named = addresses.iter().filter_map(|one| one.address());
        self.named.extend(named.map(|address| address.to_lowercase()));
    }
}

/// Whether an address is one that programs send from by custom: to answer it makes loops, or
/// reaches nobody (RFC 3834 section 2).
pub fn is_program(address: &types::Address) -> bool {
    const PROGRAMS: [&str; 5] =
        ["mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply"];
    let local = address.local.to_string().to_lowercase();
    PROGRAMS.contains(&local.as_str())
        || local.starts_with("owner-")
        || local.ends_with("-request")
        || local.ends_with("-owner")
}

/// Whether this field says that no program may answer.
fn forbids(field: &Field<'_>) -> bool {
    let name = field.name.to_ascii_lowercase();
    // The value is only read where the name says that it matters.
    let words = || {
        let value = unfold(field.value).to_ascii_lowercase();
        value.split([',', ';']).map(|word| word.trim().to_owned()).collect::<Vec<_>>()
    };
    let has = |wanted: &[&str]| words().iter().any(|word| wanted.contains(&word.as_str()));
    match &*name {
        b"auto-submitted" => words().first().is_none_or(|first| first != "no"),
        b"precedence" => has(&["bulk", "list", "junk"]),
        b"x-auto-response-suppress" => has(&["oof", "autoreply", "all"]),
        b"x-ms-exchange-organization-scl" => {
            words().first().and_then(|scl| scl.parse().ok()).is_some_and(|scl: i32| scl >= SCL_JUNK)
        }
        name => name.starts_with(b"list-"),
    }
}

fn identifiers(field: &str) -> String {
    let ids: String = message_id::list(field).iter().map(|id| format!(" {id}")).collect();
    Some(ids).filter(|ids| fits(ids)).unwrap_or_default()
}

fn fits(ids: &str) -> bool {
    ids.len() <= AUTOMATIC_REPLY_QUOTED_OCTETS_MAX
}

fn cut(mut text: String) -> String {
    text.truncate(words::floor_char_boundary(&text, AUTOMATIC_REPLY_QUOTED_OCTETS_MAX));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(field: &str) -> Option<Respondable> {
        let header =
            format!("From: a@example.test\r\nTo: B@Example.test\r\nSubject: s\r\n{field}\r\n\r\n");
        respondable(header.as_bytes())
    }

    #[test]
    fn what_programs_and_lists_send_is_not_answered() {
        for field in [
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: Auto-Generated; owner-email=\"x\"",
            "Auto-Submitted:",
            "Precedence: bulk",
            "PRECEDENCE: List",
            "precedence: junk",
            "List-Id: <l.example.test>",
            "List-Unsubscribe: <mailto:x@example.test>",
            "X-Auto-Response-Suppress: OOF",
            "X-Auto-Response-Suppress: DR, RN, NRN, oof, AutoReply",
            "X-Auto-Response-Suppress: All",
            "X-Auto-Response-Suppress: DR,\r\n AutoReply",
            &format!("X-MS-Exchange-Organization-SCL: {SCL_JUNK}"),
        ] {
            assert_eq!(with(field), None, "{field}");
        }
    }

    #[test]
    fn what_people_send_is() {
        for field in [
            "Auto-Submitted: no",
            "Auto-Submitted: no; reason=x",
            "Precedence: first-class",
            "X-Auto-Response-Suppress: DR, NDR, RN, NRN",
            &format!("X-MS-Exchange-Organization-SCL: {}", SCL_JUNK - 1),
            "X-MS-Exchange-Organization-SCL: -1",
            "Listless: yes",
        ] {
            assert!(with(field).is_some(), "{field}");
        }
    }

    #[test]
    fn recipients_subject_and_identifiers_are_found() {
        let header = "To: G: B <b@Example.test>, c@example.test;\r\nCc: =?utf-8?q?D?= <D@d.test>\r\n\
            Resent-To: e@example.test\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\
            Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x>\r\nIn-Reply-To: <9@x>\r\n\r\nTo: f@x\r\n";
        let found = respondable(header.as_bytes()).unwrap();
        assert_eq!(found.named, ["b@example.test", "c@example.test", "d@d.test", "e@example.test"]);
        assert_eq!((&*found.subject, &*found.message_id), ("caf\u{e9}", "3@x"));
        assert_eq!(found.references, " 1@x 2@x");
        assert!(found.names(&types::Address::parse("D@D.test").unwrap()));
        assert!(!found.names(&types::Address::parse("f@x.test").unwrap()));
        let answer = respondable(b"In-Reply-To: <9@x>\r\n\r\n").unwrap();
        assert_eq!(answer.references, " 9@x");
    }

    #[test]
    fn programs_are_known_by_their_address() {
        let is = |address: &str| is_program(&types::Address::parse(address).unwrap());
        for program in
            ["MAILER-DAEMON@a.test", "owner-l@a.test", "l-request@a.test", "no-reply@a.test"]
        {
            assert!(is(program), "{program}");
        }
        assert!(!is("alice@a.test") && !is("requester@a.test") && !is("owner@a.test"));
    }

    #[test]
    fn what_is_quoted_has_its_length() {
        let long = "s".repeat(AUTOMATIC_REPLY_QUOTED_OCTETS_MAX);
        let of = |subject: &str, id: &str| {
            let header = format!("Subject: {subject}\r\nMessage-ID: <{id}>\r\nReferences: <{id}>");
            respondable(header.as_bytes()).unwrap()
        };
        let whole = of(&long, &long);
        assert_eq!((&whole.subject, &whole.message_id), (&long, &long));
        let more = of(&format!("{long}s"), &format!("{long}s"));
        assert_eq!(more.subject, long, "cut");
        assert_eq!((&*more.message_id, &*more.references), ("", ""), "left out");
    }
}

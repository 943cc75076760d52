//! Paths of MAIL and RCPT (RFC 5321 section 4.1.2).

use std::fmt;

use types::{Address, ReversePath};

/// Where a message goes: an address, or the bare `Postmaster` every server must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain, in any case.
    Postmaster,
    /// An ordinary recipient.
    Address(Address),
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForwardPath::Postmaster => f.write_str("<Postmaster>"),
            ForwardPath::Address(address) => path(f, address),
        }
    }
}

/// A reverse-path as the wire wants it: the domain in A-labels.
pub(super) struct WireReversePath<'a>(pub(super) &'a ReversePath);

impl fmt::Display for WireReversePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ReversePath::Null => f.write_str("<>"),
            ReversePath::Address(address) => path(f, address),
        }
    }
}

/// `Path = "<" Mailbox ">"`, with A-labels, which every next hop understands.
fn path(f: &mut fmt::Formatter<'_>, address: &Address) -> fmt::Result {
    write!(f, "<{}@{}>", address.local, address.domain.to_ascii())
}

/// `Reverse-path = Path / "<>"`
pub(super) fn reverse_path(text: &str) -> Option<ReversePath> {
    match text {
        "" => Some(ReversePath::Null),
        mailbox => Address::parse(without_route(mailbox)).ok().map(ReversePath::Address),
    }
}

/// `Forward-path = Path`, and `"<Postmaster>"` of the rcpt rule.
pub(super) fn forward_path(text: &str) -> Option<ForwardPath> {
    if text.eq_ignore_ascii_case("postmaster") {
        return Some(ForwardPath::Postmaster);
    }
    Address::parse(without_route(text)).ok().map(ForwardPath::Address)
}

/// Drops `A-d-l ":"`: source routes must be accepted and should be ignored.
fn without_route(text: &str) -> &str {
    match text.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => mailbox,
        _ => text,
    }
}

/// Splits `"<" inner ">" rest`, looking past `>` in quoted strings.
pub(super) fn brackets(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some((&inner[..at], &inner[at + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_look_past_quotes() {
        for (text, split) in [
            ("<a@b> SIZE=1", Some(("a@b", " SIZE=1"))),
            ("<\"a>b\"@c>", Some(("\"a>b\"@c", ""))),
            ("<\"a\\\">b\"@c>x", Some(("\"a\\\">b\"@c", "x"))),
            ("<>", Some(("", ""))),
            ("<a@b", None),
            ("a@b>", None),
        ] {
            assert_eq!(brackets(text), split, "{text}");
        }
    }

    #[test]
    fn routes_are_dropped() {
        let routed = forward_path("@one.test,@two.test:joe@three.test");
        assert_eq!(routed.map(|path| path.to_string()).as_deref(), Some("<joe@three.test>"));
    }

    #[test]
    fn postmaster_needs_no_domain() {
        assert_eq!(forward_path("PostMaster"), Some(ForwardPath::Postmaster));
        assert_eq!(forward_path("joe"), None);
        assert_eq!(reverse_path("postmaster"), None);
    }
}

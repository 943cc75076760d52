//! Trace fields (RFC 5321 section 4.4): one Received line per hop, Return-Path and
//! Delivered-To at final delivery. Existing trace fields are never reordered.

use std::fmt::Write as _;
use std::net::IpAddr;

use types::time::Timestamp;
use types::{Address, Domain, ReversePath};

use crate::envelope::{InternalMessageId, Origin, Source};
use crate::{date, header};

/// What a Received line is made of.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Where the message came from.
    pub origin: &'a Origin,
    /// This server's name.
    pub server: &'a Domain,
    /// The number in the `id` clause.
    pub id: InternalMessageId,
    /// The `for` clause; only given when there is one recipient, so that nobody learns of
    /// the others.
    pub recipient: Option<&'a Address>,
    /// True when MAIL carried SMTPUTF8.
    pub smtputf8: bool,
    /// The time of receipt.
    pub now: Timestamp,
}

/// `Time-stamp-line = "Received:" FWS Stamp <CRLF>` (RFC 5321 section 4.4).
pub fn received(stamp: &Stamp<'_>) -> Vec<u8> {
    let mut line = String::from("Received: ");
    from_clause(&mut line, stamp.origin);
    let _ =
        write!(line, "by {} (Rialto) with {}", stamp.server, with(stamp.origin, stamp.smtputf8));
    if let Some(tls) = &stamp.origin.tls {
        let _ = write!(
            line,
            "\r\n (version={}, cipher={})",
            printable(&tls.version),
            printable(&tls.cipher)
        );
    }
    let _ = write!(line, "\r\n id {}", stamp.id);
    if let Some(recipient) = stamp.recipient {
        let _ = write!(line, " for <{recipient}>");
    }
    let _ = write!(line, "; {}\r\n", date::rfc5322(stamp.now));
    line.into_bytes()
}

/// `From-domain`: what the client called itself and the address it really has.
fn from_clause(line: &mut String, origin: &Origin) {
    if origin.helo.is_empty() && origin.remote.is_none() {
        return;
    }
    let _ = write!(line, "from {}", hello_name(&origin.helo));
    if let Some(remote) = origin.remote {
        let _ = write!(line, " ({})", address_literal(remote));
    }
    line.push_str("\r\n ");
}

/// A name that cannot break out of its place in the line.
fn hello_name(helo: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if helo.is_empty() {
        return "unknown".to_owned();
    }
    helo.chars().map(|c| if safe(c) { c } else { '?' }).collect()
}

/// Text for a comment: parentheses, backslashes and controls are dropped.
fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '\\')).collect()
}

/// `address-literal` (RFC 5321 section 4.1.3).
fn address_literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("[{v4}]"),
        IpAddr::V6(v6) => format!("[IPv6:{v6}]"),
    }
}

/// The `with` keyword: RFC 3848, and RFC 6531 section 4.3 for SMTPUTF8.
fn with(origin: &Origin, smtputf8: bool) -> String {
    if origin.source != Source::Smtp {
        return "internal".to_owned();
    }
    if !origin.esmtp {
        return "SMTP".to_owned();
    }
    let base = if smtputf8 { "UTF8SMTP" } else { "ESMTP" };
    let tls = if origin.tls.is_some() { "S" } else { "" };
    let auth = if origin.authenticated.is_some() { "A" } else { "" };
    format!("{base}{tls}{auth}")
}

/// The fields of final delivery, put before the stored bytes for one recipient:
/// `Return-path-line` and Delivered-To (RFC 9228).
pub fn delivery_prefix(reverse_path: &ReversePath, recipient: &Address) -> Vec<u8> {
    format!("Return-Path: {reverse_path}\r\nDelivered-To: {recipient}\r\n").into_bytes()
}

/// How many servers the message has passed; a loop shows as a large number.
pub fn hop_count(header_bytes: &[u8]) -> usize {
    header::fields(header_bytes).filter(|field| field.is("Received")).count()
}

/// How often a server of one of these names has had the message: Received fields whose
/// `By-domain` is one of them.
pub fn local_hop_count(header_bytes: &[u8], names: &[&Domain]) -> usize {
    let by = |field: &header::Field<'_>| {
        let value = field.value();
        let mut words = value.split_ascii_whitespace();
        let domain = words.by_ref().find(|word| word.eq_ignore_ascii_case("by")).and(words.next());
        let domain = domain.and_then(|domain| Domain::parse(domain.trim_end_matches(';')).ok());
        domain.is_some_and(|domain| names.contains(&&domain))
    };
    let received = header::fields(header_bytes).filter(|field| field.is("Received"));
    received.filter(by).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::envelope::TlsSession;

    fn origin(helo: &str) -> Origin {
        Origin {
            helo: helo.into(),
            remote: Some("192.0.2.7".parse().unwrap()),
            esmtp: true,
            ..Origin::own(Source::Smtp)
        }
    }

    fn line(origin: &Origin, recipient: Option<&Address>) -> String {
        let server = Domain::parse("mail.example.test").unwrap();
        let stamp = Stamp {
            origin,
            server: &server,
            id: InternalMessageId::new(7),
            recipient,
            smtputf8: false,
            now: Timestamp::from_micros(0),
        };
        String::from_utf8(received(&stamp)).unwrap()
    }

    #[test]
    fn a_plain_session() {
        assert_eq!(
            line(&origin("client.test"), None),
            "Received: from client.test ([192.0.2.7])\r\n by mail.example.test (Rialto) with ESMTP\
             \r\n id 7; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
        );
    }

    #[test]
    fn tls_login_and_one_recipient() {
        let tls = TlsSession { version: "TLS1_3".into(), cipher: "TLS_AES_256_GCM_SHA384".into() };
        let origin =
            Origin { tls: Some(tls), authenticated: Some("alice".into()), ..origin("client.test") };
        let line = line(&origin, Some(&"bob@example.test".parse().unwrap()));
        assert!(line.contains("with ESMTPSA\r\n (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384)"));
        assert!(line.contains("id 7 for <bob@example.test>;"), "{line}");
        assert!(!line.contains("alice"), "the account is nobody's business");
    }

    #[test]
    fn with_keywords() {
        let mut origin = origin("h");
        assert_eq!(with(&origin, true), "UTF8SMTP");
        origin.authenticated = Some("a".into());
        assert_eq!(with(&origin, false), "ESMTPA");
        origin.esmtp = false;
        assert_eq!(with(&origin, false), "SMTP");
    }

    #[test]
    fn a_hostile_greeting_stays_in_its_place() {
        let line = line(&origin("x)\r\nBcc: evil"), None);
        assert!(line.starts_with("Received: from x???Bcc:?evil ([192.0.2.7])\r\n by "), "{line}");
    }

    #[test]
    fn final_delivery_and_hops() {
        let prefix = delivery_prefix(&ReversePath::Null, &"bob@example.test".parse().unwrap());
        assert_eq!(prefix, b"Return-Path: <>\r\nDelivered-To: bob@example.test\r\n");
        assert_eq!(hop_count(b"Received: a\r\nX: b\r\nRECEIVED: c\r\n d\r\n"), 2);
    }
}

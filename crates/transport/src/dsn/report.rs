//! The bytes of a report.

use std::fmt::Write as _;

use crate::dsn::{Action, Enclosed, Report, ReportedRecipient, text};
use crate::firewall::{self, HeaderRights};
use crate::header;
use crate::status::{EnhancedStatus, Reply};
use crate::{date, random};
use types::OriginalRecipient;

/// The report as a message with CRLF lines.
pub fn write(report: &Report) -> Vec<u8> {
    let boundary = random::token();
    let mut out = header_fields(report, &boundary).into_bytes();
    let mut part = |kind: &str, content: &[u8]| {
        out.extend_from_slice(format!("--{boundary}\r\n{kind}\r\n").as_bytes());
        out.extend_from_slice(content);
        out.extend_from_slice(b"\r\n");
    };
    part(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n",
        text::body(report).as_bytes(),
    );
    part(status_type(report), status(report).as_bytes());
    let (kind, content) = enclosed(report);
    part(kind, &content);
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

fn header_fields(report: &Report, boundary: &str) -> String {
    let domain = report.default_domain.to_ascii();
    let mut fields = format!(
        "From: Postmaster <postmaster@{domain}>\r\nTo: <{}>\r\nDate: {}\r\n\
         Message-ID: <{}@{domain}>\r\nSubject: {}{}\r\n",
        report.to.to_ascii(),
        date::rfc5322(report.now),
        random::token(),
        text::subject_prefix(report.action),
        one_line(&report.original.subject, report.international),
    );
    let answered = one_line(&report.original.message_id, report.international);
    if !answered.is_empty() {
        let _ = write!(fields, "In-Reply-To: {answered}\r\nReferences: {answered}\r\n");
    }
    fields.push_str("Auto-Submitted: auto-replied\r\nX-MS-Exchange-Message-Is-Ndr:\r\n");
    let _ = write!(
        fields,
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={};\r\n\
         \tboundary=\"{boundary}\"\r\n\r\n",
        if report.international { "global-delivery-status" } else { "delivery-status" },
    );
    fields
}

/// Text that cannot leave its line; what the report may not carry becomes a question mark.
fn one_line(text: &str, international: bool) -> String {
    let fits = |c: char| !c.is_control() && (international || c.is_ascii());
    text.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}

fn status_type(report: &Report) -> &'static str {
    if report.international {
        "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n"
    } else {
        "Content-Type: message/delivery-status\r\n"
    }
}

/// `delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields )` (RFC 3464
/// section 2.1).
fn status(report: &Report) -> String {
    let mut fields = String::new();
    let original = &report.original;
    if let Some(id) = &original.envelope_id {
        let _ = write!(fields, "Original-Envelope-Id: {}\r\n", one_line(id, report.international));
    }
    let _ = write!(fields, "Reporting-MTA: dns; {}\r\n", report.reporting_mta.to_ascii());
    if let Some(from) = &original.received_from {
        let _ =
            write!(fields, "Received-From-MTA: dns; {}\r\n", one_line(from, report.international));
    }
    let _ = write!(fields, "Arrival-Date: {}\r\n", date::rfc5322(original.arrival));
    for recipient in &report.recipients {
        fields.push_str("\r\n");
        per_recipient(&mut fields, report, recipient);
    }
    fields
}

/// `per-recipient-fields` (RFC 3464 section 2.3).
fn per_recipient(fields: &mut String, report: &Report, recipient: &ReportedRecipient) {
    if let Some(original) = &recipient.original {
        let _ = write!(fields, "Original-Recipient: {}\r\n", typed(original, report.international));
    }
    let last = OriginalRecipient::of(&recipient.address);
    let _ = write!(fields, "Final-Recipient: {}\r\n", typed(&last, report.international));
    let _ = write!(fields, "Action: {}\r\n", action_value(report.action));
    let _ =
        write!(fields, "Status: {}\r\n", reported_status(report.action, recipient.reply.status));
    if let Some(remote) = &recipient.remote_mta {
        let _ = write!(fields, "Remote-MTA: dns; {}\r\n", one_line(remote, report.international));
    }
    if matches!(report.action, Action::Failed | Action::Delayed) {
        let _ =
            write!(fields, "Diagnostic-Code: smtp; {}\r\n", diagnostic(&recipient.reply, report));
    }
    let _ = write!(fields, "Last-Attempt-Date: {}\r\n", date::rfc5322(report.now));
    if let Some(until) = recipient.will_retry_until {
        let _ = write!(fields, "Will-Retry-Until: {}\r\n", date::rfc5322(until));
    }
}

/// `address-type ";" generic-address`; an international address in a report for a sender
/// without SMTPUTF8 is written in the ASCII form of RFC 6533 section 3.
fn typed(recipient: &OriginalRecipient, international: bool) -> String {
    if recipient.address.is_ascii() || international {
        return format!("{}; {}", recipient.address_type, one_line(&recipient.address, true));
    }
    let ascii: String = recipient.address.chars().map(unitext).collect();
    format!("utf-8; {ascii}")
}

/// `utf-8-addr-unitext`: `\x{HEXPOINT}` for what is no printable ASCII.
fn unitext(c: char) -> String {
    if c.is_ascii_graphic() && c != '\\' {
        c.to_string()
    } else {
        format!("\\x{{{:X}}}", u32::from(c))
    }
}

fn action_value(action: Action) -> &'static str {
    match action {
        Action::Failed => "failed",
        Action::Delayed => "delayed",
        Action::Delivered => "delivered",
        Action::Relayed => "relayed",
        Action::Expanded => "expanded",
    }
}

/// A given-up message may carry a 4.y.z of its last attempt: RFC 3464 allows it and it tells
/// more. Successes are 2.0.0 unless the server said better.
fn reported_status(action: Action, status: EnhancedStatus) -> EnhancedStatus {
    match action {
        Action::Failed | Action::Delayed => status,
        _ if status.class == 2 => status,
        _ => EnhancedStatus::new(2, 0, 0),
    }
}

fn diagnostic(reply: &Reply, report: &Report) -> String {
    one_line(&reply.to_string(), report.international)
}

/// The original, behind the header firewall.
fn enclosed(report: &Report) -> (&'static str, Vec<u8>) {
    match (&report.original.enclosed, report.international) {
        (Enclosed::Message(message), false) => {
            ("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n", clean(message))
        }
        (Enclosed::Message(message), true) => {
            ("Content-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n", clean(message))
        }
        (Enclosed::Headers(headers), false) => (
            "Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 8bit\r\n",
            clean(headers),
        ),
        (Enclosed::Headers(headers), true) => (
            "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n",
            clean(headers),
        ),
    }
}

fn clean(message: &[u8]) -> Vec<u8> {
    let (head, body) = message.split_at(header::header_len(message));
    [&firewall::clean(head, HeaderRights::NONE), body].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::dsn::Original;
    use crate::envelope::Recipient;
    use crate::status;
    use mail_parser::{MessageParser, MimeHeaders};
    use types::time::Timestamp;

    fn report(action: Action, address: &str, international: bool) -> Report {
        let recipient = Recipient {
            original: Some(OriginalRecipient {
                address_type: "rfc822".into(),
                address: "first@b.test".into(),
            }),
            ..Recipient::new(address.parse().unwrap())
        };
        Report {
            action,
            to: "alice@example.test".parse().unwrap(),
            reporting_mta: "mail.example.test".parse().unwrap(),
            default_domain: "example.test".parse().unwrap(),
            now: Timestamp::from_secs(60),
            recipients: vec![ReportedRecipient::new(&recipient, status::recipient_not_found())],
            original: Original {
                envelope_id: Some("QQ\r\nX: y".into()),
                arrival: Timestamp::EPOCH,
                received_from: Some("client.test".into()),
                message_id: "<1@example.test>".into(),
                subject: "hello\r\nBcc: x".into(),
                enclosed: Enclosed::Message(
                    b"Received: r\r\nX-MS-Exchange-Organization-SCL: 1\r\nSubject: hello\r\n\r\nbody\r\n".to_vec(),
                ),
            },
            international,
        }
    }

    /// Content type and raw content of each part, by an independent parser.
    fn parts(bytes: &[u8]) -> Vec<(String, String)> {
        let message = MessageParser::default().parse(bytes).unwrap();
        let part = |index: &u32| {
            let part = message.part(*index).unwrap();
            let kind = part.content_type().unwrap();
            let raw = &bytes[part.raw_body_offset() as usize..part.raw_end_offset() as usize];
            let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
            (kind, String::from_utf8_lossy(raw).into_owned())
        };
        message.root_part().sub_parts().unwrap().iter().map(part).collect()
    }

    #[test]
    fn a_failure_report_parses_back() {
        let bytes = write(&report(Action::Failed, "b@b.test", false));
        let text = String::from_utf8(bytes.clone()).unwrap();
        for line in [
            "Subject: Undeliverable: hello??Bcc: x",
            "Auto-Submitted: auto-replied",
            "In-Reply-To: <1@example.test>",
            "From: Postmaster <postmaster@example.test>",
            "X-MS-Exchange-Message-Is-Ndr:",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
        }
        let parts = parts(&bytes);
        let kinds: Vec<_> = parts.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["text/plain", "message/delivery-status", "message/rfc822"]);
        assert_eq!(
            parts[1].1.trim_end(),
            "Original-Envelope-Id: QQ??X: y\r\nReporting-MTA: dns; mail.example.test\r\n\
             Received-From-MTA: dns; client.test\r\nArrival-Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n\r\n\
             Original-Recipient: rfc822; first@b.test\r\nFinal-Recipient: rfc822; b@b.test\r\n\
             Action: failed\r\nStatus: 5.1.10\r\n\
             Diagnostic-Code: smtp; 550 5.1.10 RESOLVER.ADR.RecipNotFound; \
             Recipient not found by SMTP address lookup\r\n\
             Last-Attempt-Date: Thu, 01 Jan 1970 00:01:00 +0000"
        );
        assert_eq!(parts[2].1.trim_end(), "Subject: hello\r\n\r\nbody");
    }

    #[test]
    fn headers_only_and_success() {
        let mut report = report(Action::Relayed, "b@b.test", false);
        report.original.enclosed = Enclosed::Headers(b"Subject: hello\r\n".to_vec());
        let parts = parts(&write(&report));
        assert_eq!(parts[2].0, "text/rfc822-headers");
        assert!(parts[1].1.contains("Action: relayed\r\nStatus: 2.0.0\r\n"));
        assert!(!parts[1].1.contains("Diagnostic-Code"));
    }

    #[test]
    fn international_addresses_in_both_forms() {
        let utf8 = parts(&write(&report(Action::Failed, "é@b.test", true)));
        assert_eq!(
            (utf8[1].0.as_str(), utf8[2].0.as_str()),
            ("message/global-delivery-status", "message/global")
        );
        assert!(utf8[1].1.contains("Final-Recipient: utf-8; é@b.test\r\n"));
        let idn = parts(&write(&report(Action::Failed, "b@例え.test", false)));
        assert!(idn[1].1.contains("Final-Recipient: rfc822; b@xn--r8jz45g.test\r\n"));
        let ascii = parts(&write(&report(Action::Failed, "é@b.test", false)));
        assert!(
            ascii[1].1.contains("Final-Recipient: utf-8; \\x{E9}@b.test\r\n"),
            "{}",
            ascii[1].1
        );
    }

    #[test]
    fn a_delay_says_until_when() {
        let mut report = report(Action::Delayed, "b@b.test", false);
        report.recipients[0].reply = status::delayed();
        report.recipients[0].will_retry_until = Some(Timestamp::from_secs(3600));
        let text = String::from_utf8(write(&report)).unwrap();
        assert!(text.contains("Will-Retry-Until: Thu, 01 Jan 1970 01:00:00 +0000\r\n"));
        assert!(text.contains("Action: delayed\r\nStatus: 4.4.7\r\n"));
    }
}

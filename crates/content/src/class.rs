//! The message class that a message's content gives it ([MS-OXCMAIL], [MS-OXCICAL],
//! [MS-OXOMSG] section 2.2.2).
//!
//! Only what the content shows: a reply to a meeting request looks into the calendar part, a
//! report into its second part. Plain mail is `IPM.Note`.

use crate::{
    parameters::parameter,
    structure::{Part, decode_body},
};

/// Class of mail that is nothing else.
pub const NOTE: &str = "IPM.Note";

/// Octets of a calendar or report part that are looked at: the first component and its
/// properties; a longer part is a publication, not a scheduling message.
const PEEK_OCTETS_MAX: usize = 64 * 1024;

/// The class of a message. `content_class` is the Content-Class field.
pub fn message_class(root: &Part, message: &[u8], content_class: Option<&str>) -> &'static str {
    content_class
        .and_then(from_content_class)
        .or_else(|| report(root, message))
        .or_else(|| secured(root))
        .or_else(|| scheduling(root, message))
        .unwrap_or(NOTE)
}

/// [MS-OXCMAIL]: some values of Content-Class name a class of their own.
fn from_content_class(content_class: &str) -> Option<&'static str> {
    match content_class.to_ascii_lowercase().as_str() {
        "fax" | "fax-ca" => Some("IPM.Note.Microsoft.Fax"),
        "missedcall" => Some("IPM.Note.Microsoft.Missed.Voice"),
        "voice" | "voice-ca" | "voice-uc" => Some("IPM.Note.Microsoft.Voicemail.UM"),
        _ => None,
    }
}

/// multipart/report (RFC 6522): delivery reports and read receipts.
fn report(root: &Part, message: &[u8]) -> Option<&'static str> {
    if !root.is("multipart", "report") {
        return None;
    }
    let kind = parameter(&root.parameters, "report-type")?.to_ascii_lowercase();
    let details = root.children.get(1).map(|part| peek(part, message)).unwrap_or_default();
    match kind.as_str() {
        "delivery-status" => Some(delivery_report(&details)),
        "disposition-notification" => Some(receipt(&details)),
        _ => None,
    }
}

/// The worst action of all recipients decides (RFC 3464 section 2.3.3).
fn delivery_report(details: &str) -> &'static str {
    const CLASSES: [(&str, &str); 4] = [
        ("failed", "REPORT.IPM.Note.NDR"),
        ("delayed", "REPORT.IPM.Note.Delayed"),
        ("relayed", "REPORT.IPM.Note.Relayed"),
        ("expanded", "REPORT.IPM.Note.Expanded"),
    ];
    let actions: Vec<String> =
        field_values(details, "action:").map(|value| value.to_ascii_lowercase()).collect();
    let worst = CLASSES.iter().find(|(action, _)| actions.iter().any(|a| a.starts_with(action)));
    worst.map_or("REPORT.IPM.Note.DR", |(_, class)| class)
}

/// RFC 8098 section 3.2.6: displayed, or deleted without being displayed.
fn receipt(details: &str) -> &'static str {
    let disposition = field_values(details, "disposition:").next().unwrap_or_default();
    match disposition.to_ascii_lowercase().contains("deleted") {
        true => "REPORT.IPM.Note.IPNNRN",
        false => "REPORT.IPM.Note.IPNRN",
    }
}

/// S/MIME (RFC 8551) and other signed mail.
fn secured(root: &Part) -> Option<&'static str> {
    if root.is("multipart", "signed") {
        return Some("IPM.Note.SMIME.MultipartSigned");
    }
    let pkcs7 = matches!(root.subtype.as_str(), "pkcs7-mime" | "x-pkcs7-mime");
    (root.media_type == "application" && pkcs7).then_some("IPM.Note.SMIME")
}

/// A calendar part among the bodies, with a method (RFC 6047).
fn scheduling(root: &Part, message: &[u8]) -> Option<&'static str> {
    let part = calendar_part(root)?;
    match parameter(&part.parameters, "method")?.to_ascii_lowercase().as_str() {
        "request" => Some("IPM.Schedule.Meeting.Request"),
        "cancel" => Some("IPM.Schedule.Meeting.Canceled"),
        "counter" => Some("IPM.Schedule.Meeting.Resp.Tent"),
        "reply" => response(&peek(part, message)),
        _ => None,
    }
}

/// The first text/calendar that is the body or one of its alternatives; an attached file is
/// not an invitation.
fn calendar_part(part: &Part) -> Option<&Part> {
    if part.is_multipart() {
        return part.children.iter().find_map(calendar_part);
    }
    (part.is("text", "calendar") && !part.is_attachment()).then_some(part)
}

/// PARTSTAT of the attendee who answers.
fn response(calendar: &str) -> Option<&'static str> {
    const CLASSES: [(&str, &str); 3] = [
        ("PARTSTAT=ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos"),
        ("PARTSTAT=DECLINED", "IPM.Schedule.Meeting.Resp.Neg"),
        ("PARTSTAT=TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent"),
    ];
    let unfolded = calendar.replace("\r\n ", "").replace("\n ", "").to_ascii_uppercase();
    CLASSES.iter().find(|(status, _)| unfolded.contains(status)).map(|(_, class)| *class)
}

/// The beginning of a part as text.
fn peek(part: &Part, message: &[u8]) -> String {
    let body = part.body.of(message);
    let decoded = decode_body(part, &body[..body.len().min(PEEK_OCTETS_MAX)]).unwrap_or_default();
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The values of all lines that begin with `name` in any case.
fn field_values<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let head = line.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then(|| line[name.len()..].trim())
    })
}

#[cfg(test)]
mod tests {
    use crate::derive;

    fn class(message: &str) -> String {
        derive(message.replace('\n', "\r\n").as_bytes()).class
    }

    fn report(kind: &str, details: &str) -> String {
        format!(
            "Content-Type: multipart/report; report-type={kind}; boundary=b\n\n\
             --b\n\nSorry.\n--b\nContent-Type: message/{kind}\n\n{details}\n--b--\n"
        )
    }

    fn calendar(method: &str, status: &str) -> String {
        format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nHi\n--b\n\
             Content-Type: text/calendar; method={method}\n\n\
             BEGIN:VCALENDAR\nATTENDEE;PARTST\n AT={status}:mailto:a@b\n--b--\n"
        )
    }

    #[test]
    fn content_gives_the_class() {
        for (message, expected) in [
            ("Subject: x\n\nHi".to_owned(), "IPM.Note"),
            (
                report("delivery-status", "Action: delivered\n\nAction: Failed"),
                "REPORT.IPM.Note.NDR",
            ),
            (report("delivery-status", "Action: delayed"), "REPORT.IPM.Note.Delayed"),
            (report("delivery-status", "Action: delivered"), "REPORT.IPM.Note.DR"),
            (
                report(
                    "disposition-notification",
                    "Disposition: manual-action/MDN-sent; displayed",
                ),
                "REPORT.IPM.Note.IPNRN",
            ),
            (
                report("disposition-notification", "Disposition: automatic-action; deleted"),
                "REPORT.IPM.Note.IPNNRN",
            ),
            (calendar("REQUEST", "NEEDS-ACTION"), "IPM.Schedule.Meeting.Request"),
            (calendar("CANCEL", ""), "IPM.Schedule.Meeting.Canceled"),
            (calendar("reply", "DECLINED"), "IPM.Schedule.Meeting.Resp.Neg"),
            (calendar("reply", "ACCEPTED"), "IPM.Schedule.Meeting.Resp.Pos"),
            (calendar("publish", ""), "IPM.Note"),
            ("Content-Type: application/pkcs7-mime\n\nAA==".into(), "IPM.Note.SMIME"),
            (
                "Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--".into(),
                "IPM.Note.SMIME.MultipartSigned",
            ),
            ("Content-Class: fax\n\nx".into(), "IPM.Note.Microsoft.Fax"),
        ] {
            assert_eq!(class(&message), expected, "{message}");
        }
    }
}

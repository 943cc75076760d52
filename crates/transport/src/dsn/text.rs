//! The part of a report that people read. Plain text, one paragraph per recipient, with the
//! code an administrator will ask for.

use std::fmt::Write as _;

use crate::date;
use crate::dsn::{Action, Report, ReportedRecipient};
use crate::status::EnhancedStatus;

/// The beginning of the report's subject.
pub(super) fn subject_prefix(action: Action) -> &'static str {
    match action {
        Action::Failed => "Undeliverable: ",
        Action::Delayed => "Delivery delayed: ",
        Action::Delivered => "Delivered: ",
        Action::Relayed => "Relayed: ",
        Action::Expanded => "Expanded: ",
    }
}

/// The whole first part.
pub(super) fn body(report: &Report) -> String {
    let mut text = String::from(opening(report.action));
    text.push_str("\r\n\r\n");
    for recipient in &report.recipients {
        paragraph(&mut text, report.action, recipient);
    }
    administrators(&mut text, report);
    text
}

fn opening(action: Action) -> &'static str {
    match action {
        Action::Failed => "Your message could not be delivered to these recipients or groups:",
        Action::Delayed => {
            "Your message has not been delivered yet to these recipients or groups.\r\n\
             You need not send it again; the server keeps trying."
        }
        Action::Delivered => "Your message was delivered to these recipients:",
        Action::Relayed => {
            "Your message was handed on for these recipients, but the next server\r\n\
             does not tell when it is delivered:"
        }
        Action::Expanded => "Your message was sent to the members of these groups:",
    }
}

fn paragraph(text: &mut String, action: Action, recipient: &ReportedRecipient) {
    let _ = write!(text, "{}\r\n", recipient.address);
    if matches!(action, Action::Failed | Action::Delayed) {
        let _ = write!(text, "  {}\r\n", explanation(recipient.reply.status));
    }
    if let Some(until) = recipient.will_retry_until {
        let _ = write!(text, "  The server tries until {}.\r\n", date::rfc5322(until));
    }
    text.push_str("\r\n");
}

/// What the code means for the sender.
fn explanation(status: EnhancedStatus) -> &'static str {
    match (status.class, status.subject, status.detail) {
        (5, 1, 1 | 10) => "The address was not found. Check its spelling and send again.",
        (5, 1, 4) => "More than one recipient has this address; the administrator must decide.",
        (5, 1, _) => "There is something wrong with the address.",
        (_, 2, 2) => "The mailbox is full. Try again later, or reach the recipient another way.",
        (5, 2, 3) | (5, 3, 4) => "The message is too large. Send less, or send it in pieces.",
        (5, 4, 4) => "No way to the recipient's mail system is known.",
        (5, 4, 6) => "The message goes in circles: forwarding settings point at each other.",
        (4, 4, 7) => "The recipient's mail system could not be reached in time.",
        (5, 6, _) => "The recipient's mail system cannot take this kind of message.",
        (5, 7, _) => {
            "You are not allowed to send to this recipient, or the mail was judged unsafe."
        }
        (4, _, _) => "There is a problem that may pass.",
        _ => "The recipient's mail system refused the message.",
    }
}

/// Exchange's "diagnostic information for administrators".
fn administrators(text: &mut String, report: &Report) {
    text.push_str("Diagnostic information for administrators:\r\n\r\n");
    let _ = write!(text, "Generating server: {}\r\n\r\n", report.reporting_mta);
    for recipient in &report.recipients {
        let _ = write!(text, "{}\r\n", recipient.address);
        if let Some(remote) = &recipient.remote_mta {
            let _ = write!(text, "Remote server: {remote}\r\n");
        }
        let _ = write!(text, "{}\r\n\r\n", recipient.reply);
    }
}

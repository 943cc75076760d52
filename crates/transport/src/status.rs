//! SMTP replies as values: the three-digit code (RFC 5321), the enhanced status (RFC 3463)
//! and a text. What refuses a message before acceptance and what stands in a report after it
//! are the same thing, so they share this type.

use std::fmt;
use std::str::FromStr;

use types::limits::REPLY_TEXT_OCTETS_MAX;

/// An enhanced status code, `class.subject.detail` (RFC 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnhancedStatus {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// What it is about (RFC 3463 section 3).
    pub subject: u16,
    /// The detail within the subject.
    pub detail: u16,
}

impl EnhancedStatus {
    /// Writes `class.subject.detail` as a value.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        EnhancedStatus { class, subject, detail }
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The text is no `class.subject.detail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an enhanced status code")]
pub struct BadStatus;

impl FromStr for EnhancedStatus {
    type Err = BadStatus;

    fn from_str(text: &str) -> Result<Self, BadStatus> {
        let mut fields = text.split('.');
        let mut field = || fields.next().and_then(|field| field.parse::<u16>().ok());
        match (field(), field(), field(), fields.next()) {
            (Some(class @ (2 | 4 | 5)), Some(subject), Some(detail), None) => {
                Ok(EnhancedStatus { class: class as u8, subject, detail })
            }
            _ => Err(BadStatus),
        }
    }
}

/// One SMTP reply: ours as a refusal, or a remote server's as the reason of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The three-digit code.
    pub code: u16,
    /// The enhanced status.
    pub status: EnhancedStatus,
    /// The text after both, one line.
    pub text: String,
}

impl Reply {
    /// A reply from its three parts.
    pub fn new(code: u16, status: EnhancedStatus, text: impl Into<String>) -> Self {
        Reply { code, status, text: text.into() }
    }

    /// True for 5yz: trying again is useless.
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.code, self.status, self.text)
    }
}

/// A remote server's reply as a row keeps it: its text cut to a bounded length.
pub(crate) fn shortened(mut reply: Reply) -> Reply {
    let mut end = reply.text.len().min(REPLY_TEXT_OCTETS_MAX);
    while !reply.text.is_char_boundary(end) {
        end -= 1;
    }
    reply.text.truncate(end);
    reply
}

/// `452 4.3.1`: back pressure, the disk is nearly full.
pub fn insufficient_resources() -> Reply {
    Reply::new(452, EnhancedStatus::new(4, 3, 1), "Insufficient system resources")
}

/// `451 4.3.0`: the store could not take the message; the client keeps it.
pub fn store_failed() -> Reply {
    Reply::new(451, EnhancedStatus::new(4, 3, 0), "The message could not be stored; try again")
}

/// `554 5.4.6`: too many Received lines.
pub fn hop_count_exceeded() -> Reply {
    Reply::new(554, EnhancedStatus::new(5, 4, 6), "Hop count exceeded - possible mail loop")
}

/// `550 5.4.6`: recipients that only forward to each other.
pub fn forwarding_loop() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 4, 6),
        "RESOLVER.FWD.Loop; the recipients forward to each other without end",
    )
}

/// `552 5.3.4`: larger than the organization or the connector takes.
pub fn message_too_large() -> Reply {
    Reply::new(552, EnhancedStatus::new(5, 3, 4), "Message size exceeds fixed maximum message size")
}

/// `550 5.2.3`: larger than the recipient takes.
pub fn too_large_for_recipient() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 2, 3),
        "RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
    )
}

/// `550 5.1.1`: no such recipient, said while the client is still there.
pub fn user_unknown() -> Reply {
    Reply::new(550, EnhancedStatus::new(5, 1, 1), "User unknown")
}

/// `550 5.1.10`: no such recipient, found by the categorizer.
pub fn recipient_not_found() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 1, 10),
        "RESOLVER.ADR.RecipNotFound; Recipient not found by SMTP address lookup",
    )
}

/// `550 5.1.4`: two objects hold the address.
pub fn ambiguous_address() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 1, 4),
        "RESOLVER.ADR.Ambiguous; more than one recipient has this address",
    )
}

/// `550 5.7.54`: the client may not send to foreign domains here.
pub fn unable_to_relay() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 7, 54),
        "SMTP; Unable to relay recipient in non-accepted domain",
    )
}

/// `550 5.7.1`: the recipient takes authenticated senders only.
pub fn authentication_required() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 7, 1),
        "RESOLVER.RST.AuthRequired; authentication required by the recipient",
    )
}

/// `550 5.7.1`: the recipient does not take mail from this sender.
pub fn not_authorized() -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 7, 1),
        "RESOLVER.RST.NotAuthorized; the recipient takes no mail from this sender",
    )
}

/// `552 5.2.2`: the mailbox is over its quota.
pub fn mailbox_full() -> Reply {
    Reply::new(552, EnhancedStatus::new(5, 2, 2), "STOREDRV.Deliver; mailbox full")
}

/// `550 5.4.4`: no Send connector takes the recipient's domain.
pub fn route_not_found(domain: &types::Domain) -> Reply {
    Reply::new(
        550,
        EnhancedStatus::new(5, 4, 4),
        format!("ROUTING.RouteNotFound; no Send connector takes mail for {domain}"),
    )
}

/// `550 4.4.7`: the queue gave up; the last error says more about why.
pub fn expired(last_error: Option<&Reply>) -> Reply {
    let reason = last_error.map(|reply| format!(" after {reply}")).unwrap_or_default();
    let text = format!("QUEUE.Expired; message expired{reason}");
    Reply::new(550, EnhancedStatus::new(4, 4, 7), text)
}

/// `450 4.4.7`: still trying.
pub fn delayed() -> Reply {
    Reply::new(450, EnhancedStatus::new(4, 4, 7), "QUEUE.TransportDelay; message delayed")
}

/// `451 4.4.0`: the Send connector of a queue was removed or turned off.
pub fn connector_gone() -> Reply {
    let text = "ROUTING.ConnectorGone; the queue's Send connector is off; resubmit the queue";
    Reply::new(451, EnhancedStatus::new(4, 4, 0), text)
}

/// `250 2.1.5`: in the mailbox.
pub fn delivered() -> Reply {
    Reply::new(250, EnhancedStatus::new(2, 1, 5), "delivered")
}

/// `550 5.5.3`: the groups of one message expand to more recipients than it may have.
pub fn too_many_recipients() -> Reply {
    Reply::new(550, EnhancedStatus::new(5, 5, 3), "RESOLVER.GRP.TooLarge; too many recipients")
}

/// `554 5.5.1`: nobody to send to.
pub fn no_recipients() -> Reply {
    Reply::new(554, EnhancedStatus::new(5, 5, 1), "No valid recipients")
}

/// `550 5.7.1`: an operator removed the message.
pub fn removed_by_administrator() -> Reply {
    Reply::new(550, EnhancedStatus::new(5, 7, 1), "QUEUE.Removed; removed by the administrator")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_print_and_parse() {
        for (text, legal) in [
            ("5.1.10", true),
            ("2.0.0", true),
            ("4.4.7", true),
            ("3.1.1", false),
            ("5.1", false),
            ("5.1.1.1", false),
            ("5.x.1", false),
            ("", false),
        ] {
            assert_eq!(
                text.parse::<EnhancedStatus>().map(|s| s.to_string()).ok().as_deref(),
                legal.then_some(text),
                "{text}"
            );
        }
    }

    #[test]
    fn a_reply_prints_as_on_the_wire() {
        assert_eq!(user_unknown().to_string(), "550 5.1.1 User unknown");
        assert!(user_unknown().is_permanent() && !insufficient_resources().is_permanent());
    }

    #[test]
    fn a_remote_reply_is_kept_up_to_a_length() {
        for octets in [REPLY_TEXT_OCTETS_MAX, REPLY_TEXT_OCTETS_MAX + 1] {
            let reply = Reply::new(550, EnhancedStatus::new(5, 1, 1), "x".repeat(octets));
            assert_eq!(shortened(reply).text.len(), REPLY_TEXT_OCTETS_MAX);
        }
        let text = format!("{}é", "x".repeat(REPLY_TEXT_OCTETS_MAX - 1));
        let cut = shortened(Reply::new(550, EnhancedStatus::new(5, 1, 1), text));
        assert_eq!(cut.text.len(), REPLY_TEXT_OCTETS_MAX - 1);
    }
}

//! From the header as it arrived to the header as it is stored: checks, the header firewall,
//! the fix-ups of message submission (RFC 6409 section 8) and the trace line, as one edit
//! list. The body streams past untouched.

use types::{Address, Domain};

use crate::firewall::{self, HeaderRights};
use crate::header::{self, HeaderEdits};
use crate::received::{self, Stamp};
use crate::status::{self, EnhancedStatus, Reply};
use crate::{date, random};

/// How a Receive connector treats headers.
#[derive(Clone, Copy, Debug)]
pub struct IntakePolicy<'a> {
    /// What the client may set.
    pub rights: HeaderRights,
    /// How many servers the message may have passed.
    pub hops: HopLimits<'a>,
    /// On submission connectors: repair what the client left out.
    pub submission: Option<SubmissionPolicy<'a>>,
}

/// Hops are counted by Received fields; too many are a loop (RFC 5321 section 6.3).
#[derive(Clone, Copy, Debug)]
pub struct HopLimits<'a> {
    /// MaxHopCount: all servers.
    pub all: usize,
    /// MaxLocalHopCount: this server alone. None is no limit.
    pub local: Option<usize>,
    /// The names this server has in Received fields.
    pub names: &'a [&'a Domain],
}

impl HopLimits<'_> {
    /// No limit: the message has come from nowhere.
    pub const NONE: HopLimits<'static> = HopLimits { all: usize::MAX, local: None, names: &[] };
}

/// The fix-ups of RFC 6409.
#[derive(Clone, Copy, Debug)]
pub struct SubmissionPolicy<'a> {
    /// The right side of a Message-ID the server makes.
    pub message_id_domain: &'a Domain,
    /// The Sender to name, when From is not an address of who logged on.
    pub sender: Option<&'a Address>,
}

/// Fields that RFC 5322 section 3.6 allows once; twice is how forgeries hide.
const AT_MOST_ONCE: [&str; 9] =
    ["Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "Subject"];

/// The header to store, or why the message is refused.
pub fn prepare_header(
    header_bytes: &[u8],
    stamp: &Stamp<'_>,
    policy: &IntakePolicy<'_>,
) -> Result<Vec<u8>, Reply> {
    check_hops(header_bytes, &policy.hops)?;
    if !stamp.origin.is_internal() {
        check_single_fields(header_bytes)?;
    }
    let mut edits = HeaderEdits {
        prefix: received::received(stamp),
        removed: firewall::removed(header_bytes, policy.rights),
        suffix: Vec::new(),
    };
    if let Some(submission) = &policy.submission {
        fix_up(header_bytes, stamp, submission, &mut edits);
    }
    Ok(edits.apply(header_bytes))
}

fn check_hops(header_bytes: &[u8], limits: &HopLimits<'_>) -> Result<(), Reply> {
    let own = || received::local_hop_count(header_bytes, limits.names);
    let too_many = received::hop_count(header_bytes) > limits.all
        || limits.local.is_some_and(|limit| own() > limit);
    match too_many {
        true => Err(status::hop_count_exceeded()),
        false => Ok(()),
    }
}

/// Strangers may not send a field twice that exists once.
fn check_single_fields(header_bytes: &[u8]) -> Result<(), Reply> {
    for name in AT_MOST_ONCE {
        if header::fields(header_bytes).filter(|field| field.is(name)).count() > 1 {
            let text = format!("Message has more than one {name} field");
            return Err(Reply::new(550, EnhancedStatus::new(5, 6, 0), text));
        }
    }
    Ok(())
}

/// Date, Message-ID and Sender are added, Bcc and Return-Path taken out.
fn fix_up(
    header_bytes: &[u8],
    stamp: &Stamp<'_>,
    policy: &SubmissionPolicy<'_>,
    edits: &mut HeaderEdits,
) {
    let has = |name| header::field(header_bytes, name).is_some();
    let mut add = |line: String| edits.suffix.extend_from_slice(line.as_bytes());
    if !has("Date") {
        add(format!("Date: {}\r\n", date::rfc5322(stamp.now)));
    }
    if !has("Message-ID") {
        add(format!(
            "Message-ID: <{}@{}>\r\n",
            random::token(),
            policy.message_id_domain.to_ascii()
        ));
    }
    if let Some(sender) = policy.sender {
        add(format!("Sender: {sender}\r\n"));
    }
    let goes = |field: &header::Field<'_>| {
        field.is("Bcc") || field.is("Return-Path") || policy.sender.is_some() && field.is("Sender")
    };
    let gone = header::fields(header_bytes).filter(goes).map(|field| field.range);
    edits.removed.extend(gone);
    edits.removed.sort_by_key(|range| range.start);
    edits.removed.dedup();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::envelope::{InternalMessageId, Origin, Source};
    use types::time::Timestamp;

    fn prepare(header: &[u8], anonymous: bool, submission: bool) -> Result<String, Reply> {
        let domain = Domain::parse("example.test").unwrap();
        let mut origin = Origin::own(Source::Smtp);
        origin.authenticated = (!anonymous).then(|| "alice".to_owned());
        let stamp = Stamp {
            origin: &origin,
            server: &domain,
            id: InternalMessageId::new(1),
            recipient: None,
            smtputf8: false,
            now: Timestamp::from_micros(0),
        };
        let sender: Address = "alice@example.test".parse().unwrap();
        let submission = submission
            .then_some(SubmissionPolicy { message_id_domain: &domain, sender: Some(&sender) });
        let hops = HopLimits { all: 3, local: Some(1), names: &[&domain] };
        let policy = IntakePolicy { rights: HeaderRights::OUTSIDE, hops, submission };
        prepare_header(header, &stamp, &policy).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn submission_repairs() {
        let header = b"From: boss@example.test\r\nBcc: x@y.test\r\nSender: no@y.test\r\n\
            Return-Path: <q@y.test>\r\nSubject: s\r\n";
        let out = prepare(header, false, true).unwrap();
        for there in
            ["\r\nDate: Thu, 01 Jan", "\r\nMessage-ID: <", "\r\nSender: alice@example.test\r\n"]
        {
            assert!(out.contains(there), "{there} in {out}");
        }
        for gone in ["Bcc", "Return-Path", "no@y.test"] {
            assert!(!out.contains(gone), "{gone} in {out}");
        }
    }

    #[test]
    fn relayed_mail_is_only_stamped() {
        let header = b"From: boss@example.test\r\nBcc: x@y.test\r\n";
        let out = prepare(header, true, false).unwrap();
        assert!(out.starts_with("Received: "));
        assert!(out.ends_with("From: boss@example.test\r\nBcc: x@y.test\r\n"));
    }

    #[test]
    fn loops_and_double_fields_are_refused() {
        for (hop, most) in [("x", 3), ("from a\r\n by Example.TEST (Rialto) with SMTP", 1)] {
            let hops = |count| format!("Received: {hop}\r\n").repeat(count);
            assert!(prepare(hops(most).as_bytes(), true, false).is_ok(), "{hop}");
            let over = prepare(hops(most + 1).as_bytes(), true, false);
            assert_eq!(over, Err(status::hop_count_exceeded()), "{hop}");
        }
        let twice = b"From: a@b.test\r\nFrom: c@d.test\r\n";
        assert_eq!(prepare(twice, true, false).unwrap_err().status, EnhancedStatus::new(5, 6, 0));
        assert!(prepare(twice, false, false).is_ok());
    }
}

//! The text of a message about a quota.

use config::ByteQuantity;
use directory::Recipient;
use mailbox::{Quota, QuotaThreshold};
use types::{Domain, Timestamp};

use crate::date::rfc5322;

/// The whole message. It answers nothing and wants no answer (RFC 3834).
pub(super) fn text(
    quota: &Quota,
    owner: &Recipient,
    domain: &Domain,
    server: &Domain,
    now: Timestamp,
) -> Vec<u8> {
    let reached = quota.reached().unwrap_or(QuotaThreshold::IssueWarning);
    let (subject, consequence) = words(reached);
    let (domain, server) = (domain.to_ascii(), server.to_ascii());
    let to = &owner.primary;
    let date = rfc5322(now);
    // One owner has one message of a kind at a time.
    let id = format!("{}.{}.{reached:?}", now.micros(), hexadecimal(&owner.id.0));
    format!(
        "From: Postmaster <postmaster@{domain}>\r\n\
         To: <{to}>\r\n\
         Subject: {subject}\r\n\
         Date: {date}\r\n\
         Message-ID: <{id}@{server}>\r\n\
         Auto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         {consequence}\r\n\
         \r\n\
         Size of the mailbox: {}, in {} items\r\n\
         {}\
         \r\n\
         To make room, delete what you do not need and empty the folder Deleted Items.\r\n\
         Your administrator can tell you more.\r\n",
        readable(quota.octets),
        quota.items,
        limits(quota),
    )
    .into_bytes()
}

fn words(reached: QuotaThreshold) -> (&'static str, &'static str) {
    match reached {
        QuotaThreshold::IssueWarning => (
            "Your mailbox is almost full",
            "Your mailbox is nearly as large as it may be. You can still send and receive mail.",
        ),
        QuotaThreshold::ProhibitSend => (
            "Your mailbox is full: you cannot send mail",
            "Your mailbox is too large. You receive mail, but you cannot send any until it is\r\n\
             smaller.",
        ),
        QuotaThreshold::ProhibitSendReceive => (
            "Your mailbox is full: you cannot send or receive mail",
            "Your mailbox has reached its largest size. You can neither send nor receive mail\r\n\
             until it is smaller; mail for you goes back to its senders.",
        ),
    }
}

/// The limits there are, one a line.
fn limits(quota: &Quota) -> String {
    [
        ("Warning from", quota.limits.warning),
        ("No sending from", quota.limits.prohibit_send),
        ("No receiving from", quota.limits.prohibit_send_receive),
    ]
    .into_iter()
    .filter_map(|(what, limit)| Some(format!("{what}: {}\r\n", readable(limit?))))
    .collect()
}

/// Octets in megabytes, rounded up; small amounts exactly.
fn readable(octets: u64) -> String {
    const MB: u64 = 1 << 20;
    match octets < MB {
        true => ByteQuantity::from_bytes(octets).to_string(),
        false => format!("{} MB", octets.div_ceil(MB)),
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

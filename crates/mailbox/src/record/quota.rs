//! How much a mailbox may hold, and when its owner was last told that it is too much.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_uint};

/// The quotas of an Exchange mailbox, in octets; `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaLimits {
    /// IssueWarningQuota.
    pub warning: Option<u64>,
    /// ProhibitSendQuota.
    pub prohibit_send: Option<u64>,
    /// ProhibitSendReceiveQuota: deliveries, APPEND and copies are refused above it.
    pub prohibit_send_receive: Option<u64>,
    /// RecoverableItemsWarningQuota: above it the oldest deleted items go before their time.
    pub recoverable_warning: Option<u64>,
    /// RecoverableItemsQuota: a deletion that would pass it takes the oldest ones along.
    pub recoverable: Option<u64>,
}

impl Record for QuotaLimits {
    /// The second version has the quotas of Recoverable Items.
    const VERSION: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        for limit in [
            self.warning,
            self.prohibit_send,
            self.prohibit_send_receive,
            self.recoverable_warning,
            self.recoverable,
        ] {
            put_uint(out, limit.map_or(0, |octets| octets.saturating_add(1)));
        }
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        limits(version, payload).map_err(|_| Corrupt("quota limits"))
    }
}

fn limits(version: u8, payload: &[u8]) -> Result<QuotaLimits, Truncated> {
    let mut reader = Reader::new(payload);
    let mut next = || reader.uint().map(|n| n.checked_sub(1));
    let mut limits = QuotaLimits {
        warning: next()?,
        prohibit_send: next()?,
        prohibit_send_receive: next()?,
        ..QuotaLimits::default()
    };
    if version > 1 {
        limits.recoverable_warning = next()?;
        limits.recoverable = next()?;
    }
    Ok(limits)
}

/// When the owner was last told that a limit is reached: seconds since 1970, 0 for never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaNotices {
    /// IssueWarningQuota.
    pub warning: u64,
    /// ProhibitSendQuota.
    pub prohibit_send: u64,
    /// ProhibitSendReceiveQuota.
    pub prohibit_send_receive: u64,
}

impl Record for QuotaNotices {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        for time in [self.warning, self.prohibit_send, self.prohibit_send_receive] {
            put_uint(out, time);
        }
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut next = || reader.uint().map_err(|_| Corrupt("quota notices"));
        Ok(QuotaNotices {
            warning: next()?,
            prohibit_send: next()?,
            prohibit_send_receive: next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn limits_of_the_first_version_say_nothing_of_recoverable_items() {
        let limits = QuotaLimits {
            warning: Some(0),
            prohibit_send_receive: Some(300),
            recoverable: Some(7),
            ..QuotaLimits::default()
        };
        let mut row = Vec::new();
        limits.encode(&mut row);
        assert_eq!(QuotaLimits::decode(2, &row), Ok(limits));
        let first = QuotaLimits { recoverable: None, ..limits };
        assert_eq!(QuotaLimits::decode(1, &row[..row.len() - 2]), Ok(first));
        assert!(QuotaLimits::decode(2, &row[..row.len() - 2]).is_err());
    }
}

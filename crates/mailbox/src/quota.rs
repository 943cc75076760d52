//! How full a mailbox is, against its limits.

use store::ReadExt;

use crate::fault::Fault;
use crate::key::{self, Table};
use crate::record::{Counters, QuotaLimits, QuotaNotices, Retention};
use crate::view::View;

/// How full a mailbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Octets outside Recoverable Items.
    pub octets: u64,
    /// Items outside Recoverable Items.
    pub items: u64,
    /// Octets in Recoverable Items.
    pub recoverable_octets: u64,
    /// Octets of copies and messages that are being staged, and count as soon as they are
    /// published.
    pub staged_octets: u64,
    /// The limits.
    pub limits: QuotaLimits,
}

/// A limit whose owner is told when it is reached, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuotaThreshold {
    /// IssueWarningQuota.
    IssueWarning,
    /// ProhibitSendQuota.
    ProhibitSend,
    /// ProhibitSendReceiveQuota.
    ProhibitSendReceive,
}

impl Quota {
    /// ProhibitSendQuota is reached: the owner may not submit.
    pub fn prohibits_send(&self) -> bool {
        self.limits.prohibit_send.is_some_and(|limit| self.octets >= limit)
    }

    /// Adding `octets` would pass ProhibitSendReceiveQuota, with what is on its way.
    pub fn prohibits_adding(&self, octets: u64) -> bool {
        let with_staged = self.octets.saturating_add(self.staged_octets);
        let limit = self.limits.prohibit_send_receive;
        limit.is_some_and(|limit| with_staged.saturating_add(octets) > limit)
    }

    /// What these counters say, against limits.
    pub(crate) fn new(counters: &Counters, limits: QuotaLimits) -> Self {
        Quota {
            octets: counters.octets,
            items: counters.items,
            recoverable_octets: counters.recoverable_octets,
            staged_octets: counters.staged_octets,
            limits,
        }
    }

    /// The severest limit that is reached. As in Exchange, a warning level of at most half of
    /// ProhibitSendQuota warns of nothing.
    pub fn reached(&self) -> Option<QuotaThreshold> {
        let limits = &self.limits;
        let half = limits.prohibit_send.map_or(0, |limit| limit / 2);
        let warning =
            limits.warning.filter(|warning| limits.prohibit_send.is_none() || *warning > half);
        let reached = |limit: Option<u64>| limit.is_some_and(|limit| self.octets >= limit);
        [
            (QuotaThreshold::ProhibitSendReceive, limits.prohibit_send_receive),
            (QuotaThreshold::ProhibitSend, limits.prohibit_send),
            (QuotaThreshold::IssueWarning, warning),
        ]
        .into_iter()
        .find_map(|(threshold, limit)| reached(limit).then_some(threshold))
    }

    /// Octets in Recoverable Items above RecoverableItemsWarningQuota.
    pub fn recoverable_surplus(&self) -> u64 {
        let limit = self.limits.recoverable_warning;
        limit.map_or(0, |limit| self.recoverable_octets.saturating_sub(limit))
    }
}

impl QuotaNotices {
    /// When the owner was last told of that limit.
    pub fn of(&self, threshold: QuotaThreshold) -> u64 {
        match threshold {
            QuotaThreshold::IssueWarning => self.warning,
            QuotaThreshold::ProhibitSend => self.prohibit_send,
            QuotaThreshold::ProhibitSendReceive => self.prohibit_send_receive,
        }
    }

    /// Notes that the owner was told of that limit at `time`.
    pub fn note(&mut self, threshold: QuotaThreshold, time: u64) {
        match threshold {
            QuotaThreshold::IssueWarning => self.warning = time,
            QuotaThreshold::ProhibitSend => self.prohibit_send = time,
            QuotaThreshold::ProhibitSendReceive => self.prohibit_send_receive = time,
        }
    }
}

impl View<'_> {
    /// How full the mailbox is.
    pub fn quota(&self) -> Result<Quota, Fault> {
        let counters = self.counters()?;
        let limits = self.read.record(&key::table(self.mailbox, Table::Quota))?.unwrap_or_default();
        Ok(Quota::new(&counters, limits))
    }

    /// How long deleted items stay.
    pub fn retention(&self) -> Result<Retention, Fault> {
        Ok(self.read.record(&key::table(self.mailbox, Table::Retention))?.unwrap_or_default())
    }

    /// When the owner was last told of which limit.
    pub fn quota_notices(&self) -> Result<QuotaNotices, Fault> {
        Ok(self.read.record(&key::table(self.mailbox, Table::QuotaNotices))?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_severest_limit_counts() {
        let limits = QuotaLimits {
            warning: Some(80),
            prohibit_send: Some(100),
            prohibit_send_receive: Some(120),
            ..QuotaLimits::default()
        };
        let reached = |octets, limits| {
            Quota::new(&Counters { octets, ..Counters::default() }, limits).reached()
        };
        assert_eq!(reached(79, limits), None);
        assert_eq!(reached(80, limits), Some(QuotaThreshold::IssueWarning));
        assert_eq!(reached(100, limits), Some(QuotaThreshold::ProhibitSend));
        assert_eq!(reached(120, limits), Some(QuotaThreshold::ProhibitSendReceive));
        assert_eq!(reached(60, QuotaLimits { warning: Some(50), ..limits }), None);
        let alone = QuotaLimits { warning: Some(1), ..QuotaLimits::default() };
        assert_eq!(reached(1, alone), Some(QuotaThreshold::IssueWarning));
        assert_eq!(reached(u64::MAX, QuotaLimits::default()), None);
    }
}

//! Limits: set from the directory, asked before anything is added.

use store::ReadExt;

use super::Change;
use crate::fault::Fault;
use crate::key::{self, Table};
use crate::quota::Quota;
use crate::record::{QuotaLimits, QuotaNotices, Retention};

impl Change<'_, '_> {
    /// Sets the quota limits.
    pub fn set_quota(&mut self, limits: &QuotaLimits) -> Result<(), Fault> {
        let key = key::table(self.mailbox, Table::Quota);
        Ok(self.txn.put_record(&key, limits)?)
    }

    /// Sets how long deleted items stay.
    pub fn set_retention(&mut self, retention: &Retention) -> Result<(), Fault> {
        let key = key::table(self.mailbox, Table::Retention);
        Ok(self.txn.put_record(&key, retention)?)
    }

    /// Notes when the owner was told of which limit.
    pub fn set_quota_notices(&mut self, notices: &QuotaNotices) -> Result<(), Fault> {
        let key = key::table(self.mailbox, Table::QuotaNotices);
        Ok(self.txn.put_record(&key, notices)?)
    }

    /// Refuses what would pass ProhibitSendReceiveQuota.
    pub(super) fn check_quota(&mut self, octets: u64) -> Result<(), Fault> {
        let used = self.quota()?;
        if used.prohibits_adding(octets) { Err(Fault::OverQuota) } else { Ok(()) }
    }

    /// Takes off what was staged and is published now, or given up.
    pub(super) fn unstage(&mut self, octets: u64) {
        self.counters.staged_octets = self.counters.staged_octets.saturating_sub(octets);
    }

    /// How full the mailbox is, this change included.
    pub(super) fn quota(&self) -> Result<Quota, Fault> {
        let limits = self.txn.record(&key::table(self.mailbox, Table::Quota))?.unwrap_or_default();
        Ok(Quota::new(&self.counters, limits))
    }
}

//! What a mailbox may hold and how long it keeps what was deleted: as the directory says of
//! it, else as the settings say of its database. The mailbox has a copy in its own rows, where
//! deliveries and deletions look.

use config::settings::MailboxDatabase;
use config::{ByteQuantity, Unlimited};
use mailbox::{Change, Fault, Mailbox, QuotaLimits, Retention};

/// Quotas and retention of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailboxPolicy {
    limits: QuotaLimits,
    retention: Retention,
}

/// What the database says (UseDatabaseQuotaDefaults, UseDatabaseRetentionDefaults).
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseDefaults {
    limits: QuotaLimits,
    retention_secs: u64,
}

impl DatabaseDefaults {
    pub(crate) fn new(settings: &MailboxDatabase) -> Self {
        let limits = QuotaLimits {
            warning: octets(settings.issue_warning_quota),
            prohibit_send: octets(settings.prohibit_send_quota),
            prohibit_send_receive: octets(settings.prohibit_send_receive_quota),
            recoverable_warning: octets(settings.recoverable_items_warning_quota),
            recoverable: octets(settings.recoverable_items_quota),
        };
        let retention_secs = settings.deleted_item_retention.duration().as_secs();
        DatabaseDefaults { limits, retention_secs }
    }

    /// The policy of a mailbox.
    pub(crate) fn policy(&self, mailbox: &directory::Mailbox) -> MailboxPolicy {
        let (quotas, deleted) = (mailbox.quotas, mailbox.recoverable_items);
        let own = QuotaLimits {
            warning: quotas.warn,
            prohibit_send: quotas.prohibit_send,
            prohibit_send_receive: quotas.prohibit_send_receive,
            recoverable_warning: deleted.warn,
            recoverable: deleted.quota,
        };
        MailboxPolicy {
            limits: if mailbox.use_database_quota_defaults { self.limits } else { own },
            retention: Retention {
                deleted_item_secs: deleted.retention_secs.unwrap_or(self.retention_secs),
                single_item_recovery: deleted.single_item_recovery,
            },
        }
    }
}

impl MailboxPolicy {
    /// Brings the policy into the mailbox, unless it is there. Errors: NotFound while nobody has
    /// used the mailbox.
    pub(crate) async fn apply(self, mailbox: &Mailbox) -> Result<(), Fault> {
        let current = mailbox.read(|view| {
            view.meta()?;
            Ok(MailboxPolicy { limits: view.quota()?.limits, retention: view.retention()? })
        });
        match current.await? == self {
            true => Ok(()),
            false => mailbox.write(move |change| self.set(change)).await,
        }
    }

    /// Writes it.
    pub(crate) fn set(self, change: &mut Change<'_, '_>) -> Result<(), Fault> {
        change.set_quota(&self.limits)?;
        change.set_retention(&self.retention)
    }
}

fn octets(limit: Unlimited<ByteQuantity>) -> Option<u64> {
    limit.limit().map(ByteQuantity::bytes)
}

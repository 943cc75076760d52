//! Set-MigrationBatch.

use migration::{Batch, BatchChange};

use super::super::mailbox_request::BadItemLimit;
use super::super::migration_endpoint::MigrationName;
use super::{WHAT, find, may_change, shown, users, warn_if_stopped};
use crate::verb::{Cmdlet, Effect, Object, Role, Session, VerbError, verb};

verb! {
    /// Changes a migration batch that is not completed. Mailboxes that are being brought go by it
    /// when they begin anew: Start-MigrationBatch tries those again that have failed.
    pub struct SetMigrationBatch = "Set-MigrationBatch" (Role::Migration, Effect::Change) {
        /// The batch.
        identity: MigrationName = first,
        /// Messages of each mailbox that may be left out because they cannot be carried over: a
        /// number, or Unlimited.
        bad_item_limit: Option<BadItemLimit>,
        /// A CSV file as New-MigrationBatch has it. Mailboxes in it that are in the batch log in so
        /// from now on, others come into the batch; none leaves it. When a row is wrong, nothing
        /// is changed.
        csv_data: Option<String>,
    }
}

impl Cmdlet for SetMigrationBatch {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = find(session, &self.identity).await?;
        let Batch { name, .. } = before.0.clone();
        may_change(session, &name).await?;
        let users = match &self.csv_data {
            Some(file) => users::read(session, file, &name).await?,
            None => Vec::new(),
        };
        users::may_change(session, &users)?;
        let count = users.len();
        if !session.should_process(format!("Changing {WHAT} {name} and {count} of its mailboxes")) {
            return Ok(());
        }
        let bad_item_limit = self.bad_item_limit.map(|BadItemLimit(limit)| limit);
        let change = BatchChange { bad_item_limit, users };
        session.organization.requests.change_batch(&name, change).await?;
        let after = shown(&find(session, &self.identity).await?);
        let (before, after) = (Object::of(&shown(&before))?, Object::of(&after)?);
        session.modified(name, Some(&before), Some(&after));
        if count > 0 {
            warn_if_stopped(session);
        }
        Ok(())
    }
}

//! New-MigrationBatch.

use migration::NewBatch;

use super::super::mailbox_request::{BadItemLimit, check_patterns};
use super::super::migration_endpoint::{self, MigrationName};
use super::{MigrationBatchObject, WHAT, find, shown, users, warn_if_stopped};
use crate::verb::{Cmdlet, Effect, Object, Role, Session, Switch, VerbError, verb};

verb! {
    /// Makes a batch of mailboxes that come over from another server, by a CSV file with the header
    /// `EmailAddress,UserName,Password`, maybe `UserRoot`. When a row is wrong, nothing is made.
    pub struct NewMigrationBatch = "New-MigrationBatch" (Role::Migration, Effect::Change) {
        /// Its name.
        name: MigrationName = first,
        /// Where the mailboxes come from.
        source_endpoint: MigrationName,
        /// The absolute path of the CSV file on the server, which the server's user can read. It is
        /// not needed any more when the batch is made.
        csv_data: String,
        /// Without these folders: `Projects/2024`, `Projects/*` with what is below, `#Inbox#` by
        /// purpose.
        exclude_folders: Vec<String>,
        /// Messages of each mailbox that may be left out because they cannot be carried over: a
        /// number (0 without it), or Unlimited.
        bad_item_limit: Option<BadItemLimit>,
        /// Begun at once; without it Start-MigrationBatch does.
        auto_start: Switch,
    }
}

impl Cmdlet for NewMigrationBatch {
    type Answer = Vec<MigrationBatchObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        check_patterns(&self.exclude_folders)?;
        let endpoint = migration_endpoint::find(session, &self.source_endpoint).await?;
        // There is no batch of that name yet whose users might come again.
        let users = users::read(session, &self.csv_data, "").await?;
        let (MigrationName(name), count) = (self.name.clone(), users.len());
        session.may_make(&name)?;
        if !session.should_process(format!("Creating {WHAT} {name} of {count} mailboxes")) {
            return Ok(Vec::new());
        }
        let BadItemLimit(bad_item_limit) = self.bad_item_limit.unwrap_or_default();
        let new = NewBatch {
            name,
            endpoint: endpoint.name,
            exclude: self.exclude_folders,
            bad_item_limit,
            started: self.auto_start.0,
            users,
        };
        let batch = session.organization.requests.create_batch(new).await?;
        if self.auto_start.0 {
            warn_if_stopped(session);
        }
        let made = shown(&find(session, &self.name).await?);
        session.modified(batch.name, None, Some(&Object::of(&made)?));
        Ok(vec![made])
    }
}

//! The mailboxes of a batch, from its file. All bad rows are told at once, by line and reason.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use auth::RecipientId;
use directory::Recipient;
use mailbox::Guid;
use migration::{BadRow, BatchUser, CsvRow, Kind, MigrationError, csv_rows, disk};
use tokio::io::AsyncReadExt;
use types::limits::{MIGRATION_CSV_BAD_ROWS_SHOWN_MAX, MIGRATION_CSV_OCTETS_MAX};

use super::super::mailbox_request::refuse_own_data;
use crate::verb::{Session, VerbError};

/// Reads a file for a batch. Errors: Invalid, when a row is wrong.
pub(super) async fn read(
    session: &Session<'_>,
    file: &str,
    batch: &str,
) -> Result<Vec<BatchUser>, VerbError> {
    let path = Path::new(file);
    disk::check_path(path)?;
    refuse_own_data(session, path).await?;
    let octets = octets(path).await?;
    let (rows, mut bad) =
        csv_rows(&octets).map_err(|error| VerbError::Invalid(error.to_string()))?;
    let mut owners = Owners::of(session, batch).await?;
    let mut users = Vec::with_capacity(rows.len());
    for row in rows {
        match owners.check(session, &row) {
            Ok(mailbox) => users.push(user(mailbox, row)),
            Err(why) => bad.push(BadRow { line: row.line, why }),
        }
    }
    match bad.is_empty() {
        true => Ok(users),
        false => Err(refusal(bad)),
    }
}

/// Whether the caller may change the mailboxes of all of them. Errors: OutOfScope.
pub(super) fn may_change(session: &Session<'_>, users: &[BatchUser]) -> Result<(), VerbError> {
    let snapshot = session.snapshot();
    let mut owners =
        users.iter().filter_map(|user| snapshot.recipient(RecipientId(user.mailbox.0)));
    owners.try_for_each(|owner| session.may_change(owner))
}

fn user(mailbox: Guid, row: CsvRow) -> BatchUser {
    BatchUser { mailbox, user: row.user, password: row.password, root: row.root }
}

async fn octets(path: &Path) -> Result<Vec<u8>, VerbError> {
    let wrong = |source| MigrationError::File { path: path.to_owned(), source };
    // What is no regular file might never end, or not begin.
    if !tokio::fs::metadata(path).await.map_err(wrong)?.is_file() {
        return Err(MigrationError::NotRegular(path.to_owned()).into());
    }
    let file = tokio::fs::File::open(path).await.map_err(wrong)?;
    let mut octets = Vec::new();
    let mut limited = file.take(MIGRATION_CSV_OCTETS_MAX + 1);
    limited.read_to_end(&mut octets).await.map_err(wrong)?;
    match octets.len() as u64 > MIGRATION_CSV_OCTETS_MAX {
        true => Err(VerbError::TooLong("CSVData".to_owned())),
        false => Ok(octets),
    }
}

/// Who is in a batch already.
struct Owners {
    /// The line of this file, by mailbox.
    here: HashMap<Guid, u64>,
    /// The name of another batch, by mailbox.
    elsewhere: HashMap<Guid, String>,
}

impl Owners {
    async fn of(session: &Session<'_>, batch: &str) -> Result<Self, VerbError> {
        let all = session.organization.requests.all().await?;
        let imports = all.into_iter().filter(|(request, _)| request.kind == Kind::Import);
        let tagged = imports
            .filter_map(|(request, _)| Some((request.mailbox(), request.batch.clone()?.batch)))
            .filter(|(_, other)| other != batch);
        Ok(Owners { here: HashMap::new(), elsewhere: tagged.collect() })
    }

    /// Whose mailbox a row means. Errors: why it cannot be.
    fn check(&mut self, session: &Session<'_>, row: &CsvRow) -> Result<Guid, String> {
        let owner = owner(session, row)?;
        let mailbox = Guid(owner.id.0);
        if let Some(batch) = self.elsewhere.get(&mailbox) {
            return Err(format!("{} is in the batch {batch:?} already", row.address));
        }
        match self.here.insert(mailbox, row.line) {
            Some(line) => Err(format!("{} is that of line {line} again", row.address)),
            None => Ok(mailbox),
        }
    }
}

/// The recipient with that address, if its mailbox is here.
fn owner(session: &Session<'_>, row: &CsvRow) -> Result<Arc<Recipient>, String> {
    let snapshot = session.snapshot();
    let nobody = || format!("{} is no mailbox here", row.address);
    let found = snapshot.by_address(&row.address).ok_or_else(nobody)?;
    let server = &found.mailbox().ok_or_else(nobody)?.location.server;
    match server.eq_ignore_ascii_case(&session.organization.server) {
        true => Ok(Arc::clone(found)),
        false => Err(format!("{} is on {server}: make the batch there", row.address)),
    }
}

/// `line 2: …; line 9: …; and 3 more rows`.
fn refusal(bad: Vec<BadRow>) -> VerbError {
    let in_order: BTreeMap<u64, String> = bad.into_iter().map(|row| (row.line, row.why)).collect();
    let shown = in_order.iter().take(MIGRATION_CSV_BAD_ROWS_SHOWN_MAX);
    let mut told: Vec<String> = shown.map(|(line, why)| format!("line {line}: {why}")).collect();
    match in_order.len() - told.len() {
        0 => {}
        more => told.push(format!("and {more} more rows")),
    }
    VerbError::Invalid(format!("CSVData has wrong rows: {}", told.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_rows_are_told() {
        let bad = |count| (1..=count).rev().map(|line| BadRow { line, why: "no".to_owned() });
        let most = MIGRATION_CSV_BAD_ROWS_SHOWN_MAX as u64;
        let all = refusal(bad(most).collect()).to_string();
        assert!(all.ends_with(&format!("line {most}: no")), "{all}");
        let some = refusal(bad(most + 2).collect()).to_string();
        assert!(some.ends_with(&format!("line {most}: no; and 2 more rows")), "{some}");
        assert!(some.contains(": line 1: no; line 2: no;"), "{some}");
    }
}

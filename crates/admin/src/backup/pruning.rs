//! `rialto backup --prune`: old backups go out of a repository.

use std::path::Path;

use ::backup::{Keep, Pruned, prune};
use clap::Args;

use crate::{AdminError, Console, Outcome};

/// Which backups are removed.
#[derive(Clone, Debug, Args)]
pub(super) struct Pruning {
    /// Only remove the backups that no --keep option keeps, and the chunks that only they had
    #[arg(long, conflicts_with_all = ["list", "verify"])]
    prune: bool,
    /// Keep so many of the latest
    #[arg(long, value_name = "N", requires = "prune", default_value_t = 0)]
    keep_last: usize,
    /// Keep the latest of each of so many days with a backup
    #[arg(long, value_name = "N", requires = "prune", default_value_t = 0)]
    keep_daily: usize,
    /// Keep the latest of each of so many weeks with a backup
    #[arg(long, value_name = "N", requires = "prune", default_value_t = 0)]
    keep_weekly: usize,
    /// Keep the latest of each of so many months with a backup
    #[arg(long, value_name = "N", requires = "prune", default_value_t = 0)]
    keep_monthly: usize,
    /// Only say what would be removed
    #[arg(long, requires = "prune")]
    what_if: bool,
}

impl Pruning {
    /// Whether it was asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.prune
    }

    /// Removes, and says what.
    pub(super) async fn run(
        &self,
        repository: &Path,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let keep = Keep {
            last: self.keep_last,
            daily: self.keep_daily,
            weekly: self.keep_weekly,
            monthly: self.keep_monthly,
        };
        let (repository, what_if) = (repository.to_owned(), self.what_if);
        let pruned = tokio::task::spawn_blocking(move || prune(&repository, &keep, what_if));
        let Pruned { kept, removed, chunks, octets } = pruned.await??;
        let (stays, goes) = if what_if { ("would stay", "would go") } else { ("stays", "is gone") };
        let lines = kept.iter().map(|id| format!("{id}  {stays}\n"));
        let lines = lines.chain(removed.iter().map(|id| format!("{id}  {goes}\n")));
        let lines: String = lines.collect();
        console.print(&format!(
            "{lines}{} backups, {chunks} chunks, {octets} octets {}\n",
            removed.len(),
            if what_if { "would go" } else { "removed" }
        ))?;
        Ok(Outcome::Good)
    }
}

//! Removing old backups, and the chunks that only they had.
//!
//! What it is not: it judges no contents. While a backup is made, and while a manifest cannot be
//! read, nothing is removed: what such a backup needs is not known.
//!
//! Invariant: a chunk goes only when the names of all manifests that named it are durably gone. What
//! an interruption leaves is chunks that nobody names; the next run removes them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::error::{At, BackupError};
use crate::file;
use crate::manifest::Manifest;
use crate::repository::Repository;

/// Which backups stay, as in restic: each rule goes from the latest backward, and keeps the latest
/// of each span of time until it has kept so many. Days, weeks (ISO 8601) and months are those of UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// So many of the latest.
    pub last: usize,
    /// The latest of each of so many days on which there was one.
    pub daily: usize,
    /// Of so many weeks.
    pub weekly: usize,
    /// Of so many months.
    pub monthly: usize,
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Names of the backups that stay, the oldest first.
    pub kept: Vec<String>,
    /// Of those that do not.
    pub removed: Vec<String>,
    /// Chunks that nobody names any more.
    pub chunks: u64,
    /// Octets of those.
    pub octets: u64,
}

/// Removes the backups of a repository that no rule keeps, and then chunks that nobody names;
/// with `what_if` it only says which. Errors: KeepsNothing; InUse, while a backup is made;
/// Manifest and TooNew, where one cannot be read: then nothing is removed.
pub fn prune(repository: &Path, keep: &Keep, what_if: bool) -> Result<Pruned, BackupError> {
    let repository = Repository::lock(repository)?;
    match what_if {
        true => Ok(plan(&repository, keep)?.pruned),
        false => carry_out(&repository, keep, &mut |path| fs::remove_file(path)),
    }
}

/// What is to be removed.
struct Plan {
    pruned: Pruned,
    chunks: Vec<PathBuf>,
}

fn plan(repository: &Repository, keep: &Keep) -> Result<Plan, BackupError> {
    if *keep == Keep::default() {
        return Err(BackupError::KeepsNothing);
    }
    let mut manifests = Vec::new();
    for listed in repository.list()? {
        manifests.push(listed.manifest?);
    }
    let stays = keep.kept(&manifests);
    let (mut pruned, mut named) = (Pruned::default(), BTreeSet::new());
    for manifest in manifests {
        match stays.contains(&manifest.id) {
            true => {
                named.extend(manifest.files.into_iter().flat_map(|file| file.chunks));
                pruned.kept.push(manifest.id);
            }
            false => pruned.removed.push(manifest.id),
        }
    }
    let mut chunks = repository.objects()?;
    let is_named = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_none_or(|name| named.contains(name))
    };
    chunks.retain(|path| !is_named(path));
    for path in &chunks {
        pruned.octets += path.metadata().at(path)?.len();
        pruned.chunks += 1;
    }
    Ok(Plan { pruned, chunks })
}

/// Removes by `remove`, which tests let fail.
fn carry_out(
    repository: &Repository,
    keep: &Keep,
    remove: &mut dyn FnMut(&Path) -> io::Result<()>,
) -> Result<Pruned, BackupError> {
    let Plan { pruned, chunks } = plan(repository, keep)?;
    for id in &pruned.removed {
        let path = repository.manifest_path(id);
        remove(&path).at(&path)?;
    }
    // An earlier run may have removed names, and ended before they were durably gone.
    let manifests = repository.manifests();
    file::sync_folder(&manifests).at(&manifests)?;
    for path in &chunks {
        remove(path).at(path)?;
    }
    Ok(pruned)
}

impl Keep {
    /// The names of the backups that stay.
    fn kept(&self, manifests: &[Manifest]) -> BTreeSet<String> {
        let newest_first = || manifests.iter().rev();
        let mut kept: BTreeSet<String> =
            newest_first().take(self.last).map(|manifest| manifest.id.clone()).collect();
        let spans: [(usize, SpanOf); 3] = [
            (self.daily, |date| (date.year(), date.day_of_year())),
            (self.weekly, |date| {
                let week = date.iso_week_date();
                (week.year(), week.week().into())
            }),
            (self.monthly, |date| (date.year(), date.month().into())),
        ];
        for (most, span) in spans {
            let mut seen = BTreeSet::new();
            for manifest in newest_first() {
                match date(manifest) {
                    // Of no known time: not ours to remove.
                    None => drop(kept.insert(manifest.id.clone())),
                    Some(date) if seen.len() < most && seen.insert(span(date)) => {
                        kept.insert(manifest.id.clone());
                    }
                    Some(_) => {}
                }
            }
        }
        kept
    }
}

/// A span of time that a day lies in: the year, and which of its days, weeks or months.
type SpanOf = fn(Date) -> (i16, i16);

/// The day on which a backup was begun.
fn date(manifest: &Manifest) -> Option<Date> {
    const DATE_OCTETS: usize = "2026-11-23".len();
    manifest.time.get(..DATE_OCTETS)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{BackupFile, VERSION};
    use crate::progress::Silent;
    use crate::verify;

    fn manifest(time: &str, files: Vec<BackupFile>) -> Manifest {
        let id = time.replace(['-', ':'], "");
        let data_directory = String::new();
        Manifest { version: VERSION, id, time: time.to_owned(), data_directory, files }
    }

    /// A repository of backups, each of a chunk that all have and one that it alone has.
    fn repository(folder: &Path, times: &[&str]) {
        let mut repository = Repository::create(folder).unwrap();
        for time in times {
            let chunks =
                vec![repository.put(b"all").unwrap().0, repository.put(time.as_bytes()).unwrap().0];
            let file = BackupFile { path: "file".to_owned(), octets: 23, chunks };
            repository.finish(manifest(time, vec![file])).unwrap();
        }
    }

    const TIMES: [&str; 6] = [
        "2026-09-30T10:00:00Z",
        "2026-10-31T10:00:00Z",
        "2026-11-22T10:00:00Z",
        "2026-11-23T10:00:00Z",
        "2026-11-24T10:00:00Z",
        "2026-11-24T11:00:00Z",
    ];

    #[test]
    fn each_rule_keeps_the_latest_of_its_spans() {
        let manifests = TIMES.map(|time| manifest(time, Vec::new()));
        let none = Keep::default();
        // The 22nd is a Sunday, and the 23rd begins a week.
        for (keep, kept) in [
            (Keep { last: 2, ..none }, &[4, 5][..]),
            (Keep { daily: 2, ..none }, &[3, 5]),
            (Keep { weekly: 2, ..none }, &[2, 5]),
            (Keep { monthly: 2, ..none }, &[1, 5]),
            (Keep { last: 1, monthly: 9, ..none }, &[0, 1, 5]),
            (Keep { last: 9, ..none }, &[0, 1, 2, 3, 4, 5]),
        ] {
            let expected = kept.iter().map(|&at: &usize| manifests[at].id.clone()).collect();
            assert_eq!(keep.kept(&manifests), expected, "{keep:?}");
        }
        let strange = [manifest("some day", Vec::new())];
        assert_eq!(Keep { daily: 1, ..none }.kept(&strange).len(), 1, "is not removed");
    }

    #[test]
    fn what_nobody_names_goes_and_the_rest_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        repository(folder.path(), &TIMES);
        let keep = Keep { last: 2, ..Keep::default() };
        let planned = prune(folder.path(), &keep, true).unwrap();
        let there = || Repository::open(folder.path()).unwrap();
        assert_eq!((there().list().unwrap().len(), there().objects().unwrap().len()), (6, 7));
        let pruned = prune(folder.path(), &keep, false).unwrap();
        assert_eq!(pruned, planned);
        assert_eq!((pruned.kept.len(), pruned.removed.len()), (2, 4));
        assert_eq!((pruned.chunks, pruned.octets), (4, 4 * TIMES[0].len() as u64));
        let report = verify(&there(), &mut Silent).unwrap();
        assert_eq!((report.backups, report.chunks, report.findings.len()), (2, 3, 0));
        assert_eq!(there().objects().unwrap().len(), 3);
    }

    #[test]
    fn an_interruption_anywhere_damages_no_backup_and_the_next_run_ends_it() {
        let keep = Keep { weekly: 1, ..Keep::default() };
        // Five manifests and their five chunks go.
        for removals in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            repository(folder.path(), &TIMES);
            let mut left = removals;
            let locked = Repository::lock(folder.path()).unwrap();
            let mut remove = |path: &Path| match left {
                0 => Err(io::Error::other("killed")),
                _ => {
                    left -= 1;
                    fs::remove_file(path)
                }
            };
            carry_out(&locked, &keep, &mut remove).unwrap_err();
            drop(locked);
            let there = || Repository::open(folder.path()).unwrap();
            assert!(verify(&there(), &mut Silent).unwrap().findings.is_empty(), "{removals}");
            prune(folder.path(), &keep, false).unwrap();
            let (list, objects) = (there().list().unwrap(), there().objects().unwrap());
            assert_eq!((list.len(), objects.len()), (1, 2), "{removals}");
        }
    }

    #[test]
    fn nothing_is_removed_where_it_is_not_known_what_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep { last: 1, ..Keep::default() };
        let refused = |keep: &Keep| prune(folder.path(), keep, false).unwrap_err();
        assert!(matches!(refused(&keep), BackupError::NoRepository(_)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "none is made");
        repository(folder.path(), &TIMES);
        assert!(matches!(refused(&Keep::default()), BackupError::KeepsNothing));
        let busy = Repository::create(folder.path()).unwrap();
        assert!(matches!(refused(&keep), BackupError::InUse(_)));
        let damaged = busy.manifest_path("20260930T100000Z");
        drop(busy);
        fs::write(damaged, "{}").unwrap();
        assert!(matches!(refused(&keep), BackupError::Manifest { .. }));
        let there = Repository::open(folder.path()).unwrap();
        assert_eq!((there.list().unwrap().len(), there.objects().unwrap().len()), (6, 7));
    }
}

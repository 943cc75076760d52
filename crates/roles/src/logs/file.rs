//! The files of one log: a new one for each period and when one is full; old ones go.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use types::Timestamp;

use super::kind::{Kind, Limits};
use super::row::Row;
use crate::private;

/// How files' names end.
pub(super) const EXTENSION: &str = ".LOG";

/// A log as its writer sees it.
pub(super) struct LogFile {
    kind: Kind,
    folder: PathBuf,
    limits: Limits,
    open: Option<Open>,
}

/// The file that is written to.
struct Open {
    period: String,
    /// An hour of the period: lines of it need no look at the calendar.
    hour: i64,
    number: u32,
    out: BufWriter<File>,
    octets: u64,
}

impl LogFile {
    pub(super) fn new(kind: Kind, root: &Path, limits: Limits) -> Self {
        LogFile { kind, folder: kind.folder(root), limits, open: None }
    }

    /// Writes a line, into the next file where it is time for that.
    pub(super) fn append(&mut self, row: &Row) -> io::Result<()> {
        let octets = row.line.len() as u64;
        let fits = self.fits(row.at, octets);
        let mut open = match self.open.take() {
            Some(open) if fits => open,
            Some(mut full) => {
                full.out.flush()?;
                let period = self.kind.period(row.at);
                let period = period.max(full.period.clone());
                let number = if period == full.period { full.number + 1 } else { 1 };
                self.begin(period, number, row.at)?
            }
            None => self.begin_after_restart(self.kind.period(row.at), octets, row.at)?,
        };
        open.out.write_all(row.line.as_bytes())?;
        open.octets += octets;
        self.open = Some(open);
        Ok(())
    }

    /// Hands what was written to the system.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |open| open.out.flush())
    }

    /// Whether the open file takes a line of this moment.
    fn fits(&mut self, at: Timestamp, octets: u64) -> bool {
        let kind = self.kind;
        let covered = self.open.as_mut().is_some_and(|open| open.covers(kind, at));
        covered && self.open.as_ref().is_some_and(|open| self.has_room(open.octets, octets))
    }

    /// A file takes one line however small it may be.
    fn has_room(&self, octets: u64, more: u64) -> bool {
        octets == 0 || octets + more <= self.limits.file_octets
    }

    /// Goes on with the last file of the period, or behind it.
    fn begin_after_restart(&self, period: String, more: u64, at: Timestamp) -> io::Result<Open> {
        private::create_folder(&self.folder)?;
        let mut number = self.last_number(&period)?;
        let octets = fs::metadata(self.path(&period, number)).map_or(0, |file| file.len());
        if !self.has_room(octets, more) {
            number += 1;
        }
        self.begin(period, number, at)
    }

    fn begin(&self, period: String, number: u32, at: Timestamp) -> io::Result<Open> {
        let path = self.path(&period, number);
        self.remove_old(&path, at)?;
        let file = private::append_to_file(&path)?;
        let octets = file.metadata()?.len();
        let mut open = Open { period, hour: hour(at), number, out: BufWriter::new(file), octets };
        if octets == 0 {
            open.out.write_all(self.kind.head(at).as_bytes())?;
        } else if !ends_with_a_line(&path)? {
            // A kill cut the last one; the next one is not to be lost with it.
            open.out.write_all(b"\r\n")?;
        }
        Ok(open)
    }

    fn path(&self, period: &str, number: u32) -> PathBuf {
        self.folder.join(format!("{}{period}-{number}{EXTENSION}", self.kind.prefix()))
    }

    /// The number of the period's last file; 1 when there is none.
    fn last_number(&self, period: &str) -> io::Result<u32> {
        let head = format!("{}{period}-", self.kind.prefix());
        let number = |name: &str| name.strip_prefix(&head)?.strip_suffix(EXTENSION)?.parse().ok();
        let files = self.files()?;
        let names = files.iter().filter_map(|file| file.path.file_name()?.to_str());
        Ok(names.filter_map(number).max().unwrap_or(1))
    }

    /// Deletes files beyond the greatest age, then the oldest while all are too large. What
    /// the file that begins will take is counted, so that the folder stays below its limit.
    fn remove_old(&self, begins: &Path, now: Timestamp) -> io::Result<()> {
        let mut files = self.files()?;
        files.retain(|file| file.path != begins);
        files.sort_by_key(|file| (file.modified, file.path.clone()));
        let Limits { folder_octets, file_octets, .. } = self.limits;
        let reserved = if file_octets < folder_octets { file_octets } else { 0 };
        let room = folder_octets - reserved;
        let mut octets: u64 = files.iter().map(|file| file.octets).sum();
        for file in files {
            let age = now.since(file.modified.into());
            let too_old = self.limits.age.secs() > 0 && age > self.limits.age.duration();
            if too_old || octets > room {
                fs::remove_file(&file.path)?;
                octets -= file.octets;
            }
        }
        Ok(())
    }

    /// The files of this log.
    fn files(&self) -> io::Result<Vec<OnDisk>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(self.kind.prefix()) && name.ends_with(EXTENSION) {
                let about = fs::metadata(&path)?;
                files.push(OnDisk { modified: about.modified()?, octets: about.len(), path });
            }
        }
        Ok(files)
    }
}

impl Open {
    /// Whether a line of this moment belongs here. Lines of a moment ago stay behind later ones.
    fn covers(&mut self, kind: Kind, at: Timestamp) -> bool {
        if hour(at) > self.hour && kind.period(at) <= self.period {
            self.hour = hour(at);
        }
        hour(at) <= self.hour
    }
}

/// Hours since 1970.
fn hour(at: Timestamp) -> i64 {
    at.secs().div_euclid(3600)
}

struct OnDisk {
    path: PathBuf,
    modified: SystemTime,
    octets: u64,
}

fn ends_with_a_line(path: &Path) -> io::Result<bool> {
    let (mut file, mut last) = (File::open(path)?, [0]);
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use config::TimeSpan;

    use super::*;

    const KIND: Kind = Kind::Connectivity;
    const UNLIMITED: Limits =
        Limits { age: TimeSpan::from_secs(0), folder_octets: u64::MAX, file_octets: u64::MAX };

    fn row(day: i64, text: &str) -> Row {
        Row::new(Timestamp::from_secs(day * 86_400), &[text])
    }

    fn written(root: &Path, limits: Limits, rows: &[Row]) -> LogFile {
        let mut log = LogFile::new(KIND, root, limits);
        for row in rows {
            log.append(row).unwrap();
            log.flush().unwrap();
        }
        log
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(KIND.folder(root)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_line_that_was_cut_ends_before_the_next_one_begins() {
        let root = tempfile::tempdir().unwrap();
        let row = |text| row(0, text);
        drop(written(root.path(), UNLIMITED, &[row("whole"), row("cut")]));
        let path = KIND.folder(root.path()).join(&names(root.path())[0]);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 4]).unwrap();
        for next in ["next", "last"] {
            drop(written(root.path(), UNLIMITED, &[row(next)]));
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[2..], [row("next").line.trim_end(), row("last").line.trim_end()]);
    }

    #[test]
    fn a_day_has_its_file_and_a_full_file_has_a_successor() {
        let root = tempfile::tempdir().unwrap();
        let limits = Limits { file_octets: 400, ..UNLIMITED };
        let long = "x".repeat(300);
        let rows = [row(0, &long), row(0, &long), row(1, "next day"), row(0, "a moment ago")];
        written(root.path(), limits, &rows);
        let expected =
            ["CONNECTLOG19700101-1.LOG", "CONNECTLOG19700101-2.LOG", "CONNECTLOG19700102-1.LOG"];
        assert_eq!(names(root.path()), expected);
        written(root.path(), limits, &[row(1, "after a restart")]);
        assert_eq!(names(root.path()), expected);
        let last = fs::read_to_string(KIND.folder(root.path()).join(expected[2])).unwrap();
        let lines: Vec<_> = last.lines().collect();
        assert_eq!(lines[0], "#Software: Rialto");
        assert_eq!(lines[4], format!("#Fields: {CONNECTIVITY}"));
        let texts: Vec<_> = lines[5..].iter().map(|line| &line[25..]).collect();
        assert_eq!(texts, ["next day", "a moment ago", "after a restart"]);
        written(root.path(), limits, &[row(1, &long)]);
        assert_eq!(names(root.path()).last().unwrap(), "CONNECTLOG19700102-2.LOG");
    }

    const CONNECTIVITY: &str = "date-time,session,source,destination,direction,description";

    #[test]
    fn old_files_and_those_beyond_the_folders_size_go() {
        let root = tempfile::tempdir().unwrap();
        let folder = KIND.folder(root.path());
        let text = "x".repeat(100);
        written(root.path(), UNLIMITED, &[row(0, &text), row(1, &text), row(2, &text)]);
        let day = |day: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400);
        for (number, name) in names(root.path()).iter().enumerate() {
            let file = File::options().append(true).open(folder.join(name)).unwrap();
            file.set_modified(day(number as u64)).unwrap();
        }
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        let aged = Limits { age: TimeSpan::from_secs(2 * 86_400), ..UNLIMITED };
        written(root.path(), aged, &[row(3, &text)]);
        let left = names(root.path());
        assert_eq!(left[0], "CONNECTLOG19700102-1.LOG");
        assert_eq!(left.len(), 4);
        let small = Limits { folder_octets: 600, file_octets: 300, ..UNLIMITED };
        written(root.path(), small, &[row(4, &text)]);
        let octets: u64 =
            names(root.path()).iter().map(|n| fs::metadata(folder.join(n)).unwrap().len()).sum();
        assert!(octets <= 600, "{octets}");
        assert!(names(root.path()).contains(&"notes.txt".to_owned()));
    }

    #[test]
    fn hours_share_the_file_of_their_day_and_part_in_message_tracking() {
        let root = tempfile::tempdir().unwrap();
        for kind in [Kind::Connectivity, Kind::Tracking] {
            let mut log = LogFile::new(kind, root.path(), UNLIMITED);
            for hour in [0, 5, 4, 23] {
                log.append(&Row::new(Timestamp::from_secs(hour * 3600), &["x"])).unwrap();
            }
            log.flush().unwrap();
        }
        let count = |kind: Kind| fs::read_dir(kind.folder(root.path())).unwrap().count();
        assert_eq!((count(Kind::Connectivity), count(Kind::Tracking)), (1, 3));
    }

    #[test]
    fn only_the_owner_reads_logs() {
        let root = tempfile::tempdir().unwrap();
        written(root.path(), UNLIMITED, &[row(0, "x")]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = KIND.folder(root.path());
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("CONNECTLOG19700101-1.LOG")), 0o600);
    }
}

//! Reading the message tracking log: its files one after the other, line by line.
//!
//! Only files whose hour lies within what is asked for are opened. A file's hour is the latest
//! of its lines; a line of a moment ago may stand in the file of the next hour, so that one is
//! read too. Files that are deleted meanwhile are passed over.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::ops::{ControlFlow, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use admin::tracking_log::TrackingLog;
use transport::tracking::TrackingRecord;
use types::Timestamp;
use types::limits::TRACKING_LINE_OCTETS_MAX;

use super::file::EXTENSION;
use super::kind::Kind;
use super::{FOLDER_NAME, Logs};

const HOUR: Duration = Duration::from_secs(3600);
/// Within the calendar of file names, with an hour to spare: 9999-12-30T00:00:00Z.
const LATEST: Timestamp = Timestamp::from_secs(253_402_128_000);

/// The files of the message tracking log, and who writes them while the server runs.
pub(crate) struct TrackingFiles {
    folder: PathBuf,
    writer: Option<Arc<Logs>>,
}

impl TrackingFiles {
    /// Those in a data directory.
    pub(crate) fn new(data_directory: &Path, writer: Option<Arc<Logs>>) -> Self {
        TrackingFiles { folder: Kind::Tracking.folder(&data_directory.join(FOLDER_NAME)), writer }
    }

    /// The files that may have lines of a span of time, oldest first.
    fn within(&self, span: &RangeInclusive<Timestamp>) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let first = Kind::Tracking.period(*span.start());
        let last = Kind::Tracking.period((*span.end()).min(LATEST).plus(HOUR));
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let age = path.file_name().and_then(|name| period_and_number(name.to_str()?));
            files.extend(age.map(|age| (age, path)));
        }
        files.retain(|((period, _), _)| (&first..=&last).contains(&period));
        files.sort();
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }
}

impl TrackingLog for TrackingFiles {
    fn visit(
        &self,
        span: RangeInclusive<Timestamp>,
        visitor: &mut dyn FnMut(TrackingRecord) -> ControlFlow<()>,
    ) -> io::Result<()> {
        if let Some(writer) = &self.writer {
            writer.flush();
        }
        for path in self.within(&span)? {
            let file = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            let mut lines = Lines { file: BufReader::new(file), line: Vec::new() };
            while let Some(line) = lines.next()? {
                let record = TrackingRecord::parse(line);
                let record = record.filter(|record| span.contains(&record.date_time));
                if record.is_some_and(|record| visitor(record).is_break()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// `2026112310` and 2 of `MSGTRK2026112310-2.LOG`.
fn period_and_number(name: &str) -> Option<(String, u32)> {
    let rest = name.strip_prefix(Kind::Tracking.prefix())?.strip_suffix(EXTENSION)?;
    let (period, number) = rest.split_once('-')?;
    Some((period.to_owned(), number.parse().ok()?))
}

/// The whole lines of a file; what is longer than a record may be, or cut at the end of the file,
/// is passed over.
struct Lines<R> {
    file: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The next line without its end.
    fn next(&mut self) -> io::Result<Option<&str>> {
        let mut is_rest = false;
        loop {
            self.line.clear();
            // A line of the greatest length with its end.
            let most = TRACKING_LINE_OCTETS_MAX as u64 + 2;
            if self.file.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            let is_ended = self.line.ends_with(b"\n");
            if is_ended && !is_rest {
                break;
            }
            is_rest = !is_ended;
        }
        let text = str::from_utf8(&self.line).unwrap_or_default();
        Ok(Some(text.trim_end_matches(['\r', '\n'])))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::super::row::Row;
    use super::*;

    const DAY: i64 = 1_795_132_800;

    fn at(hour: i64, second: i64) -> Timestamp {
        Timestamp::from_secs(DAY + hour * 3600 + second)
    }

    fn line(at: Timestamp, subject: &str) -> String {
        let record =
            TrackingRecord { message_subject: subject.to_owned(), ..TrackingRecord::default() };
        Row::new(at, &record.values()).line
    }

    fn subjects(files: &TrackingFiles, span: RangeInclusive<Timestamp>) -> Vec<String> {
        let mut found = Vec::new();
        let mut visitor = |record: TrackingRecord| {
            found.push(record.message_subject);
            ControlFlow::Continue(())
        };
        files.visit(span, &mut visitor).unwrap();
        found
    }

    /// A log with these files.
    fn log(root: &Path, contents: &[(&str, String)]) -> TrackingFiles {
        let files = TrackingFiles::new(root, None);
        fs::create_dir_all(&files.folder).unwrap();
        for (name, text) in contents {
            fs::write(files.folder.join(name), text).unwrap();
        }
        files
    }

    fn everything() -> RangeInclusive<Timestamp> {
        Timestamp::EPOCH..=Timestamp::from_micros(i64::MAX)
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let mut number = 0;
        let mut next = || {
            number += 1;
            ["plain", "a,b", "say \"hi\"", "\"", "", "ü;ß", ",,"][number % 7].to_owned()
        };
        let record = TrackingRecord {
            date_time: Timestamp::from_micros(1_795_169_730_125_000),
            client_hostname: next(),
            recipient_address: next(),
            recipient_status: next(),
            message_subject: next(),
            sender_address: next(),
            custom_data: next(),
            schema_version: next(),
            ..TrackingRecord::default()
        };
        let row = Row::new(record.date_time, &record.values());
        assert_eq!(TrackingRecord::parse(row.line.trim_end()), Some(record));
    }

    #[test]
    fn files_are_read_in_the_order_of_their_numbers() {
        let root = tempfile::tempdir().unwrap();
        let head = Kind::Tracking.head(at(10, 0));
        let files = log(
            root.path(),
            &[
                ("MSGTRK2026112010-10.LOG", line(at(10, 3), "third")),
                ("MSGTRK2026112010-2.LOG", line(at(10, 2), "second")),
                ("MSGTRK2026112010-1.LOG", head + &line(at(10, 1), "first")),
                ("MSGTRK2026112009-7.LOG", line(at(9, 9), "before")),
                ("notes.txt", line(at(10, 4), "mine")),
                ("MSGTRKMA2026112010-1.LOG", line(at(10, 5), "another log")),
            ],
        );
        assert_eq!(subjects(&files, everything()), ["before", "first", "second", "third"]);
        let mut first = Vec::new();
        let mut visitor = |record: TrackingRecord| {
            first.push(record.message_subject);
            ControlFlow::Break(())
        };
        files.visit(everything(), &mut visitor).unwrap();
        assert_eq!(first, ["before"]);
    }

    #[test]
    fn only_files_within_the_span_are_opened() {
        let root = tempfile::tempdir().unwrap();
        let files = log(
            root.path(),
            &[
                ("MSGTRK2026112010-1.LOG", line(at(10, 1), "asked for") + &line(at(10, 9), "late")),
                ("MSGTRK2026112011-1.LOG", line(at(10, 2), "a moment ago")),
                ("MSGTRK2026112009-1.LOG", line(at(10, 3), "not looked at")),
                ("MSGTRK2026112012-1.LOG", line(at(10, 3), "nor here")),
            ],
        );
        assert_eq!(subjects(&files, at(10, 0)..=at(10, 5)), ["asked for", "a moment ago"]);
        let none = TrackingFiles::new(&root.path().join("none"), None);
        assert!(subjects(&none, everything()).is_empty());
    }

    #[test]
    fn cut_and_overlong_lines_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let name = "MSGTRK2026112010-1.LOG";
        let files = log(root.path(), &[(name, line(at(10, 1), "whole"))]);
        let open = File::options().append(true).open(files.folder.join(name));
        let mut file = open.unwrap();
        file.write_all(&vec![b'x'; TRACKING_LINE_OCTETS_MAX * 3]).unwrap();
        file.write_all(b"\r\n\xff\xfe\r\n").unwrap();
        file.write_all(line(at(10, 2), "after it").as_bytes()).unwrap();
        let last = line(at(10, 3), "cut");
        file.write_all(&last.as_bytes()[..last.len() - 1]).unwrap();
        assert_eq!(subjects(&files, everything()), ["whole", "after it"]);
    }
}

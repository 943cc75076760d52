//! Checking a whole store: the engine's structures, every row's frame, every blob's checksum.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use types::SystemClock;

use crate::blob::{Locator, Place};
use crate::database::SEGMENTS_DIRECTORY;
use crate::engine::Engine;
use crate::engine::sqlite::Sqlite;
use crate::error::{StoreError, hex};
use crate::frame;
use crate::keys;
use crate::read::Row;
use crate::segment::Segments;

/// Damage that is told one by one; more is only counted.
const FINDINGS_MAX: usize = 10_000;

/// What a check saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows looked at.
    pub rows: u64,
    /// Blobs in segment files looked at.
    pub segment_blobs: u64,
    /// Octets of rows and segment blobs.
    pub octets: u64,
    /// What is wrong: the first of it, at most 10,000.
    pub findings: Vec<Finding>,
    /// How much is wrong.
    pub faults: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.faults == 0
    }

    fn add(&mut self, place: Damaged, what: impl ToString) {
        self.faults += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { place, what: what.to_string() });
        }
    }
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Damaged,
    /// What, in words.
    pub what: String,
}

/// What is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// The engine's own structures.
    Engine,
    /// The row with this key, as far as the key itself is to be trusted.
    Row(Vec<u8>),
    /// The octets in a segment file of the blob whose row has this key.
    Blob {
        /// Key of the blob's row.
        key: Vec<u8>,
        /// Number of the segment file.
        file: u64,
        /// Offset of the record in it.
        offset: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Damaged::Engine => write!(f, "engine: {}", self.what),
            Damaged::Row(key) => {
                write!(f, "{} row {}: {}", keys::space_name(key), hex(key), self.what)
            }
            Damaged::Blob { key, file, offset } => {
                write!(f, "blob {} in segment {file} at {offset}: {}", hex(key), self.what)
            }
        }
    }
}

/// Checks the store in a directory that no process has open. What cannot even be opened is a
/// finding too.
pub fn verify_directory(directory: &Path) -> Result<Report, StoreError> {
    if !directory.is_dir() {
        return Err(std::io::Error::from(std::io::ErrorKind::NotADirectory).into());
    }
    let segments = Segments::open(&directory.join(SEGMENTS_DIRECTORY), Arc::new(SystemClock))?;
    match Sqlite::open(directory).map_err(StoreError::from) {
        Ok(engine) => Ok(verify(&engine, &segments)),
        Err(in_use @ StoreError::InUse(_)) => Err(in_use),
        Err(error) => {
            let mut report = Report::default();
            report.add(Damaged::Engine, error);
            Ok(report)
        }
    }
}

/// Checks a store that is open; writes may go on meanwhile.
pub(crate) fn verify(engine: &dyn Engine, segments: &Segments) -> Report {
    let mut report = Report::default();
    let checked = engine.verify(&mut |key, framed| {
        check_row(&mut report, segments, key, framed);
        ControlFlow::Continue(())
    });
    match checked {
        Ok(findings) => {
            findings.into_iter().for_each(|finding| report.add(Damaged::Engine, finding));
        }
        Err(error) => report.add(Damaged::Engine, error),
    }
    report
}

fn check_row(report: &mut Report, segments: &Segments, key: &[u8], framed: &[u8]) {
    report.rows += 1;
    report.octets += (key.len() + framed.len()) as u64;
    let (version, payload) = match frame::open(key, framed) {
        Ok(opened) => opened,
        Err(corrupt) => return report.add(Damaged::Row(key.into()), corrupt),
    };
    if keys::blob_number(key).is_none() {
        return;
    }
    match Place::decode(&Row { version, payload: Bytes::copy_from_slice(payload) }) {
        Ok(Place::Inline(_)) => {}
        Ok(Place::Segment(place)) => check_blob(report, segments, key, place),
        Err(corrupt) => report.add(Damaged::Row(key.into()), corrupt),
    }
}

fn check_blob(report: &mut Report, segments: &Segments, key: &[u8], place: Locator) {
    report.segment_blobs += 1;
    report.octets += place.octets;
    let checked = segments.file(place.file).and_then(|file| file.check_record(place));
    if let Err(error) = checked {
        let Locator { file, offset, .. } = place;
        report.add(Damaged::Blob { key: key.into(), file, offset }, error);
    }
}

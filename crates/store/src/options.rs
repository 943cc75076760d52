//! How a database is opened.

use std::path::PathBuf;
use std::sync::Arc;

use types::limits::SNAPSHOT_MS_MAX;
use types::{Clock, SystemClock};

use crate::schema::Schema;
use crate::space::SpaceProbe;

/// Which engine holds the rows.
#[derive(Clone, Debug)]
pub enum EngineKind {
    /// SQLite and segment files in this directory, which is made if it is not there.
    Sqlite(PathBuf),
    /// Memory, for tests.
    Memory,
}

/// What a database needs to know when it is opened.
#[derive(Debug)]
pub struct Options {
    /// Where the rows are.
    pub engine: EngineKind,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The schema of the rows, and how older ones become it.
    pub schema: Schema,
    /// Octets of the disk that growth must leave free; `None`: 512 MiB, or a twentieth of a
    /// small disk.
    pub reserve_octets: Option<u64>,
    /// Who tells how much room there is; `None`: the file system, for an engine on disk.
    pub space: Option<Box<dyn SpaceProbe>>,
    /// Milliseconds after which a reader should end its snapshot: `SNAPSHOT_MS_MAX`, less in
    /// tests of what goes on in another one.
    pub snapshot_ms_max: u64,
}

impl Options {
    /// SQLite in `directory`, with the system's clock.
    pub fn sqlite(directory: impl Into<PathBuf>) -> Self {
        Options::new(EngineKind::Sqlite(directory.into()))
    }

    /// Memory, with the system's clock.
    pub fn memory() -> Self {
        Options::new(EngineKind::Memory)
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn new(engine: EngineKind) -> Self {
        Options {
            engine,
            clock: Arc::new(SystemClock),
            schema: Schema::default(),
            reserve_octets: None,
            space: None,
            snapshot_ms_max: SNAPSHOT_MS_MAX,
        }
    }
}

//! Room on the disk: writes that grow the store stop while a reserve is left.
//!
//! The reserve keeps deletions, the log's checkpoints and the operator's own tools working.
//! The file system is asked at most once a second; the service returns by itself.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::StoreError;
use crate::sync::lock;

/// Reserve unless set otherwise: this, or the share below of a small disk.
const RESERVE_OCTETS_DEFAULT: u64 = 512 * 1024 * 1024;
const RESERVE_SHARE_OF_DISK: u64 = 20;
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What a file system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Octets in all.
    pub total_octets: u64,
    /// Octets that we may still write.
    pub free_octets: u64,
}

/// Tells how much room there is; tests put their own in.
pub trait SpaceProbe: Send + Sync + fmt::Debug {
    /// The room now.
    fn room(&self) -> io::Result<Room>;
}

/// Asks the file system that holds a path.
#[derive(Clone, Debug)]
pub struct FileSystemProbe(PathBuf);

impl FileSystemProbe {
    /// A probe of the file system that holds `path`.
    pub fn new(path: &Path) -> Self {
        FileSystemProbe(path.into())
    }
}

impl SpaceProbe for FileSystemProbe {
    fn room(&self) -> io::Result<Room> {
        let stat = rustix::fs::statvfs(&self.0)?;
        Ok(Room {
            total_octets: stat.f_blocks.saturating_mul(stat.f_frsize),
            free_octets: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }
}

/// Watches the reserve of one database.
pub(crate) struct Space {
    probe: Option<Box<dyn SpaceProbe>>,
    reserve_octets: Option<u64>,
    low: AtomicBool,
    ask_at: Mutex<Instant>,
    ask_every: Duration,
}

impl Space {
    /// `probe: None` never runs low.
    pub(crate) fn new(probe: Option<Box<dyn SpaceProbe>>, reserve_octets: Option<u64>) -> Self {
        Space {
            probe,
            reserve_octets,
            low: AtomicBool::new(false),
            ask_at: Mutex::new(Instant::now()),
            ask_every: ASK_EVERY,
        }
    }

    #[cfg(test)]
    pub(crate) fn recovered(&self) {
        self.set(false);
    }

    /// The same, but asks each time.
    #[cfg(test)]
    pub(crate) fn asking_always(mut self) -> Self {
        self.ask_every = Duration::ZERO;
        self
    }

    /// An error while the disk is nearly full.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.is_low() {
            true => Err(StoreError::DiskNearlyFull),
            false => Ok(()),
        }
    }

    /// Whether less than the reserve is free.
    pub(crate) fn is_low(&self) -> bool {
        if let Some(probe) = &self.probe
            && self.is_due()
        {
            self.ask(&**probe);
        }
        self.low.load(Ordering::Relaxed)
    }

    /// Notes that a write has found no room, whatever the file system says.
    pub(crate) fn ran_out(&self) {
        self.set(true);
    }

    fn is_due(&self) -> bool {
        let now = Instant::now();
        let mut ask_at = lock(&self.ask_at);
        let due = now >= *ask_at;
        if due {
            *ask_at = now + self.ask_every;
        }
        due
    }

    fn ask(&self, probe: &dyn SpaceProbe) {
        match probe.room() {
            Ok(room) => self.set(room.free_octets < self.reserve(room)),
            Err(error) => tracing::warn!(%error, "cannot tell how much room the disk has"),
        }
    }

    fn reserve(&self, room: Room) -> u64 {
        let share = room.total_octets / RESERVE_SHARE_OF_DISK;
        self.reserve_octets.unwrap_or(RESERVE_OCTETS_DEFAULT.min(share))
    }

    fn set(&self, low: bool) {
        if self.low.swap(low, Ordering::Relaxed) == low {
            return;
        }
        match low {
            true => tracing::error!("the disk is nearly full: writes that grow the store stop"),
            false => tracing::info!("the disk has room again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(Room);

    impl SpaceProbe for Fixed {
        fn room(&self) -> io::Result<Room> {
            Ok(self.0)
        }
    }

    fn is_low(total: u64, free: u64, reserve: Option<u64>) -> bool {
        let room = Room { total_octets: total, free_octets: free };
        Space::new(Some(Box::new(Fixed(room))), reserve).is_low()
    }

    #[test]
    fn the_reserve_is_fixed_on_large_disks_and_a_share_of_small_ones() {
        const GIB: u64 = 1 << 30;
        assert!(is_low(100 * GIB, GIB / 2 - 1, None));
        assert!(!is_low(100 * GIB, GIB / 2, None));
        assert!(!is_low(GIB, GIB / 20, None));
        assert!(is_low(GIB, GIB / 20 - 1, None));
        assert!(is_low(100 * GIB, GIB, Some(2 * GIB)));
        assert!(!Space::new(None, Some(GIB)).is_low());
    }

    #[test]
    fn a_real_file_system_answers() {
        let room = FileSystemProbe::new(&std::env::temp_dir()).room().unwrap();
        assert!(room.total_octets > 0 && room.free_octets <= room.total_octets);
    }
}

//! Waiting for what happens in another process.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before the test gives up. Nothing is measured against it: it
/// only turns "never" into a failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks until there is something.
///
/// # Panics
/// When patience ends.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(LOOK_EVERY);
    }
}

//! A clock that jumps ahead makes everything seem older than it is. Rounds wait for a day then, so
//! that the operator, who finds it in the log, or the time service can set the clock right.
//!
//! When the janitor last looked at the clock is noted in the database: a machine that is started
//! with its clock years ahead is noticed too. It is not told from one that was switched off for
//! years; its deleted items stay a day longer, which does no harm.

use std::time::{Duration, Instant};

use store::keys::SPACE_SERVER;
use store::{Corrupt, Database, ReadExt, Record, StoreError};
use types::Timestamp;
use types::wire::{Reader, put_int};

/// What the clock may run ahead of the time that passed between two looks: more than it is
/// slewed by, less than anybody's retention.
const AHEAD_MAX: Duration = Duration::from_secs(12 * 3600);
/// How long a server may have been switched off before its clock is doubted: a long weekend, less
/// than anybody's retention.
const OFF_MAX: Duration = Duration::from_secs(4 * 86_400);
/// How long rounds wait after a jump, by the clock.
const WAIT_AFTER_JUMP: Duration = Duration::from_secs(86_400);

/// Where [`ClockNote`] stands.
const KEY: [u8; 2] = [SPACE_SERVER, b'c'];

/// What is known of the clock from one look, and from one process, to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ClockNote {
    /// What it said at the last look.
    seen: Option<Timestamp>,
    /// Until when it is not trusted.
    doubted_until: Option<Timestamp>,
}

/// Compares the clock with the time that passed.
#[derive(Default)]
pub(super) struct ClockGuard {
    /// The last look of this process.
    looked: Option<Instant>,
}

impl ClockGuard {
    /// Whether ages may be told by the database's clock; notes what it says.
    pub(super) async fn trusts(
        &mut self,
        database: &Database,
        passed: Instant,
    ) -> Result<bool, StoreError> {
        let before = database.read(|snapshot| snapshot.record::<ClockNote>(&KEY)).await?;
        let ahead_max = match self.looked {
            Some(looked) => passed.saturating_duration_since(looked) + AHEAD_MAX,
            None => OFF_MAX,
        };
        let note = before.unwrap_or_default().after(database.now(), ahead_max);
        database.write(move |txn| txn.put_record(&KEY, &note)).await?;
        self.looked = Some(passed);
        Ok(note.doubted_until.is_none())
    }
}

impl ClockNote {
    /// The note after a look; from the last one the clock may have gone ahead by so much.
    fn after(self, clock: Timestamp, ahead_max: Duration) -> Self {
        let doubted_until = match (self.seen, self.doubted_until) {
            (Some(seen), _) if clock.since(seen) > ahead_max => Some(clock.plus(WAIT_AFTER_JUMP)),
            // Long enough, or set right: it is earlier now than at the jump.
            (_, Some(until)) if clock >= until || clock < until.minus(WAIT_AFTER_JUMP) => None,
            (_, doubted) => doubted,
        };
        ClockNote { seen: Some(clock), doubted_until }
    }
}

impl Record for ClockNote {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        for time in [self.seen, self.doubted_until] {
            put_int(out, time.map_or(0, Timestamp::micros));
        }
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        Ok(ClockNote { seen: time(&mut reader)?, doubted_until: time(&mut reader)? })
    }
}

fn time(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, Corrupt> {
    let micros = reader.int()?;
    Ok((micros != 0).then(|| Timestamp::from_micros(micros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn noon() -> Timestamp {
        Timestamp::from_secs(1_700_049_600)
    }

    /// Looks an hour apart at a clock that says so many hours; gives whether it was trusted.
    fn looks(hours: &[i64]) -> Vec<bool> {
        let mut note = ClockNote::default();
        let at = |hours: i64| Timestamp::from_secs(noon().secs() + hours * 3600);
        let mut look = |hours: &i64| {
            note = note.after(at(*hours), HOUR + AHEAD_MAX);
            note.doubted_until.is_none()
        };
        hours.iter().map(&mut look).collect()
    }

    #[test]
    fn a_jump_ahead_is_doubted_for_a_day() {
        assert_eq!(looks(&[0, 1, 8]), [true, true, true], "within reason");
        let jumped = [0, 1000, 1001, 1012, 1023, 1024, 1025];
        assert_eq!(looks(&jumped), [true, false, false, false, false, true, true]);
    }

    #[test]
    fn a_clock_set_right_is_trusted_at_once() {
        assert_eq!(looks(&[0, 1000, 1, 2]), [true, false, true, true]);
        assert_eq!(looks(&[0, 1000, 2000, 1001]), [true, false, false, true], "halfway");
        assert_eq!(looks(&[0, -1000, 0]), [true, true, false], "set back, then right");
    }

    #[test]
    fn notes_come_back() -> Result<(), Corrupt> {
        for doubted_until in [None, Some(noon().plus(HOUR))] {
            let note = ClockNote { seen: Some(noon()), doubted_until };
            let mut row = Vec::new();
            note.encode(&mut row);
            assert_eq!(ClockNote::decode(1, &row)?, note);
            assert!(ClockNote::decode(1, &row[..1]).is_err());
        }
        Ok(())
    }
}

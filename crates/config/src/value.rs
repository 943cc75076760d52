//! Values in the notation Exchange prints and takes: spans of time (`00:10:00`), quantities
//! of bytes (`36 MB`) and limits that may be `Unlimited`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text;

/// Why a text is no value of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// No span of time.
    #[error("a span of time is written [days.]hours:minutes:seconds")]
    TimeSpan,
    /// No quantity of bytes.
    #[error("a quantity of bytes is a number with B, KB, MB, GB or TB")]
    Bytes,
}

/// A span of time in whole seconds: `00:10:00`, `2.00:00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeSpan(#[serde(with = "text::one")] Seconds);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Seconds(u64);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Days of the longest span; longer ones are mistakes.
const DAYS_MAX: u64 = 36_500;

impl TimeSpan {
    /// Seconds.
    pub const fn from_secs(secs: u64) -> Self {
        TimeSpan(Seconds(secs))
    }

    /// Minutes.
    pub const fn from_mins(mins: u64) -> Self {
        TimeSpan::from_secs(mins * MINUTE)
    }

    /// Seconds.
    pub const fn secs(self) -> u64 {
        self.0.0
    }

    /// As the standard library has it.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0.0)
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seconds(secs) = *self;
        if secs >= DAY {
            write!(f, "{}.", secs / DAY)?;
        }
        write!(f, "{:02}:{:02}:{:02}", secs % DAY / HOUR, secs % HOUR / MINUTE, secs % MINUTE)
    }
}

impl FromStr for TimeSpan {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().map(TimeSpan)
    }
}

impl FromStr for Seconds {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (days, clock) = text.split_once('.').unwrap_or(("0", text));
        let fields: Vec<&str> = clock.split(':').collect();
        let [hours, minutes, seconds] = fields.as_slice() else { return Err(ValueError::TimeSpan) };
        let days = below(days, DAYS_MAX + 1)?;
        let (hours, minutes) = (below(hours, 24)?, below(minutes, 60)?);
        Ok(Seconds(days * DAY + hours * HOUR + minutes * MINUTE + below(seconds, 60)?))
    }
}

fn below(digits: &str, limit: u64) -> Result<u64, ValueError> {
    digits.parse().ok().filter(|number| *number < limit).ok_or(ValueError::TimeSpan)
}

/// A quantity of bytes: `36 MB`, `64KB`, `512` (bytes). Units are powers of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteQuantity(u64);

const UNITS: [(&str, u64); 5] =
    [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1)];

impl ByteQuantity {
    /// Bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        ByteQuantity(bytes)
    }

    /// Kilobytes of 1024 bytes.
    pub const fn from_kb(kilobytes: u64) -> Self {
        ByteQuantity(kilobytes << 10)
    }

    /// Megabytes of 1024 kilobytes.
    pub const fn from_mb(megabytes: u64) -> Self {
        ByteQuantity(megabytes << 20)
    }

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteQuantity {
    /// In the largest unit that leaves no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, size): &&(&str, u64)| self.0 >= *size && self.0.is_multiple_of(*size);
        let (unit, size) = UNITS.iter().find(whole).copied().unwrap_or(("B", 1));
        write!(f, "{} {unit}", self.0 / size)
    }
}

impl FromStr for ByteQuantity {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let text = text.trim().to_ascii_uppercase();
        let suffixed = |(unit, size)| Some((text.strip_suffix(unit)?, size));
        let (number, size) = UNITS.into_iter().find_map(suffixed).unwrap_or((&text, 1));
        let number: u64 = number.trim().parse().map_err(|_| ValueError::Bytes)?;
        number.checked_mul(size).map(ByteQuantity).ok_or(ValueError::Bytes)
    }
}

impl Serialize for ByteQuantity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteQuantity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text::one::deserialize(from)
    }
}

/// A limit that can be lifted: a value, or the word `Unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlimited<T> {
    /// No limit.
    Unlimited,
    /// This one.
    Limited(T),
}

const UNLIMITED: &str = "Unlimited";

impl<T> Unlimited<T> {
    /// The limit, if there is one.
    pub fn limit(self) -> Option<T> {
        match self {
            Unlimited::Unlimited => None,
            Unlimited::Limited(limit) => Some(limit),
        }
    }
}

impl<T: Serialize> Serialize for Unlimited<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Unlimited::Unlimited => to.serialize_str(UNLIMITED),
            Unlimited::Limited(limit) => limit.serialize(to),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Unlimited<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Word {
            #[serde(alias = "unlimited")]
            Unlimited,
        }
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a limit or Unlimited")]
        enum Either<T> {
            Word(Word),
            Limit(T),
        }
        Ok(match Either::deserialize(from)? {
            Either::Word(Word::Unlimited) => Unlimited::Unlimited,
            Either::Limit(limit) => Unlimited::Limited(limit),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spans_of_time() {
        for (text, secs) in [
            ("00:00:05", 5),
            ("00:10:00", 600),
            ("23:59:59", 86_399),
            ("1.00:00:00", 86_400),
            ("2.03:04:05", 183_845),
        ] {
            assert_eq!(text.parse(), Ok(TimeSpan::from_secs(secs)), "{text}");
            assert_eq!(TimeSpan::from_secs(secs).to_string(), text);
        }
        for text in ["", "5", "10:00", "24:00:00", "00:60:00", "00:00:60", "1:2:3:4", "-1:00:00"] {
            assert_eq!(text.parse::<TimeSpan>(), Err(ValueError::TimeSpan), "{text}");
        }
    }

    #[test]
    fn quantities_of_bytes() {
        for (text, bytes, shown) in [
            ("36 MB", 37_748_736, "36 MB"),
            ("36mb", 37_748_736, "36 MB"),
            ("64KB", 65_536, "64 KB"),
            ("512", 512, "512 B"),
            ("1536 B", 1536, "1536 B"),
            ("2 GB", 2_147_483_648, "2 GB"),
            ("0", 0, "0 B"),
        ] {
            assert_eq!(text.parse(), Ok(ByteQuantity(bytes)), "{text}");
            assert_eq!(ByteQuantity(bytes).to_string(), shown);
        }
        for text in ["", "MB", "1.5 MB", "-1", "1 PB", "99999999999 TB"] {
            assert_eq!(text.parse::<ByteQuantity>(), Err(ValueError::Bytes), "{text}");
        }
    }

    #[test]
    fn limits_may_be_lifted() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct File {
            size: Unlimited<ByteQuantity>,
            count: Unlimited<u32>,
        }
        let file: File = toml::from_str("size = \"unlimited\"\ncount = 20").unwrap();
        assert_eq!(file, File { size: Unlimited::Unlimited, count: Unlimited::Limited(20) });
        let text = toml::to_string(&file).unwrap();
        assert_eq!(text, "size = \"Unlimited\"\ncount = 20\n");
        let file: File = toml::from_str("size = \"10 MB\"\ncount = \"Unlimited\"").unwrap();
        assert_eq!(file.size.limit(), Some(ByteQuantity::from_mb(10)));
        assert!(toml::from_str::<File>("size = \"some\"\ncount = 1").is_err());
    }
}

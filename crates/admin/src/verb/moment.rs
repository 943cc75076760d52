//! Moments as they are written: RFC 3339, a date or a date and time without an offset, or as
//! Exchange's shell has them in the United States (`11/23/2026 15:30`). Without an offset it is
//! UTC, as in logs: who asks and who answers may live in different zones.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use types::Timestamp;

use super::argument::{Expected, Scalar, Shape};
use super::object::{Moment, Shaped};

const AMERICAN: [&str; 2] = ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"];
const AMERICAN_DATE: &str = "%m/%d/%Y";

impl Scalar for Moment {
    const SHAPE: Shape = Shape::Time;

    fn parse(text: &str) -> Result<Self, Expected> {
        let text = text.trim();
        let with_offset = || text.parse().ok();
        let utc = || TimeZone::UTC.to_timestamp(without_offset(text)?).ok();
        let moment: Option<jiff::Timestamp> = with_offset().or_else(utc);
        let moment = moment.ok_or_else(|| Shape::Time.expected())?;
        Ok(Moment(Timestamp::from_micros(moment.as_microsecond())))
    }
}

fn without_offset(text: &str) -> Option<DateTime> {
    let american = || AMERICAN.iter().find_map(|form| DateTime::strptime(form, text).ok());
    let date = || jiff::civil::Date::strptime(AMERICAN_DATE, text).ok().map(DateTime::from);
    text.parse().ok().or_else(american).or_else(date)
}

/// A moment in an answer, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactMoment(pub Timestamp);

impl Shaped for ExactMoment {
    const SHAPE: Shape = Shape::Time;
}

impl Serialize for ExactMoment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let moment = jiff::Timestamp::from_microsecond(self.0.micros()).unwrap_or_default();
        to.collect_str(&format_args!("{moment:.3}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_moment_has_many_spellings() {
        let expected = Moment(Timestamp::from_secs(1_795_447_800));
        for text in [
            "2026-11-23T15:30:00Z",
            "2026-11-23T16:30:00+01:00",
            "2026-11-23T15:30",
            " 2026-11-23 15:30:00 ",
            "11/23/2026 15:30",
            "11/23/2026 15:30:00",
        ] {
            assert_eq!(Moment::parse(text), Ok(expected), "{text}");
        }
        let midnight = Moment(Timestamp::from_secs(1_795_392_000));
        for text in ["2026-11-23", "11/23/2026"] {
            assert_eq!(Moment::parse(text), Ok(midnight), "{text}");
        }
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        for text in ["", "yesterday", "23/11/2026", "2026-02-30", "11/23/2026 25:00", "15:30"] {
            assert_eq!(Moment::parse(text), Err(Shape::Time.expected()), "{text}");
        }
    }

    #[test]
    fn an_exact_moment_has_milliseconds() {
        let moment = ExactMoment(Timestamp::from_micros(1_795_447_800_125_999));
        assert_eq!(serde_json::to_value(moment).unwrap(), "2026-11-23T15:30:00.125Z");
    }
}

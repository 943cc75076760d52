//! Moments as parameters: RFC 3339 (`2026-03-01T08:00:00Z`), a date alone, a date and a time
//! without a zone, and the form of Exchange's shell in the language of the documents
//! (`03/01/2026 08:00`). Without a zone it is UTC, as in all moments that verbs show.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use types::Timestamp;

use super::argument::{Expected, Scalar, Shape};
use super::object::Moment;

/// Forms without a zone.
const SHELL_FORMS: [&str; 3] = ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y"];

impl Scalar for Moment {
    const SHAPE: Shape = Shape::Time;

    fn parse(text: &str) -> Result<Self, Expected> {
        let text = text.trim();
        let zoned = text.parse::<jiff::Timestamp>().ok();
        let at =
            zoned.or_else(|| civil(text)?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp()));
        let at = at.ok_or_else(|| Self::SHAPE.expected())?;
        Ok(Moment(Timestamp::from_micros(at.as_microsecond())))
    }
}

fn civil(text: &str) -> Option<DateTime> {
    let at_midnight = |date: Date| date.at(0, 0, 0, 0);
    let plain = text.parse().ok().or_else(|| text.parse().ok().map(at_midnight));
    plain.or_else(|| {
        SHELL_FORMS.iter().find_map(|form| {
            let with_time = DateTime::strptime(form, text).ok();
            with_time.or_else(|| Date::strptime(form, text).ok().map(at_midnight))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_every_form() {
        let at = |text: &str| Moment::parse(text).map(|moment| moment.0.secs());
        for text in [
            "2026-03-01T08:30:00Z",
            "2026-03-01T09:30:00+01:00",
            "2026-03-01T08:30:00",
            "2026-03-01 08:30",
            "03/01/2026 08:30",
            "3/1/2026 08:30:00",
        ] {
            assert_eq!(at(text), Ok(1_772_353_800), "{text}");
        }
        assert_eq!(at("2026-03-01"), Ok(1_772_323_200));
        assert_eq!(at("03/01/2026"), Ok(1_772_323_200));
        for text in ["", "noon", "2026-13-01", "31/12/2026", "2026-03-01T25:00:00"] {
            assert_eq!(at(text), Err(Shape::Time.expected()), "{text}");
        }
    }
}

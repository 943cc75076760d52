//! The Date field (RFC 5322 section 3.3) as an instant and a zone.
//!
//! `jiff` reads the proper form and its obsolete zones; `mail-parser` reads what is left of the
//! improper ones. What neither reads has no date.

use jiff::fmt::rfc2822::DateTimeParser;

/// When the message says it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Seconds since 1970-01-01 UTC.
    pub seconds: i64,
    /// Minutes east of UTC of the zone it was written in.
    pub zone_minutes: i16,
}

impl Sent {
    /// The day in the sender's zone, counted from 1970-01-01: what SENTON and its kin compare
    /// (RFC 9051 section 6.4.4, "disregarding time and timezone").
    pub fn local_day(&self) -> i64 {
        (self.seconds + i64::from(self.zone_minutes) * 60).div_euclid(86_400)
    }
}

/// Octets of a date; a longer field is not one.
const DATE_OCTETS_MAX: usize = 256;

/// Reads an unfolded Date field.
pub fn parse(field: &str) -> Option<Sent> {
    if field.len() > DATE_OCTETS_MAX {
        return None;
    }
    proper(field).or_else(|| improper(field))
}

fn proper(field: &str) -> Option<Sent> {
    let zoned = DateTimeParser::new().relaxed_weekday(true).parse_zoned(field).ok()?;
    let seconds = zoned.timestamp().as_second();
    Some(Sent { seconds, zone_minutes: i16::try_from(zoned.offset().seconds() / 60).ok()? })
}

fn improper(field: &str) -> Option<Sent> {
    let date = mail_parser::DateTime::parse_rfc822(field).filter(|date| date.is_valid())?;
    let minutes = i16::from(date.tz_hour) * 60 + i16::from(date.tz_minute);
    let zone_minutes = if date.tz_before_gmt { -minutes } else { minutes };
    Some(Sent { seconds: date.to_timestamp(), zone_minutes })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_they_come() {
        for (field, seconds, zone_minutes) in [
            ("Mon, 7 Feb 1994 21:52:25 -0800", 760_686_745, -480),
            ("Tue, 07 Feb 1994 21:52:25 -0800 (PST)", 760_686_745, -480),
            ("7 Feb 94 21:52 EST", 760_675_920, -300),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
        ] {
            assert_eq!(parse(field), Some(Sent { seconds, zone_minutes }), "{field}");
        }
    }

    #[test]
    fn nonsense_has_no_date() {
        for field in ["", "yesterday", "99 Foo 2020 99:99:99 +0000"] {
            assert_eq!(parse(field), None, "{field}");
        }
    }

    #[test]
    fn the_day_is_the_senders() {
        let sent = parse("Mon, 7 Feb 1994 21:52:25 -0800").unwrap();
        assert_eq!(sent.local_day(), 8803);
        assert_eq!(sent.seconds.div_euclid(86_400), 8804);
    }

    proptest! {
        #[test]
        fn any_date_is_read(field in "[A-Za-z0-9:,+ -]{0,60}") {
            let _ = parse(&field);
        }
    }
}

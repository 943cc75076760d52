//! `date-time` of INTERNALDATE (RFC 9051 section 9).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `17-Jul-1996 02:44:25 -0700`: seconds since 1970, and minutes east of UTC. None: no such time.
pub(crate) fn parse(text: &str) -> Option<(i64, i16)> {
    let mut parts = text.split_ascii_whitespace();
    let (date, time, zone) = (parts.next()?, parts.next()?, parts.next()?);
    let mut date = date.split('-');
    let day = date.next()?.parse().ok()?;
    let month = date.next()?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|known| *known == month)? as i8 + 1;
    let year = date.next()?.parse().ok()?;
    let mut time = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let local = DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    let zone = minutes(zone)?;
    let utc = local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some((utc - i64::from(zone) * 60, zone))
}

/// `+hhmm` as minutes.
fn minutes(zone: &str) -> Option<i16> {
    let (sign, digits) = zone.split_at_checked(1)?;
    if digits.len() != 4 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let digits: i16 = digits.parse().ok()?;
    let minutes = digits / 100 * 60 + digits % 100;
    match sign {
        "+" => Some(minutes),
        "-" => Some(-minutes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_of_messages() {
        for (text, expected) in [
            ("17-Jul-1996 02:44:25 -0700", Some((837_596_665, -420))),
            ("01-jan-1970 01:00:00 +0100", Some((0, 60))),
            ("1-Jan-1970 00:00:60 +0000", Some((59, 0))),
            ("30-Feb-2020 00:00:00 +0000", None),
            ("1-Jan-1970 00:00:00", None),
            ("1-Jan-1970 00:00:00 \u{e9}100", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}

//! Dates: `date` of SEARCH and `date-time` of APPEND and INTERNALDATE (RFC 9051 section 9).

use super::parser::{Bad, Parsed, Parser};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: i64 = 86_400;

/// A day without a zone, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub i32);

/// A point in time and the zone it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970-01-01 UTC.
    pub unix: i64,
    /// Minutes east of UTC.
    pub zone_minutes: i16,
}

impl Parser<'_> {
    /// `date = date-text / DQUOTE date-text DQUOTE`, `date-text = date-day "-" date-month "-" date-year`
    pub fn date(&mut self) -> Parsed<Date> {
        let quoted = self.eat(b'"');
        let days = self.date_text(1)?;
        if quoted {
            self.expect(b'"', "Expected a quote after the date")?;
        }
        Ok(Date(days))
    }

    /// `date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE`
    pub fn date_time(&mut self) -> Parsed<DateTime> {
        self.expect(b'"', "Expected a quoted date")?;
        self.eat(b' ');
        let days = self.date_text(1)?;
        let seconds = self.sp()?.time()?;
        let zone_minutes = self.sp()?.zone()?;
        self.expect(b'"', "Expected a quote after the date")?;
        let unix = i64::from(days) * DAY_SECONDS + seconds - i64::from(zone_minutes) * 60;
        Ok(DateTime { unix, zone_minutes })
    }

    fn date_text(&mut self, day_digits_min: usize) -> Parsed<i32> {
        const BAD: Bad = Bad::Syntax("Expected a date such as 1-Feb-1994");
        let day = self.digits(day_digits_min, 2)?;
        self.expect(b'-', "Expected - in a date")?;
        let month = self.date_month()?;
        self.expect(b'-', "Expected - in a date")?;
        let year = self.digits(4, 4)?;
        if day == 0 || day > days_in_month(year, month) {
            return Err(BAD);
        }
        i32::try_from(days_from_civil(i64::from(year), month, day)).map_err(|_| BAD)
    }

    fn date_month(&mut self) -> Parsed<u32> {
        let found = (1..).zip(MONTHS).find(|(_, name)| self.eat_text(name));
        found.map(|(month, _)| month).ok_or(Bad::Syntax("Expected a month"))
    }

    /// `time = 2DIGIT ":" 2DIGIT ":" 2DIGIT`; the leap second counts as the next one.
    fn time(&mut self) -> Parsed<i64> {
        let hours = self.digits(2, 2)?;
        self.expect(b':', "Expected : in a time")?;
        let minutes = self.digits(2, 2)?;
        self.expect(b':', "Expected : in a time")?;
        let seconds = self.digits(2, 2)?;
        if hours > 23 || minutes > 59 || seconds > 60 {
            return Err(Bad::Syntax("There is no such time"));
        }
        Ok(i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds))
    }

    /// `zone = ("+" / "-") 4DIGIT`
    fn zone(&mut self) -> Parsed<i16> {
        let west = self.eat(b'-');
        if !west {
            self.expect(b'+', "Expected a time zone")?;
        }
        let digits = self.digits(4, 4)?;
        let minutes = (digits / 100 * 60 + digits % 100) as i16;
        if digits % 100 > 59 || digits / 100 > 23 {
            return Err(Bad::Syntax("There is no such time zone"));
        }
        Ok(if west { -minutes } else { minutes })
    }

    fn digits(&mut self, min: usize, max: usize) -> Parsed<u32> {
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        if !(min..=max).contains(&digits.len()) {
            return Err(Bad::Syntax("Wrong number of digits in a date"));
        }
        Ok(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar. Years begin in March
/// here, so that the leap day comes last.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let march_month = i64::from((month + 9) % 12);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * march_month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The reverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, usize, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month as usize, day)
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Appends `date-time` with its quotes.
pub fn write_date_time(out: &mut Vec<u8>, time: DateTime) {
    let local = time.unix.saturating_add(i64::from(time.zone_minutes) * 60);
    let (year, month, day) = civil_from_days(local.div_euclid(DAY_SECONDS));
    let second = local.rem_euclid(DAY_SECONDS) as u32;
    out.push(b'"');
    two_digits(out, day as u32);
    out.push(b'-');
    out.extend_from_slice(MONTHS.get(month.wrapping_sub(1)).unwrap_or(&"Jan").as_bytes());
    out.push(b'-');
    let year = year.clamp(0, 9999) as u32;
    two_digits(out, year / 100);
    two_digits(out, year % 100);
    for (separator, number) in
        [(b' ', second / 3600), (b':', second / 60 % 60), (b':', second % 60)]
    {
        out.push(separator);
        two_digits(out, number);
    }
    out.extend_from_slice(if time.zone_minutes < 0 { b" -" } else { b" +" });
    let zone = u32::from(time.zone_minutes.unsigned_abs());
    two_digits(out, zone / 60);
    two_digits(out, zone % 60);
    out.push(b'"');
}

fn two_digits(out: &mut Vec<u8>, number: u32) {
    out.push(b'0' + (number / 10 % 10) as u8);
    out.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_and_times() {
        let parsed = Parser::new(b"\"17-Jul-1996 02:44:25 -0700\"", false).date_time().unwrap();
        assert_eq!(parsed, DateTime { unix: 837_596_665, zone_minutes: -420 });
        assert_eq!(Parser::new(b"1-Feb-1994", false).date().unwrap(), Date(8797));
        assert_eq!(Parser::new(b"\"01-jan-1970\"", false).date().unwrap(), Date(0));
        assert!(Parser::new(b"\" 7-Jul-1996 02:44:25 +0000\"", false).date_time().is_ok());
    }

    #[test]
    fn days_that_do_not_exist() {
        for text in ["30-Feb-2000", "29-Feb-1900", "0-Jan-2000", "1-Foo-2000", "1-Jan-99", "1-Jan"]
        {
            assert!(Parser::new(text.as_bytes(), false).date().is_err(), "{text}");
        }
        for text in ["\"17-Jul-1996 24:44:25 -0700\"", "\"17-Jul-1996 02:44:25 -0760\""] {
            assert!(Parser::new(text.as_bytes(), false).date_time().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn times_come_back(unix in -60_000_000_000i64..250_000_000_000, zone in -1439i16..=1439) {
            let time = DateTime { unix, zone_minutes: zone };
            let mut out = Vec::new();
            write_date_time(&mut out, time);
            prop_assert_eq!(Parser::new(&out, false).date_time().unwrap(), time);
        }
    }
}

//! Recurrence patterns ([MS-OXOCAL] section 2.2.1.44) and their RRULE ([MS-OXCICAL] section
//! 2.1.3.2.2).

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, ToSpan};

use super::lines;

/// Deleted, modified days and exceptions of a pattern that are read; Outlook stops at 999.
const EXCEPTIONS_MAX: usize = 4_096;

/// A recurrence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recurrence {
    frequency: Frequency,
    pattern: Pattern,
    /// Minutes for days, else weeks or months.
    period: u32,
    end: End,
    /// 0 is Sunday.
    first_weekday: u32,
    /// Days without an occurrence of the pattern; those of exceptions are among them.
    pub deleted: Vec<DateTime>,
    /// The day of the first occurrence.
    pub first: DateTime,
    /// The day of the last one.
    last: DateTime,
    /// From midnight to the beginning of an occurrence, and to its end; none of a task.
    pub hours: Option<(SignedDuration, SignedDuration)>,
    /// Occurrences that are not as the others.
    pub exceptions: Vec<Exception>,
}

/// An occurrence that is not as the others. All times are as a clock on the wall shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub start: DateTime,
    pub end: DateTime,
    /// When it would have begun.
    pub original: DateTime,
    /// Another subject, another place.
    pub subject: Option<String>,
    pub location: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    Day,
    /// Bits of weekdays.
    Week(u32),
    /// The day of a month.
    Month(u32),
    /// Bits of weekdays, and which of those in a month; 5 is the last.
    MonthNth(u32, u32),
    MonthEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Date,
    Count(u32),
    Never,
}

/// Octets read from the front.
struct Octets<'o>(&'o [u8]);

impl Octets<'_> {
    fn short(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*number).into())
    }

    fn long(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*number))
    }

    /// Minutes since 1601.
    fn moment(&mut self) -> Option<DateTime> {
        moment(self.long()?)
    }

    fn moments(&mut self) -> Option<Vec<DateTime>> {
        let count = self.long()? as usize;
        if count > EXCEPTIONS_MAX {
            return None;
        }
        (0..count).map(|_| self.moment()).collect()
    }

    /// 8-bit text behind its length, which stands there twice.
    fn text(&mut self) -> Option<String> {
        self.short()?;
        let length = self.short()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(crate::charset::to_utf8(None, text))
    }
}

fn moment(minutes: u32) -> Option<DateTime> {
    date(1601, 1, 1).at(0, 0, 0, 0).checked_add(i64::from(minutes).minutes()).ok()
}

impl Recurrence {
    /// Reads PidLidAppointmentRecur, or the pattern alone as PidLidTaskRecurrence has it. None:
    /// damaged, or of another calendar than the Gregorian.
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        let mut octets = Octets(octets);
        octets.long()?;
        let frequency = match octets.short()? {
            0x200A => Frequency::Daily,
            0x200B => Frequency::Weekly,
            0x200C => Frequency::Monthly,
            0x200D => Frequency::Yearly,
            _ => return None,
        };
        let kind = octets.short()?;
        let calendar = octets.short()?;
        octets.long()?;
        let period = octets.long()?;
        octets.long()?;
        let pattern = match kind {
            0 => Pattern::Day,
            1 => Pattern::Week(octets.long()?),
            2 => Pattern::Month(octets.long()?),
            3 => Pattern::MonthNth(octets.long()?, octets.long()?),
            4 => {
                octets.long()?;
                Pattern::MonthEnd
            }
            _ => return None,
        };
        let (end, count) = (octets.long()?, octets.long()?);
        let end = match end {
            0x2021 => End::Date,
            0x2022 => End::Count(count),
            _ => End::Never,
        };
        let first_weekday = octets.long()?;
        let deleted = octets.moments()?;
        octets.moments()?;
        let (first, last) = (octets.moment()?, octets.moment()?);
        let gregorian = calendar <= 1 && period > 0;
        let mut read = Recurrence {
            frequency,
            pattern,
            period,
            end,
            first_weekday,
            deleted,
            first,
            last,
            hours: None,
            exceptions: Vec::new(),
        };
        read.appointment(&mut octets);
        gregorian.then_some(read)
    }

    /// What follows the pattern of an appointment.
    fn appointment(&mut self, octets: &mut Octets<'_>) -> Option<()> {
        octets.long()?;
        octets.long()?;
        let minutes = |minutes: u32| SignedDuration::from_mins(minutes.into());
        self.hours = Some((minutes(octets.long()?), minutes(octets.long()?)));
        for _ in 0..(octets.short()? as usize).min(EXCEPTIONS_MAX) {
            self.exceptions.push(exception(octets)?);
        }
        Some(())
    }

    /// `FREQ=WEEKLY;…`. `until` is how the last occurrence ends the rule, made of its day.
    pub(super) fn rule(&self, until: impl FnOnce(DateTime) -> Option<String>) -> String {
        let (name, interval) = match (self.frequency, self.pattern) {
            // Every weekday is a daily pattern of weeks.
            (_, Pattern::Week(_)) => ("WEEKLY", self.period),
            (Frequency::Daily | Frequency::Weekly, _) => ("DAILY", self.period / MINUTES_OF_DAY),
            (Frequency::Monthly, _) => ("MONTHLY", self.period),
            (Frequency::Yearly, _) => ("YEARLY", self.period / 12),
        };
        let mut rule = format!("FREQ={name};INTERVAL={}", interval.max(1));
        if self.frequency == Frequency::Yearly {
            rule += &format!(";BYMONTH={}", self.first.month());
        }
        rule += &match self.pattern {
            Pattern::Day => String::new(),
            Pattern::Week(days) => {
                let first = weekday(self.first_weekday).unwrap_or("SU");
                format!(";BYDAY={};WKST={first}", weekdays(days))
            }
            Pattern::Month(day) if day > 28 => month_end(day),
            Pattern::Month(day) => format!(";BYMONTHDAY={day}"),
            Pattern::MonthNth(days, 5) => format!(";BYDAY={};BYSETPOS=-1", weekdays(days)),
            Pattern::MonthNth(days, nth) => format!(";BYDAY={};BYSETPOS={nth}", weekdays(days)),
            Pattern::MonthEnd => ";BYMONTHDAY=-1".to_owned(),
        };
        rule += &match self.end {
            End::Count(count) => format!(";COUNT={}", count.max(1)),
            End::Date => until(self.last).map(|it| format!(";UNTIL={it}")).unwrap_or_default(),
            End::Never => String::new(),
        };
        rule
    }

    /// Days on which the pattern has no occurrence at all.
    pub(super) fn left_out(&self) -> impl Iterator<Item = DateTime> {
        self.deleted.iter().copied().filter(|day| {
            !self.exceptions.iter().any(|exception| exception.original.date() == day.date())
        })
    }

    /// The day of the last occurrence, of a task.
    pub(super) fn until_day(day: DateTime) -> Option<String> {
        Some(lines::date(day))
    }
}

const MINUTES_OF_DAY: u32 = 24 * 60;

/// In a month that is shorter the last day counts.
fn month_end(day: u32) -> String {
    let days: Vec<String> = (28..=day.min(31)).map(|day| day.to_string()).collect();
    format!(";BYMONTHDAY={};BYSETPOS=-1", days.join(","))
}

/// ExceptionInfo.
fn exception(octets: &mut Octets<'_>) -> Option<Exception> {
    let (start, end, original) = (octets.moment()?, octets.moment()?, octets.moment()?);
    let flags = octets.short()?;
    let has = |flag: u32| flags & flag != 0;
    let subject = if has(0x0001) { Some(octets.text()?) } else { None };
    for flag in [0x0002, 0x0004, 0x0008] {
        if has(flag) {
            octets.long()?;
        }
    }
    let location = if has(0x0010) { Some(octets.text()?) } else { None };
    for flag in [0x0020, 0x0040, 0x0080, 0x0100] {
        if has(flag) {
            octets.long()?;
        }
    }
    Some(Exception { start, end, original, subject, location })
}

/// `MO,WE`
fn weekdays(bits: u32) -> String {
    let named = (0..7).filter(|day| bits & 1 << day != 0).filter_map(weekday);
    named.collect::<Vec<_>>().join(",")
}

/// Of Sunday, 0, on.
pub(super) fn weekday(number: u32) -> Option<&'static str> {
    ["SU", "MO", "TU", "WE", "TH", "FR", "SA"].get(number as usize).copied()
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A pattern with one deleted day and one exception, as Outlook writes it.
    pub(crate) fn blob(
        frequency: u16,
        kind: u16,
        period: u32,
        specific: &[u32],
        end: u32,
    ) -> Vec<u8> {
        let day = |day: i8| minutes(day, 0);
        let mut out: Vec<u8> = [0x3004u16, 0x3004, frequency, kind, 0]
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect();
        let mut put = |numbers: &[u32]| out.extend(numbers.iter().flat_map(|it| it.to_le_bytes()));
        put(&[0, period, 0]);
        put(specific);
        put(&[end, 7, 1, 2, day(9), day(16), 1, day(16), day(2), day(30)]);
        put(&[0x3006, 0x3009, 480, 510]);
        out.extend(1u16.to_le_bytes());
        for moment in [minutes(16, 540), minutes(16, 600), minutes(16, 480)] {
            out.extend(moment.to_le_bytes());
        }
        out.extend(0x0011u16.to_le_bytes());
        for text in ["later", "room"] {
            out.extend((text.len() as u16 + 1).to_le_bytes());
            out.extend((text.len() as u16).to_le_bytes());
            out.extend(text.bytes());
        }
        out
    }

    /// Of a day in August 2016.
    fn minutes(day: i8, minutes: i64) -> u32 {
        let span =
            date(2016, 8, day).at(0, 0, 0, 0).duration_since(date(1601, 1, 1).at(0, 0, 0, 0));
        (span.as_mins() + minutes) as u32
    }

    fn rule(frequency: u16, kind: u16, period: u32, specific: &[u32], end: u32) -> String {
        let read = Recurrence::parse(&blob(frequency, kind, period, specific, end)).unwrap();
        read.rule(Recurrence::until_day)
    }

    #[test]
    fn patterns_become_rules() {
        const NEVER: u32 = 0x2023;
        for (frequency, kind, period, specific, end, expected) in [
            (0x200A, 0, 2 * 1440, &[][..], NEVER, "FREQ=DAILY;INTERVAL=2"),
            (0x200A, 1, 1, &[0x3E], NEVER, "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;WKST=MO"),
            (0x200B, 1, 2, &[4], 0x2022, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=MO;COUNT=7"),
            (0x200C, 2, 1, &[15], 0x2021, "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15;UNTIL=20160830"),
            (0x200C, 2, 1, &[30], NEVER, "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
            (0x200C, 3, 1, &[4, 5], NEVER, "FREQ=MONTHLY;INTERVAL=1;BYDAY=TU;BYSETPOS=-1"),
            (0x200C, 4, 1, &[31], NEVER, "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1"),
            (0x200D, 2, 12, &[2], NEVER, "FREQ=YEARLY;INTERVAL=1;BYMONTH=8;BYMONTHDAY=2"),
        ] {
            assert_eq!(rule(frequency, kind, period, specific, end), expected);
        }
    }

    #[test]
    fn exceptions_are_read_and_not_left_out() {
        let read = Recurrence::parse(&blob(0x200B, 1, 1, &[4], 0x2023)).unwrap();
        let days: Vec<_> = read.left_out().map(lines::date).collect();
        assert_eq!(days, ["20160809"]);
        let [exception] = &read.exceptions[..] else { panic!("{read:?}") };
        assert_eq!(lines::local(exception.start), "20160816T090000");
        assert_eq!(lines::local(exception.original), "20160816T080000");
        assert_eq!(exception.subject.as_deref(), Some("later"));
        assert_eq!(exception.location.as_deref(), Some("room"));
    }

    #[test]
    fn what_is_damaged_is_no_recurrence() {
        let whole = blob(0x200B, 1, 1, &[4], 0x2023);
        for length in 0..66 {
            assert_eq!(Recurrence::parse(&whole[..length]), None, "{length}");
        }
        let mut many = whole.clone();
        many[38..42].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Recurrence::parse(&many), None);
    }
}

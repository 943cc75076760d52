//! Time zones as PidLidTimeZoneStruct has them ([MS-OXOCAL] section 2.2.1.39), as VTIMEZONE.

use super::lines::Lines;
use super::recurrence::weekday;

const MINUTES_OF_DAY: i32 = 24 * 60;

/// A zone with the rules of one year.
pub(super) struct Zone {
    /// Minutes west of UTC.
    standard: i32,
    daylight: i32,
    /// When standard and daylight time begin; none where they do not change.
    begins: Option<(Begin, Begin)>,
}

/// SYSTEMTIME as a rule: the nth weekday of a month; 5 is the last.
struct Begin {
    month: u16,
    weekday: u16,
    nth: u16,
    hour: u16,
    minute: u16,
}

impl Zone {
    /// None: damaged.
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        let long = |at: usize| Some(i32::from_le_bytes(octets.get(at..at + 4)?.try_into().ok()?));
        let (bias, standard, daylight) = (long(0)?, long(4)?, long(8)?);
        let day = -MINUTES_OF_DAY + 1..MINUTES_OF_DAY;
        let minutes = |more: i32| bias.checked_add(more).filter(|it| day.contains(it));
        let (at_standard, at_daylight) = (begin(octets, 14)?, begin(octets, 32)?);
        let changes = at_standard.is_proper() && at_daylight.is_proper();
        Some(Zone {
            standard: minutes(standard)?,
            daylight: minutes(daylight)?,
            begins: changes.then_some((at_standard, at_daylight)),
        })
    }

    /// Writes the component.
    pub(super) fn write(&self, id: &str, lines: &mut Lines) {
        lines.raw("BEGIN", "VTIMEZONE");
        lines.text("TZID", Some(id));
        match &self.begins {
            None => part("STANDARD", None, self.standard, self.standard, lines),
            Some((standard, daylight)) => {
                part("STANDARD", Some(standard), self.daylight, self.standard, lines);
                part("DAYLIGHT", Some(daylight), self.standard, self.daylight, lines);
            }
        }
        lines.raw("END", "VTIMEZONE");
    }
}

fn begin(octets: &[u8], at: usize) -> Option<Begin> {
    let short = |step: usize| {
        let at = at + 2 * step;
        Some(u16::from_le_bytes(octets.get(at..at + 2)?.try_into().ok()?))
    };
    let (month, weekday, nth) = (short(1)?, short(2)?, short(3)?);
    Some(Begin { month, weekday, nth, hour: short(4)?, minute: short(5)? })
}

impl Begin {
    fn is_proper(&self) -> bool {
        (1..=12).contains(&self.month)
            && self.weekday < 7
            && (1..=5).contains(&self.nth)
            && self.hour < 24
            && self.minute < 60
    }
}

fn part(name: &str, begin: Option<&Begin>, from: i32, to: i32, lines: &mut Lines) {
    lines.raw("BEGIN", name);
    let (hour, minute) = begin.map_or((0, 0), |begin| (begin.hour, begin.minute));
    lines.raw("DTSTART", &format!("16010101T{hour:02}{minute:02}00"));
    lines.raw("TZOFFSETFROM", &offset(from));
    lines.raw("TZOFFSETTO", &offset(to));
    if let Some(Begin { month, weekday: day, nth, .. }) = begin {
        let nth = if *nth == 5 { -1 } else { i32::from(*nth) };
        let day = weekday(u32::from(*day)).unwrap_or("SU");
        lines.raw("RRULE", &format!("FREQ=YEARLY;BYDAY={nth}{day};BYMONTH={month}"));
    }
    lines.raw("END", name);
}

/// `+0100` of minutes west.
fn offset(west: i32) -> String {
    let sign = if west > 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", west.abs() / 60, west.abs() % 60)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Central Europe.
    pub(crate) fn blob() -> Vec<u8> {
        let mut out: Vec<u8> = [-60i32, 0, -60].iter().flat_map(|it| it.to_le_bytes()).collect();
        for (month, hour) in [(10u16, 3u16), (3, 2)] {
            let rule = [0, 0, month, 0, 5, hour, 0, 0, 0];
            out.extend(rule.iter().flat_map(|it: &u16| it.to_le_bytes()));
        }
        out
    }

    #[test]
    fn rules_of_a_year_become_a_zone() {
        let mut lines = Lines::default();
        Zone::parse(&blob()).unwrap().write("Berlin", &mut lines);
        let expected = "BEGIN:VTIMEZONE\r\nTZID:Berlin\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n\
            TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n\
            END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\n\
            TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n\
            END:VTIMEZONE\r\n";
        assert_eq!(lines.finish(), expected);
        assert!(Zone::parse(&blob()[..40]).is_none());
        let mut far = blob();
        far[..4].copy_from_slice(&i32::MIN.to_le_bytes());
        assert!(Zone::parse(&far).is_none());
    }
}

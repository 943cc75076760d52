//! A task as VTODO ([MS-OXOTASK] section 2.2.2).

use super::event::{begin, details, stamp};
use super::lines::{self, Lines};
use super::recurrence::Recurrence;
use super::{lid, octets, time};
use crate::compose::Item;
use crate::property::names::PSETID_TASK;
use crate::property::{Value, tags};

const STATUS: u32 = 0x8101;
const PERCENT: u32 = 0x8102;
const START: u32 = 0x8104;
const DUE: u32 = 0x8105;
const COMPLETED: u32 = 0x810F;
const RECURRENCE: u32 = 0x8116;

/// The calendar with the task.
pub(super) fn write(item: &Item) -> String {
    let bag = &item.properties;
    let task = |number| lid(PSETID_TASK, number);
    let mut lines = Lines::default();
    begin(&mut lines);
    lines.raw("BEGIN", "VTODO");
    let made = super::tag_time(bag, tags::CREATION_TIME).unwrap_or_default();
    let start = time(bag, task(START)).and_then(lines::day);
    let due = time(bag, task(DUE)).and_then(lines::day);
    let marked = super::changed(bag).unwrap_or_default();
    lines.text("UID", Some(&format!("{:X}-{:X}@imported.invalid", made.0, marked.0)));
    stamp(bag, &mut lines);
    lines.text("DTSTART;VALUE=DATE", start.as_deref());
    lines.text("DUE;VALUE=DATE", due.as_deref());
    // A rule needs a day to begin with (RFC 5545 section 3.8.5.3).
    let recurrence = octets(bag, task(RECURRENCE)).and_then(Recurrence::parse);
    if let Some(recurrence) = recurrence.filter(|_| start.is_some()) {
        lines.raw("RRULE", &recurrence.rule(Recurrence::until_day));
    }
    lines.text("SUMMARY", bag.text(tags::SUBJECT));
    details(bag, &mut lines);
    const WORDS: [&str; 5] =
        ["NEEDS-ACTION", "IN-PROCESS", "COMPLETED", "NEEDS-ACTION", "NEEDS-ACTION"];
    let status = bag.integer(task(STATUS)).and_then(|at| usize::try_from(at).ok());
    lines.text("STATUS", status.and_then(|at| WORDS.get(at)).copied());
    if let Some(Value::Floating64(part)) = bag.get(task(PERCENT)) {
        lines.raw("PERCENT-COMPLETE", &((part.clamp(0.0, 1.0) * 100.0).round() as u8).to_string());
    }
    let completed = time(bag, task(COMPLETED)).and_then(lines::utc);
    lines.text("COMPLETED", completed.as_deref());
    lines.raw("END", "VTODO");
    lines.raw("END", "VCALENDAR");
    lines.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{of, recurrence};
    use super::*;
    use crate::Bag;
    use crate::property::FileTime;

    #[test]
    fn a_task_has_days_and_a_state() {
        let mut properties = Bag::default();
        let task = |number| lid(PSETID_TASK, number);
        properties.set(tags::MESSAGE_CLASS, "IPM.Task");
        properties.set(tags::SUBJECT, "Mow");
        properties.set(tags::IMPORTANCE, 2);
        properties.set(tags::CREATION_TIME, FileTime(0xAB));
        properties.set(task(START), FileTime::from_unix(1_470_096_000));
        properties.set(task(DUE), FileTime::from_unix(1_470_182_400));
        properties.set(task(STATUS), 1);
        properties.set(task(PERCENT), Value::Floating64(0.5));
        let pattern = recurrence::tests::blob(0x200A, 0, 1440, &[], 0x2022);
        properties.set(task(RECURRENCE), pattern);
        let text = of(&Item { properties, ..Item::default() }).unwrap().text;
        let expected = "UID:AB-AB@imported.invalid\r\nDTSTAMP:16010101T000000Z\r\n\
            DTSTART;VALUE=DATE:20160802\r\nDUE;VALUE=DATE:20160803\r\n\
            RRULE:FREQ=DAILY;INTERVAL=1;COUNT=7\r\nSUMMARY:Mow\r\nPRIORITY:1\r\nSTATUS:IN-PROCESS\r\n\
            PERCENT-COMPLETE:50\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
        assert!(text.ends_with(expected), "{text}");
    }
}

//! An appointment as VEVENT ([MS-OXCICAL] section 2.1.3.1.1.20).

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use super::lines::{self, Lines, quoted};
use super::recurrence::{Exception, Recurrence};
use super::zone::Zone;
use super::{categories, changed, is_set, lid, octets, time};
use crate::Bag;
use crate::compose::{Item, RecipientKind};
use crate::property::names::{PSETID_APPOINTMENT, PSETID_COMMON, PSETID_MEETING};
use crate::property::{FileTime, PropertyTag, tags};

const LOCATION: u32 = 0x8208;
const START: u32 = 0x820D;
const END: u32 = 0x820E;
const BUSY_STATUS: u32 = 0x8205;
const SEQUENCE: u32 = 0x8201;
const ALL_DAY: u32 = 0x8215;
const RECUR: u32 = 0x8216;
const STATE: u32 = 0x8217;
const ZONE: u32 = 0x8233;
const ZONE_NAME: u32 = 0x8234;
/// In PSETID_COMMON.
const REMINDER_MINUTES: u32 = 0x8501;
const REMINDER_SET: u32 = 0x8503;
/// In PSETID_MEETING.
const GLOBAL_ID: u32 = 0x0003;
const CLEAN_GLOBAL_ID: u32 = 0x0023;
/// asfMeeting.
const IS_MEETING: i32 = 1;

/// The calendar with the appointment. None: it has no beginning.
pub(super) fn write(item: &Item) -> Option<String> {
    let bag = &item.properties;
    let start = time(bag, lid(PSETID_APPOINTMENT, START))?;
    let end = time(bag, lid(PSETID_APPOINTMENT, END)).filter(|end| *end >= start);
    let all_day = is_set(bag, lid(PSETID_APPOINTMENT, ALL_DAY));
    let recur = octets(bag, lid(PSETID_APPOINTMENT, RECUR)).and_then(Recurrence::parse);
    let recur = recur.filter(|recur| recur.hours.is_some());
    let mut lines = Lines::default();
    begin(&mut lines);
    let times = Times { start, end: end.unwrap_or(start), all_day, zone: None };
    let uid = uid(bag, start);
    match recur {
        None => {
            event(item, &uid, None, &mut lines, |lines| times.single(lines));
        }
        Some(recur) => {
            let times = times.in_zone(bag, &mut lines);
            event(item, &uid, None, &mut lines, |lines| times.recurring(&recur, lines));
            for exception in &recur.exceptions {
                event(item, &uid, Some(exception), &mut lines, |lines| {
                    times.exception(exception, lines);
                });
            }
        }
    }
    lines.raw("END", "VCALENDAR");
    Some(lines.finish())
}

pub(super) fn begin(lines: &mut Lines) {
    lines.raw("BEGIN", "VCALENDAR");
    lines.raw("PRODID", "-//Rialto//Rialto//EN");
    lines.raw("VERSION", "2.0");
}

/// One VEVENT; `when` writes its times.
fn event(
    item: &Item,
    uid: &str,
    exception: Option<&Exception>,
    lines: &mut Lines,
    when: impl FnOnce(&mut Lines),
) {
    let bag = &item.properties;
    let appointment = |number| lid(PSETID_APPOINTMENT, number);
    lines.raw("BEGIN", "VEVENT");
    lines.text("UID", Some(uid));
    stamp(bag, lines);
    when(lines);
    let subject = exception.and_then(|it| it.subject.as_deref());
    lines.text("SUMMARY", subject.or(bag.text(tags::SUBJECT)));
    let location = exception.and_then(|it| it.location.as_deref());
    lines.text("LOCATION", location.or(bag.text(appointment(LOCATION))));
    details(bag, lines);
    let sequence = bag.integer(appointment(SEQUENCE)).filter(|number| *number > 0);
    lines.text("SEQUENCE", sequence.map(|number| number.to_string()).as_deref());
    if let Some(busy) = bag.integer(appointment(BUSY_STATUS)) {
        lines.raw("TRANSP", if busy == 0 { "TRANSPARENT" } else { "OPAQUE" });
        const WORDS: [&str; 5] = ["FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"];
        let word = usize::try_from(busy).ok().and_then(|at| WORDS.get(at));
        lines.text("X-MICROSOFT-CDO-BUSYSTATUS", word.copied());
    }
    if bag.integer(appointment(STATE)).is_some_and(|state| state & IS_MEETING != 0) {
        people(item, lines);
    }
    reminder(bag, lines);
    lines.raw("END", "VEVENT");
}

/// DTSTAMP, without which no component is whole; of what never changed the beginning of 1970.
pub(super) fn stamp(bag: &Bag, lines: &mut Lines) {
    let at = changed(bag).and_then(lines::utc);
    lines.raw("DTSTAMP", at.as_deref().unwrap_or("19700101T000000Z"));
}

/// What appointments and tasks have in common.
pub(super) fn details(bag: &Bag, lines: &mut Lines) {
    lines.text("DESCRIPTION", bag.text(tags::BODY));
    if let Some(names) = categories(bag) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        lines.texts("CATEGORIES", ",", &names);
    }
    let word = |tag: PropertyTag, words: [Option<&'static str>; 4]| {
        let number = usize::try_from(bag.integer(tag)?).ok()?;
        words.get(number).copied().flatten()
    };
    const CLASSES: [Option<&str>; 4] =
        [None, Some("PRIVATE"), Some("PRIVATE"), Some("CONFIDENTIAL")];
    lines.text("CLASS", word(tags::SENSITIVITY, CLASSES));
    lines.text("PRIORITY", word(tags::IMPORTANCE, [Some("9"), None, Some("1"), None]));
}

pub(super) fn reminder(bag: &Bag, lines: &mut Lines) {
    let minutes = bag.integer(lid(PSETID_COMMON, REMINDER_MINUTES)).filter(|minutes| *minutes >= 0);
    let Some(minutes) = minutes.filter(|_| is_set(bag, lid(PSETID_COMMON, REMINDER_SET))) else {
        return;
    };
    lines.raw("BEGIN", "VALARM");
    lines.raw("ACTION", "DISPLAY");
    lines.raw("DESCRIPTION", "Reminder");
    lines.raw("TRIGGER", &format!("-PT{minutes}M"));
    lines.raw("END", "VALARM");
}

fn people(item: &Item, lines: &mut Lines) {
    let bag = &item.properties;
    let person = |property: &str, name: &str, address: &str| {
        let name = match name {
            "" => String::new(),
            name => format!(";CN={}", quoted(name)),
        };
        (format!("{property}{name}"), format!("mailto:{address}"))
    };
    let who = bag.text(tags::SENT_REPRESENTING_NAME).unwrap_or_default();
    if let Some(address) = bag.text(tags::SENT_REPRESENTING_SMTP_ADDRESS) {
        let (name, value) = person("ORGANIZER", who, address);
        lines.raw(&name, &value);
    }
    for recipient in &item.recipients {
        let role = match recipient.kind {
            RecipientKind::To => "ATTENDEE;ROLE=REQ-PARTICIPANT",
            RecipientKind::Cc => "ATTENDEE;ROLE=OPT-PARTICIPANT",
            RecipientKind::Bcc => "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT",
        };
        let (name, value) = person(role, &recipient.name, &recipient.address);
        lines.raw(&name, &value);
    }
}

/// By what the meeting is known to others, in hexadecimal; else something of its own.
fn uid(bag: &Bag, start: FileTime) -> String {
    let known = [CLEAN_GLOBAL_ID, GLOBAL_ID].into_iter();
    let id = known.filter_map(|number| octets(bag, lid(PSETID_MEETING, number))).next();
    match id.filter(|id| !id.is_empty()) {
        Some(id) => id.iter().map(|octet| format!("{octet:02X}")).collect(),
        None => {
            let made = super::tag_time(bag, tags::CREATION_TIME).unwrap_or_default();
            format!("{:X}-{:X}@imported.invalid", made.0, start.0)
        }
    }
}

/// When an appointment is.
struct Times {
    start: FileTime,
    end: FileTime,
    all_day: bool,
    /// `;TZID="…"`; none: as the clock on the wall shows, wherever that is.
    zone: Option<String>,
}

impl Times {
    fn single(&self, lines: &mut Lines) {
        let (suffix, write): (_, fn(FileTime) -> Option<String>) = match self.all_day {
            true => (";VALUE=DATE", lines::day),
            false => ("", lines::utc),
        };
        for (name, time) in [("DTSTART", self.start), ("DTEND", self.end)] {
            lines.text(&format!("{name}{suffix}"), write(time).as_deref());
        }
    }

    /// Occurrences are at the same hour of their zone, whose rules are written.
    fn in_zone(self, bag: &Bag, lines: &mut Lines) -> Self {
        let zone = octets(bag, lid(PSETID_APPOINTMENT, ZONE)).and_then(Zone::parse);
        let Some(zone) = zone.filter(|_| !self.all_day) else { return self };
        let name = bag.text(lid(PSETID_APPOINTMENT, ZONE_NAME)).unwrap_or_default();
        let name: String =
            name.chars().filter(|c| !c.is_control() && !"\";,\\".contains(*c)).collect();
        let name = if name.trim().is_empty() { "Local".to_owned() } else { name };
        zone.write(&name, lines);
        Times { zone: Some(format!(";TZID={}", quoted(&name))), ..self }
    }

    fn recurring(&self, recur: &Recurrence, lines: &mut Lines) {
        let (from, to) = recur.hours.unwrap_or_default();
        let start = recur.first.saturating_add(from);
        self.line("DTSTART", start, lines);
        self.line("DTEND", recur.first.saturating_add(to), lines);
        lines.raw("RRULE", &recur.rule(|day| self.until(start, day.saturating_add(from))));
        for day in recur.left_out() {
            self.line("EXDATE", day.saturating_add(from), lines);
        }
    }

    fn exception(&self, exception: &Exception, lines: &mut Lines) {
        self.line("RECURRENCE-ID", exception.original, lines);
        self.line("DTSTART", exception.start, lines);
        self.line("DTEND", exception.end, lines);
    }

    fn line(&self, name: &str, time: DateTime, lines: &mut Lines) {
        match (self.all_day, &self.zone) {
            (true, _) => lines.raw(&format!("{name};VALUE=DATE"), &lines::date(time)),
            (false, Some(zone)) => lines.raw(&format!("{name}{zone}"), &lines::local(time)),
            (false, None) => lines.raw(name, &lines::local(time)),
        }
    }

    /// UNTIL is in UTC where there is a zone (RFC 5545 section 3.3.10). How far the zone is from
    /// UTC is seen at the first occurrence; an hour more lets the other half of the year in.
    fn until(&self, start: DateTime, last: DateTime) -> Option<String> {
        if self.all_day {
            return Some(lines::date(last));
        }
        if self.zone.is_none() {
            return Some(lines::local(last));
        }
        let utc = Timestamp::from_second(self.start.to_unix()).ok()?.to_zoned(TimeZone::UTC);
        let west = utc.datetime().duration_since(start);
        let last = last.saturating_add(west).saturating_add(SignedDuration::from_hours(1));
        Some(format!("{}Z", lines::local(last)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{of, recurrence, zone};
    use super::*;
    use crate::compose::Recipient;
    use crate::property::{PropertyName, Value, names};

    fn appointment(extra: &[(u32, Value)]) -> Item {
        let mut properties = Bag::default();
        properties.set(tags::MESSAGE_CLASS, "IPM.Appointment");
        properties.set(tags::SUBJECT, "Tea, coffee");
        properties.set(tags::BODY, "Bring\r\nbiscuits");
        properties.set(tags::LAST_MODIFICATION_TIME, FileTime::from_unix(1_470_000_000));
        properties.set(lid(PSETID_APPOINTMENT, START), FileTime::from_unix(1_470_117_600));
        properties.set(lid(PSETID_APPOINTMENT, END), FileTime::from_unix(1_470_119_400));
        properties.set(lid(PSETID_MEETING, GLOBAL_ID), vec![4u8, 0, 0xAB]);
        for (number, value) in extra {
            properties.set(lid(PSETID_APPOINTMENT, *number), value.clone());
        }
        Item { properties, ..Item::default() }
    }

    fn text(item: &Item) -> String {
        of(item).unwrap().text
    }

    #[test]
    fn an_appointment_becomes_an_event() {
        let mut item = appointment(&[
            (LOCATION, "Room 1".into()),
            (BUSY_STATUS, Value::Integer32(2)),
            (STATE, Value::Integer32(1)),
        ]);
        let bag = &mut item.properties;
        bag.set(tags::SENSITIVITY, 2);
        bag.set(tags::SENT_REPRESENTING_NAME, "B \"x\" oss");
        bag.set(tags::SENT_REPRESENTING_SMTP_ADDRESS, "boss@x.example");
        bag.set(lid(PSETID_COMMON, REMINDER_SET), true);
        bag.set(lid(PSETID_COMMON, REMINDER_MINUTES), 15);
        let keywords = PropertyName::string(names::PS_PUBLIC_STRINGS, "Keywords");
        bag.set(keywords, vec!["a".to_owned(), "b,c".to_owned()]);
        let (name, address) = ("Alice".to_owned(), "alice@y.example".to_owned());
        item.recipients.push(Recipient { kind: RecipientKind::Cc, name, address });
        let expected = "BEGIN:VCALENDAR\r\nPRODID:-//Rialto//Rialto//EN\r\nVERSION:2.0\r\n\
            BEGIN:VEVENT\r\nUID:0400AB\r\nDTSTAMP:20160731T212000Z\r\nDTSTART:20160802T060000Z\r\n\
            DTEND:20160802T063000Z\r\nSUMMARY:Tea\\, coffee\r\nLOCATION:Room 1\r\n\
            DESCRIPTION:Bring\\nbiscuits\r\nCATEGORIES:a,b\\,c\r\nCLASS:PRIVATE\r\nTRANSP:OPAQUE\r\n\
            X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\nORGANIZER;CN=\"B x oss\":mailto:boss@x.example\r\n\
            ATTENDEE;ROLE=OPT-PARTICIPANT;CN=\"Alice\":mailto:alice@y.example\r\n\
            BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Reminder\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n\
            END:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(text(&item), expected);
    }

    #[test]
    fn a_whole_day_has_no_hours() {
        let item = appointment(&[
            (ALL_DAY, true.into()),
            (START, FileTime::from_unix(1_470_088_800).into()),
            (END, FileTime::from_unix(1_470_175_200).into()),
        ]);
        let text = text(&item);
        assert!(text.contains("\r\nDTSTART;VALUE=DATE:20160802\r\nDTEND;VALUE=DATE:20160803\r\n"));
    }

    #[test]
    fn a_series_has_a_rule_its_zone_and_its_exceptions() {
        let pattern = recurrence::tests::blob(0x200B, 1, 1, &[4], 0x2021);
        let item = appointment(&[
            (RECUR, pattern.clone().into()),
            (ZONE, zone::tests::blob().into()),
            (ZONE_NAME, "Berlin;\"x".into()),
        ]);
        let shown = text(&item);
        for part in [
            "\r\nTZID:Berlinx\r\n",
            "\r\nDTSTART;TZID=\"Berlinx\":20160802T080000\r\nDTEND;TZID=\"Berlinx\":20160802T083000\r\n\
             RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;WKST=MO;UNTIL=20160830T070000Z\r\n\
             EXDATE;TZID=\"Berlinx\":20160809T080000\r\nSUMMARY:Tea\\, coffee\r\n",
            "\r\nRECURRENCE-ID;TZID=\"Berlinx\":20160816T080000\r\n\
             DTSTART;TZID=\"Berlinx\":20160816T090000\r\nDTEND;TZID=\"Berlinx\":20160816T100000\r\n\
             SUMMARY:later\r\nLOCATION:room\r\n",
        ] {
            assert!(shown.replace("\r\n ", "").contains(part), "{shown}");
        }
        let floating = text(&appointment(&[(RECUR, pattern.into())]));
        assert!(floating.contains("\r\nDTSTART:20160802T080000\r\n"), "{floating}");
        assert!(floating.replace("\r\n ", "").contains(";UNTIL=20160830T080000\r\n"), "{floating}");
    }

    #[test]
    fn without_a_beginning_there_is_no_event() {
        let mut item = appointment(&[]);
        item.properties.remove(lid(PSETID_APPOINTMENT, START));
        assert_eq!(of(&item), None);
    }
}

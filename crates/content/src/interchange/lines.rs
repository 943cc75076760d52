//! Content lines (RFC 5545 section 3.1, RFC 6350 section 3.2): folded at 75 octets.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::property::FileTime;

/// Octets of a line, its end apart.
const LINE_OCTETS_MAX: usize = 75;

/// Lines one behind the other.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line whose value is as it has to be; `name` has the parameters.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        let mut column = 0;
        for c in name.chars().chain([':']).chain(value.chars()).filter(|c| !c.is_control()) {
            if column + c.len_utf8() > LINE_OCTETS_MAX {
                self.0.push_str("\r\n ");
                column = 1;
            }
            self.0.push(c);
            column += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A line with a text, unless it is empty.
    pub(super) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text.map(str::trim_end).filter(|text| !text.is_empty()) {
            self.raw(name, &escaped(text));
        }
    }

    /// A line with texts between `separator`s, unless all are empty.
    pub(super) fn texts(&mut self, name: &str, separator: &str, texts: &[&str]) {
        if texts.iter().any(|text| !text.is_empty()) {
            let texts: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
            self.raw(name, &texts.join(separator));
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// RFC 5545 section 3.3.11.
fn escaped(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' | ';' | ',' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// The value of a parameter (RFC 5545 section 3.2): in quotes, which it cannot have itself.
pub(super) fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '"').collect();
    format!("\"{text}\"")
}

/// `20160802T150000Z`
pub(super) fn utc(time: FileTime) -> Option<String> {
    let time = Timestamp::from_second(time.to_unix()).ok()?.to_zoned(TimeZone::UTC);
    Some(time.strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// `20160802T150000`
pub(super) fn local(time: DateTime) -> String {
    time.strftime("%Y%m%dT%H%M%S").to_string()
}

/// `20160802`
pub(super) fn date(time: DateTime) -> String {
    time.strftime("%Y%m%d").to_string()
}

/// The day of an item that has days, not hours: it stands as a midnight in some time zone, which
/// is less than half a day away.
pub(super) fn day(time: FileTime) -> Option<String> {
    const HALF: i64 = 12 * 60 * 60;
    let noon = Timestamp::from_second(time.to_unix() + HALF).ok()?;
    Some(date(noon.to_zoned(TimeZone::UTC).datetime()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_texts_escaped() {
        let mut lines = Lines::default();
        lines.text("A", Some("x;y,z\\\r\nnext \u{e4}"));
        lines.text("B", Some(" "));
        lines.raw("C", &"\u{e4}".repeat(40));
        let out = lines.finish();
        assert!(out.starts_with("A:x\\;y\\,z\\\\\\nnext \u{e4}\r\nC:"), "{out}");
        assert!(out.split("\r\n").all(|line| line.len() <= LINE_OCTETS_MAX));
        assert_eq!(
            out.replace("\r\n ", "").lines().last(),
            Some(&*format!("C:{}", "\u{e4}".repeat(40)))
        );
    }

    #[test]
    fn a_midnight_of_any_zone_is_its_day() {
        for hours in [-11, 0, 11] {
            let midnight = FileTime::from_unix(1_470_096_000 + hours * 3600);
            assert_eq!(day(midnight).as_deref(), Some("20160802"));
        }
    }
}

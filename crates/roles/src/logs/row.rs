//! One line of a log: comma-separated values (RFC 4180).

use types::Timestamp;
use types::limits::LOG_FIELD_OCTETS_MAX;

/// A line on its way to the writer.
#[derive(Debug)]
pub(super) struct Row {
    /// When it happened; the first field.
    pub(super) at: Timestamp,
    /// The whole line, with its end.
    pub(super) line: String,
}

impl Row {
    /// A line of these fields behind the date and time.
    pub(super) fn new(at: Timestamp, fields: &[&str]) -> Self {
        let mut line = date_time(at);
        for field in fields {
            line.push(',');
            push_field(&mut line, field);
        }
        line.push_str("\r\n");
        Row { at, line }
    }
}

/// `field = escaped / non-escaped`. Controls become spaces, so that a line stays a line; what
/// is too long is cut.
fn push_field(line: &mut String, field: &str) {
    let field = &field[..field.floor_char_boundary(LOG_FIELD_OCTETS_MAX)];
    let quoted = field.contains([',', '"']);
    if quoted {
        line.push('"');
    }
    for character in field.chars() {
        match character {
            '"' => line.push_str("\"\""),
            control if control.is_control() => line.push(' '),
            plain => line.push(plain),
        }
    }
    if quoted {
        line.push('"');
    }
}

/// `2026-11-23T10:15:30.125Z`
pub(super) fn date_time(at: Timestamp) -> String {
    format!("{:.3}", utc(at))
}

/// The moment in UTC, as `strftime` has it.
pub(super) fn formatted(format: &str, at: Timestamp) -> String {
    jiff::fmt::strtime::format(format, utc(at)).unwrap_or_default()
}

fn utc(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_breaks_out_of_its_place() {
        let at = Timestamp::from_micros(1_795_169_730_125_000);
        let row = Row::new(at, &["plain", "a,b", "say \"hi\"", "x\r\n2026,forged", ""]);
        assert_eq!(
            row.line,
            "2026-11-20T10:15:30.125Z,plain,\"a,b\",\"say \"\"hi\"\"\",\"x  2026,forged\",\r\n"
        );
        let long = "ü".repeat(LOG_FIELD_OCTETS_MAX);
        assert!(Row::new(at, &[&long]).line.len() < LOG_FIELD_OCTETS_MAX + 40);
    }
}

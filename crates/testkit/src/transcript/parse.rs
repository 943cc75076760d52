//! The text form of a transcript.

use std::time::Duration;

use super::Settings;
use super::pattern::{Pattern, unescape};

/// A parsed transcript.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// The `%` lines.
    pub settings: Settings,
    pub(super) steps: Vec<Step>,
}

/// One step and the line it stands on, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) act: Act,
}

/// What a line of the file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Send { id: u32, bytes: Vec<u8> },
    ExpectLine { id: u32, pattern: Pattern },
    ExpectBytes { id: u32, bytes: Vec<u8> },
    Event { id: u32, word: String },
    Advance(Duration),
    Closed { id: u32 },
}

/// A line that is no transcript line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {reason}")]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl Transcript {
    /// Parses a whole file.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut transcript = Transcript { settings: Settings::new(), steps: Vec::new() };
        for (index, text) in text.lines().enumerate() {
            let line = index + 1;
            transcript.line(line, text).map_err(|reason| ParseError { line, reason })?;
        }
        Ok(transcript)
    }

    /// Octets of the longest block: how many cut positions there are.
    pub(super) fn longest_block(&self) -> usize {
        let lengths = self.steps.iter().map(|step| match &step.act {
            Act::Send { bytes, .. } => bytes.len(),
            _ => 0,
        });
        lengths.max().unwrap_or(0)
    }

    /// True when cut replays must not let the machine run between both writes.
    pub(super) fn is_atomic(&self) -> bool {
        self.settings.contains_key("atomic")
    }

    fn line(&mut self, line: usize, text: &str) -> Result<(), String> {
        if text.trim().is_empty() || text.starts_with('#') {
            return Ok(());
        }
        if let Some(setting) = text.strip_prefix('%') {
            return self.setting(setting);
        }
        let act = act(text)?;
        self.push(Step { line, act });
        Ok(())
    }

    fn setting(&mut self, text: &str) -> Result<(), String> {
        if !self.steps.is_empty() {
            return Err("settings stand before the first step".to_owned());
        }
        let (name, value) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        self.settings.insert(name.to_owned(), value.trim().to_owned());
        Ok(())
    }

    /// Adds a step; neighbouring sends of one connection grow together.
    fn push(&mut self, step: Step) {
        if let (
            Some(Step { act: Act::Send { id, bytes }, .. }),
            Act::Send { id: next, bytes: more },
        ) = (self.steps.last_mut(), &step.act)
            && id == next
        {
            bytes.extend_from_slice(more);
            return;
        }
        self.steps.push(step);
    }
}

/// A line that is neither comment nor setting.
pub(super) fn act(text: &str) -> Result<Act, String> {
    if let Some(by) = text.strip_prefix("@ +") {
        return duration(by).map(Act::Advance);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let id = text[..digits].parse().map_err(|_| "a line begins with a connection number")?;
    let (sign, argument) = split_sign(&text[digits..]);
    match sign {
        ">" => Ok(Act::Send { id, bytes: [&unescape(argument)?[..], b"\r\n"].concat() }),
        ">>" => Ok(Act::Send { id, bytes: unescape(argument)? }),
        "<" => Ok(Act::ExpectLine { id, pattern: Pattern::parse(argument)? }),
        "<<" => Ok(Act::ExpectBytes { id, bytes: unescape(argument)? }),
        "!" => Ok(Act::Event { id, word: argument.trim().to_owned() }),
        "=" if argument.trim() == "close" => Ok(Act::Closed { id }),
        _ => Err(format!("no such line: {text}")),
    }
}

/// The sign after the connection number, and the text behind it without its one space.
fn split_sign(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(|byte| b"<>!=".contains(byte)).count().min(2);
    let (sign, argument) = text.split_at(length);
    (sign, argument.strip_prefix(' ').unwrap_or(argument))
}

/// `5s`, `200ms`, `10m`, `4h`.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().map_err(|_| "a duration begins with a number")?;
    match &text[digits..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        "h" => Ok(Duration::from_secs(number * 3600)),
        unit => Err(format!("no such unit: {unit}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn neighbouring_sends_are_one_block() {
        let transcript = Transcript::parse("1> a\n1>> b\n2> c\n1> d\n").unwrap();
        let sends: Vec<_> = transcript.steps.into_iter().map(|step| step.act).collect();
        assert_eq!(
            sends,
            [
                Act::Send { id: 1, bytes: b"a\r\nb".to_vec() },
                Act::Send { id: 2, bytes: b"c\r\n".to_vec() },
                Act::Send { id: 1, bytes: b"d\r\n".to_vec() },
            ]
        );
    }

    #[test]
    fn durations() {
        for (text, seconds) in [("@ +5s", 5), ("@ +2m", 120), ("@ +4h", 14400)] {
            assert_eq!(act(text).unwrap(), Act::Advance(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = Transcript::parse("1> a\nnonsense\n").unwrap_err();
        assert_eq!(error.line, 2);
        for text in ["1", "1? x", "x> y", "@ +5", "@ +s", "1= open", "1> a\n% late x"] {
            assert!(Transcript::parse(text).is_err(), "{text}");
        }
    }
}

//! One run of a transcript against a machine.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::time::Instant;

use super::parse::{Act, Step};
use super::pattern::Pattern;
use super::{Machine, Transcript};

/// All bytes each connection received.
pub(super) type Received = BTreeMap<u32, Vec<u8>>;

/// Why a replay failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// Line of the transcript, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// Where blocks were cut, if they were.
    pub cut: Option<usize>,
    /// What was expected and what came.
    pub reason: String,
}

impl Failure {
    /// A cut replay matched the file but not, byte for byte, the whole replay.
    pub(super) fn differs(cut: usize) -> Self {
        let reason = "output differs from that of the whole replay".to_owned();
        Failure { line: 0, cut: Some(cut), reason }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        if let Some(cut) = self.cut {
            write!(f, "(cut at byte {cut}) ")?;
        }
        f.write_str(&self.reason)
    }
}

/// Runs `transcript`; with `cut`, every longer block is sent in two writes.
pub(super) fn run<M: Machine>(
    transcript: &Transcript,
    machine: M,
    cut: Option<usize>,
) -> Result<Received, Failure> {
    let atomic = transcript.is_atomic();
    let mut replay = Replay { machine, now: Instant::now(), cut, atomic, lines: BTreeMap::new() };
    for step in &transcript.steps {
        replay.step(step).map_err(|reason| Failure { line: step.line, cut, reason })?;
    }
    let last = transcript.steps.last().map_or(0, |step| step.line);
    replay.finish().map_err(|reason| Failure { line: last, cut, reason })
}

/// The state of one run.
struct Replay<M> {
    machine: M,
    now: Instant,
    cut: Option<usize>,
    atomic: bool,
    lines: BTreeMap<u32, Wire>,
}

/// What one connection received, and how much of it the transcript has expected.
#[derive(Default)]
struct Wire {
    received: Vec<u8>,
    seen: usize,
}

impl Wire {
    fn unseen(&self) -> &[u8] {
        &self.received[self.seen..]
    }
}

impl<M: Machine> Replay<M> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.act {
            Act::Send { id, bytes } => self.send(*id, bytes),
            Act::ExpectLine { id, pattern } => self.expect_line(*id, pattern),
            Act::ExpectBytes { id, bytes } => self.expect_bytes(*id, bytes),
            Act::Event { id, word } => {
                self.open(*id);
                self.settle();
                self.machine.event(*id, self.now, word);
                Ok(())
            }
            Act::Advance(by) => {
                self.settle();
                self.now += *by;
                self.machine.advance(self.now);
                Ok(())
            }
            Act::Closed { id } => self.expect_closed(*id),
        }
    }

    fn finish(mut self) -> Result<Received, String> {
        for id in self.lines.keys().copied().collect::<Vec<_>>() {
            self.all_seen(id)?;
        }
        Ok(self.lines.into_iter().map(|(id, wire)| (id, wire.received)).collect())
    }

    /// Opens a connection on first use; true when this was it.
    fn open(&mut self, id: u32) -> bool {
        if let Entry::Vacant(entry) = self.lines.entry(id) {
            entry.insert(Wire::default());
            self.machine.connect(id, self.now);
            return true;
        }
        false
    }

    /// Lets the machine finish with what it has, on every connection.
    fn settle(&mut self) {
        for id in self.lines.keys().copied().collect::<Vec<_>>() {
            self.receive(id);
        }
    }

    fn send(&mut self, id: u32, bytes: &[u8]) -> Result<(), String> {
        // An atomic conversation may begin before the machine has said a word.
        if !(self.open(id) && self.atomic) {
            self.all_seen(id)?;
        }
        let (head, tail) = bytes.split_at(self.cut.map_or(bytes.len(), |cut| cut.min(bytes.len())));
        self.machine.input(id, self.now, head);
        if !self.atomic {
            self.receive(id);
        }
        if !tail.is_empty() {
            self.machine.input(id, self.now, tail);
        }
        Ok(())
    }

    /// Moves the machine's output of `id` to the connection.
    fn receive(&mut self, id: u32) -> &mut Wire {
        self.open(id);
        let bytes = self.machine.output(id);
        let wire = self.lines.entry(id).or_default();
        wire.received.extend_from_slice(&bytes);
        wire
    }

    fn expect_line(&mut self, id: u32, pattern: &Pattern) -> Result<(), String> {
        let wire = self.receive(id);
        let unseen = wire.unseen();
        let Some(end) = unseen.windows(2).position(|pair| pair == b"\r\n") else {
            return Err(format!("expected {pattern}, found only {}", show(unseen)));
        };
        if !pattern.matches(&unseen[..end]) {
            return Err(format!("expected {pattern}, found {}", show(&unseen[..end])));
        }
        wire.seen += end + 2;
        Ok(())
    }

    fn expect_bytes(&mut self, id: u32, bytes: &[u8]) -> Result<(), String> {
        let wire = self.receive(id);
        if !wire.unseen().starts_with(bytes) {
            return Err(format!("expected {}, found {}", show(bytes), show(wire.unseen())));
        }
        wire.seen += bytes.len();
        Ok(())
    }

    fn expect_closed(&mut self, id: u32) -> Result<(), String> {
        self.all_seen(id)?;
        if self.machine.closed(id) { Ok(()) } else { Err("the connection is open".to_owned()) }
    }

    fn all_seen(&mut self, id: u32) -> Result<(), String> {
        match self.receive(id).unseen() {
            [] => Ok(()),
            unseen => Err(format!("connection {id}: unexpected {}", show(unseen))),
        }
    }
}

/// Bytes for a message to a human.
fn show(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::check;
    use super::*;
    use std::time::Duration;

    /// Greets, repeats each line to everybody, and hangs up on `bye` or after a minute.
    /// A `hasty` one loses what does not arrive as whole lines: the bug cuts must find.
    #[derive(Default)]
    struct Echo {
        hasty: bool,
        pending: BTreeMap<u32, Vec<u8>>,
        out: BTreeMap<u32, Vec<u8>>,
        gone: Vec<u32>,
        began: Option<Instant>,
        /// Told in the greeting.
        minute: u32,
    }

    impl Echo {
        fn say(&mut self, line: &[u8]) {
            for out in self.out.values_mut() {
                out.extend_from_slice(line);
            }
        }
    }

    impl Machine for Echo {
        fn connect(&mut self, id: u32, now: Instant) {
            self.began.get_or_insert(now);
            let date = if self.minute == 0 { "" } else { ", later" };
            self.out.insert(id, format!("hello{date}\r\n").into_bytes());
        }

        fn input(&mut self, id: u32, _now: Instant, bytes: &[u8]) {
            let mut pending = self.pending.remove(&id).unwrap_or_default();
            pending.extend_from_slice(bytes);
            while let Some(end) = pending.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = pending.drain(..end + 2).collect();
                if line == b"bye\r\n" {
                    self.gone.push(id);
                }
                self.say(&line);
            }
            if !self.hasty {
                self.pending.insert(id, pending);
            }
        }

        fn output(&mut self, id: u32) -> Vec<u8> {
            std::mem::take(self.out.entry(id).or_default())
        }

        fn closed(&self, id: u32) -> bool {
            self.gone.contains(&id)
        }

        fn advance(&mut self, to: Instant) {
            if self.began.is_some_and(|began| to >= began + Duration::from_secs(60)) {
                self.gone = self.out.keys().copied().collect();
            }
        }

        fn event(&mut self, _id: u32, _now: Instant, word: &str) {
            self.say(format!("{word}!\r\n").as_bytes());
        }
    }

    fn outcome(text: &str, hasty: bool) -> Result<(), Failure> {
        check(&Transcript::parse(text).unwrap(), |_| Echo { hasty, ..Echo::default() })
    }

    #[test]
    fn a_right_transcript_passes() {
        let text = "1< hello\n2< hel*\n1> abc\n1> d\n1< abc\n1< d\n2<< abc\\r\\nd\\r\\n\n\
                    1! ping\n1< ping!\n2< ping!\n2> bye\n2< bye\n2= close\n1< bye\n\
                    @ +59s\n@ +1s\n1= close\n";
        outcome(text, false).unwrap();
    }

    #[test]
    fn wrong_missing_and_unexpected_output_fail() {
        for (text, line) in [
            ("1< hullo\n", 1),
            ("1< hello\n1< more\n", 2),
            ("1> abc\n", 1),
            ("1< hello\n1> abc\n", 2),
            ("1< hello\n1= close\n", 2),
            ("1< hello\n1<< x\n", 2),
        ] {
            assert_eq!(outcome(text, false).unwrap_err().line, line, "{text}");
        }
    }

    #[test]
    fn a_machine_that_depends_on_cuts_is_found() {
        let text = "1< hello\n1> abc\n1< abc\n";
        assert_eq!(outcome(text, true).unwrap_err().cut, Some(1));
    }

    #[test]
    fn a_date_may_change_while_a_transcript_is_replayed() {
        let transcript = Transcript::parse("1< hello*\n1> abc\n1< abc\n").unwrap();
        for change in 1..6 {
            let replays = std::cell::Cell::new(0);
            let build = |_: &_| {
                replays.set(replays.get() + 1);
                Echo { minute: u32::from(replays.get() > change), ..Echo::default() }
            };
            check(&transcript, build).unwrap();
        }
    }
}

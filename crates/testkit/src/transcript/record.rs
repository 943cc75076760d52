//! Recording: a script of what clients send becomes the transcript of a session.

use std::collections::BTreeSet;
use std::time::Instant;

use super::parse::{Act, act};
use super::{Machine, ParseError, varying};

/// Plays a script and writes down what the machine answers, as a transcript that the same
/// machine passes.
///
/// A script is a transcript of `>` and `>>` lines only; comments and settings are kept. Each
/// line is sent on its own and its answer recorded behind it; what has to arrive together
/// stands in one `>>` line. In the answers, dates, identifiers of objects and the name of the
/// host become `*`, as the module `varying` says.
///
/// # Errors
/// A line that is none, or that does something else than sending.
pub fn record(script: &str, machine: &mut impl Machine) -> Result<String, ParseError> {
    let (mut recorder, mut text) = (Recorder::default(), String::new());
    for (index, line) in script.lines().enumerate() {
        let answer = recorder
            .line(line, machine)
            .map_err(|reason| ParseError { line: index + 1, reason })?;
        text.push_str(&answer);
    }
    Ok(text)
}

/// The connections that were named so far.
#[derive(Default)]
struct Recorder {
    open: BTreeSet<u32>,
    /// The name of the host, as its greeting says it.
    host: Option<String>,
}

impl Recorder {
    /// The line of the script and what it brings.
    fn line(&mut self, line: &str, machine: &mut impl Machine) -> Result<String, String> {
        if line.trim().is_empty() || line.starts_with(['#', '%']) {
            return Ok(format!("{line}\n"));
        }
        let Act::Send { id, bytes } = act(line)? else {
            return Err(format!("a script only sends: {line}"));
        };
        let mut text = String::new();
        if self.open.insert(id) {
            machine.connect(id, Instant::now());
            let greeting = machine.output(id);
            self.host = self.host.take().or_else(|| varying::host(first_line(&greeting)));
            text += &self.written(id, &greeting);
        }
        text += &format!("{line}\n");
        machine.input(id, Instant::now(), &bytes);
        text += &self.written(id, &machine.output(id));
        if machine.closed(id) {
            text += &format!("{id}= close\n");
        }
        Ok(text)
    }

    /// What has come on a connection, as lines of a transcript.
    fn written(&self, id: u32, answer: &[u8]) -> String {
        let mut text = String::new();
        let mut rest = answer;
        while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
            let line = varying::pattern(&rest[..end], self.host.as_deref());
            text += format!("{id}< {line}").trim_end();
            text.push('\n');
            rest = &rest[end + 2..];
        }
        if !rest.is_empty() {
            text += &format!("{id}<< {}\n", varying::escape(rest));
        }
        text
    }
}

fn first_line(answer: &[u8]) -> &[u8] {
    answer.split(|&byte| byte == b'\r').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use super::super::{Transcript, check};
    use super::*;

    /// Greets, repeats lines, and hangs up on `bye`.
    #[derive(Default)]
    struct Echo(BTreeMap<u32, (Vec<u8>, Vec<u8>, bool)>);

    impl Machine for Echo {
        fn connect(&mut self, id: u32, _now: Instant) {
            self.0.insert(id, (Vec::new(), b"220 mail.test hi\r\n".to_vec(), false));
        }

        fn input(&mut self, id: u32, _now: Instant, bytes: &[u8]) {
            let (pending, out, gone) = self.0.get_mut(&id).unwrap();
            pending.extend_from_slice(bytes);
            while let Some(end) = pending.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = pending.drain(..end + 2).collect();
                *gone |= line == b"bye\r\n";
                out.extend(line);
            }
        }

        fn output(&mut self, id: u32) -> Vec<u8> {
            std::mem::take(&mut self.0.get_mut(&id).unwrap().1)
        }

        fn closed(&self, id: u32) -> bool {
            self.0[&id].2
        }

        fn advance(&mut self, _to: Instant) {}
    }

    #[test]
    fn what_was_recorded_plays() {
        let script =
            "% atomic\n# two of them\n1> a * b\n2> mail.test\n1>> x\\r\\ny\\r\\n\n1> bye\n";
        let text = record(script, &mut Echo::default()).unwrap();
        let expected = "% atomic\n# two of them\n1< 220 * hi\n1> a * b\n1< a \\x2a b\n\
                        2< 220 * hi\n2> mail.test\n2< *\n\
                        1>> x\\r\\ny\\r\\n\n1< x\n1< y\n1> bye\n1< bye\n1= close\n";
        assert_eq!(text, expected);
        check(&Transcript::parse(&text).unwrap(), |_| Echo::default()).unwrap();
    }

    #[test]
    fn a_script_that_expects_is_refused() {
        let error = record("1> a\n1< b\n", &mut Echo::default()).unwrap_err();
        assert_eq!((error.line, error.reason.as_str()), (2, "a script only sends: 1< b"));
    }
}

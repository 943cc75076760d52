//! Secrets that are not written on a command line, where every user of the host could read
//! them: `--password -` takes one line of standard input, unseen on a terminal. Who leaves out
//! one that the verb needs is asked for it, where somebody can be asked.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use types::limits::VERB_ARGUMENT_OCTETS_MAX;

use super::Line;
use crate::AdminError;
use crate::verb::{Parameter, Shape};

/// Written in place of a secret.
const STANDARD_INPUT: &str = "-";

/// Puts what standard input has in place of a secret that is written as `-`, or missing.
pub(super) fn read(line: &mut Line) -> Result<(), AdminError> {
    match line.verb.missing_secret(&line.arguments).filter(|_| !line.what_if) {
        Some(missing) if line.pipeline || !io::stdin().is_terminal() => {
            return Err(AdminError::SecretNeeded(missing.option()));
        }
        Some(missing) => line.arguments.set(missing, vec![STANDARD_INPUT.to_owned()]),
        None => {}
    }
    let is_asked = |parameter: &&Parameter| {
        let values = line.arguments.values(parameter).unwrap_or_default();
        parameter.shape == Shape::Secret && values == [STANDARD_INPUT]
    };
    let asked: Vec<&'static Parameter> = line.verb.parameters.iter().filter(is_asked).collect();
    match (asked.as_slice(), line.pipeline) {
        ([], _) => Ok(()),
        ([parameter], false) => {
            let secret = take(&parameter.option())?;
            line.arguments.set(parameter, vec![secret]);
            Ok(())
        }
        _ => Err(AdminError::InputTaken),
    }
}

fn take(option: &str) -> Result<String, AdminError> {
    let secret = ask_secret(&format!("{option}: "))?;
    secret.ok_or_else(|| AdminError::NoSecret(option.to_owned()))
}

/// One line of standard input: unseen where that is a terminal, and asked for there only. None,
/// when there is nothing.
pub fn ask_secret(question: &str) -> io::Result<Option<String>> {
    let input = io::stdin();
    let unseen = match input.is_terminal() {
        true => Some(Unseen::ask(question)?),
        false => None,
    };
    let secret = first_line(&mut input.lock())?;
    drop(unseen);
    Ok(secret)
}

/// The first line without its end; None, when there is nothing.
pub fn first_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let limit = VERB_ARGUMENT_OCTETS_MAX as u64 + 1;
    let read = input.take(limit).read_line(&mut line)?;
    let ended = line.trim_end_matches('\n').trim_end_matches('\r').len();
    line.truncate(ended);
    Ok((read > 0).then_some(line))
}

/// A terminal that does not show what is typed; shows it again when dropped.
struct Unseen(Termios);

impl Unseen {
    fn ask(prompt: &str) -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
        let shown = Unseen(before);
        let mut screen = io::stderr();
        screen.write_all(prompt.as_bytes())?;
        screen.flush()?;
        Ok(shown)
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // A terminal that is gone needs no repair.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
        eprintln!();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_line_without_its_end() {
        let line = |mut text: &[u8]| first_line(&mut text).unwrap();
        assert_eq!(line(b"se cret \r\nnext\n").as_deref(), Some("se cret "));
        assert_eq!(line(b"secret").as_deref(), Some("secret"));
        assert_eq!(line(b"\n").as_deref(), Some(""));
        assert_eq!(line(b""), None);
    }
}

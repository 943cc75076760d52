//! How far it is, on the terminal; to a file or a pipe it says nothing.

use std::io::{self, IsTerminal, Write};

use ::backup::{Progress, Silent, Step};

const BAR_LEN: usize = 30;
const MIB: u64 = 1024 * 1024;

/// What tells the person at standard error, if one is there.
pub(super) fn bar() -> Box<dyn Progress> {
    match Bar::on_terminal() {
        Some(bar) => Box::new(bar),
        None => Box::new(Silent),
    }
}

/// A line for each step, with how much of it is done.
pub(super) struct Bar<W: Write> {
    terminal: W,
    /// The step and the percentage that stand there.
    shown: Option<(&'static str, u64)>,
}

impl Bar<io::Stderr> {
    /// None: nobody would see it.
    pub(super) fn on_terminal() -> Option<Self> {
        let terminal = io::stderr();
        terminal.is_terminal().then_some(Bar { terminal, shown: None })
    }
}

impl<W: Write> Bar<W> {
    /// Says how much of a step is done, where it has changed.
    pub(super) fn show(&mut self, step: &'static str, percent: u64, of: &str) {
        if self.shown == Some((step, percent)) {
            return;
        }
        let is_next = self.shown.is_some_and(|(before, _)| before != step);
        self.shown = Some((step, percent));
        let full = "#".repeat(BAR_LEN * usize::try_from(percent.min(100)).unwrap_or(0) / 100);
        let start = if is_next { "\n" } else { "\r" };
        // A terminal that is gone is no reason to give up.
        let _ = write!(self.terminal, "{start}{step} [{full:<BAR_LEN$}] {percent:>3} % of {of}");
        let _ = self.terminal.flush();
    }
}

impl<W: Write> Progress for Bar<W> {
    fn tell(&mut self, step: Step, done: u64, all: u64) {
        let percent = (done.min(all) * 100).checked_div(all).unwrap_or(100);
        self.show(words(step), percent, &format!("{} MiB", all.div_ceil(MIB)));
    }
}

impl<W: Write> Drop for Bar<W> {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = writeln!(self.terminal);
        }
    }
}

fn words(step: Step) -> &'static str {
    match step {
        Step::CopyRows => "copying rows ",
        Step::PutAway => "putting away ",
        Step::Check => "reading      ",
        Step::Restore => "restoring    ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_moves_with_the_percentage_and_ends_its_lines() {
        let mut terminal = Vec::new();
        let mut bar = Bar { terminal: &mut terminal, shown: None };
        bar.tell(Step::CopyRows, 1, 2 * MIB);
        bar.tell(Step::CopyRows, 2, 2 * MIB);
        bar.tell(Step::CopyRows, 2 * MIB, 2 * MIB);
        bar.tell(Step::PutAway, 0, 0);
        drop(bar);
        let none = " ".repeat(BAR_LEN);
        let full = "#".repeat(BAR_LEN);
        let expected = format!(
            "\rcopying rows  [{none}]   0 % of 2 MiB\rcopying rows  [{full}] 100 % of 2 MiB\
             \nputting away  [{full}] 100 % of 0 MiB\n"
        );
        assert_eq!(String::from_utf8_lossy(&terminal), expected);
    }
}

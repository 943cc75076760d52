//! Rules of this repository that the compiler does not know. One module a rule.
//!
//! Every rule is a function from what it looks at to complaints, so that each can be tested
//! against source that breaks it. Sizes are reported, never judged; so is a written page that
//! is behind its source, which no reader of the code is harmed by.

mod codecs;
mod complaint;
mod confined;
mod edges;
mod heads;
mod limits;
mod manifests;
mod sizes;
mod words;

use complaint::Complaint;

use crate::Result;
use crate::limits::{PAGE, is_current};
use crate::workspace::{self, Crate};

/// A rule over the crates.
type Rule = fn(&[Crate]) -> Vec<Complaint>;

const RULES: &[(&str, Rule)] = &[
    ("crates know only those they may", edges::check),
    ("dangerous things have one place", confined::check),
    ("codecs are pure", codecs::check),
    ("manifests follow the workspace", manifests::check),
    ("crates and modules say what they are", heads::check),
    ("every limit is tried", limits::check),
];

pub fn run() -> Result {
    let crates = workspace::crates()?;
    let mut complaints = words::check()?;
    if !is_current()? {
        println!("tidy: {} is behind its source: run cargo xtask limits", PAGE);
    }
    for (name, rule) in RULES {
        let found = rule(&crates);
        println!("tidy: {name}: {}", if found.is_empty() { "yes" } else { "NO" });
        complaints.extend(found);
    }
    println!("{}", sizes::Report::of(&crates));
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    match complaints.len() {
        0 => Ok(()),
        count => Err(format!("tidy: {count} complaints").into()),
    }
}

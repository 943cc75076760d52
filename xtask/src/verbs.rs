//! Documentation that only the program itself can print: the reference of verbs, the table of
//! metrics, and manual pages.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::process::{cargo, output_of, succeed};
use crate::workspace::root;

/// The reference of verbs. A test in crate `admin` says when it is behind.
const VERBS: &str = "docs/verbs.md";
/// The table of metrics. A test in crate `roles` says when it is behind.
const METRICS: &str = "docs/metrics.md";

/// Writes the reference.
pub fn run() -> Result {
    write("verbs", VERBS)
}

/// Writes the table of metrics.
pub fn metrics() -> Result {
    write("metrics", METRICS)
}

fn write(what: &str, page: &str) -> Result {
    fs::write(root().join(page), output_of(&mut cargo(reference(&[what])))?)?;
    println!("{page} written");
    Ok(())
}

/// Writes manual pages into a folder.
pub fn man(arguments: &[String]) -> Result {
    let [folder] = arguments else { return Err("cargo xtask man FOLDER".into()) };
    let folder = std::path::absolute(Path::new(folder))?;
    succeed(&mut cargo(reference(&["man", &folder.to_string_lossy()])))
}

/// Arguments of cargo that run `rialto reference`.
fn reference<'a>(what: &[&'a str]) -> Vec<&'a str> {
    ["run", "--quiet", "-p", "rialto", "--", "reference"]
        .into_iter()
        .chain(what.iter().copied())
        .collect()
}

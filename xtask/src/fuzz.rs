//! Feeding the decoders with what no sane peer sends.
//!
//! With cargo-fuzz, libFuzzer looks for new paths. Without it, the same targets get blind
//! mutations of the committed inputs on the compiler at hand.

use crate::Result;
use crate::process::{cargo, is_installed, output_of, program, succeed};

/// Seconds for all targets together in continuous integration.
const SMOKE_SECONDS: &str = "16";

/// `fuzz [NAME] [--seconds N]`
pub fn run(arguments: &[String]) -> Result {
    match is_installed("cargo-fuzz") {
        true => with_coverage(arguments),
        false => without_coverage(arguments),
    }
}

/// A short run of every target.
pub fn smoke() -> Result {
    without_coverage(&["--seconds".into(), SMOKE_SECONDS.into()])
}

fn without_coverage(arguments: &[String]) -> Result {
    let mut command = cargo(["run", "--quiet", "--locked", "--package", "fuzzing"]);
    command.args(["--bin", "fuzz-smoke", "--"]).args(arguments);
    succeed(&mut command)
}

fn with_coverage(arguments: &[String]) -> Result {
    let (names, seconds) = read(arguments)?;
    let names = if names.is_empty() { all_targets()? } else { names };
    for name in names {
        let limit = format!("-max_total_time={seconds}");
        let mut command = program("cargo");
        command.args(["+nightly", "fuzz", "run", &name, "--", &limit]);
        succeed(&mut command)?;
    }
    Ok(())
}

fn read(arguments: &[String]) -> Result<(Vec<String>, u64)> {
    let mut names = Vec::new();
    let mut seconds = 60;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--seconds" => seconds = rest.next().ok_or("--seconds needs a number")?.parse()?,
            name => names.push(name.to_owned()),
        }
    }
    Ok((names, seconds))
}

fn all_targets() -> Result<Vec<String>> {
    let list = output_of(program("cargo").args(["+nightly", "fuzz", "list"]))?;
    Ok(list.lines().map(str::to_owned).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_and_seconds_come_in_any_order() {
        let arguments = ["--seconds", "5", "imap_command"].map(str::to_owned);
        assert_eq!(read(&arguments).unwrap(), (vec!["imap_command".to_owned()], 5));
        assert!(read(&["--seconds".to_owned()]).is_err());
    }
}

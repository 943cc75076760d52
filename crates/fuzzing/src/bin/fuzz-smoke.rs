//! Mutates the corpora for a while and feeds the targets, on a stable compiler.
//!
//! `fuzz-smoke [NAME] [--seconds N] [--seed N]`: each target gets its share of the seconds.
//! An input that makes a target panic is kept in `fuzz/artifacts/TARGET`; put it into the
//! corpus once the mistake is repaired.

use std::error::Error;
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fuzzing::mutate::{Random, mutated};
use fuzzing::{TARGETS, Target, corpus, target};

/// What is asked for.
struct Request {
    targets: Vec<&'static Target>,
    time: Duration,
    seed: u64,
}

fn main() -> ExitCode {
    match Request::read(std::env::args().skip(1)).and_then(|request| request.run()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz-smoke: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Request {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Request, Box<dyn Error>> {
        let seed = std::time::UNIX_EPOCH.elapsed()?.as_secs();
        let mut request =
            Request { targets: TARGETS.iter().collect(), time: Duration::from_secs(10), seed };
        while let Some(argument) = arguments.next() {
            let mut number = || -> Result<u64, Box<dyn Error>> {
                Ok(arguments.next().ok_or("a number is missing")?.parse()?)
            };
            match argument.as_str() {
                "--seconds" => request.time = Duration::from_secs(number()?),
                "--seed" => request.seed = number()?,
                name => request.targets = vec![target(name).ok_or_else(|| unknown(name))?],
            }
        }
        Ok(request)
    }

    /// Answers the number of targets that failed.
    fn run(&self) -> Result<usize, Box<dyn Error>> {
        println!("seed {}", self.seed);
        let share = self.time / self.targets.len() as u32;
        let mut failed = 0;
        for target in &self.targets {
            failed += usize::from(!feed(target, share, self.seed)?);
        }
        Ok(failed)
    }
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    format!("no target is called {name}; there are {}", names.join(", "))
}

/// Whether the target stood everything.
fn feed(target: &Target, time: Duration, seed: u64) -> Result<bool, Box<dyn Error>> {
    let inputs = corpus::of(target)?;
    let mut random = Random::new(seed);
    let begun = Instant::now();
    let mut count = 0_u64;
    while begun.elapsed() < time {
        let input = mutated(&inputs, &mut random);
        if catch_unwind(|| (target.run)(&input)).is_err() {
            println!("{}: FAILED, input kept in {}", target.name, keep(target, &input)?.display());
            return Ok(false);
        }
        count += 1;
    }
    println!("{}: {count} inputs", target.name);
    Ok(true)
}

fn keep(target: &Target, input: &[u8]) -> std::io::Result<PathBuf> {
    let directory = corpus::root().join("artifacts").join(target.name);
    fs::create_dir_all(&directory)?;
    let path = directory.join("panic");
    fs::write(&path, input)?;
    Ok(path)
}

//! Kills the real server at random moments and looks whether it kept its word.
//!
//! `crash [KILLS] [--seed N] [--binary FILE]`. Each round starts the server, loads it over
//! SMTP and IMAP, kills it, starts it again and compares every mailbox with the [`ledger`] of
//! what was acknowledged. Mail to other domains is counted where it arrives, see [`outgoing`].
//! The first rounds kill it while it starts for the first time. The seed fixes what is sent and
//! when the kill comes, not how threads interleave.

mod check;
mod imap;
mod ledger;
mod load;
mod message;
mod outgoing;
mod random;
mod server;
mod smtp;
mod wire;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Result, demo};
use ledger::Ledger;
use outgoing::Outgoing;
use random::Random;
use server::Server;

/// Users whose mailboxes are loaded, `u000` and on.
const USERS: usize = 4;
/// Kills in continuous integration.
const SMOKE_KILLS: usize = 20;
/// Rounds that kill the server while it starts for the first time, on a fresh directory each.
const FIRST_START_KILLS: usize = 4;
/// One round in so many kills the server while it starts again.
const RESTART_KILL_EVERY: usize = 5;
/// Milliseconds within which a starting server is killed.
const START_MS_MAX: usize = 1_500;
/// Milliseconds of load before a kill.
const LOAD_MS_MIN: usize = 100;
const LOAD_MS_MAX: usize = 2_000;

/// `crash [KILLS] [--seed N] [--binary FILE]`
pub fn run(arguments: &[String]) -> Result {
    let mut harness = Harness::new(SMOKE_KILLS, u64::from(std::process::id()));
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seed" => harness.seed = value()?.parse()?,
            "--binary" => harness.binary = Some(value()?.into()),
            kills => harness.kills = kills.parse()?,
        }
    }
    harness.run()
}

/// As many kills as continuous integration does.
pub fn smoke() -> Result {
    Harness::new(SMOKE_KILLS, u64::from(std::process::id())).run()
}

/// What the server has acknowledged.
struct Books {
    mailboxes: Vec<Ledger>,
    outgoing: Outgoing,
}

impl Default for Books {
    fn default() -> Self {
        let mailboxes = (0..USERS).map(|_| Ledger::default()).collect();
        Books { mailboxes, outgoing: Outgoing::default() }
    }
}

struct Harness {
    kills: usize,
    seed: u64,
    /// Built when none is given.
    binary: Option<PathBuf>,
}

impl Harness {
    fn new(kills: usize, seed: u64) -> Self {
        Harness { kills, seed, binary: None }
    }

    fn run(&self) -> Result {
        println!("crash: {} kills, seed {}", self.kills, self.seed);
        let binary = self.binary.clone().map_or_else(demo::build, Ok)?;
        let directory = std::env::temp_dir().join(format!("rialto-crash-{}", std::process::id()));
        let mut random = Random::new(self.seed);
        let first_starts = FIRST_START_KILLS.min(self.kills);
        for round in 1..=first_starts {
            let told = kill_first_start(&binary, &directory, round, &mut random);
            told.map_err(|error| self.failed(round, &directory, error))?;
        }
        let books = Books::default();
        for round in first_starts + 1..=self.kills {
            let told = kill_under_load(&binary, &directory, &books, round, &mut random);
            told.map_err(|error| self.failed(round, &directory, error))?;
        }
        let told = drain(&binary, &directory, &books.outgoing);
        told.map_err(|error| self.failed(self.kills, &directory, error))?;
        // Only now: after a failure one wants to look.
        std::fs::remove_dir_all(&directory)?;
        println!("crash: nothing acknowledged was lost, nothing is there twice");
        Ok(())
    }

    fn failed(&self, round: usize, directory: &Path, error: Box<dyn std::error::Error>) -> String {
        format!("seed {}, kill {round}, data in {}: {error}", self.seed, directory.display())
    }
}

/// A start on a fresh directory, killed; the next start must come up, whatever it finds.
fn kill_first_start(binary: &Path, directory: &Path, round: usize, random: &mut Random) -> Result {
    if directory.exists() {
        std::fs::remove_dir_all(directory)?;
    }
    let wait = random.below(START_MS_MAX);
    Server::spawn(binary, directory)?.kill_after(Duration::from_millis(wait as u64))?;
    let server = Server::start(binary, directory)?;
    check::empty(&server)?;
    println!("  kill {round}: {wait} ms into the first start");
    server.kill()
}

fn kill_under_load(
    binary: &Path,
    directory: &Path,
    books: &Books,
    round: usize,
    random: &mut Random,
) -> Result {
    let Books { mailboxes, outgoing } = books;
    let server = Server::start(binary, directory)?;
    check::all(&server, mailboxes)?;
    let wait = LOAD_MS_MIN + random.below(LOAD_MS_MAX - LOAD_MS_MIN);
    let load = Duration::from_millis(wait as u64);
    let done = load::until_killed(server, mailboxes, outgoing, load, random)?;
    if round.is_multiple_of(RESTART_KILL_EVERY) {
        let wait = Duration::from_millis(random.below(START_MS_MAX) as u64);
        Server::spawn(binary, directory)?.kill_after(wait)?;
        outgoing.killed();
    }
    let server = Server::start(binary, directory)?;
    let messages = check::all(&server, mailboxes)?;
    println!("  kill {round}: {done} in {wait} ms; {messages} messages as they should be");
    server.kill()?;
    outgoing.killed();
    Ok(())
}

/// A start without load or kill, until all that was to leave has left.
fn drain(binary: &Path, directory: &Path, outgoing: &Outgoing) -> Result {
    let server = Server::start(binary, directory)?;
    let told = outgoing.check(&server.sink)?;
    println!("  outgoing: {told}");
    server.kill()
}

//! The `rialto` program: reads the command line, does one thing, and says how it went by its
//! exit code: 0 good, 1 a check found something wrong, 2 it could not be done.
//!
//! What it is not: nothing is done here. Servers are crate `roles`, the administrator's
//! commands crate `admin`.

mod cli;
mod commands;
mod error;
mod logging;
mod telemetry;

use std::process::ExitCode;

use admin::Outcome;

use cli::Task;
use error::Error;

/// Something could not be done; also clap's answer to a bad command line.
const COULD_NOT: u8 = 2;

fn main() -> ExitCode {
    let task = cli::read();
    if let Some(log) = task.log() {
        logging::start(&log, None);
    }
    match run(task) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Wrong) => ExitCode::FAILURE,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rialto: {}", error::in_one_line(&error));
            ExitCode::from(COULD_NOT)
        }
    }
}

fn run(task: Task) -> Result<Outcome, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Error::Runtime)?.block_on(commands::run(task))
}

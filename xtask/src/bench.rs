//! The yardstick in `bench/`, for a server whose ports stand in the environment.

use crate::Result;
use crate::process::{program, succeed};

/// `bench LABEL OUTDIR [PART ...]`, as `bench/README.md` explains.
pub fn run(arguments: &[String]) -> Result {
    if arguments.len() < 2 {
        return Err("bench LABEL OUTDIR [PART ...]; see bench/README.md".into());
    }
    succeed(program("bench/run-all.sh").args(arguments))
}

//! The program's own log: lines on standard error.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::EnvFilter;

/// The environment variable that says what is logged.
const VARIABLE: &str = "RIALTO_LOG";

/// Starts logging.
pub fn start(default: Level) {
    let filter = EnvFilter::builder().with_default_directive(default.into());
    let filter = filter.with_env_var(VARIABLE).from_env_lossy();
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colours)
        .init();
}

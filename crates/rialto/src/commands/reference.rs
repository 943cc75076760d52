//! `rialto reference`: pages made from declarations, for `cargo xtask`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli;

/// Print or write the documentation of the command line
#[derive(Debug, Subcommand)]
pub enum Reference {
    /// Print docs/verbs.md
    Verbs,
    /// Print docs/metrics.md
    Metrics,
    /// Write manual pages
    Man {
        /// Where to; made if it is not there
        folder: PathBuf,
    },
}

impl Reference {
    pub fn run(self, output: &mut dyn Write) -> io::Result<()> {
        match self {
            Reference::Verbs => output.write_all(admin::reference::markdown().as_bytes()),
            Reference::Metrics => output.write_all(roles::metrics::markdown().as_bytes()),
            Reference::Man { folder } => admin::reference::manual(cli::whole(), &folder),
        }
    }
}

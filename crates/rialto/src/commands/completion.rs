//! `rialto completion`: what a shell completes, verbs included.

use std::io::{self, Write};

use clap::Args;
use clap_complete::Shell;

use crate::cli;

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct Completion {
    /// For which shell
    shell: Shell,
}

impl Completion {
    pub fn run(self, output: &mut dyn Write) -> io::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli::whole(), "rialto", &mut script);
        output.write_all(&script)
    }
}

//! `rialto ports map`: the network map as SVG.

use std::path::PathBuf;

use clap::Args;
use ports::map;

use super::running::Directory;
use crate::{AdminError, Console, Outcome, Program};

/// The documents' three diagrams, drawn from this server's ports
#[derive(Debug, Args)]
pub(super) struct Map {
    #[command(flatten)]
    directory: Directory,
    /// The SVG file to write; without it, standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Map {
    pub fn run(&self, program: &Program, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let svg = map::svg(&self.directory.table(program, console)?);
        match &self.output {
            None => console.print(&svg)?,
            Some(path) => std::fs::write(path, svg)
                .map_err(|source| AdminError::File { path: path.clone(), source })?,
        }
        Ok(Outcome::Good)
    }
}

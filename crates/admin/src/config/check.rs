//! `rialto config check`: whether a server would start with a file.

use std::path::PathBuf;

use clap::Args;
use config::{ConfigError, Settings};

use crate::{AdminError, Console, Outcome};

#[derive(Debug, Args)]
pub struct Check {
    /// The file
    file: PathBuf,
}

impl Check {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        match Settings::load(&self.file) {
            Ok(_) => {
                console.print(&format!("{} is good\n", self.file.display()))?;
                Ok(Outcome::Good)
            }
            Err(error @ (ConfigError::Io { .. } | ConfigError::TooLarge(_))) => Err(error.into()),
            Err(error) => {
                console.print(&format!("{error}\n"))?;
                Ok(Outcome::Wrong)
            }
        }
    }
}

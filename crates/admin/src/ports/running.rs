//! The server whose ports are asked about, by the file it leaves in its data directory.

use std::path::{Path, PathBuf};

use clap::Args;
use ports::Registry;

use crate::{AdminError, Console, Program};

/// Which server.
#[derive(Debug, Args)]
pub(super) struct Directory {
    /// Data directory of the server
    #[arg(long = "dir", value_name = "DIR")]
    path: Option<PathBuf>,
}

impl Directory {
    /// The table of the server in the directory; without one, what the program could open. A
    /// server that is gone has everything closed.
    pub fn table(
        &self,
        program: &Program,
        console: &mut Console<'_>,
    ) -> Result<Registry, AdminError> {
        let Some(path) = &self.path else { return Ok(program.built.clone()) };
        let mut registry = load(path)?;
        if !note_if_gone(&registry, path, console)? {
            registry.stopped();
        }
        Ok(registry)
    }

    /// What the server in the directory has open, or had when it was last there. Without a
    /// directory: the one that a configuration file without `data_directory` means.
    pub fn last_open(&self, console: &mut Console<'_>) -> Result<Registry, AdminError> {
        let usual = || config::Settings::default().data_directory;
        let path = self.path.clone().unwrap_or_else(usual);
        let registry = load(&path)?;
        note_if_gone(&registry, &path, console)?;
        Ok(registry)
    }
}

fn load(directory: &Path) -> Result<Registry, AdminError> {
    Registry::load(directory)
        .map_err(|source| AdminError::NoServer { directory: directory.to_owned(), source })
}

/// Says so when the server's process is gone: a killed server leaves its file behind.
fn note_if_gone(
    registry: &Registry,
    directory: &Path,
    console: &mut Console<'_>,
) -> Result<bool, AdminError> {
    let process = registry.process();
    let alive = is_alive(process);
    if !alive {
        let directory = directory.display();
        console.notice(&format!("the server of {directory}, process {process}, is not running"))?;
    }
    Ok(alive)
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

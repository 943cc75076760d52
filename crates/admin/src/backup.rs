//! `rialto backup`: a server's data into a repository folder, while it runs or not.

mod bar;
mod mailbox;
mod pruning;
mod restore;

use std::path::{Path, PathBuf};

use ::backup::{Extra, Listed, Repository, Source, Taken};
use ::config::Settings;
use clap::Args;
use types::{Clock, SystemClock};

use crate::config::Target;
use crate::{AdminError, Console, Outcome, Program};
use bar::bar;
use pruning::Pruning;

pub use restore::Restore;

/// Back up a server, running or not, into a repository folder; or look into one
#[derive(Debug, Args)]
pub struct Backup {
    /// The repository: no such folder yet, an empty one, or one with earlier backups. Not in the
    /// data folder, and better on another disk
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The server.
    #[command(flatten)]
    pub target: Target,
    /// Only list the backups in the repository, the oldest first
    #[arg(long, conflicts_with = "verify")]
    list: bool,
    /// Only read all backups in the repository, and name what is damaged
    #[arg(long)]
    verify: bool,
    /// Only remove old backups.
    #[command(flatten)]
    pruning: Pruning,
}

/// The server whose data is to be backed up.
pub struct Server {
    /// Its settings.
    pub settings: Settings,
    /// Its configuration file, where it is known.
    pub file: Option<PathBuf>,
}

impl Backup {
    /// Whether a server is backed up, and not only a repository looked at.
    pub fn needs_server(&self) -> bool {
        !self.list && !self.verify && !self.pruning.is_wanted()
    }

    /// Makes a backup of the server, or looks into the repository.
    pub async fn run(
        &self,
        program: &Program,
        server: Option<Server>,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        match server {
            Some(server) => self.take(program, &server, console).await,
            None if self.list => self.list(console).await,
            None if self.pruning.is_wanted() => self.pruning.run(&self.to, console).await,
            None => self.verify(console).await,
        }
    }

    async fn take(
        &self,
        program: &Program,
        server: &Server,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let (to, source) = (self.to.clone(), source(program, server));
        let taken = tokio::task::spawn_blocking(move || {
            let mut repository = Repository::create(&to)?;
            ::backup::take(&mut repository, &source, SystemClock.now(), &mut *bar())
        });
        let Taken { id, files, octets, new_octets } = taken.await??;
        console.print(&format!(
            "backup {id}: {files} files, {octets} octets, {new_octets} of them new\n"
        ))?;
        if server.file.is_none() {
            console
                .notice("the configuration file is not in it: --dir does not tell where it is")?;
        }
        Ok(Outcome::Good)
    }

    async fn list(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let to = self.to.clone();
        let listed = tokio::task::spawn_blocking(move || Repository::open(&to)?.list());
        let listed = listed.await??;
        console.print(&listed.iter().map(line).collect::<String>())?;
        Ok(Outcome::of(listed.iter().all(|each| each.manifest.is_ok())))
    }

    async fn verify(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let to = self.to.clone();
        let verified = tokio::task::spawn_blocking(move || {
            ::backup::verify(&Repository::open(&to)?, &mut *bar())
        });
        let report = verified.await??;
        let findings = report.findings.iter().map(|finding| format!("{finding}\n"));
        console.print(&format!(
            "{}{} backups, {} chunks, {} octets, {} damaged\n",
            findings.collect::<String>(),
            report.backups,
            report.chunks,
            report.octets,
            report.findings.len()
        ))?;
        Ok(Outcome::of(report.findings.is_empty()))
    }
}

/// A backup in one line.
fn line(listed: &Listed) -> String {
    let Listed { id, manifest } = listed;
    match manifest {
        Ok(manifest) => {
            let (files, octets) = (manifest.files.len(), manifest.octets());
            format!("{id}  {}  {files} files, {octets} octets\n", manifest.time)
        }
        Err(error) => format!("{id}  {error}\n"),
    }
}

/// What a backup of a server holds.
fn source(program: &Program, server: &Server) -> Source {
    let Server { settings, file } = server;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let data = absolute(&settings.data_directory);
    let tls = &settings.tls;
    let extras = [file, &tls.directory, &tls.trusted_roots].into_iter().flatten();
    Source {
        databases: (program.database_folders)(&data),
        data,
        without: program.passing.iter().map(|&name| name.to_owned()).collect(),
        extras: extras.map(|path| Extra(path.clone())).collect(),
    }
}

//! Verbs: by the running server, or on the data of a stopped one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use admin::api::{Client, SOCKET_NAME, local_caller};
use admin::backup::{self, Backup, Restore};
use admin::config::{Config, Target};
use admin::explain::Explain;
use admin::shell::{Executor, Line};
use admin::top::Top;
use admin::verb::{Arguments, Call, Reply, VerbError, invoke};
use admin::{AdminError, Console, Outcome, Program, verbs};
use config::Settings;
use net::local::own_user;
use ports::Registry;
use roles::organization::Stopped;
use roles::storage::database_folders;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use types::Domain;

use super::CONFIG_FILE;
use crate::error::{Error, in_one_line};

/// One of a verb's answer.
type Object = Map<String, Value>;

/// Says where the configuration file is.
const CONFIG_VARIABLE: &str = "RIALTO_CONFIG";

/// Does what a line says.
pub async fn run(line: Line, console: &mut Console<'_>) -> Result<Outcome, Error> {
    let server = Server::new(line.directory.clone(), line.config.clone(), line.verbose);
    let outcome = line.run(&server, console).await;
    server.close().await;
    Ok(outcome?)
}

/// Does what `rialto config` says: by verbs, where it needs a server.
pub async fn config(config: &Config, console: &mut Console<'_>) -> Result<Outcome, Error> {
    let target = config.target().cloned();
    let asks = target.is_some();
    let Target { dir, config: file } = target.unwrap_or_default();
    let server = Server::new(dir, file, false);
    let file = match asks && server.directory.is_none() {
        true => Some(server.settings()?),
        false => None,
    };
    let outcome = config.run(file.as_ref(), &server, console).await;
    server.close().await;
    Ok(outcome?)
}

/// A server as its file and verbs have made it.
pub struct Configured {
    /// The settings.
    pub settings: Settings,
    /// The domains that it takes mail for and nobody else does.
    pub domains: Vec<Domain>,
}

/// The server of a configuration file.
pub async fn configured(file: &Path) -> Result<Configured, Error> {
    let server = Server::new(None, Some(file.to_owned()), false);
    let read = server.read().await;
    server.close().await;
    Ok(read?)
}

/// Backs a server up, or looks into a repository.
pub async fn backup(
    backup: &Backup,
    program: &Program,
    console: &mut Console<'_>,
) -> Result<Outcome, Error> {
    let Target { dir, config } = backup.target.clone();
    let server = Server::new(dir, config, false);
    let server = match backup.needs_server() {
        true => Some(backup::Server { settings: server.settings()?, file: server.file() }),
        false => None,
    };
    Ok(backup.run(program, server, console).await?)
}

/// Restores a backup, or one mailbox of it into a running server.
pub async fn restore(restore: &Restore, console: &mut Console<'_>) -> Result<Outcome, Error> {
    if !restore.needs_server() {
        return Ok(restore.run(console).await?);
    }
    let Target { dir, config } = restore.target.clone();
    let server = Server::new(dir, config, false);
    let data = server.settings()?.data_directory;
    let socket = data.join(SOCKET_NAME);
    // A stopped one would only note what is to be done.
    match Client::connect(&socket).await {
        Ok(Some(_)) => Ok(restore.run_on(&server, &data, console).await?),
        Ok(None) => Err(AdminError::NotRunning(socket).into()),
        Err(source) => Err(AdminError::File { path: socket, source }.into()),
    }
}

/// Explains by verbs what became of something.
pub async fn explain(explain: &Explain, console: &mut Console<'_>) -> Result<Outcome, Error> {
    let Target { dir, config } = explain.target().clone();
    let server = Server::new(dir, config, false);
    let outcome = explain.run(&server, console).await;
    server.close().await;
    Ok(outcome?)
}

/// Watches a running server.
pub async fn top(top: &Top, console: &mut Console<'_>) -> Result<Outcome, Error> {
    let Target { dir, config } = top.target.clone();
    let settings = Server::new(dir, config, false).settings()?;
    Ok(top.run(&settings.data_directory.join(SOCKET_NAME), console).await?)
}

/// The server that is meant; looked for at the first call, because not every verb needs it.
struct Server {
    directory: Option<PathBuf>,
    config: Option<PathBuf>,
    verbose: bool,
    /// Its data, once it turned out not to be running.
    stopped: OnceCell<Stopped>,
}

impl Executor for Server {
    async fn execute(&self, call: Call) -> Result<Reply, AdminError> {
        if let Some(stopped) = self.stopped.get() {
            return run_here(stopped, call).await;
        }
        let settings = self.settings()?;
        let socket = settings.data_directory.join(SOCKET_NAME);
        let client = Client::connect(&socket).await;
        let client = client.map_err(|source| AdminError::File { path: socket.clone(), source })?;
        match client {
            Some(client) => {
                self.tell(&format!("asking the server at {}", socket.display()));
                Ok(client.execute(call).await?)
            }
            None => {
                self.tell("the server is not running; working on its data");
                let opened = self.stopped.get_or_try_init(|| self.open(settings)).await?;
                run_here(opened, call).await
            }
        }
    }
}

impl Server {
    fn new(directory: Option<PathBuf>, config: Option<PathBuf>, verbose: bool) -> Self {
        Server { directory, config, verbose, stopped: OnceCell::new() }
    }

    async fn close(&self) {
        if let Some(stopped) = self.stopped.get() {
            stopped.close().await;
        }
    }

    async fn read(&self) -> Result<Configured, AdminError> {
        let document = self.ask("Export-Configuration", json!({ "All": true })).await?;
        let document = document.iter().find_map(|object| text(object, "Document"));
        let settings = self.settings()?.as_exported(document.unwrap_or_default());
        let settings = settings.map_err(|error| unavailable(in_one_line(&error)))?;
        let domains = self.ask("Get-AcceptedDomain", json!({})).await?;
        Ok(Configured { settings, domains: authoritative(&domains) })
    }

    async fn ask(&self, name: &str, arguments: Value) -> Result<Vec<Object>, AdminError> {
        let verb = verbs::find(name)?;
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let arguments = Arguments::from_json(verb.parameters, &arguments)?;
        Ok(self.execute(Call { verb, arguments, what_if: false }).await?.objects)
    }

    fn settings(&self) -> Result<Settings, AdminError> {
        match self.file() {
            Some(file) => Ok(Settings::load(&file)?),
            None => {
                let data_directory = self.directory.clone().unwrap_or_default();
                Ok(Settings { data_directory, ..Settings::default() })
            }
        }
    }

    /// The configuration file; none where the data directory was named in its place.
    fn file(&self) -> Option<PathBuf> {
        if self.directory.is_some() {
            return None;
        }
        let from_environment = || std::env::var_os(CONFIG_VARIABLE).map(PathBuf::from);
        let named = self.config.clone().or_else(from_environment);
        Some(named.unwrap_or_else(|| CONFIG_FILE.into()))
    }

    /// Opens the data. With no configuration file, the server's name is the one it last had.
    async fn open(&self, mut settings: Settings) -> Result<Stopped, AdminError> {
        let data = settings.data_directory.clone();
        check(&data)?;
        if self.directory.is_some() {
            let registry = Registry::load(&data)
                .map_err(|source| AdminError::NoServer { directory: data, source })?;
            settings.server_name = registry.server().to_owned();
        }
        Stopped::open(&settings).await.map_err(|error| unavailable(in_one_line(&error)))
    }

    fn tell(&self, text: &str) {
        if self.verbose {
            eprintln!("{text}");
        }
    }
}

fn authoritative(domains: &[Object]) -> Vec<Domain> {
    let own = domains.iter().filter(|it| text(it, "DomainType") == Some("Authoritative"));
    let names = own.filter_map(|domain| Domain::parse(text(domain, "DomainName")?).ok());
    names.filter(|name| !name.is_literal()).collect()
}

/// A text in the answer of a verb.
fn text<'o>(object: &'o Object, property: &str) -> Option<&'o str> {
    object.get(property)?.as_str()
}

async fn run_here(stopped: &Stopped, call: Call) -> Result<Reply, AdminError> {
    Ok(invoke(stopped.organization(), &local_caller(own_user()), call).await?)
}

/// There must be data, and it must be ours: files of another user, root among them, would be
/// in the server's way later.
fn check(data: &Path) -> Result<(), AdminError> {
    let is_there = database_folders(data).iter().all(|folder| folder.is_dir());
    if !is_there {
        let data = data.display();
        return Err(unavailable(format!("no server has run in {data} yet: start it once")));
    }
    let file = |source| AdminError::File { path: data.to_owned(), source };
    let owner = fs::metadata(data).map_err(file)?.uid();
    if owner == own_user() {
        return Ok(());
    }
    let owner = local_caller(owner);
    let owner = owner.name();
    Err(unavailable(format!(
        "the server is not running, and its data is {owner}'s: run this as {owner}"
    )))
}

fn unavailable(text: String) -> AdminError {
    VerbError::Unavailable(text).into()
}

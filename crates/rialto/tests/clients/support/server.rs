//! The program under test: `rialto demo` and `rialto run`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use tempfile::TempDir;

use super::patience::{PATIENCE, wait_for};
use super::programs::run;

/// The binary that cargo built for these tests.
pub const RIALTO: &str = env!("CARGO_BIN_EXE_rialto");

/// Everybody's password; odd enough to show who forgets to quote.
pub const PASSWORD: &str = "it's 100% /ok";

/// A data directory; goes when dropped.
pub struct Data(TempDir);

impl Data {
    /// An empty one.
    pub fn new() -> Self {
        Data(tempfile::Builder::new().prefix("rialto-").tempdir().unwrap())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A demonstration in it, once it is ready.
    pub fn demo(&self) -> Demo<'_> {
        self.demo_with(&[])
    }

    /// The same without limits of rates, and with passwords in the clear.
    pub fn unthrottled_demo(&self) -> Demo<'_> {
        self.demo_with(&["--unthrottled"])
    }

    fn demo_with(&self, options: &[&str]) -> Demo<'_> {
        let mut process = Process::start(self, &["demo", "--port-offset", "any"], |command| {
            command.args(options).args(["--password", PASSWORD, "--dir"]).arg(self.path());
            command.stdout(Stdio::piped());
        });
        process.wait_for_ready();
        let variables = exports(&fs::read_to_string(self.path().join("env.sh")).unwrap());
        Demo { data: self, process, variables }
    }

    /// A row of `rialto ports`, as it stands for the server here.
    pub fn row(&self, id: &str) -> serde_json::Value {
        row(self.path(), id)
    }

    /// Makes the directory what a document says, for the stopped server with these settings.
    pub fn apply(&self, settings: &str, document: &str) {
        let (file, wanted) = (self.path().join("rialto.toml"), self.path().join("document.toml"));
        fs::write(&file, settings).unwrap();
        fs::write(&wanted, document).unwrap();
        let mut apply = Command::new(RIALTO);
        apply.args(["config", "apply", "--yes", "--config"]).arg(file).arg(wanted);
        run(&mut apply).well();
    }

    /// A server with the settings of a file that asks this name server, once it is ready.
    pub fn server(&self, settings: &str, resolver: SocketAddr) -> Process {
        let file = self.path().join("rialto.toml");
        fs::write(&file, settings).unwrap();
        self.serve(&file, &["--resolver", &resolver.to_string()])
    }

    /// A server with the settings of a file that is there, once it is ready.
    pub fn serve(&self, file: &Path, more: &[&str]) -> Process {
        let process = Process::start(self, &["run", "--config"], |command| {
            command.arg(file).args(more).env("RIALTO_LOG", "info").env("NO_COLOR", "1");
        });
        wait_for("the server", || process.log().contains("ready").then_some(()));
        process
    }
}

/// A row of `rialto ports`, as it stands for the server whose data is there.
pub fn row(data: &Path, id: &str) -> serde_json::Value {
    let mut ports = Command::new(RIALTO);
    let output = ports.args(["ports", "--json", "--dir"]).arg(data).output().unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut rows = rows.into_iter().filter(|row| row["id"] == id);
    rows.next().unwrap_or_else(|| panic!("no row {id}"))
}

/// A running demonstration; killed when dropped.
pub struct Demo<'d> {
    data: &'d Data,
    process: Process,
    variables: HashMap<String, String>,
}

impl Demo<'_> {
    /// A variable of `env.sh`.
    pub fn variable(&self, name: &str) -> &str {
        let value = self.variables.get(name).map(String::as_str).unwrap_or_default();
        assert!(!value.is_empty(), "env.sh has no {name}");
        value
    }

    /// All variables of `env.sh`.
    pub fn variables(&self) -> &HashMap<String, String> {
        &self.variables
    }

    /// A variable with a port.
    pub fn port(&self, name: &str) -> u16 {
        self.variable(name).parse().unwrap()
    }

    /// `HOST:PORT`, for a variable with a port.
    pub fn address(&self, name: &str) -> String {
        format!("{}:{}", self.variable("HOST"), self.variable(name))
    }

    /// The full address of a user.
    pub fn user(&self, name: &str) -> String {
        format!("{name}@{}", self.variable("DOMAIN"))
    }

    /// The certificate to trust.
    pub fn authority(&self) -> &Path {
        Path::new(self.variable("CA_FILE"))
    }

    /// What has left for other domains, in order.
    pub fn sink(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.data.path().join("sink")) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    /// The first message in the sink with a subject, once it is there.
    pub fn sunk(&self, subject: &str) -> String {
        let line = format!("\r\nSubject: {subject}\r\n");
        wait_for(subject, || self.sink().into_iter().find(|message| message.contains(&line)))
    }

    /// Ends like a power failure of the process: kill -9.
    pub fn kill(self) {
        drop(self);
    }

    /// Ends in order: SIGTERM.
    pub fn stop(self) {
        self.process.stop();
    }
}

/// A server's process; killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(data: &Data, arguments: &[&str], more: impl FnOnce(&mut Command)) -> Self {
        let log = data.path().join("log");
        let mut command = Command::new(RIALTO);
        command.args(arguments).stdin(Stdio::null()).stderr(File::create(&log).unwrap());
        more(&mut command);
        Process { child: command.spawn().unwrap(), log }
    }

    /// Waits for the line `ready`, then reads on so that the server never waits for a reader.
    fn wait_for_ready(&mut self) {
        let output = self.child.stdout.take().expect("standard output is a pipe");
        let (ready, answer) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if line == "ready" {
                    let _ = ready.send(());
                }
            }
        });
        let answer = answer.recv_timeout(PATIENCE);
        assert!(answer.is_ok(), "the demonstration does not start:\n{}", self.log());
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Ends like a power failure of the process: kill -9.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends in order: SIGTERM.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        run(Command::new("kill").arg(&id)).well();
        let status = wait_for("the end of the server", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}\n{}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("---- log of the server\n{}", self.log());
        }
    }
}

/// The variables of a script of `export NAME=VALUE` lines.
fn exports(script: &str) -> HashMap<String, String> {
    let exports = script.lines().filter_map(|line| line.strip_prefix("export "));
    let pairs = exports.map(|export| export.split_once('=').expect("NAME=VALUE"));
    pairs.map(|(name, word)| (name.to_owned(), unquoted(word))).collect()
}

/// A word of the shell as it means: `'it'\''s'` is `it's`.
fn unquoted(word: &str) -> String {
    let inner = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.map_or_else(|| word.to_owned(), |inner| inner.replace(r"'\''", "'"))
}

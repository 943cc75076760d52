//! The server as a process: `rialto demo` in a folder, on free ports.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::Result;
use crate::process::{cargo, succeed};

/// The server of this workspace, beside this program.
pub fn build() -> Result<PathBuf> {
    succeed(&mut cargo(["build", "--quiet", "--locked", "--package", "rialto"]))?;
    Ok(std::env::current_exe()?.with_file_name("rialto"))
}

/// A demonstration that is ready.
pub struct Demo {
    pub process: Process,
    variables: HashMap<String, String>,
}

/// A process that was started and will be killed, whatever happens.
pub struct Process(Child);

impl Demo {
    /// Starts one with further arguments and returns when it says that it is ready.
    pub fn start(binary: &Path, directory: &Path, arguments: &[&str]) -> Result<Demo> {
        let mut process = Process::spawn(binary, directory, arguments)?;
        let output = process.0.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        if !lines.any(|line| line.is_ok_and(|line| line == "ready")) {
            return Err("the server ended before it was ready".into());
        }
        let variables = exports(&std::fs::read_to_string(directory.join("env.sh"))?);
        Ok(Demo { process, variables })
    }

    /// A variable of its `env.sh`.
    pub fn value(&self, name: &str) -> Result<&str> {
        Ok(self.variables.get(name).ok_or(format!("env.sh lacks {name}"))?)
    }

    /// Where it listens, by the variable of the port.
    pub fn address(&self, port: &str) -> Result<SocketAddr> {
        Ok(format!("{}:{}", self.value("HOST")?, self.value(port)?).parse()?)
    }
}

impl Process {
    /// A demonstration of which nobody knows yet whether it comes up.
    pub fn spawn(binary: &Path, directory: &Path, arguments: &[&str]) -> Result<Process> {
        let mut command = Command::new(binary);
        command.arg("demo").arg("--dir").arg(directory);
        command.args(["--port-offset", "any", "--unthrottled"]).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Process(child))
    }

    /// SIGKILL after a while, and nothing before it.
    pub fn kill_after(mut self, wait: Duration) -> Result {
        sleep(wait);
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Of a process that is gone already nothing is left to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `export NAME=VALUE` lines.
fn exports(script: &str) -> HashMap<String, String> {
    let pairs = script.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

//! The server as a process.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::USERS;
use crate::Result;

pub const PASSWORD: &str = "crash-password";

/// A server that serves.
pub struct Server {
    process: Process,
    pub smtp: SocketAddr,
    pub imap: SocketAddr,
    /// Submission in TLS, and whom to trust there.
    pub smtps: SocketAddr,
    pub trust: Arc<ClientConfig>,
    /// Where mail to other domains ends.
    pub sink: PathBuf,
    domain: String,
}

/// A process that was started and will be killed, whatever happens.
pub struct Process(Child);

impl Server {
    pub fn spawn(binary: &Path, directory: &Path) -> Result<Process> {
        let mut command = Command::new(binary);
        command.arg("demo").arg("--dir").arg(directory);
        command.args(["--users", &USERS.to_string(), "--password", PASSWORD]);
        command.args(["--port-offset", "any", "--unthrottled"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Process(child))
    }

    /// Returns when it says that it is ready.
    pub fn start(binary: &Path, directory: &Path) -> Result<Server> {
        let mut process = Server::spawn(binary, directory)?;
        let output = process.0.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        if !lines.any(|line| line.is_ok_and(|line| line == "ready")) {
            return Err("the server ended before it was ready".into());
        }
        let variables = exports(&std::fs::read_to_string(directory.join("env.sh"))?);
        let value = |name: &str| variables.get(name).ok_or(format!("env.sh lacks {name}"));
        let address = |port: &str| -> Result<SocketAddr> {
            Ok(format!("{}:{}", value("HOST")?, value(port)?).parse()?)
        };
        Ok(Server {
            smtp: address("SMTP_PORT")?,
            imap: address("IMAP_PORT")?,
            smtps: address("SMTPS_PORT")?,
            trust: trust(value("CA_FILE")?.as_ref())?,
            sink: directory.join("sink"),
            domain: value("DOMAIN")?.clone(),
            process,
        })
    }

    pub fn user(&self, number: usize) -> String {
        format!("u{number:03}@{}", self.domain)
    }

    /// SIGKILL, and nothing before it.
    pub fn kill(self) -> Result {
        self.process.kill_after(Duration::ZERO)
    }
}

impl Process {
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

/// Only the demonstration's own authority.
fn trust(authority: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// `export NAME=VALUE` lines.
fn exports(script: &str) -> HashMap<String, String> {
    let pairs = script.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

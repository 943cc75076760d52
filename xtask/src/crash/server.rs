//! The server that is killed, and where its clients connect.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::USERS;
use crate::Result;
use crate::demo::{Demo, Process};

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

impl Server {
    pub fn spawn(binary: &Path, directory: &Path) -> Result<Process> {
        Process::spawn(binary, directory, &arguments(&USERS.to_string()))
    }

    /// Returns when it says that it is ready.
    pub fn start(binary: &Path, directory: &Path) -> Result<Server> {
        let demo = Demo::start(binary, directory, &arguments(&USERS.to_string()))?;
        Ok(Server {
            smtp: demo.address("SMTP_PORT")?,
            imap: demo.address("IMAP_PORT")?,
            smtps: demo.address("SMTPS_PORT")?,
            trust: trust(demo.value("CA_FILE")?.as_ref())?,
            sink: directory.join("sink"),
            domain: demo.value("DOMAIN")?.to_owned(),
            process: demo.process,
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

fn arguments(users: &str) -> [&str; 4] {
    ["--users", users, "--password", PASSWORD]
}

/// Only the demonstration's own authority.
fn trust(authority: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

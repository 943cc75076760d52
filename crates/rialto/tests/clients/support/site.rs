//! A place for a server that `rialto setup` makes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use super::programs::program;
use super::server::{Data, PASSWORD, RIALTO};

/// What the server is called.
pub const SERVER: &str = "mail.example.test";
/// Its first mailbox.
pub const ADMINISTRATOR: &str = "ann@example.test";

/// What a setup is told, and where it puts things.
pub struct Site {
    data: Data,
    /// A loopback address of this process: the documented ports, moved, are free there.
    address: String,
    offset: u16,
}

impl Site {
    /// A place that no other test of this process has.
    pub fn new() -> Self {
        static SITES: AtomicU16 = AtomicU16::new(0);
        let site = SITES.fetch_add(1, Ordering::Relaxed);
        let data = Data::new();
        fs::write(data.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        // A process id has 22 bits: a third of the addresses is for each of three sites.
        let [_, a, b, c] = std::process::id().to_be_bytes();
        let block = 64 * (1 + u16::to_be_bytes(site % 3)[1]);
        let address = format!("127.{}.{b}.{c}", block + a);
        // Documented ports reach 17,000: twelve steps of offsets fit above 20,000.
        let step = site / 3;
        assert!(step < 12, "too many sites");
        Site { data, address, offset: 20_000 + 2_000 * step }
    }

    /// Its folder.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// A file or folder of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// The address its server listens on.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where its server has a documented port.
    pub fn port(&self, documented: u16) -> u16 {
        self.offset + documented
    }

    /// `ADDRESS:PORT` of a documented port.
    pub fn at(&self, documented: u16) -> String {
        format!("{}:{}", self.address, self.port(documented))
    }

    /// The setup.
    pub fn setup(&self) -> Command {
        let mut setup = program(RIALTO);
        setup.args(["setup", "example.test", "--administrator", "ann", "--yes"]);
        setup.args(["--address", &self.address, "--port-offset", &self.offset.to_string()]);
        setup.arg("--dir").arg(self.path("data")).arg("--config").arg(self.path("rialto.toml"));
        setup.arg("--password-file").arg(self.path("password"));
        setup
    }
}

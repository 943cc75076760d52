//! Pebble, a certificate authority for tests that speaks ACME, with a name server for it alone.

use std::fs::{self, File};
use std::net::{IpAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use net::tls::Authority;
use serde_json::json;

use super::patience::wait_for;
use super::ports::free_port;
use super::programs::{installed, program, run};

/// A running Pebble; killed when dropped.
pub struct Pebble {
    folder: PathBuf,
    port: u16,
    management: u16,
    /// Where its name server is told what to answer.
    names: u16,
    children: Vec<Child>,
}

/// Where it looks for proofs.
pub struct Proven<'p> {
    /// The address of every name.
    pub address: &'p str,
    /// In place of 80.
    pub http_port: u16,
    /// In place of 443.
    pub tls_port: u16,
}

impl Pebble {
    /// None: it is not installed.
    pub fn start(folder: &Path, proven: &Proven<'_>) -> Option<Self> {
        if !installed("pebble") {
            return None;
        }
        let folder = folder.join("pebble");
        fs::create_dir_all(&folder).unwrap();
        let [port, management, names, dns] = [(); 4].map(|()| free_port());
        let mut pebble = Pebble { folder, port, management, names, children: Vec::new() };
        pebble.write_settings(proven);
        pebble.run(Command::new("pebble-challtestsrv").args([
            format!("-dns01=127.0.0.1:{dns}"),
            format!("-management=127.0.0.1:{names}"),
            format!("-defaultIPv4={}", proven.address),
            "-defaultIPv6=".to_owned(),
            "-http01=".to_owned(),
            "-https01=".to_owned(),
            "-tlsalpn01=".to_owned(),
        ]));
        let mut authority = Command::new("pebble");
        authority.arg(format!("-dnsserver=127.0.0.1:{dns}")).arg("-strict");
        authority.arg("-config").arg(pebble.folder.join("config.json"));
        // It would wait for up to 15 s before it looks.
        pebble.run(authority.env("PEBBLE_VA_NOSLEEP", "1"));
        for port in [port, names] {
            wait_for("Pebble", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
        Some(pebble)
    }

    /// Its directory.
    pub fn directory_url(&self) -> String {
        format!("https://127.0.0.1:{}/dir", self.port)
    }

    /// The file with the root that vouches for its own HTTPS.
    pub fn https_root(&self) -> PathBuf {
        self.folder.join("authority/ca.crt")
    }

    /// A file with the root of the certificates that it issues.
    pub fn root(&self) -> PathBuf {
        let root = self.folder.join("root.pem");
        let mut curl = program("curl");
        curl.args(["--silent", "--show-error", "--fail", "--cacert"]).arg(self.https_root());
        curl.arg(format!("https://127.0.0.1:{}/roots/0", self.management));
        fs::write(&root, run(&mut curl).well()).unwrap();
        root
    }

    /// A program that changes what its name server answers.
    pub fn dns_program(&self) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = self.folder.join("dns-program");
        let text = format!(
            "#!/bin/sh
case $1 in
present) what=set-txt body='{{\"host\":\"'$2'.\",\"value\":\"'$3'\"}}' ;;
cleanup) what=clear-txt body='{{\"host\":\"'$2'.\"}}' ;;
esac
echo \"$1 $2\" >>{log}
exec curl --silent --show-error --fail --data \"$body\" http://127.0.0.1:{names}/$what
",
            log = self.folder.join("dns-program.log").display(),
            names = self.names,
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    /// How the program was called so far.
    pub fn dns_calls(&self) -> String {
        fs::read_to_string(self.folder.join("dns-program.log")).unwrap_or_default()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn write_settings(&self, proven: &Proven<'_>) {
        let authority = Authority::open_or_create(&self.folder.join("authority"), "Tests").unwrap();
        let issued = authority.issue(&[IpAddr::from([127, 0, 0, 1]).to_string()]).unwrap();
        let (chain, key) = (self.folder.join("chain.pem"), self.folder.join("key.pem"));
        fs::write(&chain, issued.chain_pem).unwrap();
        fs::write(&key, issued.key_pem).unwrap();
        let settings = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", self.port),
            "managementListenAddress": format!("127.0.0.1:{}", self.management),
            "certificate": chain,
            "privateKey": key,
            "httpPort": proven.http_port,
            "tlsPort": proven.tls_port,
        }});
        fs::write(self.folder.join("config.json"), settings.to_string()).unwrap();
    }

    fn run(&mut self, command: &mut Command) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.children.push(command.spawn().unwrap());
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("---- log of Pebble\n{}", self.log());
        }
    }
}

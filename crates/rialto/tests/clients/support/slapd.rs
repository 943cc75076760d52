//! A private slapd on loopback: configuration and entries below one folder, no system service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use net::tls::Authority;

use super::patience::wait_for;
use super::ports::free_port;
use super::programs::{installed, program, run};

/// Below which everything is.
pub const BASE: &str = "dc=contoso,dc=com";
/// Who may look for entries, and the password.
pub const SEARCHER: &str = "cn=searcher,dc=contoso,dc=com";
pub const SEARCHER_PASSWORD: &str = "who looks";

/// A running slapd; stopped when dropped.
pub struct Slapd {
    folder: PathBuf,
    port: u16,
    tls_port: u16,
    child: Option<Child>,
}

impl Slapd {
    /// None: it is not installed. It knows these people, by uid, address and password, and shows a
    /// certificate of the authority there, which is made if it is missing.
    pub fn new(folder: &Path, authority: &Path, people: &[(&str, &str, &str)]) -> Option<Self> {
        if !installed("slapd") {
            return None;
        }
        let folder = folder.join("slapd");
        let (port, tls_port) = (free_port(), free_port());
        let slapd = Slapd { folder, port, tls_port, child: None };
        fs::create_dir_all(slapd.folder.join("database")).unwrap();
        let authority = Authority::open_or_create(authority, "Tests").unwrap();
        let issued = authority.issue(&["localhost".to_owned()]).unwrap();
        slapd.write("certificate.pem", &issued.chain_pem);
        slapd.write("key.pem", &issued.key_pem);
        slapd.write("slapd.conf", &slapd.settings());
        slapd.write("entries.ldif", &entries(people));
        let mut add = in_sbin("slapadd");
        add.arg("-f").arg(slapd.folder.join("slapd.conf"));
        run(add.arg("-l").arg(slapd.folder.join("entries.ldif"))).well();
        Some(slapd)
    }

    /// Begins to answer.
    pub fn start(&mut self) {
        let mut slapd = in_sbin("slapd");
        slapd.args(["-d", "0", "-f"]).arg(self.folder.join("slapd.conf"));
        let (port, tls_port) = (self.port, self.tls_port);
        slapd.args(["-h", &format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}")]);
        self.child = Some(slapd.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait_for("slapd", || std::net::TcpStream::connect(("127.0.0.1", tls_port)).ok());
    }

    /// Stops answering.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            run(program("kill").arg(child.id().to_string())).well();
            let _ = child.wait();
        }
    }

    /// `localhost:PORT`, for LDAP with or without StartTLS.
    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// `localhost:PORT`, for LDAP in TLS.
    pub fn tls_address(&self) -> String {
        format!("localhost:{}", self.tls_port)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// Whoever has not logged in may not even look; in the clear nobody may do anything.
    fn settings(&self) -> String {
        format!(
            "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
security simple_bind=128
database mdb
maxsize 10485760
suffix {BASE}
directory {folder}/database
access to attrs=userPassword by anonymous auth by * none
access to * by dn={SEARCHER} read by * none
",
            folder = self.folder.display(),
        )
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn in_sbin(name: &str) -> Command {
    let mut command = program(name);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}

fn entries(people: &[(&str, &str, &str)]) -> String {
    let mut all = format!(
        "dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: contoso\n\n\
         dn: {SEARCHER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n\
         userPassword: {SEARCHER_PASSWORD}\n\n"
    );
    for (uid, mail, password) in people {
        all += &format!(
            "dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\ncn: {uid}\nsn: {uid}\nuid: {uid}\n\
             mail: {mail}\nuserPassword: {password}\n\n"
        );
    }
    all
}

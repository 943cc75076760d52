//! A private Postfix on loopback: configuration, queue and mailboxes below one folder, no
//! system service. It is the mail server of [`DOMAIN`], with one user, and sends mail for
//! `example.test` to the server under test.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::patience::wait_for;
use super::ports::free_port;
use super::programs::{installed, missing, program, run};

/// What it is the mail server of.
pub const DOMAIN: &str = "remote.example";
/// The one user it knows there.
pub const USER: &str = "dora@remote.example";

/// Owner of its mailboxes.
const NOBODY: u32 = 65534;

/// A running Postfix; stopped when dropped.
pub struct Postfix {
    folder: PathBuf,
    port: u16,
}

/// How it meets the server under test.
pub struct Peer<'p> {
    /// Where it takes mail.
    pub smtp_port: u16,
    /// Who vouches for its certificate.
    pub authority: &'p Path,
    /// Certificate and key that Postfix shows.
    pub certificates: &'p Path,
}

impl Postfix {
    /// Whether it can be started here: its master process needs root.
    pub fn possible() -> bool {
        if !installed("postfix") {
            return false;
        }
        let root = run(program("id").arg("-u")).well().trim() == "0";
        if !root {
            missing("Postfix starts only for root");
        }
        root
    }

    /// Starts one in a folder; when this returns, it takes mail.
    pub fn start(folder: &Path, peer: &Peer<'_>) -> Self {
        let postfix = Postfix { folder: folder.join("postfix"), port: free_port() };
        postfix.make_folders();
        postfix.write("etc/main.cf", &postfix.main_cf(peer));
        postfix.write("etc/master.cf", &postfix.master_cf());
        postfix.resume();
        postfix
    }

    /// Stops answering.
    pub fn pause(&self) {
        run(&mut self.command("stop")).well();
    }

    /// Starts again with what it had.
    pub fn resume(&self) {
        let starts = |log: String| log.matches("daemon started").count();
        let before = starts(self.log());
        run(&mut self.command("start")).well();
        wait_for("Postfix", || (starts(self.log()) > before).then_some(()));
    }

    /// Where it takes mail.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends a message as a local program does.
    pub fn sendmail(&self, from: &str, to: &str, message: &str) {
        let file = self.folder.join("outgoing");
        fs::write(&file, message.replace("\r\n", "\n")).unwrap();
        let mut sendmail = program("sendmail");
        sendmail.arg("-C").arg(self.folder.join("etc")).args(["-i", "-f", from, to]);
        run(sendmail.stdin(fs::File::open(file).unwrap())).well();
    }

    /// The messages that have arrived for its user.
    pub fn mailbox(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder.join("mail/dora/new")) else {
            return Vec::new();
        };
        entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }

    /// The one message for its user with a subject, once it is there.
    ///
    /// # Panics
    /// When there are several.
    pub fn only(&self, subject: &str) -> String {
        let line = format!("\nSubject: {subject}\n");
        let mut found = wait_for(subject, || {
            let mut found = self.mailbox();
            found.retain(|message| message.contains(&line));
            (!found.is_empty()).then_some(found)
        });
        assert_eq!(found.len(), 1, "{subject}");
        found.remove(0)
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = program("postfix");
        command.arg("-c").arg(self.folder.join("etc")).arg(verb);
        command
    }

    fn make_folders(&self) {
        for name in ["etc", "queue", "data", "mail"] {
            fs::create_dir_all(self.folder.join(name)).unwrap();
        }
        // Its processes have accounts of their own, and must get here.
        let outer = self.folder.parent().expect("a folder in the test's own");
        fs::set_permissions(outer, fs::Permissions::from_mode(0o755)).unwrap();
        let owner = run(program("id").args(["-u", "postfix"])).well();
        chown(self.folder.join("data"), owner.trim().parse().ok(), None).unwrap();
        chown(self.folder.join("mail"), Some(NOBODY), None).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn main_cf(&self, peer: &Peer<'_>) -> String {
        let Peer { smtp_port, authority, certificates } = peer;
        format!(
            "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = /
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{DOMAIN}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificates}/generated.crt
smtpd_tls_key_file = {certificates}/generated.key
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = inline:{{ {USER}=dora/ }}
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
transport_maps = inline:{{ example.test=smtp:[localhost]:{smtp_port} }}
smtp_host_lookup = native
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = localhost
smtp_tls_CAfile = {authority}
smtp_tls_loglevel = 1
smtp_address_preference = ipv4
",
            folder = self.folder.display(),
            authority = authority.display(),
            certificates = certificates.display(),
        )
    }

    /// The processes that mail in, mail out and mailboxes need.
    fn master_cf(&self) -> String {
        let port = self.port;
        format!(
            "127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
        )
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Nothing depends on how it ends; its queue goes with the test's folder.
        let _ = self.command("stop").output();
        if std::thread::panicking() {
            eprintln!("---- log of Postfix\n{}", self.log());
        }
    }
}

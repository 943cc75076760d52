//! A private Dovecot on loopback, with users whose mail lies in Maildirs: configuration and
//! mailboxes below one folder, no system service, no rights of root.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use net::tls::Authority;

use super::patience::wait_for;
use super::ports::free_port;
use super::programs::{installed, program, run};

/// The user it always knows, and the password.
pub const USER: &str = "old";
pub const PASSWORD: &str = "p{}ss\"w\\rd";

/// Who may log in as anybody: `old*master`.
pub const MASTER: &str = "master";
pub const MASTER_PASSWORD: &str = "of all, the one";

/// Whom it runs as when the tests run as root: Dovecot reads no mail as root.
const NOBODY: u32 = 65534;

/// A running Dovecot; stopped when dropped.
pub struct Dovecot {
    folder: PathBuf,
    place: Place,
    child: Option<Child>,
}

/// Where it answers.
pub struct Place {
    /// In its certificate.
    pub host: &'static str,
    pub address: &'static str,
    /// For IMAP in TLS.
    pub port: u16,
    pub starttls_port: u16,
    /// A process in whose network it is, where that is another one.
    pub network: Option<u32>,
}

impl Place {
    /// Free ports on loopback.
    fn here() -> Self {
        let (port, starttls_port) = (free_port(), free_port());
        Place { host: "localhost", address: "127.0.0.1", port, starttls_port, network: None }
    }
}

/// A message of its mailbox.
pub struct Stored<'m> {
    /// As Maildir++ writes it: empty is the Inbox, `.Work.2024` a folder.
    pub folder: &'m str,
    /// Unique, and rising in the order of their UIDs.
    pub number: usize,
    /// Maildir's letters.
    pub flags: &'m str,
    /// Seconds since 1970.
    pub received: u64,
    pub text: &'m str,
}

impl Dovecot {
    /// None: it is not installed. Its certificate is of the authority there, which is made if it is
    /// missing.
    pub fn new(folder: &Path, authority: &Path) -> Option<Self> {
        Self::at(folder, authority, Place::here())
    }

    /// The same at a place.
    pub fn at(folder: &Path, authority: &Path, place: Place) -> Option<Self> {
        if !installed("dovecot") {
            return None;
        }
        let dovecot = Dovecot { folder: folder.join("dovecot"), place, child: None };
        fs::create_dir_all(dovecot.maildir(USER)).unwrap();
        let authority = Authority::open_or_create(authority, "Tests").unwrap();
        let issued = authority.issue(&[dovecot.place.host.to_owned()]).unwrap();
        dovecot.write("certificate.pem", &issued.chain_pem);
        dovecot.write("key.pem", &issued.key_pem);
        dovecot.users(&[(USER, PASSWORD)]);
        dovecot.write("masters", &format!("{MASTER}:{{PLAIN}}{MASTER_PASSWORD}\n"));
        dovecot.write("dovecot.conf", &dovecot.settings());
        Some(dovecot)
    }

    /// Who it knows from now on, with passwords.
    pub fn users(&self, users: &[(&str, &str)]) {
        let line = |(user, password): &(&str, &str)| format!("{user}:{{PLAIN}}{password}\n");
        self.write("users", &users.iter().map(line).collect::<String>());
    }

    /// Takes a message in, as whatever delivers to a Maildir would.
    pub fn store(&self, message: &Stored<'_>) {
        self.store_for(USER, message);
    }

    /// The same for another user.
    pub fn store_for(&self, user: &str, message: &Stored<'_>) {
        let folder = self.maildir(user).join(message.folder);
        for name in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let Stored { number, flags, .. } = message;
        let path = folder.join(format!("cur/{:010}.M{number}.host:2,{flags}", 1_000_000 + number));
        fs::write(&path, message.text).unwrap();
        let received = SystemTime::UNIX_EPOCH + Duration::from_secs(message.received);
        File::options().write(true).open(&path).unwrap().set_modified(received).unwrap();
        if let Some(owner) = owner() {
            // The folders get theirs at the start.
            own(&path, owner);
        }
    }

    /// A file beside the messages of a folder.
    pub fn beside(&self, folder: &str, name: &str, text: &str) {
        fs::write(self.maildir(USER).join(folder).join(name), text).unwrap();
    }

    /// Begins to answer.
    pub fn start(&mut self) {
        // Those who are not root must get here.
        let outer = self.folder.parent().expect("a folder in the test's own");
        fs::set_permissions(outer, fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = match self.place.network {
            Some(of) => within(of),
            None => as_owner(),
        };
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/sbin")).stdin(Stdio::null());
        command.arg("-F").arg("-c").arg(self.folder.join("dovecot.conf"));
        // So that all of it can be killed.
        command.process_group(0);
        let log = File::create(self.folder.join("start")).unwrap();
        command.stdout(Stdio::null()).stderr(log);
        if let Some(owner) = owner() {
            own(&self.folder, owner);
        }
        self.child = Some(command.spawn().unwrap());
        let Place { address, port, .. } = self.place;
        wait_for("Dovecot", || std::net::TcpStream::connect((address, port)).ok());
    }

    /// Ends at once with all its processes, like a power failure: kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let group = format!("-{}", child.id());
            run(program("kill").args(["-KILL", "--", &group])).well();
            let _ = child.wait();
        }
    }

    /// Stops answering.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // By a signal it ends its own processes as well; nothing depends on how.
            let _ = run(program("kill").arg(child.id().to_string()));
            let _ = child.wait();
        }
    }

    /// `HOST:PORT`, for IMAP in TLS.
    pub fn address(&self) -> String {
        format!("{}:{}", self.place.host, self.place.port)
    }

    /// `HOST:PORT`, for IMAP with STARTTLS.
    pub fn starttls_address(&self) -> String {
        format!("{}:{}", self.place.host, self.place.starttls_port)
    }

    fn maildir(&self, user: &str) -> PathBuf {
        self.folder.join("home").join(user).join("Maildir")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn settings(&self) -> String {
        let id = |what: &str| {
            let mut id = program("id");
            id.arg(what);
            if owner().is_some() {
                id.arg("nobody");
            }
            run(&mut id).well().trim().to_owned()
        };
        format!(
            "base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = {address}
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:~/Maildir
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {folder}/masters
  master = yes
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
namespace inbox {{
  inbox = yes
  separator = .
  prefix = INBOX.
  mailbox Gesendet {{
    special_use = \\Sent
  }}
}}
",
            folder = self.folder.display(),
            user = id("-un"),
            group = id("-gn"),
            uid = id("-u"),
            gid = id("-g"),
            address = self.place.address,
            port = self.place.port,
            starttls_port = self.place.starttls_port,
        )
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = |name| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
            eprintln!("---- log of Dovecot\n{}{}", log("start"), log("log"));
        }
    }
}

/// Who else must own its files.
fn owner() -> Option<u32> {
    static IS_ROOT: LazyLock<bool> =
        LazyLock::new(|| run(program("id").arg("-u")).well().trim() == "0");
    IS_ROOT.then_some(NOBODY)
}

fn as_owner() -> Command {
    let mut command = Command::new("dovecot");
    if let Some(owner) = owner() {
        command.uid(owner).gid(owner);
    }
    command
}

/// In the network of a process, which takes root to get into.
fn within(process: u32) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", &process.to_string(), "--net"]);
    command.args(["--setuid", &NOBODY.to_string(), "--setgid", &NOBODY.to_string(), "dovecot"]);
    command
}

fn own(path: &Path, owner: u32) {
    chown(path, Some(owner), Some(owner)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| own(&entry.unwrap().path(), owner));
    }
}

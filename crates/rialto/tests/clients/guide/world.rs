//! The network, the folders and the machines that the guide is for.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use net::testing::{DnsServer, Zone};
use net::tls::Authority;
use tokio::runtime::Runtime;

use super::{Block, is_like};
use crate::migration::outlook_file;
use crate::support::dovecot::{Dovecot, Place, Stored};
use crate::support::patience::wait_for;
use crate::support::pebble::{Pebble, Proven};
use crate::support::programs::run;
use crate::support::server::RIALTO;
use crate::support::zone::zone_of;

/// The server's address in the guide.
const ADDRESS: &str = "192.0.2.25";
/// Where mail for fabrikam.example goes.
const FABRIKAM: &str = "198.51.100.10";
/// What else has an address: a printer, something that is none.
const DEVICES: [&str; 2] = ["192.0.2.50", "192.0.2.51"];
/// The server that the company has had, on a machine of its own.
const OLD: &str = "192.0.2.20";
/// Folders that the guide writes into; the test sees copies.
const COPIED: [&str; 6] = ["/etc", "/root", "/var/lib", "/var/log", "/mnt", "/srv"];

/// The network and the folders that the guide is for.
pub struct World {
    folder: PathBuf,
    pebble: Pebble,
    names: Option<DnsServer>,
    runtime: Runtime,
    sink: Child,
    old: (Dovecot, Child),
}

impl World {
    /// In the network and the mounts of this process, which are its own.
    pub fn new(folder: PathBuf) -> Self {
        own_folders(&folder);
        own_addresses();
        let proven = Proven { address: ADDRESS, http_port: 80, tls_port: 443 };
        let pebble = Pebble::start(&folder, &proven).expect("it is installed");
        let authority = folder.join("authority");
        let old = old_server(&folder, &authority);
        let root = Authority::open_or_create(&authority, "Tests").unwrap().certificate_file();
        trust(&[pebble.https_root(), pebble.root(), root]);
        stand_ins(&folder, &pebble);
        let sink = sink(&folder);
        let runtime = Runtime::new().unwrap();
        World { folder, pebble, names: None, runtime, sink, old }
    }

    /// Runs a block, and publishes the records that it prints.
    pub fn follow(&mut self, block: &Block) {
        println!("$ {}", block.commands);
        let printed = match block.again {
            true => wait_for(&block.commands, || self.tried(block).ok()),
            false => self.tried(block).unwrap_or_else(|why| panic!("{why}")),
        };
        if printed.contains("DNS records, as a zone file has them") {
            self.publish(&printed);
        }
    }

    /// What it printed. Errors: it did not end well, or printed something else.
    fn tried(&self, block: &Block) -> Result<String, String> {
        let mut shell = Command::new("bash");
        shell.args(["-e", "-o", "pipefail", "-c", &block.commands]).stdin(Stdio::null());
        let path = std::env::var("PATH").unwrap_or_default();
        let stand_ins = self.folder.join("bin");
        shell.env("PATH", format!("{}:{path}:/usr/sbin:/sbin", stand_ins.display()));
        shell.env("LC_ALL", "C.UTF-8").env("HOME", "/root").current_dir("/root");
        shell.env("SSL_CERT_FILE", TRUSTED).env("PEBBLE", self.pebble.directory_url());
        let ended = run(&mut shell);
        let (code, text) = (ended.code, ended.text);
        if code != Some(0) {
            return Err(format!("{code:?}: {text}\n{}", self.log()));
        }
        match block.expected.as_ref().is_none_or(|expected| is_like(expected, &text)) {
            true => Ok(text),
            false => Err(format!("not as the guide says:\n{text}")),
        }
    }

    /// The zone of the setup, and the world around it.
    fn publish(&mut self, told: &str) {
        let zone: Zone = zone_of(told).ptr(ADDRESS, "mail.contoso.com");
        let zone = zone.mx("fabrikam.example", 10, "mx.fabrikam.example");
        let zone = zone.a("mx.fabrikam.example", FABRIKAM).a("old.contoso.com", OLD);
        let address = "127.0.0.1:53".parse().unwrap();
        self.names = Some(self.runtime.block_on(zone.serve_at(address)).unwrap());
    }

    /// What came to fabrikam.example.
    pub fn arrived(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join("sink")).unwrap();
        entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Nothing outlives this process: it is the first of its process ids.
        self.old.0.stop();
        for child in [&mut self.sink, &mut self.old.1] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Lays copies over folders; what is written is gone with the test.
fn own_folders(folder: &Path) {
    let writes = folder.join("own");
    fs::create_dir_all(&writes).unwrap();
    run(Command::new("mount").args(["-t", "tmpfs", "none"]).arg(&writes)).well();
    for (number, copied) in COPIED.into_iter().enumerate() {
        let layer = |name: &str| {
            let layer = writes.join(format!("{number}{name}"));
            fs::create_dir(&layer).unwrap();
            layer.display().to_string()
        };
        let (upper, work) = (layer("upper"), layer("work"));
        let options = format!("lowerdir={copied},upperdir={upper},workdir={work}");
        let mut mount = Command::new("mount");
        run(mount.args(["-t", "overlay", "overlay", "-o", &options, copied])).well();
    }
    fs::write("/etc/resolv.conf", "nameserver 127.0.0.1\n").unwrap();
}

fn own_addresses() {
    let ip = |words: &[&str]| drop(run(Command::new("ip").args(words)).well());
    ip(&["link", "set", "lo", "up"]);
    for address in [ADDRESS, FABRIKAM].iter().chain(&DEVICES) {
        ip(&["address", "add", &format!("{address}/32"), "dev", "lo"]);
    }
}

/// What the system trusts, as programs and the server read it.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

fn trust(roots: &[PathBuf]) {
    fs::create_dir_all("/etc/ssl/certs").unwrap();
    let mut trusted = File::options().append(true).create(true).open(TRUSTED).unwrap();
    for root in roots {
        trusted.write_all(&fs::read(root).unwrap()).unwrap();
    }
}

/// Programs that stand in for what is not here: systemd, and Let's Encrypt; and the user that the
/// package makes.
fn stand_ins(folder: &Path, pebble: &Pebble) {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    // Whoever it runs as gets there, wherever cargo has built it.
    let program = bin.join("program");
    fs::write(&program, "").unwrap();
    run(Command::new("mount").arg("--bind").arg(RIALTO).arg(&program)).well();
    if !run(Command::new("id").arg("rialto")).text.contains("uid=") {
        let mut add = Command::new("/usr/sbin/useradd");
        run(add.args(["--system", "--user-group", "--home-dir", "/var/lib/rialto", "rialto"]))
            .well();
    }
    let (directory, program) = (pebble.directory_url(), program.display());
    let rialto = format!(
        "#!/bin/sh
case \"$1 $2\" in 'setup --check') ;; setup*) set -- \"$@\" --acme-directory {directory} ;; esac
exec {program} \"$@\"
"
    );
    let systemctl = format!(
        "#!/bin/sh
pid={folder}/pid
ready() {{ curl --silent --fail --output /dev/null --unix-socket \\
    /var/lib/rialto/admin.socket http://localhost/health/ready; }}
case $1 in stop | restart) kill \"$(cat $pid)\"; while kill -0 \"$(cat $pid)\"; do sleep 0.1; done ;; esac
case $1 in enable | start | restart)
    install -d -m 700 /var/lib/rialto-recovery
    chown -R rialto:rialto /var/lib/rialto /var/lib/rialto-recovery
    setsid unshare --mount {folder}/bin/service >>{folder}/log 2>&1 </dev/null &
    echo $! >$pid
    for look in 1 2 3 4 5 6 7 8 9; do ready && exit; sleep 1; done
    exit 1 ;;
esac
",
        folder = folder.display()
    );
    for (name, text) in
        [("rialto", &rialto), ("systemctl", &systemctl), ("service", &service(&bin))]
    {
        let file = bin.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Runs what the unit says, as it says: the user, one capability, no folder but its own to write
/// into.
fn service(bin: &Path) -> String {
    let unit = include_str!("../../../../../contrib/systemd/rialto.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=@PREFIX@/bin/rialto "));
    let start = start.expect("the unit starts it");
    for said in [
        "User=rialto",
        "StateDirectory=rialto rialto-recovery",
        "ProtectSystem=strict",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE",
    ] {
        assert!(unit.contains(said), "{said}");
    }
    format!(
        "#!/bin/sh -e
for folder in /var/lib/rialto /var/lib/rialto-recovery; do mount --bind $folder $folder; done
for folder in /etc /mnt /srv /var/lib /var/log; do mount -o remount,bind,ro $folder; done
only='-all,+net_bind_service'
exec setpriv --reuid rialto --regid rialto --init-groups --no-new-privs \\
    --bounding-set $only --inh-caps $only --ambient-caps $only {}/program {start}
",
        bin.display()
    )
}

/// The mail server of fabrikam.example, which keeps what comes.
fn sink(folder: &Path) -> Child {
    let kept = folder.join("sink");
    fs::create_dir_all(&kept).unwrap();
    // It does not run as root.
    for open in [folder, &kept] {
        fs::set_permissions(open, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut sink = Command::new("smtp-sink");
    sink.env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .args(["-u", "nobody", "-d"])
        .arg(kept.join("%M."));
    sink.arg(format!("{FABRIKAM}:25")).arg("100").stdin(Stdio::null()).spawn().unwrap()
}

/// The old server, with Ann's and Bob's mail there, and a file of Ann's Outlook beside. The machine
/// is a process that does nothing, in a network of its own.
fn old_server(folder: &Path, authority: &Path) -> (Dovecot, Child) {
    let machine = Command::new("unshare").args(["--net", "sleep", "infinity"]).spawn().unwrap();
    let network = |of: &str| fs::read_link(format!("/proc/{of}/ns/net")).unwrap();
    let id = machine.id().to_string();
    wait_for("another network", || (network(&id) != network("self")).then_some(()));
    cable(&id);
    let place = Place {
        host: "old.contoso.com",
        address: OLD,
        port: 993,
        starttls_port: 143,
        network: Some(machine.id()),
    };
    let mut dovecot = Dovecot::at(folder, authority, place).expect("it is installed");
    dovecot.users(&[("ann", "ann's old one"), ("bob", "bob's old one")]);
    for (user, folder, subject) in
        [("ann", "", "The old days"), ("ann", ".Projects", "A plan"), ("bob", "", "The old days")]
    {
        let text = format!("Subject: {subject}\n\nx\n");
        let stored = Stored { folder, number: 1, flags: "S", received: 1_500_000_000, text: &text };
        dovecot.store_for(user, &stored);
    }
    dovecot.start();
    fs::create_dir_all("/srv/old").unwrap();
    fs::write("/srv/old/ann.pst", outlook_file()).unwrap();
    (dovecot, machine)
}

/// Between this network and the one of a process.
fn cable(id: &str) {
    let command = |words: &str| drop(run(Command::new("ip").args(words.split(' '))).well());
    command(&format!("link add old type veth peer name here netns {id}"));
    command("link set old up");
    command(&format!("route add {OLD}/32 dev old"));
    let there = format!(
        "ip link set lo up && ip address add {OLD}/32 dev here && ip link set here up &&
        ip route add default dev here && echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start"
    );
    let mut shell = Command::new("nsenter");
    run(shell.args(["--target", id, "--net", "sh", "-c", &there])).well();
}

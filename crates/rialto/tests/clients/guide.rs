//! docs/guide, run as a stranger would: every command of it, in its order, on a network and with
//! folders of their own, where the server has the ports and addresses that the guide names.
//!
//! A block ` ```sh ` is run, and has to end well; ` ```sh again ` is tried again until it does, as
//! somebody looks again. The text below it has to be what it prints, where `…` stands for anything
//! and blanks count as one. A block ` ```text ` that follows none is not run.
//!
//! What it is not: systemctl here is a few lines that do what the unit's ExecStart says, and the
//! program is the one that cargo built, not the package's (module `installation` has that).

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use net::testing::{DnsServer, Zone};
use tokio::runtime::Runtime;

use crate::support::patience::wait_for;
use crate::support::pebble::{Pebble, Proven};
use crate::support::programs::{installed, not_allowed, run};
use crate::support::server::{Data, RIALTO};
use crate::support::zone::zone_of;

/// Says to the test inside where its folder is.
const FOLDER: &str = "RIALTO_GUIDE_FOLDER";

/// The server's address in the guide.
const ADDRESS: &str = "192.0.2.25";
/// Where mail for fabrikam.example goes.
const FABRIKAM: &str = "198.51.100.10";
/// What else has an address: a printer, something that is none.
const DEVICES: [&str; 2] = ["192.0.2.50", "192.0.2.51"];
/// Folders that the guide writes into; the test sees copies.
const COPIED: [&str; 6] = ["/etc", "/root", "/var/lib", "/var/log", "/mnt", "/srv"];

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    if !["unshare", "ip", "curl", "swaks", "smtp-sink", "pebble"].into_iter().all(installed) {
        return;
    }
    let data = Data::new();
    let mut inside = Command::new("unshare");
    inside.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    let mut allowed = Command::new("unshare");
    allowed.args(["--net", "--mount", "--pid", "--fork", "true"]).stderr(Stdio::null());
    if !allowed.status().unwrap().success() {
        return not_allowed("the guide needs a network and mounts of its own, and so root");
    }
    inside.arg(std::env::current_exe().unwrap()).args(["--exact", "guide::inside", "--ignored"]);
    inside.arg("--nocapture").env(FOLDER, data.path()).stdin(Stdio::null());
    let ended = inside.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by every_command_of_the_guide_does_what_it_says, in a network of its own"]
fn inside() {
    let Some(folder) = std::env::var_os(FOLDER) else { panic!("{FOLDER} is not set") };
    let mut world = World::new(PathBuf::from(folder));
    for page in pages() {
        for block in blocks(&fs::read_to_string(&page).unwrap()) {
            world.follow(&block);
        }
    }
    let arrived = world.arrived();
    for subject in ["From contoso.com", "A scan"] {
        let line = format!("\nSubject: {subject}\n");
        let message = arrived.iter().find(|message| message.contains(&line));
        let message = message.unwrap_or_else(|| panic!("no {subject:?} among {arrived:?}"));
        assert!(message.contains("DKIM-Signature: "), "{message}");
    }
}

/// The guide's pages, in their order.
fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_numbered = |page: &PathBuf| {
        page.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with(|first: char| first.is_ascii_digit())
    };
    let mut pages: Vec<_> = entries.filter(is_numbered).collect();
    pages.sort();
    assert!(!pages.is_empty());
    pages
}

/// Commands, and what they print.
#[derive(Debug, Default)]
struct Block {
    commands: String,
    /// Until it ends well, and prints what is expected.
    again: bool,
    expected: Option<String>,
}

/// The blocks of a page.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines();
    // Whether the text that comes next is what the last block prints.
    let mut printed = false;
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            printed &= line.is_empty();
            continue;
        };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = text.join("\n");
        match kind {
            "sh" | "sh again" => {
                let again = kind != "sh";
                blocks.push(Block { commands: text, again, expected: None });
                printed = true;
            }
            "text" if printed => blocks.last_mut().unwrap().expected = Some(text),
            _ => {}
        }
        printed &= kind.starts_with("sh");
    }
    blocks
}

/// The network and the folders that the guide is for.
struct World {
    folder: PathBuf,
    pebble: Pebble,
    names: Option<DnsServer>,
    runtime: Runtime,
    sink: Child,
}

impl World {
    fn new(folder: PathBuf) -> Self {
        own_folders(&folder);
        own_addresses();
        let proven = Proven { address: ADDRESS, http_port: 80, tls_port: 443 };
        let pebble = Pebble::start(&folder, &proven).expect("it is installed");
        trust(&[pebble.https_root(), pebble.root()]);
        stand_ins(&folder, &pebble);
        let sink = sink(&folder);
        let runtime = Runtime::new().unwrap();
        World { folder, pebble, names: None, runtime, sink }
    }

    /// Runs a block, and publishes the records that it prints.
    fn follow(&mut self, block: &Block) {
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
        let zone = zone.a("mx.fabrikam.example", FABRIKAM).a("old.contoso.com", "127.0.0.1");
        let address = "127.0.0.1:53".parse().unwrap();
        self.names = Some(self.runtime.block_on(zone.serve_at(address)).unwrap());
    }

    /// What came to fabrikam.example.
    fn arrived(&self) -> Vec<String> {
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
        let _ = self.sink.kill();
        let _ = self.sink.wait();
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

/// Programs that stand in for what is not here: systemd, and Let's Encrypt.
fn stand_ins(folder: &Path, pebble: &Pebble) {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let unit = include_str!("../../../../contrib/systemd/rialto.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=@PREFIX@/bin/rialto "));
    let start = start.expect("the unit starts it");
    let (log, directory) = (folder.join("log"), pebble.directory_url());
    let (log, folder) = (log.display(), folder.display());
    let rialto = format!(
        "#!/bin/sh
case \"$1 $2\" in 'setup --check') ;; setup*) set -- \"$@\" --acme-directory {directory} ;; esac
exec {RIALTO} \"$@\"
"
    );
    let systemctl = format!(
        "#!/bin/sh
pid={folder}/pid
ready() {{ curl --silent --fail --output /dev/null --unix-socket \\
    /var/lib/rialto/admin.socket http://localhost/health/ready; }}
case $1 in stop | restart) kill \"$(cat $pid)\"; while kill -0 \"$(cat $pid)\"; do sleep 0.1; done ;; esac
case $1 in enable | start | restart)
    setsid {RIALTO} {start} >>{log} 2>&1 </dev/null &
    echo $! >$pid
    for look in 1 2 3 4 5 6 7 8 9; do ready && exit; sleep 1; done
    exit 1 ;;
esac
"
    );
    for (name, text) in [("rialto", rialto), ("systemctl", systemctl)] {
        let file = bin.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
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

/// Whether a text is like the guide's: blanks count as one, `…` is anything.
fn is_like(expected: &str, text: &str) -> bool {
    let one_blank = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (expected, text) = (one_blank(expected), one_blank(text));
    let mut pieces = expected.split('…').map(str::trim);
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
        last = Some(piece);
    }
    // With nothing left open at the end the text ends there, too.
    last.map_or(rest.is_empty(), |last| last.is_empty() || text.ends_with(last))
}

#[test]
fn what_is_printed_is_compared() {
    assert!(is_like("* SEARCH 1", "* SEARCH 1\r\n"));
    assert!(is_like("…\na  b…d\n…", "x\n a b c\n d e"));
    assert!(!is_like("* SEARCH 1", "* SEARCH"));
    assert!(!is_like("…\n* SEARCH 1", "* SEARCH 1 2"));
    assert!(!is_like("a…b", "a c"));
    let [one] = &blocks("x\n```sh again\nls\n```\n\n```text\nfile\n```\n```text\nmore\n```\n")[..]
    else {
        panic!("one block");
    };
    assert_eq!((one.commands.as_str(), one.again), ("ls", true));
    assert_eq!(one.expected.as_deref(), Some("file"));
}

//! The commands as an administrator types them, over data directories made here.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod support;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use admin::organization::Organization;
use admin::shell::Executor;
use admin::verb::{Call, Caller, Reply, invoke};
use admin::{AdminError, Console, Outcome, Program};
use clap::Parser;
use ports::listeners::{CLIENT_FRONTEND, DEFAULT_FRONTEND, IMAP4, IMAP4_TLS};
use ports::{Registry, Role};
use store::{Database, Options, StoreError, Txn};

#[derive(Parser)]
enum Cli {
    #[command(subcommand)]
    Config(admin::config::Config),
    Ports(admin::ports::Ports),
    #[command(subcommand)]
    Store(admin::store::Store),
}

/// A server of which only the verbs are there.
struct Server(Organization);

impl Executor for Server {
    async fn execute(&self, call: Call) -> Result<Reply, AdminError> {
        let root = Caller::Local { user: "root".to_owned() };
        Ok(invoke(&self.0, &root, call).await?)
    }
}

/// What a command printed and how it ended.
struct Ended {
    output: String,
    notices: String,
    result: Result<Outcome, AdminError>,
}

impl Ended {
    fn outcome(&self) -> Outcome {
        *self.result.as_ref().unwrap()
    }

    fn error(&self) -> String {
        self.result.as_ref().unwrap_err().to_string()
    }

    fn lines_with(&self, words: &str) -> Vec<&str> {
        self.output.lines().filter(|line| line.contains(words)).collect()
    }
}

/// Runs `rialto` with these words; `DIR` among them stands for the directory.
fn rialto(words: &str, directory: &Path) -> Ended {
    let words = words.split(' ').map(|word| match word {
        "DIR" => directory.to_str().unwrap(),
        word => word,
    });
    let cli = Cli::try_parse_from(["rialto"].into_iter().chain(words)).unwrap();
    let (mut output, mut notices) = (Vec::new(), Vec::new());
    let mut console = Console { output: &mut output, notices: &mut notices };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let result = runtime.block_on(run(cli, &mut console));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { result, output: text(output), notices: text(notices) }
}

async fn run(cli: Cli, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
    match cli {
        Cli::Config(config) => {
            let server = Server(support::organization().await);
            let file = config.target().and_then(|target| target.config.as_deref());
            let settings = file.map(|file| config::Settings::load(file).unwrap());
            config.run(settings.as_ref(), &server, console).await
        }
        Cli::Ports(ports) => ports.run(&program(), console).await,
        Cli::Store(store) => store.run(&program(), console).await,
    }
}

fn program() -> Program {
    let mut built = Registry::new("<Server>", &[Role::Mailbox]);
    built.built(&IMAP4, "test");
    built.built(&IMAP4_TLS, "test");
    Program {
        built,
        file: r"C:\Rialto\rialto.exe".to_owned(),
        database_folders: |data: &Path| vec![data.join("one"), data.join("two")],
        passing: &["logs"],
    }
}

fn empty() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A registry of this process with IMAP4 and SMTP open where the test says.
fn running(imap: &str, smtp: &str) -> tempfile::TempDir {
    let mut registry = Registry::new("MBX1", &[Role::Mailbox]);
    registry.register(&IMAP4, imap.parse().unwrap(), "test");
    registry.built(&IMAP4_TLS, "test");
    registry.register(&DEFAULT_FRONTEND, smtp.parse().unwrap(), "test");
    registry.built(&CLIENT_FRONTEND, "test");
    let directory = empty();
    registry.save(directory.path()).unwrap();
    directory
}

/// The same, left behind by a process that is gone: no process has the largest number.
fn killed() -> tempfile::TempDir {
    let directory = running("127.0.0.1:20143", "127.0.0.1:20025");
    let file = directory.path().join(ports::FILE_NAME);
    let own = format!("\"process\": {}", std::process::id());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&own));
    fs::write(&file, text.replace(&own, "\"process\": 4294967295")).unwrap();
    directory
}

#[test]
fn ports_shows_the_state_of_the_server_in_the_directory() {
    let directory = running("127.0.0.1:20143", "192.0.2.1:25");
    let all = rialto("ports --dir DIR", directory.path());
    assert_eq!((all.outcome(), all.notices.as_str()), (Outcome::Good, ""));
    let [imap] = all.lines_with("C-11 ")[..] else { panic!("{}", all.output) };
    assert!(imap.contains(" off ") && imap.ends_with("127.0.0.1:20143"), "{imap}");
    let [smtp] = all.lines_with("P-01 ")[..] else { panic!("{}", all.output) };
    assert!(smtp.contains(" working ") && smtp.contains("Default Frontend MBX1"), "{smtp}");
    let some = rialto("ports --dir DIR --role mailbox --group P --state off", directory.path());
    assert_eq!(some.output.lines().count(), 3, "{}", some.output);
    assert!(some.output.lines().nth(1).unwrap().starts_with("P-02  off"), "{}", some.output);
}

#[test]
fn ports_as_json_is_a_list_of_rows() {
    let directory = running("127.0.0.1:20143", "127.0.0.1:20025");
    let json = rialto("ports --dir DIR --json --group P", directory.path());
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json.output).unwrap();
    assert_eq!(rows.len(), 7);
    let first = &rows[0];
    for (field, value) in [("id", "P-01"), ("state", "working"), ("protocol", "SMTP")] {
        assert_eq!(first[field], value);
    }
    assert_eq!(first["address"][0], "127.0.0.1:20025");
}

#[test]
fn without_a_directory_the_table_is_what_the_program_could_do() {
    let table = rialto("ports --group C", Path::new("unused"));
    assert!(table.lines_with("C-11 ")[0].contains(" off "), "{}", table.output);
    assert!(table.lines_with("C-12 ")[0].contains(" not-built "), "{}", table.output);
    assert_eq!(table.notices, "");
}

#[test]
fn of_a_killed_server_nothing_is_open_and_that_is_said() {
    let directory = killed();
    let table = rialto("ports --dir DIR --group P", directory.path());
    assert!(table.output.contains("P-01  off"), "{}", table.output);
    assert!(!table.output.contains("20025"), "{}", table.output);
    assert!(table.notices.ends_with("process 4294967295, is not running\n"), "{}", table.notices);
    let check = rialto("ports check --dir DIR", directory.path());
    assert_eq!(check.outcome(), Outcome::Wrong);
    assert!(check.notices.contains("is not running"), "{}", check.notices);
}

#[test]
fn a_directory_without_a_server_is_an_error() {
    let directory = empty();
    for words in [
        "ports --dir DIR",
        "ports check --dir DIR",
        "ports map --dir DIR",
        "ports firewall --format nftables --dir DIR",
    ] {
        let ended = rialto(words, directory.path());
        assert!(ended.error().starts_with("no server has left its ports in "), "{words}");
        assert_eq!(ended.output, "");
    }
}

#[test]
fn firewall_rules_are_for_what_is_open_beyond_loopback() {
    let directory = running("127.0.0.1:20143", "192.0.2.1:25");
    for (format, rule) in [
        ("nftables", "ip daddr 192.0.2.1 tcp dport 25"),
        ("iptables", "-d 192.0.2.1"),
        ("windows", r"C:\Rialto\rialto.exe"),
    ] {
        let words = format!("ports firewall --format {format} --dir DIR");
        let rules = rialto(&words, directory.path());
        assert_eq!(rules.outcome(), Outcome::Good);
        assert!(rules.output.contains(rule), "{}", rules.output);
        assert!(rules.output.contains("loopback only, no rule"), "{}", rules.output);
    }
    assert!(Cli::try_parse_from(["rialto", "ports", "firewall", "--format", "pf"]).is_err());
}

#[test]
fn the_map_goes_to_a_file_or_to_the_screen() {
    let directory = running("127.0.0.1:20143", "127.0.0.1:20025");
    let screen = rialto("ports map --dir DIR", directory.path());
    assert!(screen.output.starts_with("<svg") || screen.output.starts_with("<?xml"));
    let file = directory.path().join("map.svg");
    let words = format!("ports map --dir DIR --output {}", file.display());
    let ended = rialto(&words, directory.path());
    assert_eq!((ended.outcome(), ended.output.as_str()), (Outcome::Good, ""));
    assert_eq!(fs::read_to_string(file).unwrap(), screen.output);
    let nowhere = rialto("ports map --dir DIR --output DIR", directory.path());
    assert!(nowhere.error().contains(directory.path().to_str().unwrap()));
}

#[test]
fn check_connects_to_what_should_be_open() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let [open_at, closed_at] = [&open, &closed].map(|socket| socket.local_addr().unwrap());
    drop(closed);
    let directory = running(&open_at.to_string(), &closed_at.to_string());
    for words in ["ports check --dir DIR", "ports check --dir DIR --host 127.0.0.1"] {
        let check = rialto(words, directory.path());
        assert_eq!(check.outcome(), Outcome::Wrong);
        let [good] = check.lines_with(&open_at.to_string())[..] else { panic!("{}", check.output) };
        assert!(good.starts_with("ok ") && good.ends_with(" is open"), "{good}");
        let [bad] = check.lines_with(&closed_at.to_string())[..] else {
            panic!("{}", check.output)
        };
        assert!(bad.contains("WRONG") && bad.ends_with("should be open and is closed"), "{bad}");
    }
}

#[test]
fn check_names_sockets_of_ours_that_no_listener_is() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let secret = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hidden = TcpListener::bind(secret).unwrap();
    let at = open.local_addr().unwrap().to_string();
    let directory = running(&at, &at);
    let check = rialto("ports check --dir DIR", directory.path());
    let [line] = check.lines_with(&secret.to_string())[..] else { panic!("{}", check.output) };
    assert!(line.starts_with("WRONG") && line.contains("listens; no row names it"), "{line}");
    drop(hidden);
}

#[test]
fn config_shows_the_file_and_the_directory() {
    let directory = empty();
    let file = directory.path().join("rialto.toml");
    fs::write(&file, "server_name = \"mail.a.test\"\nport_offset = 20000\n").unwrap();
    let changed = rialto("config show --changed --config DIR", &file).output;
    assert!(changed.contains("port_offset = 20000\n"), "{changed}");
    assert!(!changed.contains("unthrottled"), "{changed}");
    let all = rialto("config show --config DIR", &file).output;
    assert!(all.contains("unthrottled = false\n"), "{all}");
    assert!(all.contains("[[ReceiveConnector]]\nName = "), "{all}");
}

#[test]
fn config_prints_a_sample_that_it_finds_good() {
    let directory = empty();
    let sample = rialto("config sample", directory.path());
    let file = directory.path().join("rialto.toml");
    fs::write(&file, &sample.output).unwrap();
    let check = |file: &Path| rialto("config check DIR", file);
    let good = check(&file);
    assert_eq!(good.outcome(), Outcome::Good);
    assert!(good.output.ends_with("rialto.toml is good\n"), "{}", good.output);
    fs::write(&file, "servername = \"a.test\"\n").unwrap();
    let bad = check(&file);
    assert_eq!(bad.outcome(), Outcome::Wrong);
    assert!(bad.output.contains("servername"), "{}", bad.output);
    assert!(check(&directory.path().join("none")).error().contains("none"));
}

const VALUE: &[u8] = b"a value that stands in the file as it is";

fn make_database(folder: PathBuf) {
    fs::create_dir_all(&folder).unwrap();
    let database = Database::open(Options::sqlite(&*folder)).unwrap();
    let fill = |txn: &mut Txn| txn.put(&[0x10, 1], 1, VALUE);
    database.write_blocking::<_, StoreError>(fill).unwrap();
}

fn databases() -> tempfile::TempDir {
    let directory = empty();
    make_database(directory.path().join("one"));
    make_database(directory.path().join("two"));
    directory
}

#[test]
fn verify_finds_nothing_wrong_in_good_databases() {
    let directory = databases();
    let verify = rialto("store verify --dir DIR", directory.path());
    assert_eq!(verify.outcome(), Outcome::Good);
    assert_eq!(verify.lines_with(" 0 damaged").len(), 2, "{}", verify.output);
}

#[test]
fn verify_names_what_is_damaged_in_any_database() {
    let directory = databases();
    let file = directory.path().join("two/store.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(VALUE.len()).position(|window| window == VALUE).unwrap();
    bytes[at + 3] ^= 1;
    fs::write(&file, bytes).unwrap();
    let verify = rialto("store verify --dir DIR", directory.path());
    assert_eq!(verify.outcome(), Outcome::Wrong);
    let [finding] = verify.lines_with(" row 1001: ")[..] else { panic!("{}", verify.output) };
    assert!(finding.contains("/two: "), "{finding}");
    assert!(verify.lines_with(" 1 damaged")[0].contains("/two: "), "{}", verify.output);
}

#[test]
fn verify_needs_a_stopped_server() {
    let directory = databases();
    let database = Database::open(Options::sqlite(directory.path().join("one"))).unwrap();
    let refused = rialto("store verify --dir DIR", directory.path());
    assert!(refused.error().contains("in use"), "{}", refused.error());
    drop(database);
    let missing = rialto("store verify --dir DIR", Path::new("/nonexistent"));
    assert!(missing.error().contains("/nonexistent/one"), "{}", missing.error());
}

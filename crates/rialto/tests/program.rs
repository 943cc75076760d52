//! The program as the operating system sees it: arguments, signals, exit codes.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use serde_json::Value;

fn rialto(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
    command.args(arguments);
    command
}

/// Runs to the end: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = rialto(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A server in the foreground. Killed when the test ends before it does.
struct Server {
    process: Child,
    /// What it printed up to the line `ready`.
    printed: String,
}

impl Server {
    fn demo(directory: &Path, more: &[&str]) -> Server {
        let directory = directory.to_str().unwrap();
        let mut arguments = vec!["demo", "--dir", directory, "--port-offset", "any"];
        arguments.extend(more);
        Server::ready(&mut rialto(&arguments))
    }

    /// A demonstration that logs everything an operator sees, as JSON, into a file.
    fn demo_with_log(directory: &Path, log: &Path) -> Server {
        let directory = directory.to_str().unwrap();
        let mut demo = rialto(&["demo", "--dir", directory, "--port-offset", "any"]);
        demo.env("RIALTO_LOG", "info").env("RIALTO_LOG_FORMAT", "json");
        Server::ready(demo.stderr(File::create(log).unwrap()))
    }

    fn ready(demo: &mut Command) -> Server {
        let mut process = demo.stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        while output.read_line(&mut printed).unwrap() > 0 && !printed.ends_with("\nready\n") {}
        assert!(printed.ends_with("\nready\n"), "{printed}");
        Server { process, printed }
    }

    fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    }

    /// The exit code; none when a signal ended the process.
    fn end(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended long ago; there is nothing else to do about it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_bad_command_line_is_2() {
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["demo"],
        &["demo", "--dir", "d", "--users", "10001"],
        &["demo", "--dir", "d", "--port-offset", "many"],
        &["demo", "--dir", "d", "--domain", "[192.0.2.1]"],
        &["run"],
        &["ports", "--state", "broken"],
        &["ports", "--json", "check"],
        &["backup"],
        &["backup", "--to", "d", "--list", "--verify"],
        &["restore", "--from", "d"],
    ] {
        let (code, output, errors) = run(arguments);
        assert_eq!((code, output.as_str()), (2, ""), "{arguments:?}");
        assert!(errors.contains("--help"), "{arguments:?}: {errors}");
    }
    assert_eq!(run(&["--help"]).0, 0);
    assert!(run(&["--version"]).1.starts_with("rialto "));
}

#[test]
fn what_cannot_be_done_is_one_line_and_2() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let edge = directory.path().join("edge.toml");
    fs::write(&edge, "server_name = \"edge1.a.test\"\nrole = \"edge\"\n").unwrap();
    for (arguments, words) in [
        (&["run", "--config", "/nonexistent.toml"][..], "/nonexistent.toml"),
        (&["run", "--config", edge.to_str().unwrap()], "role edge is not built"),
        (&["ports", "--dir", "/nonexistent"], "/nonexistent"),
        (&["demo", "--dir", path, "--unthrottled", "--address", "0.0.0.0"], "loopback"),
        (&["demo", "--dir", path, "--password", ""], "--password"),
        (&["demo", "--dir", "/proc/nothing"], "/proc/nothing"),
        (&["backup", "--to", path, "--dir", "/nonexistent"], "no repository"),
        (&["backup", "--list", "--to", path], "has no backups"),
        (&["restore", "--from", path, "--to", "/nonexistent"], "has no backups"),
    ] {
        let (code, output, errors) = run(arguments);
        assert_eq!((code, output.as_str()), (2, ""), "{arguments:?}");
        assert!(errors.starts_with("rialto: ") && errors.contains(words), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

#[test]
fn a_check_that_finds_something_wrong_is_1() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rialto.toml");
    fs::write(&file, "no_such_key = 1\n").unwrap();
    let (code, output, _) = run(&["config", "check", file.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(output.contains("no_such_key"), "{output}");
    let (code, sample, _) = run(&["config", "sample"]);
    fs::write(&file, sample).unwrap();
    assert_eq!((code, run(&["config", "check", file.to_str().unwrap()]).0), (0, 0));
}

#[test]
fn a_demonstration_serves_until_it_is_told_to_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let demo = Server::demo(directory.path(), &["--users", "2", "--password", "it's mine"]);
    assert!(demo.printed.contains("carol@example.test  password it's mine"), "{}", demo.printed);
    let (code, _, errors) = run(&["demo", "--dir", path]);
    assert_eq!(code, 2);
    assert!(errors.contains("another server runs in"), "{errors}");
    let (_, table, notices) = run(&["ports", "--dir", path]);
    assert_eq!(notices, "");
    for row in ["C-11", "C-12", "C-13", "C-14", "M-01", "M-03", "M-05", "P-01", "P-02", "Z-05"] {
        assert!(table.contains(&format!("\n{row}  working")), "{row}: {table}");
    }
    assert_eq!(run(&["store", "verify", "--dir", path]).0, 2);
    demo.signal("-HUP");
    demo.signal("-TERM");
    assert_eq!(demo.end(), Some(0));
    assert!(run(&["ports", "--dir", path]).2.contains("is not running"));
    assert_eq!(run(&["store", "verify", "--dir", path]).0, 0);
}

/// What a POSIX shell makes of `env.sh`.
fn shell(directory: &Path, expression: &str) -> String {
    let script = format!(". ./env.sh && printf %s \"{expression}\"");
    let shell = Command::new("sh").args(["-euc", &script]).current_dir(directory).output();
    String::from_utf8(shell.unwrap().stdout).unwrap()
}

#[test]
fn the_environment_is_for_shells() {
    let directory = tempfile::tempdir().unwrap();
    let demo = Server::demo(directory.path(), &["--password", "a 'b' $c"]);
    assert_eq!(shell(directory.path(), "$USER1 $PASS1"), "alice@example.test a 'b' $c");
    assert_eq!(shell(directory.path(), "$SERVER_PID"), demo.process.id().to_string());
    let ports = shell(directory.path(), "$SMTP_PORT $SUBMISSION_PORT $SMTPS_PORT $IMAP_PORT");
    assert_eq!(ports.split(' ').filter(|port| port.parse::<u16>().is_ok()).count(), 4, "{ports}");
    assert_eq!(shell(directory.path(), "[$HTTPS_PORT$LDAP_PORT$RPC_PORT]"), "[]");
    demo.signal("-INT");
    assert_eq!(demo.end(), Some(0));
}

#[test]
fn a_killed_demonstration_starts_again_with_what_it_had() {
    let directory = tempfile::tempdir().unwrap();
    let first = Server::demo(directory.path(), &[]);
    first.signal("-KILL");
    assert_eq!(first.end(), None);
    let second = Server::demo(directory.path(), &[]);
    second.signal("-TERM");
    assert_eq!(second.end(), Some(0));
    assert_eq!(run(&["store", "verify", "--dir", directory.path().to_str().unwrap()]).0, 0);
}

#[test]
fn a_configured_server_reloads_and_ends_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rialto.toml");
    let data = directory.path().join("data");
    let closed =
        ["P-02", "Z-01"].map(|row| format!("[[listener]]\nrow = \"{row}\"\nenabled = false\n"));
    let anywhere = "[[listener]]\nrow = \"P-01\"\nport = 0\n";
    let settings = format!(
        "server_name = \"mbx1.a.test\"\naddresses = [\"127.0.0.1\"]\n\
         data_directory = {data:?}\nlog.format = \"json\"\n{}{}",
        closed.concat(),
        anywhere
    );
    fs::write(&file, settings).unwrap();
    let mut process = rialto(&["run", "--config", file.to_str().unwrap()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = Log(BufReader::new(process.stderr.take().unwrap()));
    let server = Server { process, printed: String::new() };
    let ready: Value = serde_json::from_str(&log.wait_for("ready")).unwrap();
    assert_eq!((&ready["level"], &ready["message"]), (&"INFO".into(), &"ready".into()));
    server.signal("-HUP");
    log.wait_for("certificates read");
    let (_, table, _) = run(&["ports", "--dir", data.to_str().unwrap(), "--state", "working"]);
    assert!(table.contains("\nP-01  working"), "{table}");
    server.signal("-TERM");
    log.wait_for("stopping");
    assert_eq!(server.end(), Some(0));
}

/// What a server writes to standard error.
struct Log(BufReader<ChildStderr>);

impl Log {
    /// Reads to the line with these words, which it returns.
    fn wait_for(&mut self, words: &str) -> String {
        let mut read = String::new();
        while !read.lines().last().is_some_and(|line| line.contains(words)) {
            assert!(self.0.read_line(&mut read).unwrap() > 0, "no {words:?} in {read}");
        }
        read.lines().last().unwrap().to_owned()
    }
}

/// Submits a message to alice as a stranger does; the server's answer to its content.
fn submit(directory: &Path, subject: &str) -> String {
    let port = shell(directory, "$SMTP_PORT");
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    let message = format!("From: x@b.test\r\nSubject: {subject}\r\n\r\nHello\r\n.\r\n");
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let mut answer = || answers.find(|line| line.get(3..4) == Some(" ")).unwrap();
    answer();
    for command in [
        "EHLO b.test\r\n",
        "MAIL FROM:<x@b.test>\r\n",
        "RCPT TO:<alice@example.test>\r\n",
        "DATA\r\n",
    ] {
        stream.write_all(command.as_bytes()).unwrap();
        let said = answer();
        assert!(said.starts_with(['2', '3']), "{command}: {said}");
    }
    stream.write_all(message.as_bytes()).unwrap();
    let said = answer();
    stream.write_all(b"QUIT\r\n").unwrap();
    answer();
    said
}

/// All text of the files in a folder.
fn texts(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn the_log_in_json_names_session_and_message() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log.json");
    let demo = Server::demo_with_log(directory.path(), &log);
    let said = submit(directory.path(), "a \"b\" \\ c");
    let id = said.split("InternalId=").nth(1).unwrap().split(',').next().unwrap();
    demo.signal("-TERM");
    assert_eq!(demo.end(), Some(0));
    let log = fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let event = |name: &str| {
        let found =
            lines.iter().find(|line| line["internal_message_id"] == id && line["event_id"] == name);
        found.unwrap_or_else(|| panic!("no {name} of {id} in {log}"))
    };
    let (received, delivered) = (event("RECEIVE"), event("DELIVER"));
    assert_eq!(received["service"], "Default Frontend MBX1");
    assert_eq!(received["message_subject"], "a \"b\" \\ c");
    let session = received["session"].as_str().unwrap();
    assert_eq!(delivered["session"], session);
    let protocol = texts(&directory.path().join("logs/FrontEnd/ProtocolLog/SmtpReceive"));
    assert!(protocol.contains(&format!(",{session},")), "{session} is not in {protocol}");
}

#[test]
fn verbs_are_in_completion_and_manual() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = run(&["completion", shell]);
        assert_eq!(code, 0);
        for word in ["new-mailbox", "primary-smtp-address", "demo"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(&["reference", "man", directory.path().to_str().unwrap()]).0, 0);
    let page = fs::read_to_string(directory.path().join("rialto-new-mailbox.1")).unwrap();
    assert!(page.contains("Makes a mailbox"), "{page}");
    let help = run(&["--help"]).1;
    assert!(help.contains("get-command") && !help.contains("new-mailbox"), "{help}");
    assert!(run(&["New-Mailbox", "--help"]).1.contains("--primary-smtp-address"));
}

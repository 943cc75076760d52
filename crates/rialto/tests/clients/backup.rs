//! Backups of a server that takes mail meanwhile, and servers started on what is restored.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{program, run};
use crate::support::server::{Data, Demo, RIALTO};
use crate::support::smtp;

const STRANGER: &str = "stranger@elsewhere.example";
/// Longer than what is kept among the rows.
const LARGE: usize = 50_000;

fn rialto(arguments: &[&str], paths: &[(&str, &Path)]) -> Command {
    let mut rialto = program(RIALTO);
    rialto.args(arguments);
    for (option, path) in paths {
        rialto.arg(option).arg(path);
    }
    rialto
}

pub fn back_up(data: &Path, repository: &Path) -> String {
    run(&mut rialto(&["backup"], &[("--dir", data), ("--to", repository)])).well()
}

pub fn restore(repository: &Path, more: &[&str]) -> Data {
    let restored = Data::new();
    let paths = [("--from", repository), ("--to", restored.path())];
    let told = run(rialto(&["restore"], &paths).args(more)).well();
    assert!(told.starts_with("backup 2"), "{told}");
    run(&mut rialto(&["store", "verify"], &[("--dir", restored.path())])).well();
    restored
}

fn text(number: usize) -> String {
    let subject = format!("Number {number}");
    match number % 2 {
        0 => message::text(STRANGER, "alice@example.test", &subject),
        _ => message::large(STRANGER, "alice@example.test", &subject, LARGE),
    }
}

pub fn deliver(demo: &Demo<'_>, number: usize) {
    smtp::deliver(&demo.address("SMTP_PORT"), STRANGER, &demo.user("alice"), &text(number));
}

/// The numbers of the messages that were delivered here, whose text must be whole.
fn numbers(demo: &Demo<'_>) -> Vec<usize> {
    let mut numbers = Vec::new();
    for kept in Imap::of(demo, "alice").folder("INBOX") {
        let Some((_, rest)) = kept.message.split_once("\nSubject: Number ") else { continue };
        let number = rest.split_once("\r\n").unwrap().0.parse().unwrap();
        assert_eq!(message::body(&kept.message), message::body(&text(number)), "{number}");
        numbers.push(number);
    }
    numbers
}

#[test]
fn a_backup_of_a_server_that_takes_mail_becomes_a_server_with_that_mail() {
    const BEFORE: usize = 6;
    let (data, repository) = (Data::new(), TempDir::new().unwrap());
    let demo = data.unthrottled_demo();
    (0..BEFORE).for_each(|number| deliver(&demo, number));
    let is_over = AtomicBool::new(false);
    let acknowledged = thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let more = (BEFORE..).take_while(|_| !is_over.load(Ordering::SeqCst));
            BEFORE + more.map(|number| deliver(&demo, number)).count()
        });
        back_up(data.path(), repository.path());
        is_over.store(true, Ordering::SeqCst);
        sending.join().unwrap()
    });
    let restored = restore(repository.path(), &[]);
    assert!(restored.path().join("restored").exists());
    let there = restored.demo();
    let found = numbers(&there);
    let uid_validity = |demo: &Demo<'_>| {
        let status = Imap::of(demo, "alice").command("STATUS INBOX (UIDVALIDITY)").concat();
        let digits: String = status.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap()
    };
    assert!(uid_validity(&there) > uid_validity(&demo), "what clients kept is of no use");
    assert!(!restored.path().join("restored").exists(), "once");
    assert!((BEFORE..=acknowledged).contains(&found.len()), "{} of {acknowledged}", found.len());
    assert_eq!(found, (0..found.len()).collect::<Vec<_>>(), "one state, without a gap");
    deliver(&there, found.len());
    assert_eq!(numbers(&there).len(), found.len() + 1);
    assert_eq!(numbers(&demo), (0..acknowledged).collect::<Vec<_>>(), "the server goes on");
}

#[test]
fn each_backup_is_restored_as_it_was_also_after_a_kill() {
    let (data, repository) = (Data::new(), TempDir::new().unwrap());
    let demo = data.demo();
    deliver(&demo, 1);
    back_up(data.path(), repository.path());
    deliver(&demo, 2);
    demo.kill();
    back_up(data.path(), repository.path());
    let list = run(&mut rialto(&["backup", "--list"], &[("--to", repository.path())])).well();
    let ids: Vec<&str> = list.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{list}");
    for (id, expected) in ids.iter().zip([&[1][..], &[1, 2]]) {
        let restored = restore(repository.path(), &["--backup", id]);
        assert_eq!(numbers(&restored.demo()), expected, "{id}");
    }
    assert_eq!(numbers(&data.demo()), [1, 2], "what was backed up is as it was");
}

#[test]
fn damage_is_named_and_nothing_is_written_over() {
    let (data, repository) = (Data::new(), TempDir::new().unwrap());
    data.demo().stop();
    let file = data.path().join("rialto.toml");
    let settings = format!("server_name = \"mbx1.a.test\"\ndata_directory = {:?}\n", data.path());
    fs::write(&file, &settings).unwrap();
    let paths = [("--config", &*file), ("--to", repository.path())];
    run(&mut rialto(&["backup"], &paths)).well();
    let verify = || run(&mut rialto(&["backup", "--verify"], &[("--to", repository.path())]));
    assert!(verify().well().contains(" 0 damaged"));
    let into =
        |to: &Path| run(&mut rialto(&["restore"], &[("--from", repository.path()), ("--to", to)]));
    assert!(into(data.path()).with(2).contains("is not empty"));
    let folder = fs::read_dir(repository.path().join("objects")).unwrap().next().unwrap();
    fs::remove_dir_all(folder.unwrap().path()).unwrap();
    assert!(verify().with(1).contains("is missing"));
    let to = TempDir::new().unwrap();
    assert!(into(to.path()).with(2).contains("is missing"));
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

#[test]
fn the_configuration_file_is_in_a_backup() {
    let (data, repository) = (Data::new(), TempDir::new().unwrap());
    data.demo().stop();
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("rialto.toml");
    let settings = format!("server_name = \"mbx1.a.test\"\ndata_directory = {:?}\n", data.path());
    fs::write(&file, &settings).unwrap();
    run(&mut rialto(&["backup"], &[("--config", &file), ("--to", repository.path())])).well();
    let restored = restore(repository.path(), &[]);
    let kept = restored.path().join("elsewhere").join(file.strip_prefix("/").unwrap());
    assert_eq!(fs::read_to_string(kept).unwrap(), settings);
    assert!(!restored.path().join("logs").exists());
    assert!(!restored.path().join("ports.json").exists());
}

#[test]
fn old_backups_are_removed_and_the_kept_one_is_whole() {
    let (data, repository) = (Data::new(), TempDir::new().unwrap());
    let demo = data.demo();
    deliver(&demo, 1);
    back_up(data.path(), repository.path());
    deliver(&demo, 2);
    demo.stop();
    back_up(data.path(), repository.path());
    let prune = |more: &[&str]| {
        let paths = [("--to", repository.path())];
        run(rialto(&["backup", "--prune"], &paths).args(more))
    };
    let list = || run(&mut rialto(&["backup", "--list"], &[("--to", repository.path())])).well();
    assert!(prune(&[]).with(2).contains("nothing says which backups are kept"));
    let told = prune(&["--keep-last", "1", "--what-if"]).well();
    assert!(told.contains("\n1 backups, ") && told.contains("would go"), "{told}");
    assert_eq!(list().lines().count(), 2);
    let told = prune(&["--keep-last", "1"]).well();
    assert!(told.contains("is gone\n1 backups, ") && told.ends_with("removed\n"), "{told}");
    assert_eq!(list().lines().count(), 1);
    assert_eq!(numbers(&restore(repository.path(), &[]).demo()), [1, 2]);
}

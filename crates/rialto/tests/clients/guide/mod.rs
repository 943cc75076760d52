//! docs/guide, run as a stranger would: every command of it, in its order, on a network and with
//! folders of their own, where the server has the ports and addresses that the guide names.
//!
//! A block ` ```sh ` is run, and has to end well; ` ```sh again ` is tried again until it does, as
//! somebody looks again. The text below it has to be what it prints, where `…` stands for anything
//! and blanks count as one. A block ` ```text ` that follows none is not run.
//!
//! What it is not: systemctl here is a few lines that do what the unit's ExecStart says, and the
//! program is the one that cargo built, not the package's (module `installation` has that).

mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use self::world::World;
use crate::support::programs::{installed, not_allowed};
use crate::support::server::Data;

/// Says to the test inside where its folder is.
const FOLDER: &str = "RIALTO_GUIDE_FOLDER";

/// What has to be here.
const PROGRAMS: [&str; 7] = ["unshare", "ip", "curl", "swaks", "smtp-sink", "pebble", "dovecot"];

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    if !PROGRAMS.into_iter().all(installed) {
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

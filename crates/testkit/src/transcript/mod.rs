//! Transcripts: protocol sessions as text files that run as tests.
//!
//! A file is a conversation between numbered connections and a sans-IO [`Machine`]. It is
//! replayed once whole and then once per byte position, each block of bytes sent in two
//! writes cut there; every replay must match the file, and all must give the same bytes.
//!
//! ```text
//! % connector submission        setting for whoever builds the machine; before all else
//! # a comment
//! 1< 220 mail.example.test *    connection 1 must receive this line; * is anything
//! 1> EHLO client.test           connection 1 sends this line and CRLF
//! 1>> half a li\r\n             the same without CRLF
//! 1<< +OK\r\n                   must receive exactly these bytes
//! 1! tls                        something happened to the connection; the machine knows what
//! @ +5s                         the clock advances (ms, s, m, h)
//! 1= close                      the machine has closed the connection
//! ```
//!
//! * A connection opens where it is first named.
//! * Neighbouring `>` lines of one connection are one block, sent together.
//! * In texts `\r`, `\n`, `\t`, `\xNN` and `\\` stand for bytes; any other backslash is one
//!   (IMAP's `\Seen` needs no care). A literal asterisk that must not be a wildcard is `\x2a`.
//! * Before a connection sends, and at the end, all its output must have been expected.
//! * In cut replays the machine answers between both writes. A conversation in which it
//!   matters what arrives together (pipelining a server forbids) says `% atomic`: then both
//!   writes arrive before the machine is asked for output.
//!
//! What it is not: no sockets, no real clock, no TLS. Invariant: equal inputs give equal
//! outputs, wherever the network cuts them.

mod parse;
mod pattern;
mod record;
mod replay;
mod varying;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use parse::{ParseError, Transcript};
pub use record::record;
pub use replay::Failure;

/// The `%` lines of a file.
pub type Settings = BTreeMap<String, String>;

/// What a transcript drives: any number of sessions over whatever they share.
pub trait Machine {
    /// Connection `id` opens.
    fn connect(&mut self, id: u32, now: Instant);
    /// Bytes arrive on connection `id`.
    fn input(&mut self, id: u32, now: Instant, bytes: &[u8]);
    /// Takes what the machine wants to send on connection `id`, perhaps nothing.
    fn output(&mut self, id: u32) -> Vec<u8>;
    /// True once the machine has closed connection `id`.
    fn closed(&self, id: u32) -> bool;
    /// The clock stands at `to`; timers up to then expire.
    fn advance(&mut self, to: Instant);
    /// A `!` line. Machines without such events keep the default.
    fn event(&mut self, id: u32, _now: Instant, word: &str) {
        panic!("connection {id}: this machine knows no event {word:?}");
    }
}

/// Replays one transcript whole and cut at every byte position.
pub fn check<M: Machine>(
    transcript: &Transcript,
    build: impl Fn(&Settings) -> M,
) -> Result<(), Failure> {
    let run = |cut| replay::run(transcript, build(&transcript.settings), cut);
    let mut whole = run(None)?;
    for cut in 1..transcript.longest_block() {
        let parts = run(Some(cut))?;
        if parts != whole {
            // Dates, and numbers made of them, may have changed since: only one that is as old
            // tells.
            whole = run(None)?;
        }
        if parts != whole {
            return Err(Failure::differs(cut));
        }
    }
    Ok(())
}

/// Checks every `*.txt` file of `directory` and panics with all that failed.
///
/// # Panics
/// When a file fails, cannot be read or parsed, or when there is none at all.
pub fn check_directory<M: Machine>(directory: &Path, build: impl Fn(&Settings) -> M) {
    let files = text_files(directory);
    assert!(!files.is_empty(), "no transcripts in {}", directory.display());
    let failures: Vec<String> =
        files.iter().filter_map(|file| check_file(file, &build).err()).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The transcripts of a directory in a stable order.
fn text_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files
}

/// One file; the error names file and line.
fn check_file<M: Machine>(file: &Path, build: &impl Fn(&Settings) -> M) -> Result<(), String> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
    let transcript = Transcript::parse(&text).map_err(|error| format!("{name}:{error}"))?;
    check(&transcript, build).map_err(|failure| format!("{name}:{failure}"))
}

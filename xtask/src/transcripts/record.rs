//! A transcript from a script: `transcripts record SERVICE SCRIPT [--address A] [--into FILE]`.
//!
//! The service is that of a demonstration which is started for this, in a folder of its own and
//! on free ports, unless an address is given. It takes passwords in the clear, and everybody's is
//! `demo`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use testkit::dialogue::Protocol;
use testkit::sockets::Sockets;
use testkit::transcript::record;

use crate::Result;
use crate::demo::{self, Demo};

const USAGE: &str = "transcripts record SERVICE SCRIPT [--address A:PORT] [--into FILE]; \
                     services: smtp, submission, imap, pop3";

/// What can be recorded: name, protocol, the variable with the port of the demonstration.
const SERVICES: &[(&str, Protocol, &str)] = &[
    ("smtp", Protocol::Smtp, "SMTP_PORT"),
    ("submission", Protocol::Smtp, "SUBMISSION_PORT"),
    ("imap", Protocol::Imap, "IMAP_PORT"),
    ("pop3", Protocol::Pop3, "POP3_PORT"),
];

/// Reads the arguments and records.
pub fn run(arguments: &[String]) -> Result {
    let [service, script, options @ ..] = arguments else { return Err(USAGE.into()) };
    let (mut address, mut into) = (None, None);
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--address" => address = Some(value.parse()?),
            "--into" => into = Some(PathBuf::from(value)),
            _ => return Err(USAGE.into()),
        }
    }
    let text = recorded(service, &std::fs::read_to_string(script)?, address)?;
    match into {
        Some(file) => Ok(std::fs::write(file, text)?),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}

/// The transcript of a script.
fn recorded(service: &str, script: &str, address: Option<SocketAddr>) -> Result<String> {
    let found = SERVICES.iter().find(|(name, ..)| *name == service);
    let (_, protocol, port) = found.ok_or(USAGE)?;
    if let Some(address) = address {
        return session(script, address, *protocol);
    }
    let directory = std::env::temp_dir().join(format!("rialto-record-{}", std::process::id()));
    let text = on_demo(&directory, |demo| session(script, demo.address(port)?, *protocol));
    // The demonstration is gone, and nobody looks for its data here.
    std::fs::remove_dir_all(&directory)?;
    text
}

/// Does something with a demonstration that was started in a folder.
fn on_demo<T>(directory: &Path, act: impl FnOnce(&Demo) -> Result<T>) -> Result<T> {
    act(&Demo::start(&demo::build()?, directory, &[])?)
}

fn session(script: &str, address: SocketAddr, protocol: Protocol) -> Result<String> {
    let mut sockets = Sockets::new(address, protocol);
    let text = record(script, &mut sockets)?;
    match sockets.trouble() {
        None => Ok(text),
        Some(trouble) => Err(trouble.into()),
    }
}

//! Sending mail in, in the plainest way.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use super::patience::PATIENCE;

/// Sends a message without dots at the start of a line; returns after the server's 250.
///
/// # Panics
/// At any other answer.
pub fn deliver(address: &str, from: &str, to: &str, message: &str) {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut session = BufReader::new(stream);
    expect(&mut session, "220");
    for (line, code) in [
        ("EHLO client.example".to_owned(), "250"),
        (format!("MAIL FROM:<{from}>"), "250"),
        (format!("RCPT TO:<{to}>"), "250"),
        ("DATA".to_owned(), "354"),
        (format!("{message}."), "250"),
    ] {
        session.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        expect(&mut session, code);
    }
}

/// Reads a reply to its last line.
fn expect(session: &mut BufReader<TcpStream>, code: &str) {
    loop {
        let mut line = String::new();
        session.read_line(&mut line).unwrap();
        assert!(line.starts_with(code), "expected {code}, got {line:?}");
        if line.get(3..4) != Some("-") {
            return;
        }
    }
}

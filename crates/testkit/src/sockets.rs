//! A server on the network as the [`Machine`] of a transcript.
//!
//! Each connection of the transcript is a TCP connection in the clear. After each line that the
//! server answers, the whole answer is awaited; [`Dialogue`] knows which line ends it. Time and
//! events of the connection (`@` and `!` lines) do not exist here.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::dialogue::{Answered, Asked, Dialogue, Protocol};
use crate::transcript::Machine;

/// Silence after which an answer counts as lost: longer than a tarpit, and reached only when
/// something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections to one server.
pub struct Sockets {
    address: SocketAddr,
    protocol: Protocol,
    connections: BTreeMap<u32, Connection>,
    /// Why a connection could not go on.
    trouble: Option<String>,
}

/// One connection, and how far its client is in what it says.
struct Connection {
    stream: BufReader<TcpStream>,
    dialogue: Dialogue,
    /// Of a line whose end was not sent yet.
    line: Vec<u8>,
    /// Octets the client sends next that are no lines.
    octets: usize,
    /// An answer is due when those are sent.
    owed: bool,
    answers: Vec<u8>,
    closed: bool,
}

impl Sockets {
    /// No connection yet.
    pub fn new(address: SocketAddr, protocol: Protocol) -> Self {
        Sockets { address, protocol, connections: BTreeMap::new(), trouble: None }
    }

    /// What went wrong on the network, first things first; what was received stays readable.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn note(&mut self, id: u32, outcome: io::Result<()>) {
        if let Err(error) = outcome
            && self.trouble.is_none()
        {
            self.trouble = Some(format!("connection {id}: {error}"));
        }
    }
}

impl Machine for Sockets {
    fn connect(&mut self, id: u32, _now: Instant) {
        let opened = Connection::open(self.address, self.protocol);
        let outcome = opened.and_then(|connection| {
            self.connections.entry(id).insert_entry(connection).get_mut().answer()
        });
        self.note(id, outcome);
    }

    fn input(&mut self, id: u32, _now: Instant, bytes: &[u8]) {
        let outcome = match self.connections.get_mut(&id) {
            Some(connection) => connection.input(bytes),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        self.note(id, outcome);
    }

    fn output(&mut self, id: u32) -> Vec<u8> {
        let connection = self.connections.get_mut(&id);
        connection.map(|it| std::mem::take(&mut it.answers)).unwrap_or_default()
    }

    fn closed(&self, id: u32) -> bool {
        self.connections.get(&id).is_some_and(|connection| connection.closed)
    }

    fn advance(&mut self, _to: Instant) {
        panic!("the clock of a server on the network cannot be moved");
    }
}

impl Connection {
    fn open(address: SocketAddr, protocol: Protocol) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream: BufReader::new(stream),
            dialogue: Dialogue::new(protocol),
            line: Vec::new(),
            octets: 0,
            owed: false,
            answers: Vec::new(),
            closed: false,
        })
    }

    /// Sends, and reads the answers to all that is complete.
    fn input(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)?;
        for &octet in bytes {
            self.sent(octet)?;
        }
        Ok(())
    }

    /// The client has sent one more octet.
    fn sent(&mut self, octet: u8) -> io::Result<()> {
        if self.octets > 0 {
            self.octets -= 1;
        } else {
            self.line.push(octet);
            let Some(line) = self.line.strip_suffix(b"\r\n") else { return Ok(()) };
            let Asked { answer, octets } = self.dialogue.asked(line);
            self.line.clear();
            (self.owed, self.octets) = (answer, octets);
        }
        if self.octets == 0 && std::mem::take(&mut self.owed) {
            return self.answer();
        }
        Ok(())
    }

    /// Reads one whole answer, and the end of the connection where that belongs to it.
    fn answer(&mut self) -> io::Result<()> {
        loop {
            let start = self.answers.len();
            if self.stream.read_until(b'\n', &mut self.answers)? == 0 {
                self.closed = true;
                return Ok(());
            }
            let line = &self.answers[start..];
            match self.dialogue.answered(line.strip_suffix(b"\r\n").unwrap_or(line)) {
                Answered::Part => {}
                Answered::Octets(count) => {
                    let limit = u64::try_from(count).unwrap_or(u64::MAX);
                    self.stream.by_ref().take(limit).read_to_end(&mut self.answers)?;
                }
                Answered::Whole { octets } => {
                    self.octets = octets;
                    return if self.dialogue.is_leaving() { self.end() } else { Ok(()) };
                }
            }
        }
    }

    /// Reads until the server closes.
    fn end(&mut self) -> io::Result<()> {
        self.stream.read_to_end(&mut self.answers)?;
        self.closed = true;
        Ok(())
    }
}

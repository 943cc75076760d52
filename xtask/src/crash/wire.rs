//! Lines over a socket, in the clear or in TLS, with patience that ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// Silence after which the server counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a client stops.
#[derive(Debug)]
pub enum Trouble {
    /// The connection is gone, which is what a kill looks like.
    Gone(io::Error),
    /// The server answered, and not what it should.
    Unexpected(String),
}

impl From<io::Error> for Trouble {
    /// A server that is killed says nothing more; one that is alive and silent is a mistake.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Trouble::Unexpected(format!("no answer for {} s", PATIENCE.as_secs()))
            }
            _ => Trouble::Gone(error),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Gone(error) => write!(to, "connection lost: {error}"),
            Trouble::Unexpected(answer) => write!(to, "unexpected: {answer}"),
        }
    }
}

impl std::error::Error for Trouble {}

pub type Answer<T = ()> = Result<T, Trouble>;

/// What lines go over.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

pub struct Wire(BufReader<Box<dyn Stream>>);

impl Wire {
    pub fn connect(address: SocketAddr) -> Answer<Self> {
        Ok(Wire(BufReader::new(Box::new(socket(address)?))))
    }

    /// TLS from the first octet, with a server that calls itself `localhost`.
    pub fn connect_tls(address: SocketAddr, trust: Arc<ClientConfig>) -> Answer<Self> {
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let session = ClientConnection::new(trust, name).map_err(io::Error::other)?;
        let stream = StreamOwned::new(session, socket(address)?);
        Ok(Wire(BufReader::new(Box::new(stream))))
    }

    pub fn send(&mut self, text: &str) -> Answer {
        Ok(self.0.get_mut().write_all(text.as_bytes())?)
    }

    /// A line without its end.
    pub fn line(&mut self) -> Answer<String> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\r\n") {
            Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
            None => Err(Trouble::Gone(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    pub fn octets(&mut self, count: usize) -> Answer<Vec<u8>> {
        let mut octets = vec![0; count];
        self.0.read_exact(&mut octets)?;
        Ok(octets)
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

//! The PROXY protocol, receiving side: version 2 (binary) and version 1 (text), by which a
//! balancer says who its client is.
//!
//! Read only from listed balancers; from those it is required, since without it every client
//! would have the balancer's address and its rights. Specification: the "PROXY protocol"
//! text of the HAProxy project.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use types::limits::{PROXY_HEADER_OCTETS_MAX, PROXY_HEADER_SECS_MAX};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const TEXT_START: &[u8] = b"PROXY ";
/// Octets of the longest header of version 1, its line end included.
const TEXT_OCTETS_MAX: usize = 107;
/// Octets of the fixed part of version 2.
const FIXED_OCTETS: usize = 16;

/// Why a header was not taken. The connection is dropped without a word.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// A listed balancer sent something else.
    #[error("no PROXY protocol header")]
    Missing,
    /// It is one, but a damaged one.
    #[error("bad PROXY protocol header: {0}")]
    Malformed(&'static str),
    /// Larger than [`PROXY_HEADER_OCTETS_MAX`].
    #[error("PROXY protocol header too long")]
    TooLong,
    /// Not complete after [`PROXY_HEADER_SECS_MAX`].
    #[error("PROXY protocol header did not come in time")]
    Timeout,
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The two ends of the client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The client.
    pub peer: SocketAddr,
    /// The address it connected to.
    pub local: SocketAddr,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The client's connection; `None` when the balancer speaks for itself (health checks)
    /// or does not know.
    pub ends: Option<Ends>,
    /// What the client said to a balancer that ended its TLS: the server's name.
    pub authority: Option<String>,
    /// True when the client spoke TLS to the balancer.
    pub client_tls: bool,
}

impl Header {
    fn with(ends: Option<Ends>) -> Self {
        Header { ends, authority: None, client_tls: false }
    }
}

/// Reads exactly the header and not an octet more.
pub async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Header, ProxyError> {
    tokio::time::timeout(Duration::from_secs(PROXY_HEADER_SECS_MAX), read(stream))
        .await
        .map_err(|_| ProxyError::Timeout)?
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Header, ProxyError> {
    let mut start = [0; SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    if start == SIGNATURE {
        return read_binary(stream).await;
    }
    match start.starts_with(TEXT_START) {
        true => read_text(stream, &start).await,
        false => Err(ProxyError::Missing),
    }
}

async fn read_binary<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Header, ProxyError> {
    let mut fixed = [0; FIXED_OCTETS - SIGNATURE.len()];
    stream.read_exact(&mut fixed).await?;
    let [command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > PROXY_HEADER_OCTETS_MAX {
        return Err(ProxyError::TooLong);
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    parse_binary(command, family, &rest)
}

async fn read_text<S: AsyncRead + Unpin>(
    stream: &mut S,
    start: &[u8],
) -> Result<Header, ProxyError> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == TEXT_OCTETS_MAX {
            return Err(ProxyError::TooLong);
        }
        line.push(stream.read_u8().await?);
    }
    parse_text(&line[..line.len() - 2])
}

/// Version 2 after its signature and length: version and command, family and transport, and
/// the addresses with whatever follows them.
pub fn parse_binary(command: u8, family: u8, rest: &[u8]) -> Result<Header, ProxyError> {
    let (ends, extensions) = match (command, family) {
        (0x20, _) => return Ok(Header::with(None)),
        (0x21, 0x11) => split_v4(rest)?,
        (0x21, 0x21) => split_v6(rest)?,
        (0x21, _) => return Ok(Header::with(None)),
        _ => return Err(ProxyError::Malformed("version or command")),
    };
    let mut header = Header::with(Some(ends));
    read_extensions(extensions, &mut header)?;
    Ok(header)
}

fn split_v4(rest: &[u8]) -> Result<(Ends, &[u8]), ProxyError> {
    let (addresses, extensions) = rest.split_first_chunk::<12>().ok_or(SHORT)?;
    let ip = |at: usize| {
        let octets = &addresses[at..at + 4];
        IpAddr::V4(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]))
    };
    Ok((ends(ip(0), ip(4), &addresses[8..]), extensions))
}

fn split_v6(rest: &[u8]) -> Result<(Ends, &[u8]), ProxyError> {
    let (addresses, extensions) = rest.split_first_chunk::<36>().ok_or(SHORT)?;
    let ip = |at: usize| {
        let mut octets = [0; 16];
        octets.copy_from_slice(&addresses[at..at + 16]);
        IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
    };
    Ok((ends(ip(0), ip(16), &addresses[32..]), extensions))
}

const SHORT: ProxyError = ProxyError::Malformed("addresses cut short");

/// `ports` are the two ports in network order.
fn ends(peer: IpAddr, local: IpAddr, ports: &[u8]) -> Ends {
    let port = |at: usize| u16::from_be_bytes([ports[at], ports[at + 1]]);
    Ends { peer: SocketAddr::new(peer, port(0)), local: SocketAddr::new(local, port(2)) }
}

/// The type-length-value extensions; unknown ones are passed over.
fn read_extensions(mut rest: &[u8], header: &mut Header) -> Result<(), ProxyError> {
    const AUTHORITY: u8 = 0x02;
    const SSL: u8 = 0x20;
    const CLIENT_SSL: u8 = 0x01;
    while let [kind, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, next) =
            tail.split_at_checked(length).ok_or(ProxyError::Malformed("extension cut short"))?;
        match *kind {
            AUTHORITY => header.authority = String::from_utf8(value.to_vec()).ok(),
            SSL => header.client_tls = value.first().is_some_and(|bits| bits & CLIENT_SSL != 0),
            _ => {}
        }
        rest = next;
    }
    match rest.is_empty() {
        true => Ok(()),
        false => Err(ProxyError::Malformed("extension cut short")),
    }
}

/// Version 1 without its line end: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 25`.
pub fn parse_text(line: &[u8]) -> Result<Header, ProxyError> {
    let text = std::str::from_utf8(line).map_err(|_| ProxyError::Malformed("not ASCII"))?;
    let fields: Vec<&str> = text.split(' ').collect();
    match fields.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Ok(Header::with(None)),
        ["PROXY", family @ ("TCP4" | "TCP6"), peer, local, peer_port, local_port] => {
            let ends = Ends {
                peer: socket_address(family, peer, peer_port)?,
                local: socket_address(family, local, local_port)?,
            };
            Ok(Header::with(Some(ends)))
        }
        _ => Err(ProxyError::Malformed("fields")),
    }
}

fn socket_address(family: &str, ip: &str, port: &str) -> Result<SocketAddr, ProxyError> {
    let ip = match family {
        "TCP4" => ip.parse().map(IpAddr::V4),
        _ => ip.parse().map(IpAddr::V6),
    }
    .map_err(|_| ProxyError::Malformed("address"))?;
    // `u16::from_str` would take a leading plus sign.
    if !port.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(ProxyError::Malformed("port"));
    }
    let port = port.parse().map_err(|_| ProxyError::Malformed("port"))?;
    Ok(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    fn v4_addresses() -> Vec<u8> {
        [&[192, 0, 2, 1, 198, 51, 100, 1][..], &1000_u16.to_be_bytes(), &25_u16.to_be_bytes()]
            .concat()
    }

    /// What the header says and what is left for the session.
    async fn read_all(bytes: &[u8]) -> (Result<Header, ProxyError>, Vec<u8>) {
        let mut rest = bytes;
        let header = read_header(&mut rest).await;
        (header, rest.to_vec())
    }

    #[tokio::test]
    async fn takes_the_header_and_leaves_the_rest() {
        let v4 = Some(Ends {
            peer: "192.0.2.1:1000".parse().unwrap(),
            local: "198.51.100.1:25".parse().unwrap(),
        });
        let v6 = Some(Ends {
            peer: "[2001:db8::1]:1000".parse().unwrap(),
            local: "[2001:db8::2]:25".parse().unwrap(),
        });
        let mut v6_addresses = Vec::new();
        for ip in ["2001:db8::1", "2001:db8::2"] {
            v6_addresses.extend(ip.parse::<Ipv6Addr>().unwrap().octets());
        }
        v6_addresses.extend([1000_u16.to_be_bytes(), 25_u16.to_be_bytes()].concat());
        for (header, ends) in [
            (b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 25\r\n".to_vec(), v4),
            (b"PROXY TCP6 2001:db8::1 2001:db8::2 1000 25\r\n".to_vec(), v6),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(), None),
            (binary(0x21, 0x11, &v4_addresses()), v4),
            (binary(0x21, 0x21, &v6_addresses), v6),
            (binary(0x20, 0x00, &[]), None),
            (binary(0x20, 0x11, &v4_addresses()), None),
            (binary(0x21, 0x31, &[0; 216]), None),
        ] {
            let (read, rest) = read_all(&[&header[..], b"EHLO x\r\n"].concat()).await;
            assert_eq!(read.unwrap().ends, ends);
            assert_eq!(rest, b"EHLO x\r\n");
        }
    }

    #[tokio::test]
    async fn reads_what_the_balancer_learned_from_tls() {
        let mut rest = v4_addresses();
        rest.extend(b"\x04\x00\x02??\x02\x00\x0bmail.a.test\x20\x00\x05\x01\0\0\0\0");
        let (header, _) = read_all(&binary(0x21, 0x11, &rest)).await;
        let header = header.unwrap();
        assert_eq!(header.authority.as_deref(), Some("mail.a.test"));
        assert!(header.client_tls);
    }

    #[tokio::test]
    async fn refuses_everything_else() {
        let too_long = [&binary(0x21, 0x11, &[])[..14], &[0xff, 0xff]].concat();
        for bytes in [
            b"EHLO attacker\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 198.51.100.1 1000\r\n".to_vec(),
            b"PROXY TCP4 2001:db8::1 198.51.100.1 1000 25\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 +25\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 65536\r\n".to_vec(),
            b"PROXY TCP4  192.0.2.1 198.51.100.1 1000 25\r\n".to_vec(),
            [&b"PROXY UNKNOWN "[..], &[b'x'; 100]].concat(),
            binary(0x11, 0x11, &v4_addresses()),
            binary(0x22, 0x11, &v4_addresses()),
            binary(0x21, 0x11, &v4_addresses()[..11]),
            binary(0x21, 0x11, &[&v4_addresses()[..], b"\x04\x00\x09x"].concat()),
            binary(0x21, 0x11, &[&v4_addresses()[..], b"\x04"].concat()),
            binary(0x21, 0x11, &v4_addresses())[..20].to_vec(),
            too_long,
        ] {
            assert!(read_all(&bytes).await.0.is_err(), "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_balancer_does_not_hold_the_connection() {
        let (mut ours, _theirs) = tokio::io::duplex(64);
        let began = tokio::time::Instant::now();
        assert!(matches!(read_header(&mut ours).await, Err(ProxyError::Timeout)));
        assert_eq!(began.elapsed().as_secs(), PROXY_HEADER_SECS_MAX);
    }

    #[tokio::test]
    async fn a_header_may_be_as_long_as_the_limit_and_no_longer() {
        for (length, legal) in
            [(PROXY_HEADER_OCTETS_MAX, true), (PROXY_HEADER_OCTETS_MAX + 1, false)]
        {
            const PADDING: u8 = 0x04;
            let padding = length - v4_addresses().len() - 3;
            let [high, low] = u16::try_from(padding).unwrap().to_be_bytes();
            let rest = [&v4_addresses()[..], &[PADDING, high, low], &vec![0; padding]].concat();
            match read_all(&binary(0x21, 0x11, &rest)).await.0 {
                Ok(header) => assert!(legal && header.ends.is_some(), "{length}"),
                Err(error) => assert!(!legal && matches!(error, ProxyError::TooLong), "{length}"),
            }
        }
    }
}

//! For tests: a name server with a fixed zone on a loopback port, by UDP and TCP; a time server; a
//! port that does not answer.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, PTR, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use types::Timestamp;

/// Octets of the largest answer by UDP, as a careful server would have it.
const UDP_OCTETS_MAX: usize = 1232;
/// Octets of one string in a TXT record.
const TXT_STRING_OCTETS_MAX: usize = 255;
const TTL_SECS: u32 = 60;
/// Aliases followed within the zone.
const CNAME_CHAIN_MAX: usize = 8;

/// What the server knows. Names without any record do not exist.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    records: HashMap<String, Vec<RData>>,
    failing: Vec<String>,
}

impl Zone {
    /// An empty zone: every name is unknown.
    pub fn new() -> Self {
        Zone::default()
    }

    /// An MX record; the host `.` is the null MX.
    pub fn mx(self, domain: &str, preference: u16, host: &str) -> Self {
        self.with(domain, RData::MX(MX::new(preference, name(host))))
    }

    /// An A or AAAA record, by what the address is.
    ///
    /// # Panics
    /// When the text is no address.
    #[allow(clippy::expect_used)]
    pub fn a(self, host: &str, address: &str) -> Self {
        let data = match address.parse().expect("an IP address") {
            IpAddr::V4(v4) => RData::A(A(v4)),
            IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
        };
        self.with(host, data)
    }

    /// A TXT record, cut into strings of the largest size.
    pub fn txt(self, owner: &str, text: &str) -> Self {
        let strings = text.as_bytes().chunks(TXT_STRING_OCTETS_MAX).collect();
        self.with(owner, RData::TXT(TXT::from_bytes(strings)))
    }

    /// A CNAME record.
    pub fn cname(self, alias: &str, target: &str) -> Self {
        self.with(alias, RData::CNAME(CNAME(name(target))))
    }

    /// A PTR record for an address.
    ///
    /// # Panics
    /// When the text is no address.
    #[allow(clippy::expect_used)]
    pub fn ptr(self, address: &str, host: &str) -> Self {
        let address: IpAddr = address.parse().expect("an IP address");
        self.with(&Name::from(address).to_ascii(), RData::PTR(PTR(name(host))))
    }

    /// An SRV record; the host `.` says that there is no such service.
    pub fn srv(self, owner: &str, priority: u16, weight: u16, port: u16, host: &str) -> Self {
        self.with(owner, RData::SRV(SRV::new(priority, weight, port, name(host))))
    }

    /// Every question about this name fails with SERVFAIL.
    pub fn servfail(mut self, owner: &str) -> Self {
        self.failing.push(key(&name(owner)));
        self
    }

    /// Starts the server; it ends when the handle is dropped.
    pub async fn serve(self) -> io::Result<DnsServer> {
        let (udp, tcp) = bind_both().await?;
        self.serve_on(udp, tcp)
    }

    /// The same at an address that only the caller's network has: [`Zone::serve`] takes a free
    /// port of this host.
    pub async fn serve_at(self, address: SocketAddr) -> io::Result<DnsServer> {
        let (udp, tcp) = (UdpSocket::bind(address).await?, TcpListener::bind(address).await?);
        self.serve_on(udp, tcp)
    }

    fn serve_on(self, udp: UdpSocket, tcp: TcpListener) -> io::Result<DnsServer> {
        let address = udp.local_addr()?;
        let zone = Arc::new(self);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(Arc::clone(&zone), udp));
        tasks.spawn(serve_tcp(zone, tcp));
        Ok(DnsServer { address, _tasks: tasks })
    }

    fn with(mut self, owner: &str, data: RData) -> Self {
        self.records.entry(key(&name(owner))).or_default().push(data);
        self
    }

    fn answer(&self, question: &Message) -> Message {
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        answer.metadata.recursion_desired = question.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        if let Some(query) = question.queries.first() {
            answer.add_query(query.clone());
            answer.metadata.response_code =
                self.resolve(query.name(), query.query_type(), &mut answer.answers);
        }
        answer
    }

    /// Adds the records asked for, aliases first, and says how the question ends.
    fn resolve(&self, asked: &Name, kind: RecordType, into: &mut Vec<Record>) -> ResponseCode {
        let mut owner = asked.clone();
        for _ in 0..CNAME_CHAIN_MAX {
            if self.failing.contains(&key(&owner)) {
                return ResponseCode::ServFail;
            }
            let Some(records) = self.records.get(&key(&owner)) else {
                return ResponseCode::NXDomain;
            };
            let mut alias = None;
            for data in records {
                let is_alias = data.record_type() == RecordType::CNAME;
                if data.record_type() == kind || is_alias {
                    into.push(Record::from_rdata(owner.clone(), TTL_SECS, data.clone()));
                }
                if let RData::CNAME(target) = data {
                    alias = Some(target.0.clone());
                }
            }
            match alias {
                Some(target) => owner = target,
                None => return ResponseCode::NoError,
            }
        }
        ResponseCode::ServFail
    }
}

/// A running name server.
#[derive(Debug)]
pub struct DnsServer {
    address: SocketAddr,
    _tasks: JoinSet<io::Result<()>>,
}

impl DnsServer {
    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A port of this host that answers nobody: its queue of connections is full and not served.
#[derive(Debug)]
pub struct SilentPort {
    address: SocketAddr,
    _listener: socket2::Socket,
    _queued: Vec<std::net::TcpStream>,
}

impl SilentPort {
    /// Opens the port and fills its queue.
    pub fn open() -> io::Result<Self> {
        const UNANSWERED: std::time::Duration = std::time::Duration::from_millis(50);
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let connect = || std::net::TcpStream::connect_timeout(&address, UNANSWERED);
        let queued = std::iter::repeat_with(connect).map_while(Result::ok).collect();
        Ok(SilentPort { address, _listener: listener, _queued: queued })
    }

    /// Where nobody answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A time server whose clock stands still.
#[derive(Debug)]
pub struct TimeServer {
    address: SocketAddr,
    _tasks: JoinSet<io::Result<()>>,
}

impl TimeServer {
    /// One that shows this moment and so many seconds more. It ends when the handle is dropped.
    pub async fn ahead_by(moment: Timestamp, secs: i64) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let shown = Timestamp::from_micros(moment.micros() + secs * 1_000_000);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_time(socket, shown));
        Ok(TimeServer { address, _tasks: tasks })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Stratum 1 of version 4; the question's transmit timestamp is the answer's origin.
async fn serve_time(socket: UdpSocket, shown: Timestamp) -> io::Result<()> {
    const EPOCH_SECS: i64 = 2_208_988_800;
    let shown = ((shown.secs() + EPOCH_SECS) as u32).to_be_bytes();
    let mut question = [0; 48];
    loop {
        let (_, from) = socket.recv_from(&mut question).await?;
        let mut answer = [0; 48];
        (answer[0], answer[1]) = (0b00_100_100, 1);
        answer[24..32].copy_from_slice(&question[40..48]);
        answer[32..36].copy_from_slice(&shown);
        answer[40..44].copy_from_slice(&shown);
        socket.send_to(&answer, from).await?;
    }
}

/// One port that is free for both protocols.
async fn bind_both() -> io::Result<(UdpSocket, TcpListener)> {
    const TRIES: usize = 20;
    let mut result = Err(io::ErrorKind::AddrInUse.into());
    for _ in 0..TRIES {
        let tcp = TcpListener::bind("127.0.0.1:0").await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) => result = Err(error),
        }
    }
    result
}

async fn serve_udp(zone: Arc<Zone>, socket: UdpSocket) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        let Some(answer) = answer_bytes(&zone, &buffer[..length], UDP_OCTETS_MAX) else { continue };
        socket.send_to(&answer, from).await?;
    }
}

async fn serve_tcp(zone: Arc<Zone>, listener: TcpListener) -> io::Result<()> {
    let mut clients = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        clients.spawn(serve_tcp_client(Arc::clone(&zone), client));
    }
}

/// Each message follows its length in two octets (RFC 1035 section 4.2.2).
async fn serve_tcp_client(zone: Arc<Zone>, mut client: TcpStream) -> io::Result<()> {
    loop {
        let mut question = vec![0; usize::from(client.read_u16().await?)];
        client.read_exact(&mut question).await?;
        let Some(answer) = answer_bytes(&zone, &question, usize::from(u16::MAX)) else {
            return Ok(());
        };
        client.write_u16(answer.len() as u16).await?;
        client.write_all(&answer).await?;
    }
}

/// The answer in wire form, truncated when it is too large; nothing for what is no question.
fn answer_bytes(zone: &Zone, question: &[u8], octets_max: usize) -> Option<Vec<u8>> {
    let answer = zone.answer(&Message::from_vec(question).ok()?);
    let bytes = answer.to_vec().ok()?;
    match bytes.len() <= octets_max {
        true => Some(bytes),
        false => answer.truncate().to_vec().ok(),
    }
}

/// # Panics
/// When the text is no domain name.
#[allow(clippy::expect_used)]
fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a domain name");
    name.set_fqdn(true);
    name
}

fn key(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

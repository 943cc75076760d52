//! A next hop that answers by script and keeps what it heard.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::ShutdownTrigger;
use net::listener::{Connection, Listener, Service, serve};
use net::tls::ServerTlsOptions;
use net::{CertificateStore, ConnectionLimits, Gate, LineStream, ServerTls, Shutdown};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::site::{PATIENCE, PORT};

const LINE_OCTETS_MAX: usize = 8192;

/// What a host offers and says.
#[derive(Clone)]
pub struct Script {
    /// Keywords of EHLO in the clear.
    pub offers: &'static [&'static str],
    /// STARTTLS with these certificates.
    pub certificates: Option<Arc<CertificateStore>>,
    /// Keywords of EHLO inside TLS.
    pub offers_in_tls: &'static [&'static str],
    /// The answers to lines that begin like this, in place of the usual ones; none is silence.
    pub answers: &'static [(&'static str, Option<&'static str>)],
}

impl Script {
    /// A host without any extension, which takes all mail.
    pub const PLAIN: Script =
        Script { offers: &[], certificates: None, offers_in_tls: &[], answers: &[] };
}

/// A host that is listening.
pub struct NextHop {
    heard: Arc<Mutex<Vec<String>>>,
    trigger: ShutdownTrigger,
    task: JoinHandle<()>,
}

impl NextHop {
    pub fn start(address: IpAddr, script: Script) -> Self {
        let listener = Listener::bind(SocketAddr::new(address, PORT)).unwrap();
        let service = Service {
            name: "next hop".into(),
            gate: Gate::new(ConnectionLimits::UNLIMITED),
            farewell: Cow::Borrowed(b""),
            closed: Cow::Borrowed(b""),
            proxies: Vec::new(),
            drain: Duration::ZERO,
        };
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (trigger, shutdown) = Shutdown::new();
        let kept = Arc::clone(&heard);
        let handler = move |connection: Connection| {
            let from = format!("[from {}]", connection.peer.ip());
            kept.lock().unwrap().push(from);
            let talk = Talk { script: script.clone(), heard: Arc::clone(&kept), secured: false };
            async move {
                // None: the client has hung up, as it may.
                let _ = talk.run(LineStream::new(connection.stream)).await;
            }
        };
        let task = tokio::spawn(serve(listener, service, shutdown, handler));
        NextHop { heard, trigger, task }
    }

    /// The lines it heard so far, content included; `[from ADDRESS]` stands for a connection,
    /// `[tls]` for a handshake.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub fn heard_any(&self, beginning: &str) -> bool {
        self.heard().iter().any(|line| line.starts_with(beginning))
    }

    pub async fn stop(self) {
        self.trigger.shut_down();
        self.task.await.unwrap();
    }
}

/// One connection.
struct Talk {
    script: Script,
    heard: Arc<Mutex<Vec<String>>>,
    secured: bool,
}

impl Talk {
    async fn run(mut self, mut stream: LineStream) -> Option<()> {
        say(&mut stream, "220 next hop").await?;
        loop {
            let line = self.line(&mut stream).await?;
            let own = self.script.answers.iter().find(|(start, _)| line.starts_with(start));
            let answer = match own {
                Some((_, None)) => std::future::pending().await,
                Some((_, Some(answer))) => (*answer).to_owned(),
                None => self.answer(&line),
            };
            say(&mut stream, &answer).await?;
            if line == "STARTTLS" && answer.starts_with("220") {
                self.secure(&mut stream).await?;
            } else if answer.starts_with("354") {
                while self.line(&mut stream).await? != "." {}
                say(&mut stream, "250 2.6.0 taken").await?;
            } else if line == "QUIT" {
                return Some(());
            }
        }
    }

    fn answer(&self, line: &str) -> String {
        match line.split(' ').next() {
            Some("EHLO") => self.hello(),
            Some("STARTTLS") => "220 2.0.0 go".to_owned(),
            Some("DATA") => "354 go".to_owned(),
            Some("QUIT") => "221 2.0.0 bye".to_owned(),
            _ => "250 2.0.0 fine".to_owned(),
        }
    }

    fn hello(&self) -> String {
        let mut lines = match self.secured {
            true => self.script.offers_in_tls.to_vec(),
            false => self.script.offers.to_vec(),
        };
        if self.script.certificates.is_some() && !self.secured {
            lines.push("STARTTLS");
        }
        let lines: Vec<_> = lines.iter().map(|keyword| format!("250-{keyword}\r\n")).collect();
        format!("250-next hop\r\n{}250 HELP", lines.concat())
    }

    async fn secure(&mut self, stream: &mut LineStream) -> Option<()> {
        let certificates = self.script.certificates.clone()?;
        let tls = ServerTls::new(certificates, &ServerTlsOptions::default()).unwrap();
        stream.start_tls_server(&tls).await.ok()?;
        self.secured = true;
        self.heard.lock().unwrap().push("[tls]".to_owned());
        Some(())
    }

    async fn line(&self, stream: &mut LineStream) -> Option<String> {
        let line = stream.line(LINE_OCTETS_MAX, Instant::now() + PATIENCE).await.ok()?;
        let line = String::from_utf8(line.to_vec()).unwrap();
        self.heard.lock().unwrap().push(line.clone());
        Some(line)
    }
}

async fn say(stream: &mut LineStream, text: &str) -> Option<()> {
    stream.put(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

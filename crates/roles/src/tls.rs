//! TLS of a connection as the SMTP sessions want to hear of it.

use std::io;

use net::stream::UpgradeError;
use net::{ClientTls, ServerTls, Stream, TlsInfo};
use smtp::service::Upgrade;
use tokio::io::AsyncWriteExt;

/// STARTTLS as the server.
pub(crate) struct StreamTls<'t>(pub &'t ServerTls);

impl Upgrade<Stream> for StreamTls<'_> {
    async fn start_tls(&self, stream: &mut Stream) -> io::Result<smtp::server::TlsInfo> {
        accept(stream, self.0).await
    }
}

/// STARTTLS as the client of a host with this name.
pub(crate) struct HostTls<'t> {
    pub tls: &'t ClientTls,
    pub host: &'t str,
}

impl Upgrade<Stream> for HostTls<'_> {
    async fn start_tls(&self, stream: &mut Stream) -> io::Result<smtp::server::TlsInfo> {
        stream.start_tls_client(self.host, self.tls).await.map_err(of_upgrade)?;
        Ok(facts(stream))
    }
}

/// The server's handshake.
pub(crate) async fn accept(
    stream: &mut Stream,
    tls: &ServerTls,
) -> io::Result<smtp::server::TlsInfo> {
    stream.start_tls_server(tls).await.map_err(io::Error::other)?;
    Ok(facts(stream))
}

/// What the handshake itself said, without the words around it.
fn of_upgrade(error: UpgradeError) -> io::Error {
    match error {
        UpgradeError::Handshake(error) => error,
        UpgradeError::Timeout => io::Error::new(io::ErrorKind::TimedOut, error),
        UpgradeError::Order | UpgradeError::ServerName(_) => io::Error::other(error),
    }
}

fn facts(stream: &Stream) -> smtp::server::TlsInfo {
    let TlsInfo { version, cipher, .. } = match stream.tls_info() {
        Some(info) => info,
        None => return smtp::server::TlsInfo::default(),
    };
    smtp::server::TlsInfo {
        version: version.to_string(),
        cipher: cipher.to_string(),
        exporter: stream.channel_binding().map(|exporter| exporter.to_vec()),
        client_certificate: None,
    }
}

/// Tells a client why it is not served, and closes.
pub(crate) async fn farewell(mut stream: Stream, line: &[u8]) {
    // Whether the client reads it is its own affair.
    let _ = stream.write_all(line).await;
    let _ = stream.shutdown().await;
}

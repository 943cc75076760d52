//! One connection's byte stream: plain, inside TLS, and either of them compressed.
//!
//! Sessions read and write a [`Stream`] and never learn what it is made of, except by asking
//! [`Stream::tls_info`]. The layers go on in place and never come off.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use types::limits::TLS_HANDSHAKE_SECS_MAX;

use crate::deflate::Deflate;
use crate::tls::{ClientTls, ServerTls, TlsInfo};

/// Why a layer could not be put on. The stream is unusable afterwards.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The peer's TLS is not ours, its certificate was refused, or it left.
    #[error("TLS handshake failed: {0}")]
    Handshake(#[source] io::Error),
    /// The handshake took longer than [`TLS_HANDSHAKE_SECS_MAX`].
    #[error("TLS handshake took too long")]
    Timeout,
    /// TLS or compression is already on, or was begun in the wrong order.
    #[error("the connection has this layer already")]
    Order,
    /// The name to check the server's certificate against is no name and no address.
    #[error("{0} is no server name")]
    ServerName(String),
}

/// A connection. Small while idle: forty octets, and inside TLS rustls's state of a few KiB.
#[derive(Debug)]
pub struct Stream {
    layer: Layer,
}

#[derive(Debug)]
enum Layer {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
    Deflate(Box<Deflate<Stream>>),
    /// A handshake failed half way.
    Gone(Gone),
}

impl Stream {
    /// A plain stream over a connected socket.
    pub(crate) fn from_tcp(socket: TcpStream) -> Self {
        Stream { layer: Layer::Plain(Socket::Tcp(socket)) }
    }

    /// A plain stream over a connected socket of this host.
    pub(crate) fn from_local(socket: UnixStream) -> Self {
        Stream { layer: Layer::Plain(Socket::Local(socket)) }
    }

    /// Two ends of a connection in memory, each holding at most `octets_max` unread.
    #[cfg(any(test, feature = "testing"))]
    pub fn pair(octets_max: usize) -> (Stream, Stream) {
        let (a, b) = tokio::io::duplex(octets_max);
        let wrap = |end| Stream { layer: Layer::Plain(Socket::Memory(end)) };
        (wrap(a), wrap(b))
    }

    /// Puts TLS on as the server. The caller has made sure that no input is left over from
    /// before: what was sent in the clear must not be taken for protected.
    pub async fn start_tls_server(&mut self, tls: &ServerTls) -> Result<(), UpgradeError> {
        let socket = self.take_plain()?;
        let handshake = TlsAcceptor::from(tls.config()).accept(socket);
        self.layer = Layer::Tls(Box::new(TlsStream::Server(within_limit(handshake).await?)));
        Ok(())
    }

    /// Puts TLS on as the client of a server of this name.
    pub async fn start_tls_client(
        &mut self,
        server_name: &str,
        tls: &ClientTls,
    ) -> Result<(), UpgradeError> {
        let name = ServerName::try_from(server_name.to_owned())
            .map_err(|_| UpgradeError::ServerName(server_name.to_owned()))?;
        let socket = self.take_plain()?;
        let handshake = TlsConnector::from(tls.config()).connect(name, socket);
        self.layer = Layer::Tls(Box::new(TlsStream::Client(within_limit(handshake).await?)));
        Ok(())
    }

    /// Compresses from here on (RFC 4978 for IMAP). The caller has made sure that its answer
    /// is flushed and no input is left over.
    pub fn start_deflate(&mut self) -> Result<(), UpgradeError> {
        if matches!(self.layer, Layer::Deflate(_) | Layer::Gone(_)) {
            return Err(UpgradeError::Order);
        }
        let inner = Stream { layer: std::mem::replace(&mut self.layer, Layer::Gone(Gone)) };
        self.layer = Layer::Deflate(Box::new(Deflate::new(inner)));
        Ok(())
    }

    /// Our address, where there is a socket below.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match &self.layer {
            Layer::Plain(socket) => socket.local_address(),
            Layer::Tls(tls) => tls.get_ref().0.local_address(),
            Layer::Deflate(deflate) => deflate.inner().local_address(),
            Layer::Gone(_) => None,
        }
    }

    /// True inside TLS.
    pub fn is_tls(&self) -> bool {
        self.tls().is_some()
    }

    /// True when compressed.
    pub fn is_deflate(&self) -> bool {
        matches!(self.layer, Layer::Deflate(_))
    }

    /// What the handshake agreed on; `None` without TLS.
    pub fn tls_info(&self) -> Option<TlsInfo> {
        self.tls().map(TlsInfo::of)
    }

    /// The channel binding `tls-exporter` (RFC 9266), for SCRAM with PLUS. Only TLS 1.3 has
    /// one: with TLS 1.2 it is safe only beside an extension that rustls does not report.
    pub fn channel_binding(&self) -> Option<[u8; 32]> {
        self.tls().and_then(crate::tls::info::exporter)
    }

    fn tls(&self) -> Option<&TlsStream<Socket>> {
        match &self.layer {
            Layer::Tls(tls) => Some(tls),
            Layer::Deflate(deflate) => deflate.inner().tls(),
            Layer::Plain(_) | Layer::Gone(_) => None,
        }
    }

    /// The socket below, provided that nothing is on it yet.
    fn take_plain(&mut self) -> Result<Socket, UpgradeError> {
        match std::mem::replace(&mut self.layer, Layer::Gone(Gone)) {
            Layer::Plain(socket) => Ok(socket),
            other => {
                self.layer = other;
                Err(UpgradeError::Order)
            }
        }
    }

    fn io(&mut self) -> &mut dyn Io {
        match &mut self.layer {
            Layer::Plain(socket) => socket,
            Layer::Tls(tls) => tls.as_mut(),
            Layer::Deflate(deflate) => deflate.as_mut(),
            Layer::Gone(gone) => gone,
        }
    }
}

async fn within_limit<T>(
    handshake: impl Future<Output = io::Result<T>>,
) -> Result<T, UpgradeError> {
    tokio::time::timeout(Duration::from_secs(TLS_HANDSHAKE_SECS_MAX), handshake)
        .await
        .map_err(|_| UpgradeError::Timeout)?
        .map_err(UpgradeError::Handshake)
}

trait Io: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

/// What lies below TLS.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Local(UnixStream),
    #[cfg(any(test, feature = "testing"))]
    Memory(tokio::io::DuplexStream),
}

impl Socket {
    fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Socket::Tcp(socket) => socket.local_addr().ok(),
            Socket::Local(_) => None,
            #[cfg(any(test, feature = "testing"))]
            Socket::Memory(_) => None,
        }
    }

    fn io(&mut self) -> &mut dyn Io {
        match self {
            Socket::Tcp(socket) => socket,
            Socket::Local(socket) => socket,
            #[cfg(any(test, feature = "testing"))]
            Socket::Memory(end) => end,
        }
    }
}

/// In place of a connection that is lost: nothing can be read and nothing written.
#[derive(Debug)]
struct Gone;

impl AsyncRead for Gone {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }
}

impl AsyncWrite for Gone {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Reading and writing by whatever `io()` returns.
macro_rules! forward_io {
    ($type:ty) => {
        impl AsyncRead for $type {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(self.io()).poll_read(cx, buf)
            }
        }

        impl AsyncWrite for $type {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(self.io()).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(self.io()).poll_flush(cx)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(self.io()).poll_shutdown(cx)
            }
        }
    };
}

forward_io!(Stream);
forward_io!(Socket);

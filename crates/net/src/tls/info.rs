//! What a handshake agreed on, for Received lines, logs, authentication and policy.

use std::fmt;

use rustls::{CommonState, ProtocolVersion};
use rustls_pki_types::CertificateDer;
use tokio_rustls::TlsStream;

/// The version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TlsVersion::Tls12 => "TLSv1.2",
            TlsVersion::Tls13 => "TLSv1.3",
        })
    }
}

/// The facts of one TLS connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// Version.
    pub version: TlsVersion,
    /// Cipher suite by its registered name, such as `TLS_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// Name the client asked for (SNI), on the server's side.
    pub server_name: Option<String>,
    /// Certificates of the peer, its own first; empty when it showed none. Whether anybody
    /// vouches for them depends on how the connection was made.
    pub peer_certificates: Vec<CertificateDer<'static>>,
}

impl TlsInfo {
    pub(crate) fn of<S>(stream: &TlsStream<S>) -> Self {
        let (_, common) = stream.get_ref();
        TlsInfo {
            version: version(common),
            cipher: cipher(common),
            server_name: server_name(stream),
            peer_certificates: common.peer_certificates().unwrap_or_default().to_vec(),
        }
    }
}

/// The value `tls-exporter` (RFC 9266 section 2), TLS 1.3 only.
pub(crate) fn exporter<S>(stream: &TlsStream<S>) -> Option<[u8; 32]> {
    const LABEL: &[u8] = b"EXPORTER-Channel-Binding";
    let (_, common) = stream.get_ref();
    if version(common) != TlsVersion::Tls13 {
        return None;
    }
    let exported = match stream {
        TlsStream::Server(tls) => tls.get_ref().1.export_keying_material([0; 32], LABEL, Some(b"")),
        TlsStream::Client(tls) => tls.get_ref().1.export_keying_material([0; 32], LABEL, Some(b"")),
    };
    exported.ok()
}

fn version(common: &CommonState) -> TlsVersion {
    match common.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
        _ => TlsVersion::Tls12,
    }
}

/// rustls names the suites of TLS 1.3 `TLS13_…`; the registry says `TLS_…`.
fn cipher(common: &CommonState) -> String {
    let suite = common.negotiated_cipher_suite().map(|suite| suite.suite());
    let name = suite.and_then(|suite| suite.as_str()).unwrap_or("unknown");
    name.replacen("TLS13_", "TLS_", 1)
}

fn server_name<S>(stream: &TlsStream<S>) -> Option<String> {
    match stream {
        TlsStream::Server(tls) => tls.get_ref().1.server_name().map(str::to_owned),
        TlsStream::Client(_) => None,
    }
}

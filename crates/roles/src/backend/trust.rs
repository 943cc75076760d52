//! Which peer is another server of the organization: the one that shows the certificate in that
//! server's file. The files are read at every connection, so exchanging certificates needs no
//! restart; a login that is spliced costs far more than that.

use std::path::{Path, PathBuf};

use config::Settings;
use net::Stream;
use net::tls::PinnedCertificates;

/// The other servers and the files they are trusted by.
#[derive(Clone, Debug)]
pub(crate) struct Trust(Vec<(String, PathBuf)>);

impl Trust {
    pub(crate) fn new(settings: &Settings) -> Self {
        let file = |server| settings.trusted_certificate(server);
        Trust(settings.server.iter().map(|server| (server.name.clone(), file(server))).collect())
    }

    /// The name of the server at the other end; none for a stranger.
    pub(crate) async fn identify(&self, stream: &Stream) -> Option<&str> {
        for (name, file) in &self.0 {
            if has_shown(stream, file).await {
                return Some(name);
            }
        }
        None
    }

    /// True when the server of this name is at the other end.
    pub(crate) async fn is(&self, name: &str, stream: &Stream) -> bool {
        match self.0.iter().find(|(known, _)| known == name) {
            Some((_, file)) => has_shown(stream, file).await,
            None => false,
        }
    }
}

/// A file that cannot be read trusts nobody.
async fn has_shown(stream: &Stream, file: &Path) -> bool {
    let Some(connection) = stream.tls_info() else { return false };
    match read(file).await {
        Ok(pinned) => pinned.include_peer_of(&connection),
        Err(reason) => {
            tracing::warn!(file = %file.display(), reason, "no certificate to trust a server by");
            false
        }
    }
}

async fn read(file: &Path) -> Result<PinnedCertificates, String> {
    let pem = tokio::fs::read(file).await.map_err(|error| error.to_string())?;
    PinnedCertificates::from_pem(&pem).map_err(|error| error.to_string())
}

//! The way to sources on the network.

use net::tls::Roots;
use net::{ClientTls, Connector, LineStream, Resolver, reach};

use super::endpoint::{ImapEndpoint, Security};
use super::error::ImapError;

/// What connections to sources are made with.
#[derive(Clone)]
pub struct Network {
    /// Makes them.
    pub connector: Connector,
    /// Finds addresses.
    pub resolver: Resolver,
    /// Whom to trust.
    pub roots: Roots,
}

impl Network {
    /// A connection; in TLS, if that is to be so from the start.
    pub(crate) async fn connect(&self, to: &ImapEndpoint) -> Result<LineStream, ImapError> {
        let mut lines =
            LineStream::new(reach(&self.connector, &self.resolver, &to.host, to.port).await?);
        if to.security == Security::Tls {
            self.start_tls(to, &mut lines).await?;
        }
        Ok(lines)
    }

    /// Puts TLS on.
    pub(crate) async fn start_tls(
        &self,
        to: &ImapEndpoint,
        lines: &mut LineStream,
    ) -> Result<(), ImapError> {
        let tls = match to.any_certificate {
            true => ClientTls::opportunistic().map_err(net::tls::RootsError::from)?,
            false => ClientTls::verified(&self.roots)?,
        };
        Ok(lines.start_tls_client(&to.host, &tls).await?)
    }
}

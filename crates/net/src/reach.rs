//! To a host by its name: the first of its addresses that answers.
//!
//! What it is not: mail exchangers are reached by their queues, which remember what failed.

use std::net::{IpAddr, SocketAddr};

use crate::connect::{ConnectError, Connector, Purpose};
use crate::resolve::{ResolveError, Resolver};
use crate::stream::Stream;

/// Why a host is not reached.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// Its name.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The last of its addresses.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It has none.
    #[error("{0} has no address")]
    NoAddress(String),
}

/// Connects to a host that the administrator named: a name, or an address as text.
pub async fn reach(
    connector: &Connector,
    resolver: &Resolver,
    host: &str,
    port: u16,
) -> Result<Stream, ReachError> {
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => resolver.addresses(host).await?,
    };
    let mut last = ReachError::NoAddress(host.to_owned());
    for address in addresses {
        let address = SocketAddr::new(address, port);
        match connector.connect(Purpose::Configured, address, None).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::connect::Rules;
    use crate::listener::Listener;
    use crate::testing::Zone;

    #[tokio::test]
    async fn the_first_address_that_answers_is_taken() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = listener.local().port();
        let zone = Zone::new()
            .a("both.test", "127.0.0.99")
            .a("both.test", "127.0.0.1")
            .a("none.test", "127.0.0.99");
        let server = zone.serve().await.unwrap();
        let resolver = Resolver::with_server(server.address()).unwrap();
        let connector = Connector::new(Rules::default());
        for host in ["both.test", "127.0.0.1"] {
            assert!(reach(&connector, &resolver, host, port).await.is_ok(), "{host}");
        }
        let closed = reach(&connector, &resolver, "none.test", port).await;
        assert!(matches!(closed, Err(ReachError::Connect(_))));
        let unknown = reach(&connector, &resolver, "unknown.test", port).await;
        assert!(matches!(unknown, Err(ReachError::Resolve(_))));
    }
}

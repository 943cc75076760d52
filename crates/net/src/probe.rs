//! Is a TCP port open? Asked by connecting and nothing more.

use std::net::SocketAddr;
use std::time::Duration;

use types::limits::PROBE_SECS_MAX;

use crate::connect::{ConnectError, Connector, Purpose};

/// What a connection attempt showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reachability {
    /// Somebody accepted.
    Open,
    /// The host answered that nobody listens.
    Closed,
    /// No answer, or the network or a firewall said no.
    Filtered,
}

/// Tries to connect, for at most [`PROBE_SECS_MAX`].
pub async fn probe(connector: &Connector, address: SocketAddr) -> Reachability {
    let connector = connector.clone().with_timeout(Duration::from_secs(PROBE_SECS_MAX));
    match connector.connect(Purpose::Probe, address, None).await {
        Ok(_) => Reachability::Open,
        Err(ConnectError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::ConnectionRefused =>
        {
            Reachability::Closed
        }
        Err(_) => Reachability::Filtered,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::connect::Rules;
    use crate::listener::Listener;

    #[tokio::test]
    async fn tells_open_from_closed() {
        let connector = Connector::new(Rules::default());
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local();
        assert_eq!(probe(&connector, address).await, Reachability::Open);
        drop(listener);
        assert_eq!(probe(&connector, address).await, Reachability::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_is_a_filter_after_a_short_while() {
        let silent = crate::testing::SilentPort::open().unwrap();
        let began = tokio::time::Instant::now();
        let connector = Connector::new(Rules::default());
        assert_eq!(probe(&connector, silent.address()).await, Reachability::Filtered);
        assert_eq!(began.elapsed().as_secs(), PROBE_SECS_MAX);
    }
}

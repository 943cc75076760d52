//! Whether this host's clock is right.

use std::net::{IpAddr, SocketAddr};

use config::HostPort;
use net::connect::Rules;
use net::{Resolver, time};
use types::Clock;
use types::limits::{CLOCK_FAILURE_SECS, CLOCK_WARNING_SECS};

use super::Finding;

const SUBJECT: &str = "clock";
const ADVICE: &str = "let a time service set it (chrony, systemd-timesyncd): Kerberos and one-time passwords need it";

/// Asks a time server, if one was named.
pub(super) async fn clock(
    resolver: &Resolver,
    server: Option<&HostPort>,
    clock: &dyn Clock,
) -> Finding {
    let Some(server) = server else {
        let advice = "--time-server HOST asks a time server";
        return Finding::not_checked(SUBJECT, "nobody was named", advice);
    };
    match ask(resolver, server, clock).await {
        Ok(offset_micros) => judged(offset_micros, server),
        Err(why) => Finding::failed(SUBJECT, format!("{server}: {why}"), "ask another one"),
    }
}

/// The first of the server's addresses is as good as the others.
async fn ask(resolver: &Resolver, server: &HostPort, clock: &dyn Clock) -> Result<i64, String> {
    let address = match server.host.parse::<IpAddr>() {
        Ok(address) => Some(address),
        Err(_) => {
            let addresses = resolver.addresses(&server.host).await;
            addresses.map_err(|error| error.to_string())?.first().copied()
        }
    };
    let address = address.ok_or_else(|| "no address".to_owned())?;
    let address = SocketAddr::new(address, server.port.number());
    let offset = time::offset_micros(&Rules::default(), address, clock).await;
    offset.map_err(|error| error.to_string())
}

fn judged(offset_micros: i64, server: &HostPort) -> Finding {
    let direction = if offset_micros > 0 { "behind" } else { "ahead of" };
    let micros = offset_micros.unsigned_abs();
    let found = format!("{:.3} s {direction} {server}", micros as f64 / 1e6);
    match micros {
        micros if micros > CLOCK_FAILURE_SECS * 1_000_000 => {
            Finding::failed(SUBJECT, found, ADVICE)
        }
        micros if micros > CLOCK_WARNING_SECS * 1_000_000 => {
            Finding::warning(SUBJECT, found, ADVICE)
        }
        _ => Finding::ok(SUBJECT, found),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::setup::check::Verdict;

    #[test]
    fn a_difference_beyond_a_limit_is_told() {
        let server = HostPort::ntp("time.test").unwrap();
        let (warning, failure) = (CLOCK_WARNING_SECS as i64, CLOCK_FAILURE_SECS as i64);
        for sign in [1, -1] {
            for (micros, verdict) in [
                (0, Verdict::Ok),
                (warning * 1_000_000, Verdict::Ok),
                (warning * 1_000_000 + 1, Verdict::Warning),
                (failure * 1_000_000, Verdict::Warning),
                (failure * 1_000_000 + 1, Verdict::Failed),
            ] {
                assert_eq!(judged(sign * micros, &server).verdict, verdict, "{sign} {micros}");
            }
        }
        assert_eq!(judged(1_500_000, &server).found, "1.500 s behind time.test:123");
        assert_eq!(judged(-20_000, &server).found, "0.020 s ahead of time.test:123");
    }
}

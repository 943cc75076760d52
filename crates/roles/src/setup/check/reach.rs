//! Whether the server's listeners are reached at the addresses that DNS has for its name, and are
//! the server's.

use std::net::{IpAddr, SocketAddr};

use config::{Endpoint, Settings};
use net::connect::Rules;
use net::{ClientTls, Purpose, Stream};
use ports::listeners::DEFAULT_FRONTEND;
use ports::{Encryption, Listener, Reach};
use smtp::codec::Reply;
use tokio::task::JoinSet;
use types::Transport;

use super::greeting::{self, greeting};
use super::{Finding, connector};
use crate::server::server_name;
use crate::setup::SetupError;

/// An address where a listener should be.
#[derive(Clone, Debug)]
struct Door {
    listener: &'static Listener,
    address: SocketAddr,
    /// What the server calls itself there.
    names: Vec<String>,
    server: String,
}

/// Tries all at once: what is filtered takes its time to say nothing.
pub(super) async fn listeners(
    settings: &Settings,
    opened: &[Endpoint],
    addresses: &[IpAddr],
) -> Result<Vec<Finding>, SetupError> {
    if addresses.is_empty() {
        let why = "the server's name has no address";
        return Ok(vec![Finding::not_checked("ports", why, "give it one in DNS")]);
    }
    let (names, server) = (names(settings)?, server_name(settings)?.to_ascii());
    let connectors = of_connectors(settings, opened, addresses);
    let doors = opened.iter().chain(&connectors).flat_map(|endpoint| doors(endpoint, addresses));
    let mut attempts = JoinSet::new();
    for (at, (listener, address)) in doors.enumerate() {
        let door = Door { listener, address, names: names.clone(), server: server.clone() };
        attempts.spawn(async move { (at, door.finding().await) });
    }
    let mut findings = attempts.join_all().await;
    findings.sort_by_key(|(at, _)| *at);
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}

/// Where a listener for everybody should be reached. One that is bound to this host alone is not
/// meant to be.
fn doors(
    endpoint: &Endpoint,
    addresses: &[IpAddr],
) -> impl Iterator<Item = (&'static Listener, SocketAddr)> {
    let listener = endpoint.listener;
    let is_meant = listener.reach == Reach::Anywhere && listener.transport() == Transport::Tcp;
    let local = endpoint.bindings.iter().all(|binding| binding.address().is_loopback());
    let port = endpoint.bindings.first().map(|binding| binding.port().number());
    let reached = addresses.iter().filter(move |address| !local || address.is_loopback());
    let reached = reached.filter_map(move |address| Some(SocketAddr::new(*address, port?)));
    reached.filter(move |_| is_meant).map(move |address| (listener, address))
}

/// Bindings of Receive connectors that no row of the port table opens: they count as the row of
/// mail from other servers. One on an address that DNS does not have is not for everybody.
fn of_connectors(settings: &Settings, opened: &[Endpoint], addresses: &[IpAddr]) -> Vec<Endpoint> {
    let enabled = settings.receive_connector.iter().filter(|connector| connector.enabled);
    let mut own: Vec<Endpoint> = Vec::new();
    for binding in enabled.flat_map(|connector| &connector.bindings) {
        let has_port =
            |other: &Endpoint| other.bindings.iter().any(|it| it.port() == binding.port());
        let (at, is_known) = (binding.address(), opened.iter().chain(&own).any(has_port));
        if !is_known && (at.is_unspecified() || addresses.contains(&at)) {
            let (listener, bindings) = (&DEFAULT_FRONTEND, vec![*binding]);
            own.push(Endpoint { listener, enabled: true, bindings });
        }
    }
    own
}

/// What the server's greetings may begin with.
fn names(settings: &Settings) -> Result<Vec<String>, SetupError> {
    let connectors = settings.receive_connectors()?;
    let own = connectors.iter().flat_map(|connector| {
        let banner = connector.banner.trim_start_matches("220 ").split(' ').next();
        [Some(connector.fqdn.as_str()), banner]
    });
    let own = own.flatten().filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(own.chain([settings.server_name.clone()]).collect())
}

impl Door {
    async fn finding(&self) -> Finding {
        let protocol = self.listener.protocol().split(' ').next().unwrap_or_default();
        let subject = format!("port {} {protocol}", self.address);
        let connector = connector(Rules::default());
        let mut stream = match connector.connect(Purpose::Probe, self.address, None).await {
            Ok(stream) => stream,
            Err(error) => {
                let advice =
                    "does the server run, and do firewall and router let this port through?";
                return Finding::failed(subject, error.to_string(), advice);
            }
        };
        if protocol != "SMTP" {
            return Finding::ok(subject, "open");
        }
        let advice = "is it this server that has the port?";
        if self.listener.encryption == Encryption::Tls
            && let Err(why) = self.start_tls(&mut stream).await
        {
            return Finding::failed(subject, why, advice);
        }
        match greeting(stream).await {
            Err(error) => Finding::failed(subject, error.to_string(), advice),
            Ok(reply) if reply.code != 220 => {
                Finding::failed(subject, reply.to_string(), "its log says why it refuses")
            }
            Ok(reply) => self.introduced(subject, &reply),
        }
    }

    /// Whether it is our name by which it introduces itself.
    fn introduced(&self, subject: String, reply: &Reply) -> Finding {
        let name = greeting::name(reply);
        match self.names.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            true => Finding::ok(subject, reply.to_string()),
            false => {
                let advice = format!("this is not {}: who has the port?", self.server);
                Finding::warning(subject, reply.to_string(), advice)
            }
        }
    }

    /// Any certificate will do: it is looked at where it is kept.
    async fn start_tls(&self, stream: &mut Stream) -> Result<(), String> {
        let tls = ClientTls::opportunistic().map_err(|error| error.to_string())?;
        stream.start_tls_client(&self.server, &tls).await.map_err(|error| error.to_string())
    }
}

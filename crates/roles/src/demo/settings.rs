//! The settings of a demonstration, as a configuration file would say them.

use std::net::{IpAddr, Ipv4Addr};

use config::send::SmartHost;
use config::settings::{ClientAccess, ListenerOverride, LoginType, MailboxDatabase, Resolver, Tls};
use config::{SendConnector, Settings, Unlimited};
use net::listener::BindError;
use ports::Listener;
use ports::listeners::{CLIENT_FRONTEND_25, DEMO_SINK};

use super::free_ports::FreePorts;
use super::{DemoError, Options, Ports};
use crate::StartError;
use types::AddressSpace;

/// Where the sink listens: nobody else needs to reach it.
const SINK_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Where clients submit on 25, when everything else is on the first.
const SECOND_LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The settings for these options. Looks for free ports where options leave them open.
pub fn settings(options: &Options) -> Result<Settings, DemoError> {
    let mut free = FreePorts::new();
    let mut settings = Settings {
        server_name: format!("mbx1.{}", options.domain.to_ascii()),
        domains: vec![options.domain.to_ascii()],
        data_directory: options.directory.clone(),
        addresses: vec![options.address],
        unthrottled: options.unthrottled,
        tls: tls(options),
        resolver: Resolver { server: options.resolver, allow_loopback: true },
        imap4: client_access(options),
        pop3: client_access(options),
        mailbox_database: mailbox_database(options),
        listener: listeners(options, &mut free)?,
        ..Settings::default()
    };
    match options.ports {
        Ports::Offset(offset) => settings.port_offset = offset,
        Ports::AnyFree => place_on_free_ports(&mut settings, &mut free)?,
    }
    settings.send_connector = vec![to_sink(&settings)?];
    Ok(settings)
}

fn tls(options: &Options) -> Tls {
    let mut names = vec!["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string()];
    for address in [options.host(), SECOND_LOOPBACK].map(|address| address.to_string()) {
        if !names.contains(&address) {
            names.push(address);
        }
    }
    Tls { names, demo_authority: true, ..Tls::default() }
}

fn client_access(options: &Options) -> ClientAccess {
    let enabled = ClientAccess { enabled: true, ..ClientAccess::default() };
    match options.unthrottled {
        false => enabled,
        true => ClientAccess {
            login_type: LoginType::PlainTextLogin,
            max_connections_per_user: enabled.max_connections,
            ..enabled
        },
    }
}

/// Benchmarks fill mailboxes without an end.
fn mailbox_database(options: &Options) -> MailboxDatabase {
    match options.unthrottled {
        false => MailboxDatabase::default(),
        true => MailboxDatabase {
            issue_warning_quota: Unlimited::Unlimited,
            prohibit_send_quota: Unlimited::Unlimited,
            prohibit_send_receive_quota: Unlimited::Unlimited,
            ..MailboxDatabase::default()
        },
    }
}

/// What differs from the documented listeners: the sink, and submission on 25.
fn listeners(options: &Options, free: &mut FreePorts) -> Result<Vec<ListenerOverride>, BindError> {
    let submission = submission_on_25(options.address);
    Ok([sink(free)?].into_iter().chain(submission).collect())
}

/// Client Frontend on 25 as well (row C-14), for clients that can use nothing else. It needs
/// an address of its own beside Default Frontend's; loopback has more than one.
fn submission_on_25(address: IpAddr) -> Option<ListenerOverride> {
    (address == IpAddr::V4(Ipv4Addr::LOCALHOST)).then(|| ListenerOverride {
        row: CLIENT_FRONTEND_25.id.to_owned(),
        enabled: Some(true),
        addresses: Some(vec![SECOND_LOOPBACK]),
        port: None,
    })
}

/// The sink has no documented port: any free one, known before the connector that leads to it.
fn sink(free: &mut FreePorts) -> Result<ListenerOverride, BindError> {
    Ok(ListenerOverride {
        row: DEMO_SINK.id.to_owned(),
        enabled: Some(true),
        addresses: Some(vec![SINK_ADDRESS]),
        port: Some(free.take(SINK_ADDRESS)?),
    })
}

/// All mail for elsewhere goes to the sink.
fn to_sink(settings: &Settings) -> Result<SendConnector, StartError> {
    let sink = settings.endpoint(&DEMO_SINK)?;
    Ok(SendConnector {
        name: "Demo sink".to_owned(),
        address_spaces: vec![AddressSpace::everything()],
        dns_routing_enabled: false,
        smart_hosts: vec![SmartHost::Address(SINK_ADDRESS)],
        port: sink.bindings.first().map_or(DEMO_SINK.port(), |binding| binding.port()),
        ..SendConnector::default()
    })
}

/// Gives every listener that will be open a port of its own. Connectors are chosen by port,
/// so "any port" must be settled before the first connection.
fn place_on_free_ports(settings: &mut Settings, free: &mut FreePorts) -> Result<(), DemoError> {
    let endpoints = settings.endpoints().map_err(StartError::from)?;
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.enabled) {
        let Some(binding) = endpoint.bindings.first() else { continue };
        let changed = override_of(settings, endpoint.listener);
        if changed.port.is_none() {
            changed.port = Some(free.take(binding.address())?);
        }
    }
    Ok(())
}

/// What the settings say of a listener, to be changed.
fn override_of<'s>(settings: &'s mut Settings, listener: &Listener) -> &'s mut ListenerOverride {
    let all = &mut settings.listener;
    let place = all.iter().position(|it| it.row == listener.id).unwrap_or_else(|| {
        let row = listener.id.to_owned();
        all.push(ListenerOverride { row, enabled: None, addresses: None, port: None });
        all.len() - 1
    });
    &mut all[place]
}

//! The services that a login may come to, as the configuration has them.

use ::config::receive::{AuthMechanism, PermissionGroup, TransportRole};
use ::config::settings::ClientAccess;
use ::config::{Binding, EndpointError, ReceiveConnector, Settings};
use ::ports::Listener;
use ::ports::listeners::{IMAP4, IMAP4_TLS, POP3, POP3_TLS};
use auth::Protocol;
use directory::{Login, Opens};

use super::{LoginStepObject, step};
use crate::verb::VerbError;

/// A service as the configuration has it.
struct Service {
    name: &'static str,
    protocol: Protocol,
    /// The property of accounts that lets them come to it, and whether it says the opposite.
    property: (&'static str, bool),
    is_open: bool,
    /// Where it is, and what it asks of a login.
    told: String,
}

/// A step for each service. `opens`: the login may open the mailbox that it asks for.
pub(super) fn services(
    settings: &Settings,
    login: &Login,
    opens: bool,
) -> Result<Vec<LoginStepObject>, VerbError> {
    let invalid = |error: EndpointError| VerbError::Invalid(error.to_string());
    let services = [
        imap(settings).map_err(invalid)?,
        pop(settings).map_err(invalid)?,
        submission(settings).map_err(invalid)?,
    ];
    Ok(services.iter().map(|service| service.step(login, opens)).collect())
}

impl Service {
    /// The decisions of a login in their order: the account's services, then the mailbox.
    fn step(&self, login: &Login, opens: bool) -> LoginStepObject {
        let may = login.account.account().is_some_and(|account| account.may_use(self.protocol));
        let needs_none = login.opens == Opens::Own && !self.protocol.needs_mailbox();
        let has_mailbox = opens || needs_none;
        let (property, is_opposite) = self.property;
        let value = if may == is_opposite { "False" } else { "True" };
        let missing = if has_mailbox { "" } else { "; no mailbox to open" };
        let detail = format!("{property} is {value}; {}{missing}", self.told);
        step(self.name, Some(may && self.is_open && has_mailbox), detail)
    }
}

fn imap(settings: &Settings) -> Result<Service, EndpointError> {
    let (is_open, told) = client_access(settings, &settings.imap4, [&IMAP4, &IMAP4_TLS])?;
    let property = ("ImapEnabled", false);
    Ok(Service { name: "IMAP4", protocol: Protocol::Imap4, property, is_open, told })
}

fn pop(settings: &Settings) -> Result<Service, EndpointError> {
    let (is_open, told) = client_access(settings, &settings.pop3, [&POP3, &POP3_TLS])?;
    let property = ("PopEnabled", false);
    Ok(Service { name: "POP3", protocol: Protocol::Pop3, property, is_open, told })
}

/// Whether any of two listeners is open, and where; the second is inside TLS from the start.
fn client_access(
    settings: &Settings,
    access: &ClientAccess,
    listeners: [&'static Listener; 2],
) -> Result<(bool, String), EndpointError> {
    let mut open = Vec::new();
    for (listener, how) in listeners.into_iter().zip(["STARTTLS", "TLS"]) {
        let endpoint = settings.endpoint(listener)?;
        if endpoint.enabled {
            open.push(format!("{} ({how})", list(&endpoint.bindings)));
        }
    }
    let places = match open.is_empty() {
        true => "the service is not enabled".to_owned(),
        false => format!("the service is enabled on {}", open.join(", ")),
    };
    Ok((!open.is_empty(), format!("{places}; LoginType is {}", access.login_type)))
}

/// Receive connectors that let users of the organization log on.
fn submission(settings: &Settings) -> Result<Service, EndpointError> {
    let connectors = settings.receive_connectors()?;
    let takes = |one: &&ReceiveConnector| is_served(settings, one) && takes_users(one);
    let open: Vec<String> = connectors.iter().filter(takes).map(connector).collect();
    let told = match open.is_empty() {
        true => "no Receive connector lets users log on".to_owned(),
        false => format!("users log on at {}", open.join("; ")),
    };
    let property = ("SmtpClientAuthenticationDisabled", true);
    let is_open = !open.is_empty();
    Ok(Service { name: "SMTP", protocol: Protocol::Smtp, property, is_open, told })
}

/// Nothing serves the default connectors of back-end services yet.
fn is_served(settings: &Settings, connector: &ReceiveConnector) -> bool {
    let is_own = settings.receive_connector.iter().any(|own| own.name == connector.name);
    connector.enabled && (is_own || connector.transport_role == TransportRole::FrontendTransport)
}

fn takes_users(connector: &ReceiveConnector) -> bool {
    let offers = [AuthMechanism::BasicAuth, AuthMechanism::BasicAuthRequireTLS]
        .into_iter()
        .any(|mechanism| connector.offers(mechanism));
    offers && connector.permits(PermissionGroup::ExchangeUsers)
}

fn connector(connector: &ReceiveConnector) -> String {
    let needs_tls = connector.require_tls || connector.offers(AuthMechanism::BasicAuthRequireTLS);
    let tls = if needs_tls { ", only inside TLS" } else { "" };
    format!("{} ({}{tls})", connector.name, list(&connector.bindings))
}

fn list(bindings: &[Binding]) -> String {
    bindings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

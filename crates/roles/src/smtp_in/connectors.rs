//! Receive connectors from the settings to what a session is told.

use config::Settings;
use config::receive::{
    AuthMechanism, ExtendedRight, PermissionGroup, ProtocolLoggingLevel, ReceiveConnector, SizeMode,
};
use net::ConnectionLimits;
use smtp::server::{
    AuthMechanisms, BareNewlines, ConnectorLimits, ConnectorPolicy, Extensions, PermissionGroups,
    Rights, SizeEnabled,
};
use types::Domain;

use super::trace::Trace;

/// The session's view of a connector. `default_domain` completes a bare `Postmaster`.
pub(crate) fn policy(
    connector: &ReceiveConnector,
    settings: &Settings,
    default_domain: Domain,
    trace: &Trace,
) -> ConnectorPolicy {
    let fqdn = match connector.fqdn.is_empty() {
        true => &settings.server_name,
        false => &connector.fqdn,
    };
    ConnectorPolicy {
        banner: banner(&connector.banner),
        auth: auth(connector),
        sasl: mechanisms(settings),
        permission_groups: groups(connector),
        anonymous_rights: rights(connector),
        require_tls: connector.require_tls,
        require_ehlo_domain: connector.require_ehlo_domain,
        bare_newlines: bare_newlines(connector),
        extensions: extensions(connector),
        limits: limits(connector, settings, trace),
        protocol_logging: connector.protocol_logging_level == ProtocolLoggingLevel::Verbose,
        unthrottled: settings.unthrottled,
        ..ConnectorPolicy::custom(&connector.name, fqdn, default_domain)
    }
}

/// Names of the mechanisms. SCRAM is left out where passwords are known to another directory alone
/// ([`auth::Authenticator::offers`]).
pub(super) fn mechanisms(settings: &Settings) -> Vec<String> {
    let is_offered = |mechanism: &&auth::Mechanism| {
        mechanism.is_plaintext() || !settings.has_linked_directories()
    };
    let offered = auth::Mechanism::ALL.iter().filter(is_offered);
    offered.map(|mechanism| mechanism.name().to_owned()).collect()
}

/// How many connections a connector takes.
pub(crate) fn connections(connector: &ReceiveConnector) -> ConnectionLimits {
    ConnectionLimits {
        total: connector.max_inbound_connection.limit().unwrap_or(u32::MAX),
        per_source: connector.max_inbound_connection_per_source.limit(),
        per_source_percent: connector.max_inbound_connection_percentage_per_source,
    }
}

/// The file has the whole greeting; the session puts the code before it.
fn banner(text: &str) -> Option<String> {
    let text = text.strip_prefix("220 ").unwrap_or(text);
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn auth(connector: &ReceiveConnector) -> AuthMechanisms {
    let table = [
        (AuthMechanism::Tls, AuthMechanisms::TLS),
        (AuthMechanism::BasicAuth, AuthMechanisms::BASIC_AUTH),
        (AuthMechanism::BasicAuthRequireTLS, AuthMechanisms::BASIC_AUTH_REQUIRE_TLS),
        (AuthMechanism::Integrated, AuthMechanisms::INTEGRATED),
        (AuthMechanism::ExchangeServer, AuthMechanisms::EXCHANGE_SERVER),
        (AuthMechanism::ExternalAuthoritative, AuthMechanisms::EXTERNAL_AUTHORITATIVE),
    ];
    let offered = table.into_iter().filter(|(mechanism, _)| connector.offers(*mechanism));
    offered.fold(AuthMechanisms::NONE, |all, (_, mechanism)| all | mechanism)
}

fn groups(connector: &ReceiveConnector) -> PermissionGroups {
    let table = [
        (PermissionGroup::AnonymousUsers, PermissionGroups::ANONYMOUS_USERS),
        (PermissionGroup::ExchangeUsers, PermissionGroups::EXCHANGE_USERS),
        (PermissionGroup::ExchangeServers, PermissionGroups::EXCHANGE_SERVERS),
        (PermissionGroup::ExchangeLegacyServers, PermissionGroups::EXCHANGE_LEGACY_SERVERS),
        (PermissionGroup::Partners, PermissionGroups::PARTNERS),
    ];
    let permitted = table.into_iter().filter(|(group, _)| connector.permits(*group));
    permitted.fold(PermissionGroups::NONE, |all, (_, group)| all | group)
}

fn rights(connector: &ReceiveConnector) -> Rights {
    let right = |right: &ExtendedRight| match right {
        ExtendedRight::AcceptAnyRecipient => Rights::ACCEPT_ANY_RECIPIENT,
        ExtendedRight::AcceptAuthoritativeDomainSender => {
            Rights::ACCEPT_AUTHORITATIVE_DOMAIN_SENDER
        }
        ExtendedRight::BypassAntiSpam => Rights::BYPASS_ANTI_SPAM,
    };
    connector.anonymous_rights.iter().map(right).fold(Rights::NONE, |all, one| all | one)
}

/// Devices that a connector of their own lists by address may send bare line feeds; strangers
/// may not, whatever Exchange's default says: that is how messages are smuggled.
fn bare_newlines(connector: &ReceiveConnector) -> BareNewlines {
    let listed = connector.anonymous_rights.contains(&ExtendedRight::AcceptAnyRecipient)
        || connector.offers(AuthMechanism::ExternalAuthoritative);
    match listed && !connector.bare_linefeed_rejection_enabled {
        true => BareNewlines::Normalize,
        false => BareNewlines::Reject,
    }
}

fn extensions(connector: &ReceiveConnector) -> Extensions {
    Extensions {
        size: match connector.size_enabled {
            SizeMode::Enabled => SizeEnabled::Enabled,
            SizeMode::EnabledWithoutValue => SizeEnabled::EnabledWithoutValue,
            SizeMode::Disabled => SizeEnabled::Disabled,
        },
        pipelining: connector.pipelining_enabled,
        dsn: connector.delivery_status_notification_enabled,
        enhanced_status_codes: connector.enhanced_status_codes_enabled,
        eight_bit_mime: connector.eight_bit_mime_enabled,
        binary_mime: connector.binary_mime_enabled,
        chunking: connector.chunking_enabled,
        smtp_utf8: connector.smtp_utf8_enabled,
        ..Extensions::default()
    }
}

fn limits(connector: &ReceiveConnector, settings: &Settings, trace: &Trace) -> ConnectorLimits {
    let of_all = settings.transport_config.max_recipient_envelope_limit.limit();
    let recipients = connector.max_recipients_per_message.min(of_all.unwrap_or(u32::MAX));
    let header_octets = usize::try_from(connector.max_header_size.bytes());
    ConnectorLimits {
        message_octets_max: connector.max_message_size.bytes(),
        header_octets_max: header_octets.unwrap_or(usize::MAX),
        recipients_max: recipients as usize,
        protocol_errors_max: connector.max_protocol_errors.limit().unwrap_or(u32::MAX),
        logon_failures_max: u32::from(connector.max_logon_failures),
        hops_max: trace.hops(true),
        stranger_hops_max: trace.hops(false),
        connection_timeout: connector.connection_timeout.duration(),
        inactivity_timeout: connector.connection_inactivity_timeout.duration(),
        tarpit: connector.tarpit_interval.duration(),
        auth_tarpit: connector.auth_tarpit_interval.duration(),
        messages_per_minute_max: connector.message_rate_limit.limit(),
    }
}

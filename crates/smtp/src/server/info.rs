//! What a session knows of its peer and of the message under way.

use std::net::SocketAddr;

use super::permission::{AuthMechanisms, PermissionGroups, Rights};
use super::policy::{ConnectorPolicy, Protocol};
use crate::codec::{MailParams, RcptParams};
use types::{Address, BodyType, ReversePath, Timestamp};

/// Who connected, and when.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Address and port, after any PROXY header.
    pub address: SocketAddr,
    /// Time of day, for banner and Received.
    pub connected_at: Timestamp,
    /// Set when TLS was there from the first byte.
    pub tls: Option<TlsInfo>,
}

/// What is worth knowing of a TLS connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.3`.
    pub version: String,
    /// The cipher suite's IANA name.
    pub cipher: String,
    /// Keying material for `tls-exporter` channel bindings (RFC 9266).
    pub exporter: Option<Vec<u8>>,
    /// SHA-256 of the client's certificate, if it showed one that was verified.
    pub client_certificate: Option<[u8; 32]>,
}

/// How the client said hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// True for EHLO and LHLO: the client knows extensions.
    pub extended: bool,
    /// What it calls itself; proves nothing. May be empty.
    pub name: String,
}

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Canonical name of the account.
    pub name: String,
    /// The permission groups it belongs to.
    pub groups: PermissionGroups,
}

/// The session so far.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// Name of the connector.
    pub connector: String,
    /// SMTP or LMTP.
    pub protocol: Protocol,
    /// Who connected.
    pub peer: SocketAddr,
    /// When.
    pub connected_at: Timestamp,
    /// The TLS connection, once there is one.
    pub tls: Option<TlsInfo>,
    /// The last EHLO, HELO or LHLO.
    pub hello: Option<Hello>,
    /// The login.
    pub identity: Option<Identity>,
    /// What the peer may do now.
    pub rights: Rights,
}

impl SessionInfo {
    /// A session at its start.
    pub(super) fn new(policy: &ConnectorPolicy, peer: Peer) -> Self {
        let mut info = SessionInfo {
            connector: policy.name.clone(),
            protocol: policy.protocol,
            peer: peer.address,
            connected_at: peer.connected_at,
            tls: peer.tls,
            hello: None,
            identity: vouched_for(policy),
            rights: Rights::NONE,
        };
        info.refresh_rights(policy);
        info
    }

    /// Forgets all that was said in the clear (RFC 3207 section 4.2).
    pub(super) fn restart_inside(&mut self, tls: TlsInfo, policy: &ConnectorPolicy) {
        self.tls = Some(tls);
        self.hello = None;
        self.identity = vouched_for(policy);
        self.refresh_rights(policy);
    }

    /// Computes the rights from the login and the connector.
    pub(super) fn refresh_rights(&mut self, policy: &ConnectorPolicy) {
        let groups = self
            .identity
            .as_ref()
            .map_or(PermissionGroups::ANONYMOUS_USERS, |identity| identity.groups);
        let granted = groups.common(policy.permission_groups).rights();
        let extra = if self.identity.is_none() { policy.anonymous_rights } else { Rights::NONE };
        self.rights = granted | extra;
    }

    /// The `with` clause of Received (RFC 3848, RFC 6531 section 4.3).
    pub fn with_clause(&self, smtputf8: bool) -> String {
        let extended = self.hello.as_ref().is_some_and(|hello| hello.extended);
        let base = match (self.protocol, smtputf8, extended) {
            (Protocol::Lmtp, true, _) => "UTF8LMTP",
            (Protocol::Lmtp, false, _) => "LMTP",
            (Protocol::Smtp, true, _) => "UTF8SMTP",
            (Protocol::Smtp, false, true) => "ESMTP",
            (Protocol::Smtp, false, false) => return "SMTP".to_owned(),
        };
        let secured = if self.tls.is_some() { "S" } else { "" };
        let authenticated = if self.identity.is_some() { "A" } else { "" };
        format!("{base}{secured}{authenticated}")
    }
}

/// Who the peer is without logging in: nobody, unless the network vouches for it
/// (ExternalAuthoritative).
fn vouched_for(policy: &ConnectorPolicy) -> Option<Identity> {
    policy.auth.contains(AuthMechanisms::EXTERNAL_AUTHORITATIVE).then(|| Identity {
        name: "Externally Secured Servers".to_owned(),
        groups: PermissionGroups::EXCHANGE_SERVERS,
    })
}

/// The message under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// MAIL.
    pub reverse_path: ReversePath,
    /// Its parameters.
    pub params: MailParams,
    /// The recipients that were accepted, in order.
    pub recipients: Vec<(Address, RcptParams)>,
}

impl Transaction {
    /// What kind of content was announced.
    pub fn body(&self) -> BodyType {
        self.params.body.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use types::Domain;

    #[test]
    fn with_clauses() {
        let domain = Domain::parse("example.test").unwrap();
        let policy = ConnectorPolicy::custom("C", "mail.example.test", domain);
        let peer = Peer {
            address: "192.0.2.7:40000".parse().unwrap(),
            connected_at: Timestamp::EPOCH,
            tls: None,
        };
        let identity = Identity { name: "alice".to_owned(), groups: PermissionGroups::NONE };
        for (protocol, extended, tls, login, utf8, clause) in [
            (Protocol::Smtp, false, false, false, false, "SMTP"),
            (Protocol::Smtp, true, false, false, false, "ESMTP"),
            (Protocol::Smtp, true, true, false, false, "ESMTPS"),
            (Protocol::Smtp, true, true, true, false, "ESMTPSA"),
            (Protocol::Smtp, true, false, true, true, "UTF8SMTPA"),
            (Protocol::Lmtp, true, true, false, false, "LMTPS"),
            (Protocol::Lmtp, true, false, false, true, "UTF8LMTP"),
        ] {
            let session = SessionInfo {
                protocol,
                hello: Some(Hello { extended, name: String::new() }),
                tls: tls.then(TlsInfo::default),
                identity: login.then(|| identity.clone()),
                ..SessionInfo::new(&policy, peer.clone())
            };
            assert_eq!(session.with_clause(utf8), clause);
        }
    }
}

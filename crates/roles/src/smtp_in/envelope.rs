//! From what the SMTP session parsed to what transport keeps.

use auth::Principal;
use smtp::codec::{MailParams, RcptParams};
use smtp::server::{SessionInfo, Transaction};
use transport::{Envelope, Origin, Recipient, SenderCheck, Source, TlsSession};
use types::Address;

/// The envelope of a transaction.
pub(super) fn envelope(transaction: &Transaction) -> Envelope {
    let MailParams { ret, envid, smtputf8, requiretls, .. } = transaction.params.clone();
    Envelope {
        reverse_path: transaction.reverse_path.clone(),
        recipients: transaction.recipients.iter().map(recipient).collect(),
        ret,
        envelope_id: envid,
        body: transaction.body(),
        smtputf8,
        require_tls: requiretls,
    }
}

fn recipient((address, params): &(Address, RcptParams)) -> Recipient {
    Recipient { address: address.clone(), original: params.orcpt.clone(), notify: params.notify }
}

/// Where a message comes from.
pub(super) fn origin(session: &SessionInfo, principal: Option<&Principal>) -> Origin {
    let hello = session.hello.as_ref();
    let vouched_for = session.identity.as_ref().map(|identity| identity.name.clone());
    Origin {
        source: Source::Smtp,
        connector: session.connector.clone(),
        remote: Some(session.peer.ip()),
        helo: hello.map(|hello| hello.name.clone()).unwrap_or_default(),
        esmtp: hello.is_some_and(|hello| hello.extended),
        authenticated: principal.map(|principal| principal.login.clone()).or(vouched_for),
        tls: session
            .tls
            .as_ref()
            .map(|tls| TlsSession { version: tls.version.clone(), cipher: tls.cipher.clone() }),
        sender_check: SenderCheck::NotChecked,
    }
}

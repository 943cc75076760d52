//! Attempts to log in.

use std::collections::HashMap;
use std::sync::Arc;

use auth::{
    Attempt, AuthFailure, Authenticator, ClientInfo, Mechanism, Principal, Protocol, ScramSecret,
    Verification,
};
use metrics::Counter;
use ports::listeners::{ADMIN, DEFAULT_FRONTEND, IMAP4, POP3};

use super::Metrics;
use super::catalogue::AUTHENTICATIONS;

const PROTOCOLS: [Protocol; 4] = [Protocol::Smtp, Protocol::Imap4, Protocol::Pop3, Protocol::Admin];

const RESULTS: [&str; 8] = [
    "success",
    "credentials",
    "throttled",
    "disabled",
    "mailbox_access",
    "busy",
    "unavailable",
    "exchange",
];

/// An authenticator whose verdicts are counted.
pub(crate) struct CountedLogins {
    authenticator: Arc<dyn Authenticator>,
    /// One for each protocol and result.
    counters: HashMap<(Protocol, &'static str), Counter>,
}

impl CountedLogins {
    pub(crate) fn new(metrics: &Metrics, authenticator: Arc<dyn Authenticator>) -> Arc<Self> {
        let pairs =
            PROTOCOLS.iter().flat_map(|of| RESULTS.iter().map(move |result| (*of, *result)));
        let counter = |(protocol, result)| {
            let counter = metrics.counter(&AUTHENTICATIONS, &[service(protocol), result]);
            ((protocol, result), counter)
        };
        Arc::new(CountedLogins { authenticator, counters: pairs.map(counter).collect() })
    }
}

impl Authenticator for CountedLogins {
    fn verify(&self, attempt: Attempt, client: ClientInfo) -> Verification<'_> {
        Box::pin(async move {
            let verdict = self.authenticator.verify(attempt, client).await;
            if let Some(counter) = self.counters.get(&(client.protocol, result(&verdict))) {
                counter.increment(1);
            }
            verdict
        })
    }

    fn scram_secret(&self, user: &str) -> ScramSecret {
        self.authenticator.scram_secret(user)
    }

    fn offers(&self, mechanism: Mechanism) -> bool {
        self.authenticator.offers(mechanism)
    }
}

/// The service that clients of a protocol come to, as the port table calls it.
fn service(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => DEFAULT_FRONTEND.service,
        Protocol::Imap4 => IMAP4.service,
        Protocol::Pop3 => POP3.service,
        Protocol::Admin => ADMIN.service,
    }
}

fn result(verdict: &Result<Principal, AuthFailure>) -> &'static str {
    match verdict {
        Ok(_) => "success",
        Err(AuthFailure::Credentials) => "credentials",
        Err(AuthFailure::Throttled { .. }) => "throttled",
        Err(AuthFailure::ProtocolDisabled(_)) => "disabled",
        Err(AuthFailure::MailboxAccess) => "mailbox_access",
        Err(AuthFailure::Busy) => "busy",
        Err(AuthFailure::Unavailable) => "unavailable",
        Err(AuthFailure::Exchange(_)) => "exchange",
    }
}

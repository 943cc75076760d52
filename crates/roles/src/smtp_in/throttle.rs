//! What throttling policies say of submission: messages a minute and recipients a day of one user,
//! over all connectors.
//!
//! What it is not: counts are kept in memory, and begin anew with the server.

use std::sync::Arc;
use std::time::Instant;

use auth::Principal;

use super::rate::{DAY, MINUTE, Rate, Source};
use crate::throttling::Throttling;

/// Counts what users submit.
pub(super) struct Throttle {
    policies: Arc<Throttling>,
    messages: Rate,
    recipients: Rate,
}

impl Throttle {
    pub(super) fn new(policies: &Arc<Throttling>) -> Self {
        let (messages, recipients) = (Rate::new(MINUTE), Rate::new(DAY));
        Throttle { policies: Arc::clone(policies), messages, recipients }
    }

    /// Counts a message, unless the user has submitted MessageRateLimit of them this minute.
    pub(super) fn admits_message(&self, user: &Principal) -> bool {
        let most = self.policies.of(user.recipient).message_rate_limit.limit();
        most.is_none_or(|most| self.messages.admit(&source(user), most, Instant::now()))
    }

    /// Counts a recipient, unless the user has sent to RecipientRateLimit of them today.
    pub(super) fn admits_recipient(&self, user: &Principal) -> bool {
        let most = self.policies.of(user.recipient).recipient_rate_limit.limit();
        most.is_none_or(|most| self.recipients.admit(&source(user), most, Instant::now()))
    }
}

/// By identity: a user has several names.
fn source(user: &Principal) -> [Source; 1] {
    [Source::Account(user.recipient)]
}

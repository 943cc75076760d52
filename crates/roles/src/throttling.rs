//! Throttling policies: which one holds for a user now.

use std::sync::{Arc, PoisonError, RwLock};

use auth::RecipientId;
use config::{Settings, ThrottlingPolicy};
use directory::Directory;

/// The policies as verbs have made them, and who has which.
pub(crate) struct Throttling {
    directory: Directory,
    settings: RwLock<Arc<Settings>>,
    /// Nobody is throttled: for benchmarks.
    is_off: bool,
}

impl Throttling {
    pub(crate) fn new(directory: Directory, settings: &Settings) -> Arc<Self> {
        let is_off = settings.unthrottled;
        let settings = RwLock::new(Arc::new(settings.clone()));
        Arc::new(Throttling { directory, settings, is_off })
    }

    /// From now on the policies of these settings hold.
    pub(crate) fn reload(&self, settings: &Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings.clone());
    }

    /// The policy of a user.
    pub(crate) fn of(&self, user: RecipientId) -> ThrottlingPolicy {
        let snapshot = self.directory.snapshot();
        let given = snapshot.recipient(user).and_then(|user| user.throttling_policy.as_deref());
        let settings = Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner));
        settings.throttling_policy_of(given)
    }

    /// What the policy of a user says of the sessions of a service; None: as many as they like.
    pub(crate) fn sessions(
        self: &Arc<Self>,
        limit: fn(&ThrottlingPolicy) -> config::Unlimited<u32>,
    ) -> auth::OwnMax {
        let throttling = Arc::clone(self);
        Box::new(move |user| match throttling.is_off {
            true => None,
            false => limit(&throttling.of(user)).limit(),
        })
    }
}

//! How many sessions one user has open at a time: Exchange's MaxConnectionsPerUser.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::principal::RecipientId;

/// Counts the open sessions of each user of one service.
pub struct UserSessions {
    per_user_max: u32,
    /// What a user may have besides.
    own_max: OwnMax,
    open: Mutex<HashMap<RecipientId, u32>>,
}

/// How many sessions a user may have at a time, as far as something says so of that user.
pub type OwnMax = Box<dyn Fn(RecipientId) -> Option<u32> + Send + Sync>;

/// A session's place; dropping it gives the place back.
pub struct UserSession {
    sessions: Arc<UserSessions>,
    user: RecipientId,
}

impl UserSessions {
    /// Nobody is there yet.
    pub fn new(per_user_max: u32) -> Arc<Self> {
        Self::with(per_user_max, Box::new(|_| None))
    }

    /// The same where users may have fewer of their own.
    pub fn with(per_user_max: u32, own_max: OwnMax) -> Arc<Self> {
        Arc::new(UserSessions { per_user_max, own_max, open: Mutex::default() })
    }

    /// A place for one more session of this user; `None` when all are taken.
    pub fn enter(self: &Arc<Self>, user: RecipientId) -> Option<UserSession> {
        let own = (self.own_max)(user).unwrap_or(u32::MAX);
        let most = self.per_user_max.min(own);
        let mut open = self.lock();
        let count = open.get(&user).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        open.insert(user, count + 1);
        Some(UserSession { sessions: Arc::clone(self), user })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RecipientId, u32>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UserSession {
    fn drop(&mut self) {
        let mut open = self.sessions.lock();
        match open.get_mut(&self.user) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_so_many_places() {
        let sessions = UserSessions::new(2);
        let (alice, bob) = (RecipientId([1; 16]), RecipientId([2; 16]));
        let first = sessions.enter(alice);
        let second = sessions.enter(alice);
        assert!(first.is_some() && second.is_some());
        assert!(sessions.enter(alice).is_none());
        assert!(sessions.enter(bob).is_some());
        drop(first);
        assert!(sessions.enter(alice).is_some());
        drop(second);
        assert!(sessions.lock().is_empty(), "nobody is left, nothing is kept");
    }

    #[test]
    fn a_user_may_have_fewer() {
        let (alice, bob) = (RecipientId([1; 16]), RecipientId([2; 16]));
        let sessions = UserSessions::with(2, Box::new(move |user| (user == alice).then_some(1)));
        let _first = sessions.enter(alice);
        assert!(sessions.enter(alice).is_none());
        let _others = [sessions.enter(bob), sessions.enter(bob)];
        assert!(sessions.enter(bob).is_none());
        let nobody = UserSessions::with(2, Box::new(|_| Some(0)));
        assert!(nobody.enter(alice).is_none() && nobody.lock().is_empty());
    }
}

//! How many sessions one user has open at a time: Exchange's MaxConnectionsPerUser.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::principal::RecipientId;

/// Counts the open sessions of each user of one service.
#[derive(Debug)]
pub struct UserSessions {
    per_user_max: u32,
    open: Mutex<HashMap<RecipientId, u32>>,
}

/// A session's place; dropping it gives the place back.
#[derive(Debug)]
pub struct UserSession {
    sessions: Arc<UserSessions>,
    user: RecipientId,
}

impl UserSessions {
    /// Nobody is there yet.
    pub fn new(per_user_max: u32) -> Arc<Self> {
        Arc::new(UserSessions { per_user_max, open: Mutex::default() })
    }

    /// A place for one more session of this user; `None` when all are taken.
    pub fn enter(self: &Arc<Self>, user: RecipientId) -> Option<UserSession> {
        let mut open = self.lock();
        let count = open.entry(user).or_insert(0);
        if *count >= self.per_user_max {
            return None;
        }
        *count += 1;
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
}

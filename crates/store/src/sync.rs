//! Locks that outlive a panic of their holder: what they guard is always left whole.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock, also after a holder has panicked.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

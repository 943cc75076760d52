//! Passwords checked: throttle, then cache, then hash.
//!
//! The throttle is asked again when the hash is about to run, not only when the attempt
//! arrives: so of a thousand guesses sent at once no more than
//! [`types::limits::HASHES_RUNNING_MAX`] are looked at beyond those the throttle allows, and of
//! those for another directory no more than [`types::limits::LINKED_CHECKS_RUNNING_MAX`].

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::attempt::{Password, Proof};
use crate::authenticator::AuthFailure;
use crate::cache::{KEPT, Of, Verified};
use crate::password::{HashCost, HashError, PasswordHash};
use crate::pool::{Busy, HashPool};
use crate::throttle::{Throttle, Throttled};
use tokio::sync::{Semaphore, SemaphorePermit};
use types::limits::{LINKED_CHECK_SECS_MAX, LINKED_CHECKS_RUNNING_MAX, LINKED_CREDENTIALS_SECS};

/// Where a verifier takes the time from: [`Instant::now`], or a test's own.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// How a verifier is set up.
#[derive(Clone)]
pub struct VerifierOptions {
    /// Cost of new hashes, and of checking unknown users.
    pub cost: HashCost,
    /// Lifts the throttle: for benchmarks, on machines nobody else can reach.
    pub unthrottled: bool,
    /// The time.
    pub clock: Clock,
}

impl Default for VerifierOptions {
    fn default() -> Self {
        let clock = Arc::new(Instant::now);
        VerifierOptions { cost: HashCost::DEFAULT, unthrottled: false, clock }
    }
}

/// Who guesses, from where.
#[derive(Clone, Copy, Debug)]
pub struct Guess<'a> {
    /// What names the account, the same however the client spells it; for an unknown user
    /// what the client sent, folded.
    pub account: &'a str,
    /// The client's address.
    pub ip: IpAddr,
}

/// Checks passwords and proofs under the rules against guessing. A cheap clone.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    options: VerifierOptions,
    pool: HashPool,
    decoy: PasswordHash,
    /// Makes numbers of account names, unpredictable to who chooses the names.
    numbering: RandomState,
    throttle: Mutex<Throttle>,
    verified: Mutex<Verified>,
    /// For checks elsewhere.
    turns: Semaphore,
}

/// A guess as the throttle knows it.
#[derive(Clone, Copy)]
struct Guesser {
    account: u64,
    ip: IpAddr,
}

impl Verifier {
    /// Sets up a verifier. Computes one hash.
    pub fn new(options: VerifierOptions) -> Result<Self, HashError> {
        Ok(Verifier(Arc::new(Inner {
            decoy: PasswordHash::decoy(options.cost)?,
            verified: Mutex::new(Verified::new()?),
            throttle: Mutex::new(Throttle::default()),
            pool: HashPool::default(),
            numbering: RandomState::new(),
            turns: Semaphore::new(LINKED_CHECKS_RUNNING_MAX),
            options,
        })))
    }

    /// Checks a password. `stored` is None for an unknown user and for an account without a
    /// password; that costs and looks the same as a wrong one.
    pub async fn password(
        &self,
        guess: Guess<'_>,
        stored: Option<PasswordHash>,
        password: Password,
    ) -> Result<(), AuthFailure> {
        let guesser = self.0.guesser(guess);
        self.0.admit(guesser)?;
        if stored.as_ref().is_some_and(|hash| self.0.is_verified(Of::Hash(hash), &password)) {
            self.0.record(guesser, true);
            return Ok(());
        }
        let inner = Arc::clone(&self.0);
        let check = move || inner.check(guesser, stored.as_ref(), &password);
        self.0.pool.run(check).await?
    }

    /// Has a password checked in another place, and remembers for a while that it was right. The
    /// throttle counts as ever, but not a check that came to nothing: that is Unavailable. With the
    /// place goes all that the answer depends on, so that nothing is remembered when that changes.
    pub async fn elsewhere(
        &self,
        guess: Guess<'_>,
        place: &str,
        password: &Password,
        check: impl Future<Output = Option<bool>>,
    ) -> Result<(), AuthFailure> {
        let guesser = self.0.guesser(guess);
        self.0.admit(guesser)?;
        let of = Of::Elsewhere(place, guess.account);
        if self.0.is_verified(of, password) {
            self.0.record(guesser, true);
            return Ok(());
        }
        let _turn = self.0.turn().await?;
        // Others may have guessed meanwhile.
        self.0.admit(guesser)?;
        let right = check.await.ok_or(AuthFailure::Unavailable)?;
        if right {
            let until = self.0.now() + Duration::from_secs(LINKED_CREDENTIALS_SECS);
            lock(&self.0.verified).insert(until, of, password);
        }
        self.0.verdict(guesser, right)
    }

    /// Rules on the outcome of a SCRAM exchange: a throttled guesser does not learn whether
    /// the proof was right.
    pub fn proof(&self, guess: Guess<'_>, proof: Proof) -> Result<(), AuthFailure> {
        let guesser = self.0.guesser(guess);
        self.0.admit(guesser)?;
        self.0.verdict(guesser, proof.is_valid())
    }

    /// Rules on a password that was compared elsewhere and found right: a throttled guesser
    /// does not learn that.
    pub fn right(&self, guess: Guess<'_>) -> Result<(), AuthFailure> {
        let guesser = self.0.guesser(guess);
        self.0.admit(guesser)?;
        self.0.verdict(guesser, true)
    }

    /// Runs other slow work, such as hashing a new password, on the same pool.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(HashCost) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let cost = self.0.options.cost;
        self.0.pool.run(move || work(cost)).await
    }
}

impl Inner {
    fn guesser(&self, guess: Guess<'_>) -> Guesser {
        Guesser { account: self.numbering.hash_one(guess.account), ip: guess.ip }
    }

    fn admit(&self, guesser: Guesser) -> Result<(), AuthFailure> {
        if self.options.unthrottled {
            return Ok(());
        }
        Ok(lock(&self.throttle).check(self.now(), guesser.account, guesser.ip)?)
    }

    /// Waits until another check elsewhere may begin. Errors: Busy.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, AuthFailure> {
        let patience = Duration::from_secs(LINKED_CHECK_SECS_MAX);
        let turn = tokio::time::timeout(patience, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(AuthFailure::Busy)
    }

    fn is_verified(&self, of: Of<'_>, password: &Password) -> bool {
        lock(&self.verified).contains(self.now(), of, password)
    }

    /// The slow part, on a thread of the pool.
    fn check(
        &self,
        guesser: Guesser,
        stored: Option<&PasswordHash>,
        password: &Password,
    ) -> Result<(), AuthFailure> {
        self.admit(guesser)?;
        let matches = stored.unwrap_or(&self.decoy).matches(password);
        let right = matches && stored.is_some();
        if let (true, Some(hash)) = (right, stored) {
            lock(&self.verified).insert(self.now() + KEPT, Of::Hash(hash), password);
        }
        self.verdict(guesser, right)
    }

    fn verdict(&self, guesser: Guesser, right: bool) -> Result<(), AuthFailure> {
        self.record(guesser, right);
        if right { Ok(()) } else { Err(AuthFailure::Credentials) }
    }

    fn record(&self, guesser: Guesser, right: bool) {
        let (now, mut throttle) = (self.now(), lock(&self.throttle));
        match right {
            true => throttle.succeeded(guesser.account, guesser.ip),
            false => throttle.failed(now, guesser.account, guesser.ip),
        }
    }

    fn now(&self) -> Instant {
        (self.options.clock)()
    }
}

impl From<Throttled> for AuthFailure {
    fn from(throttled: Throttled) -> Self {
        AuthFailure::Throttled { retry_after: throttled.retry_after }
    }
}

impl From<Busy> for AuthFailure {
    fn from(_: Busy) -> Self {
        AuthFailure::Busy
    }
}

/// Neither table can be left half changed by a panic, so a poisoned lock is as good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

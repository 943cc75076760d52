#![allow(clippy::unwrap_used)]
//! The verifier under a simulated clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;

/// A verifier with a clock that the test moves.
struct World {
    verifier: Verifier,
    seconds: Arc<AtomicU64>,
    stored: PasswordHash,
}

impl World {
    fn new(unthrottled: bool) -> Self {
        let (seconds, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let clock: Clock = Arc::new({
            let seconds = Arc::clone(&seconds);
            move || start + Duration::from_secs(seconds.load(Ordering::SeqCst))
        });
        let options = VerifierOptions { cost: HashCost::LEAST, unthrottled, clock };
        let stored = PasswordHash::new(&password("right"), HashCost::LEAST).unwrap();
        World { verifier: Verifier::new(options).unwrap(), seconds, stored }
    }

    async fn guess(&self, from: &str, text: &str) -> Result<(), AuthFailure> {
        let guess = Guess { account: "alice", ip: from.parse().unwrap() };
        self.verifier.password(guess, Some(self.stored.clone()), password(text)).await
    }

    fn advance(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

const WRONG: Result<(), AuthFailure> = Err(AuthFailure::Credentials);

fn throttled(seconds: u64) -> Result<(), AuthFailure> {
    Err(AuthFailure::Throttled { retry_after: Duration::from_secs(seconds) })
}

#[tokio::test]
async fn right_wrong_unknown() {
    let world = World::new(false);
    assert_eq!(world.guess("192.0.2.1", "right").await, Ok(()));
    assert_eq!(world.guess("192.0.2.1", "wrong").await, WRONG);
    let nobody = Guess { account: "nobody", ip: "192.0.2.1".parse().unwrap() };
    assert_eq!(world.verifier.password(nobody, None, password("right")).await, WRONG);
}

#[tokio::test]
async fn a_throttled_guesser_is_refused_even_with_the_right_password() {
    let world = World::new(false);
    for _ in 0..5 {
        assert_eq!(world.guess("192.0.2.1", "wrong").await, WRONG);
    }
    assert_eq!(world.guess("192.0.2.1", "right").await, throttled(1));
    assert_eq!(world.guess("198.51.100.1", "right").await, Ok(()), "the owner, elsewhere");
    assert_eq!(world.guess("192.0.2.1", "right").await, throttled(1), "nor by the cache");
    world.advance(1);
    assert_eq!(world.guess("192.0.2.1", "right").await, Ok(()));
}

#[tokio::test]
async fn guesses_sent_at_once_do_not_slip_through() {
    let world = Arc::new(World::new(false));
    let guesses: Vec<_> = (0..100)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.guess("192.0.2.1", "wrong").await })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += usize::from(guess.await.unwrap() == WRONG);
    }
    let allowed = 5 + types::limits::HASHES_RUNNING_MAX;
    assert!((5..=allowed).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn unthrottled_means_unthrottled() {
    let world = World::new(true);
    for _ in 0..30 {
        assert_eq!(world.guess("192.0.2.1", "wrong").await, WRONG);
    }
    assert_eq!(world.guess("192.0.2.1", "right").await, Ok(()));
}

#[tokio::test]
async fn the_second_login_needs_no_hash() {
    let world = World::new(false);
    assert_eq!(world.guess("192.0.2.1", "right").await, Ok(()));
    let exhausted = World { verifier: without_pool(&world), ..world };
    assert_eq!(exhausted.guess("192.0.2.1", "right").await, Ok(()));
    assert_eq!(exhausted.guess("192.0.2.1", "wrong").await, Err(AuthFailure::Busy));
    exhausted.advance(60 * 60);
    assert_eq!(exhausted.guess("192.0.2.1", "right").await, Err(AuthFailure::Busy));
}

/// The same verifier with a pool that takes nothing.
fn without_pool(world: &World) -> Verifier {
    let verified =
        std::mem::replace(&mut *lock(&world.verifier.0.verified), Verified::new().unwrap());
    Verifier(Arc::new(Inner {
        options: world.verifier.0.options.clone(),
        pool: HashPool::new(0, 0),
        decoy: world.stored.clone(),
        numbering: RandomState::new(),
        throttle: Mutex::new(Throttle::default()),
        verified: Mutex::new(verified),
        turns: Semaphore::new(1),
    }))
}

#[tokio::test]
async fn a_changed_password_is_checked_anew() {
    let mut world = World::new(false);
    assert_eq!(world.guess("192.0.2.1", "right").await, Ok(()));
    world.stored = PasswordHash::new(&password("new"), HashCost::LEAST).unwrap();
    assert_eq!(world.guess("192.0.2.1", "right").await, WRONG);
    assert_eq!(world.guess("192.0.2.1", "new").await, Ok(()));
}

#[test]
fn wrong_proofs_count_and_right_ones_do_not_help_the_throttled() {
    let world = World::new(false);
    let guess = Guess { account: "alice", ip: "192.0.2.1".parse().unwrap() };
    for _ in 0..5 {
        assert_eq!(world.verifier.proof(guess, Proof { valid: false }), WRONG);
    }
    assert_eq!(world.verifier.proof(guess, Proof { valid: true }), throttled(1));
    world.advance(1);
    assert_eq!(world.verifier.proof(guess, Proof { valid: true }), Ok(()));
}

impl World {
    /// A password that another directory is asked about.
    async fn elsewhere(
        &self,
        place: &str,
        text: &str,
        check: impl Future<Output = Option<bool>>,
    ) -> Result<(), AuthFailure> {
        let guess = Guess { account: "alice", ip: "192.0.2.1".parse().unwrap() };
        self.verifier.elsewhere(guess, place, &password(text), check).await
    }
}

async fn answers(right: bool) -> Option<bool> {
    Some(right)
}

async fn is_not_asked() -> Option<bool> {
    panic!("it is known")
}

#[tokio::test]
async fn what_another_directory_found_right_is_known_for_a_while() {
    let world = World::new(false);
    assert_eq!(world.elsewhere("ad", "right", answers(true)).await, Ok(()));
    world.advance(LINKED_CREDENTIALS_SECS - 1);
    assert_eq!(world.elsewhere("ad", "right", is_not_asked()).await, Ok(()));
    assert_eq!(world.elsewhere("ad", "other", answers(false)).await, WRONG);
    assert_eq!(world.elsewhere("ad, changed", "right", answers(false)).await, WRONG);
    world.advance(1);
    assert_eq!(world.elsewhere("ad", "right", answers(false)).await, WRONG);
}

#[tokio::test]
async fn guesses_at_another_directory_are_throttled_and_its_silence_is_not() {
    let world = World::new(false);
    for _ in 0..30 {
        let unavailable = world.elsewhere("ad", "right", async { None }).await;
        assert_eq!(unavailable, Err(AuthFailure::Unavailable));
    }
    for _ in 0..5 {
        assert_eq!(world.elsewhere("ad", "wrong", answers(false)).await, WRONG);
    }
    assert_eq!(world.elsewhere("ad", "right", is_not_asked()).await, throttled(1));
}

#[tokio::test(start_paused = true)]
async fn only_so_many_ask_at_a_time_and_the_others_do_not_wait_for_ever() {
    let world = Arc::new(World::new(true));
    let asking: Vec<_> = (0..LINKED_CHECKS_RUNNING_MAX)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(
                async move { world.elsewhere("ad", "right", std::future::pending()).await },
            )
        })
        .collect();
    tokio::task::yield_now().await;
    let begun = tokio::time::Instant::now();
    assert_eq!(world.elsewhere("ad", "right", is_not_asked()).await, Err(AuthFailure::Busy));
    assert_eq!(begun.elapsed().as_secs(), LINKED_CHECK_SECS_MAX);
    asking.iter().for_each(tokio::task::JoinHandle::abort);
}

//! How the process learns that it must stop, and how everybody in it hears of that.
//!
//! A [`Shutdown`] is a flag that can be waited for; it goes up once and stays up. Who holds
//! one stops taking new work and ends what it has begun within a bound.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::sync::watch;

/// Raises the flag. Dropping it raises the flag too: nobody is left who could.
#[derive(Debug)]
pub struct ShutdownTrigger(watch::Sender<bool>);

impl ShutdownTrigger {
    /// Asks everybody to stop. Doing it twice is harmless.
    pub fn shut_down(&self) {
        self.0.send_replace(true);
    }

    /// Another view of the flag.
    pub fn subscribe(&self) -> Shutdown {
        Shutdown(self.0.subscribe())
    }
}

/// The flag as everybody else sees it.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// A flag and what raises it.
    pub fn new() -> (ShutdownTrigger, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (ShutdownTrigger(sender), Shutdown(receiver))
    }

    /// True once shutdown was asked for.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when shutdown is asked for. Safe to drop and call again.
    pub async fn requested(&self) {
        let mut flag = self.0.clone();
        // An error means that the trigger is gone, which counts as asking.
        let _gone = flag.wait_for(|requested| *requested).await.is_err();
    }
}

/// What the operator asks of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGINT: end in order.
    Terminate,
    /// SIGHUP: read certificates and settings again.
    Reload,
}

/// The signals of the process. Made once, before the first listener.
#[derive(Debug)]
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
    hang_up: Stream,
}

impl Signals {
    /// Installs the handlers.
    pub fn install() -> io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_flag_goes_up_for_everybody_and_stays_up() {
        let (trigger, flag) = Shutdown::new();
        let other = flag.clone();
        assert!(!flag.is_requested());
        let waiting = tokio::spawn(async move { other.requested().await });
        trigger.shut_down();
        waiting.await.ok();
        flag.requested().await;
        assert!(flag.is_requested());
        assert!(trigger.subscribe().is_requested());
    }

    #[tokio::test]
    async fn a_lost_trigger_counts_as_a_request() {
        let (trigger, flag) = Shutdown::new();
        drop(trigger);
        flag.requested().await;
        assert!(flag.is_requested());
    }

    #[tokio::test]
    async fn signals_say_what_the_operator_wants() {
        let mut signals = Signals::install().unwrap();
        for (name, meaning) in
            [("-HUP", Signal::Reload), ("-TERM", Signal::Terminate), ("-INT", Signal::Terminate)]
        {
            let own_id = std::process::id().to_string();
            let sent = std::process::Command::new("kill").args([name, &own_id]).status().unwrap();
            assert!(sent.success());
            assert_eq!(signals.next().await, meaning, "{name}");
        }
    }
}

//! Asking no more of a source than was allowed.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::endpoint::Pace;
use crate::message::Item;

/// When the next items may be asked for.
pub(crate) struct Pacing {
    pace: Pace,
    next: Instant,
}

impl Pacing {
    pub(crate) fn new(pace: Pace) -> Self {
        Pacing { pace, next: Instant::now() }
    }

    /// Waits for its time.
    pub(crate) async fn wait(&self) {
        sleep_until(self.next).await;
    }

    /// Counts what was taken.
    pub(crate) fn took(&mut self, items: &[Item]) {
        let bodies = items.iter().filter_map(|item| item.body.as_ref().ok());
        let octets: usize = bodies.map(|message| message.octets.len()).sum();
        let seconds = |amount: usize, rate: u64| amount as f64 / rate.max(1) as f64;
        let by_octets = self.pace.octets.map_or(0.0, |rate| seconds(octets, rate));
        let by_messages = self.pace.messages.map_or(0.0, |rate| seconds(items.len(), rate.into()));
        self.next = Instant::now() + Duration::from_secs_f64(by_octets.max(by_messages));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;

    #[tokio::test(start_paused = true)]
    async fn the_stricter_of_both_rates_counts() {
        let body = || Ok(Message::of(vec![b'x'; 500]));
        let item = || Item { cursor: Vec::new(), units: 1, again: false, body: body() };
        let items = [item(), item()];
        for (octets, messages, secs) in [
            (None, None, 0.0),
            (Some(100), None, 10.0),
            (None, Some(1), 2.0),
            (Some(100), Some(1), 10.0),
            (Some(1000), Some(1), 2.0),
        ] {
            let mut pacing = Pacing::new(Pace { octets, messages });
            let begun = Instant::now();
            pacing.took(&items);
            pacing.wait().await;
            let waited = begun.elapsed().as_secs_f64();
            assert!((waited - secs).abs() < 0.01, "{octets:?} {messages:?}: {waited}");
        }
    }
}

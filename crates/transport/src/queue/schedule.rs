//! When to try again, when to tell the sender, when to give up: Exchange's schedule, as data.

use std::time::Duration;

use types::time::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A number of retries and the wait before each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How many.
    pub count: u32,
    /// How far apart.
    pub interval: Duration,
}

/// The retry settings of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// QueueGlitchRetryCount and -Interval.
    pub glitch: Step,
    /// TransientFailureRetryCount and -Interval.
    pub transient: Step,
    /// OutboundConnectionFailureRetryInterval: all retries after those.
    pub outbound_connection_failure: Duration,
    /// MessageRetryInterval: a message that was refused for now over a good connection.
    pub message: Duration,
    /// DelayNotificationTimeout.
    pub delay_notification: Duration,
    /// MessageExpirationTimeout.
    pub expiration: Duration,
}

impl RetryPolicy {
    /// Exchange's defaults for a Mailbox server: expiry after two days.
    pub const EXCHANGE: RetryPolicy = RetryPolicy {
        glitch: Step { count: 4, interval: MINUTE },
        transient: Step { count: 6, interval: Duration::from_secs(5 * 60) },
        outbound_connection_failure: Duration::from_secs(10 * 60),
        message: Duration::from_secs(15 * 60),
        delay_notification: Duration::from_secs(4 * HOUR.as_secs()),
        expiration: Duration::from_secs(2 * DAY.as_secs()),
    };

    /// The same, giving up after five days as RFC 5321 section 4.5.4.1 asks of Internet mail.
    pub const RFC: RetryPolicy =
        RetryPolicy { expiration: Duration::from_secs(5 * DAY.as_secs()), ..RetryPolicy::EXCHANGE };

    /// The wait after the `failures`-th failed connection in a row, counted from 1.
    pub fn wait_after(&self, failures: u32) -> Duration {
        if failures <= self.glitch.count {
            self.glitch.interval
        } else if failures <= self.glitch.count + self.transient.count {
            self.transient.interval
        } else {
            self.outbound_connection_failure
        }
    }

    /// When a message's sender is told of its delay.
    pub fn delay_notice_at(&self, accepted: Timestamp) -> Timestamp {
        accepted.plus(self.delay_notification)
    }

    /// When a message is given up.
    pub fn expires_at(&self, accepted: Timestamp) -> Timestamp {
        accepted.plus(self.expiration)
    }

    /// When a part next needs a look, whichever of the two comes first.
    pub fn next_notice(&self, accepted: Timestamp, delay_reported: bool) -> Timestamp {
        let expiry = self.expires_at(accepted);
        if delay_reported { expiry } else { expiry.min(self.delay_notice_at(accepted)) }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy::EXCHANGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let minutes = |failures| RetryPolicy::EXCHANGE.wait_after(failures).as_secs() / 60;
        let table: Vec<u64> = (1..=13).map(minutes).collect();
        assert_eq!(table, [1, 1, 1, 1, 5, 5, 5, 5, 5, 5, 10, 10, 10]);
    }

    #[test]
    fn delay_then_expiry() {
        let accepted = Timestamp::from_secs(1000);
        let policy = RetryPolicy::EXCHANGE;
        assert_eq!(policy.next_notice(accepted, false), Timestamp::from_secs(1000 + 4 * 3600));
        assert_eq!(policy.next_notice(accepted, true), Timestamp::from_secs(1000 + 48 * 3600));
        assert_eq!(RetryPolicy::RFC.expires_at(accepted), Timestamp::from_secs(1000 + 120 * 3600));
    }
}

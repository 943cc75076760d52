//! `Set-TransportService`, and the queue's keys of `EdgeTransport.exe.config`: logs, retries
//! and outgoing connections, under Exchange's names.

use std::ops::RangeInclusive;

use crate::section::section;
use crate::{ByteQuantity, TimeSpan, Unlimited};

const DAY_SECS: u64 = 24 * 60 * 60;
const LOG_AGE: TimeSpan = TimeSpan::from_secs(30 * DAY_SECS);
const LOG_FILE: ByteQuantity = ByteQuantity::from_mb(10);

section! {
    /// Logs, retries and outgoing connections: keys, values and defaults of
    /// Set-TransportService. Logs are in "logs" below the data directory. An age of 00:00:00
    /// keeps files of any age.
    #[serde(rename_all = "PascalCase")]
    pub struct TransportService {
        /// Write the message tracking log (MSGTRK).
        message_tracking_log_enabled: bool = true,
        /// Subjects are in it.
        message_tracking_log_subject_logging_enabled: bool = true,
        /// Older files of it are deleted.
        message_tracking_log_max_age: TimeSpan = LOG_AGE,
        /// Beyond this the oldest files go.
        message_tracking_log_max_directory_size: Unlimited<ByteQuantity> =
            Unlimited::Limited(ByteQuantity::from_mb(1000)),
        /// A file of this size is followed by another.
        message_tracking_log_max_file_size: Unlimited<ByteQuantity> = Unlimited::Limited(LOG_FILE),
        /// Write the connectivity log (CONNECTLOG): connections to next hops.
        connectivity_log_enabled: bool = true,
        /// Older files of it are deleted.
        connectivity_log_max_age: TimeSpan = LOG_AGE,
        /// Beyond this the oldest files go.
        connectivity_log_max_directory_size: Unlimited<ByteQuantity> =
            Unlimited::Limited(ByteQuantity::from_mb(1000)),
        /// A file of this size is followed by another.
        connectivity_log_max_file_size: Unlimited<ByteQuantity> = Unlimited::Limited(LOG_FILE),
        /// Older files of the protocol log of Receive connectors (RECV) are deleted.
        receive_protocol_log_max_age: TimeSpan = LOG_AGE,
        /// Beyond this the oldest files go.
        receive_protocol_log_max_directory_size: Unlimited<ByteQuantity> =
            Unlimited::Limited(ByteQuantity::from_mb(250)),
        /// A file of this size is followed by another.
        receive_protocol_log_max_file_size: Unlimited<ByteQuantity> = Unlimited::Limited(LOG_FILE),
        /// Older files of the protocol log of Send connectors (SEND) are deleted.
        send_protocol_log_max_age: TimeSpan = LOG_AGE,
        /// Beyond this the oldest files go.
        send_protocol_log_max_directory_size: Unlimited<ByteQuantity> =
            Unlimited::Limited(ByteQuantity::from_mb(250)),
        /// A file of this size is followed by another.
        send_protocol_log_max_file_size: Unlimited<ByteQuantity> = Unlimited::Limited(LOG_FILE),
        /// First retries of a queue whose next hop cannot be reached. 0 to 15.
        queue_glitch_retry_count: u32 = 4,
        /// How far they are apart.
        queue_glitch_retry_interval: TimeSpan = TimeSpan::from_mins(1),
        /// Retries after those. 0 to 15.
        transient_failure_retry_count: u32 = 6,
        /// How far they are apart.
        transient_failure_retry_interval: TimeSpan = TimeSpan::from_mins(5),
        /// How far all further retries are apart.
        outbound_connection_failure_retry_interval: TimeSpan = TimeSpan::from_mins(10),
        /// Wait of a message that the next hop refused for now.
        message_retry_interval: TimeSpan = TimeSpan::from_mins(15),
        /// When a sender is told that a message is late.
        delay_notification_timeout: TimeSpan = TimeSpan::from_mins(4 * 60),
        /// When a message comes back. RFC 5321 asks for four to five days on the Internet.
        message_expiration_timeout: TimeSpan = TimeSpan::from_secs(2 * DAY_SECS),
        /// Connections to next hops at one time.
        max_outbound_connections: Unlimited<u32> = Unlimited::Limited(1000),
        /// Connections to one next hop at one time.
        max_per_domain_outbound_connections: Unlimited<u32> = Unlimited::Limited(20),
    }
}

/// Why the section is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportServiceFault {
    /// A value outside Exchange's range.
    #[error("TransportService: {0} is outside its range")]
    OutOfRange(&'static str),
    /// Senders would be told of a delay before the first round of retries is over.
    #[error(
        "TransportService: DelayNotificationTimeout must be longer than \
         TransientFailureRetryCount times TransientFailureRetryInterval"
    )]
    DelayBeforeRetries,
}

impl TransportService {
    /// Whether every value is in Exchange's range and fits the others.
    pub fn validate(&self) -> Result<(), TransportServiceFault> {
        let out_of_range =
            |(_, value, range): &(&'static str, u64, RangeInclusive<u64>)| !range.contains(value);
        if let Some((key, ..)) = self.ranges().into_iter().find(out_of_range) {
            return Err(TransportServiceFault::OutOfRange(key));
        }
        let retries = u64::from(self.transient_failure_retry_count)
            * self.transient_failure_retry_interval.secs();
        match self.delay_notification_timeout.secs() > retries {
            true => Ok(()),
            false => Err(TransportServiceFault::DelayBeforeRetries),
        }
    }

    fn ranges(&self) -> [(&'static str, u64, RangeInclusive<u64>); 10] {
        let connections = |limit: Unlimited<u32>| limit.limit().map_or(u64::MAX, u64::from);
        [
            ("QueueGlitchRetryCount", self.queue_glitch_retry_count.into(), 0..=15),
            ("QueueGlitchRetryInterval", self.queue_glitch_retry_interval.secs(), 1..=DAY_SECS),
            ("TransientFailureRetryCount", self.transient_failure_retry_count.into(), 0..=15),
            (
                "TransientFailureRetryInterval",
                self.transient_failure_retry_interval.secs(),
                1..=DAY_SECS / 2,
            ),
            (
                "OutboundConnectionFailureRetryInterval",
                self.outbound_connection_failure_retry_interval.secs(),
                1..=20 * DAY_SECS,
            ),
            ("MessageRetryInterval", self.message_retry_interval.secs(), 1..=DAY_SECS),
            ("DelayNotificationTimeout", self.delay_notification_timeout.secs(), 1..=30 * DAY_SECS),
            ("MessageExpirationTimeout", self.message_expiration_timeout.secs(), 5..=90 * DAY_SECS),
            ("MaxOutboundConnections", connections(self.max_outbound_connections), 1..=u64::MAX),
            (
                "MaxPerDomainOutboundConnections",
                connections(self.max_per_domain_outbound_connections),
                1..=u64::MAX,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_have_exchanges_ranges() {
        let fault = |text: &str| {
            let section: TransportService = toml::from_str(text).unwrap();
            section.validate().err().map(|fault| fault.to_string()).unwrap_or_default()
        };
        for (text, expected) in [
            ("", ""),
            ("MessageExpirationTimeout = \"5.00:00:00\"", ""),
            ("MessageExpirationTimeout = \"00:00:04\"", "MessageExpirationTimeout"),
            ("QueueGlitchRetryCount = 16", "QueueGlitchRetryCount"),
            ("TransientFailureRetryInterval = \"12:00:01\"", "TransientFailureRetryInterval"),
            ("DelayNotificationTimeout = \"00:30:00\"", "must be longer"),
            ("MaxOutboundConnections = 0", "MaxOutboundConnections"),
            ("MaxOutboundConnections = \"Unlimited\"", ""),
        ] {
            let found = fault(text);
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{text}: {found}"
            );
        }
        assert!(
            toml::from_str::<TransportService>("message_retry_interval = \"00:01:00\"").is_err()
        );
    }
}

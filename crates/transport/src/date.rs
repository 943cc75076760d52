//! Dates as header fields and reports write them.

use types::time::Timestamp;

/// `date-time` of RFC 5322 section 3.3, in UTC.
pub(crate) fn rfc5322(time: Timestamp) -> String {
    zoned(time).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// A time outside the calendar (only a broken clock gives one) prints as the epoch.
fn zoned(time: Timestamp) -> jiff::Zoned {
    jiff::Timestamp::from_microsecond(time.micros())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(jiff::tz::TimeZone::UTC)
}

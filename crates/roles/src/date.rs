//! Dates in the header of messages that the server writes itself.

use types::Timestamp;

/// `date-time` of RFC 5322 section 3.3, in UTC.
pub(crate) fn rfc5322(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_microsecond(time.micros());
    let time = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(jiff::tz::TimeZone::UTC);
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

//! By how much this host's clock is off: one question to a time server, as a client of SNTP
//! (RFC 4330, RFC 5905 section 14).
//!
//! What it is not: no clock is set, and one server is believed. Who was asked and whether the
//! difference matters is for the caller to say.
//!
//! The origin timestamp is a random number, not the time: an answer that repeats it was made by
//! somebody who saw the question, and nobody on the way learns our clock (RFC 5905 section 8
//! compares it only).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};
use types::limits::{TIME_ANSWER_SECS_MAX, TIME_ATTEMPTS_MAX};
use types::{Clock, Timestamp};

use crate::connect::{Denied, Purpose, Rules};

/// Octets of a packet without extensions and authentication.
const PACKET_OCTETS: usize = 48;
/// Seconds from 1900 to 1970.
const EPOCH_SECS: i64 = 2_208_988_800;
/// NTP version 4, mode client.
const CLIENT_V4: u8 = 0b00_100_011;
const MODE_SERVER: u8 = 4;
/// Leap indicator of a server whose own clock is not set.
const UNSYNCHRONIZED: u8 = 3;
/// Strata below this one lead to a clock.
const STRATUM_END: u8 = 16;

/// Why the time is not known.
#[derive(Debug, thiserror::Error)]
pub enum TimeError {
    /// The rules for outgoing connections forbid the address.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The system does not let us ask.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Nobody answers.
    #[error("no answer")]
    Timeout,
    /// What came is not to be believed.
    #[error(transparent)]
    Answer(#[from] BadAnswer),
}

/// Why an answer tells no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// Too short, or not from a server.
    #[error("no answer of a time server")]
    Malformed,
    /// Kiss-o'-death (RFC 5905 section 7.4): the server does not want to be asked.
    #[error("the server refuses: {0}")]
    Kiss(String),
    /// The server does not know the time itself.
    #[error("the server's own clock is not set")]
    Unsynchronized,
    /// It answers another question.
    #[error("an answer to another question")]
    Origin,
}

/// How far the clock of a server is ahead of ours, in microseconds; negative when ours is.
pub async fn offset_micros(
    rules: &Rules,
    server: SocketAddr,
    clock: &dyn Clock,
) -> Result<i64, TimeError> {
    rules.check(Purpose::Configured, server)?;
    let local: SocketAddr = match server {
        SocketAddr::V4(_) => ([0; 4], 0).into(),
        SocketAddr::V6(_) => ([0; 16], 0).into(),
    };
    let socket = UdpSocket::bind(local).await?;
    // From here on, nobody but the server is heard.
    socket.connect(server).await?;
    for _ in 0..TIME_ATTEMPTS_MAX {
        let patience = Duration::from_secs(TIME_ANSWER_SECS_MAX);
        if let Ok(answered) = timeout(patience, ask(&socket, clock)).await {
            return answered;
        }
    }
    Err(TimeError::Timeout)
}

/// One question, and its answer.
async fn ask(socket: &UdpSocket, clock: &dyn Clock) -> Result<i64, TimeError> {
    let nonce = getrandom::u64().map_err(|error| std::io::Error::other(error.to_string()))?;
    let (sent, began) = (clock.now(), Instant::now());
    socket.send(&question(nonce)).await?;
    let mut answer = [0; PACKET_OCTETS];
    let octets = socket.recv(&mut answer).await?;
    let arrived = sent.plus(began.elapsed());
    Ok(read_answer(&answer[..octets], nonce, sent, arrived)?)
}

/// A packet whose transmit timestamp is `nonce`.
fn question(nonce: u64) -> [u8; PACKET_OCTETS] {
    let mut packet = [0; PACKET_OCTETS];
    packet[0] = CLIENT_V4;
    packet[40..].copy_from_slice(&nonce.to_be_bytes());
    packet
}

/// What an answer says of the clock that showed `sent` and `arrived`: the difference, in
/// microseconds. What follows the first 48 octets is not looked at.
pub fn read_answer(
    answer: &[u8],
    nonce: u64,
    sent: Timestamp,
    arrived: Timestamp,
) -> Result<i64, BadAnswer> {
    let packet: &[u8; PACKET_OCTETS] = answer.first_chunk().ok_or(BadAnswer::Malformed)?;
    let [flags, stratum, ..] = *packet;
    if flags & 0b111 != MODE_SERVER {
        return Err(BadAnswer::Malformed);
    }
    if timestamp(packet, 24) != nonce {
        return Err(BadAnswer::Origin);
    }
    if stratum == 0 {
        let code = packet[12..16].iter().filter(|octet| octet.is_ascii_graphic());
        return Err(BadAnswer::Kiss(code.map(|octet| char::from(*octet)).collect()));
    }
    let (received, transmitted) = (timestamp(packet, 32), timestamp(packet, 40));
    if flags >> 6 == UNSYNCHRONIZED || stratum >= STRATUM_END || transmitted == 0 {
        return Err(BadAnswer::Unsynchronized);
    }
    let there = difference(received, ntp(sent));
    let back = difference(transmitted, ntp(arrived));
    // Both halves lie within 64 bits: so does their mean, and a million of its parts.
    Ok(((((there + back) / 2) * 1_000_000) >> 32) as i64)
}

/// The timestamp at an octet of a packet: seconds since 1900 and their parts of 2^32.
fn timestamp(packet: &[u8; PACKET_OCTETS], at: usize) -> u64 {
    packet[at..at + 8].iter().fold(0, |number, octet| (number << 8) | u64::from(*octet))
}

/// A moment as NTP has it; the seconds begin anew in 2036.
fn ntp(moment: Timestamp) -> u64 {
    let micros = moment.micros().rem_euclid(1_000_000) as u64;
    let secs = moment.secs().wrapping_add(EPOCH_SECS) as u64;
    (secs << 32) | ((micros << 32) / 1_000_000)
}

/// How far `a` is ahead of `b`, at most 68 years in either direction (RFC 5905 section 6): right
/// also over the end of an era.
fn difference(a: u64, b: u64) -> i128 {
    i128::from(a.wrapping_sub(b) as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::TimeServer;
    use types::ManualClock;

    const NONCE: u64 = 0x0123_4567_89ab_cdef;
    /// 2026-11-23.
    const NOW: Timestamp = Timestamp::from_secs(1_795_400_000);
    /// 2036-02-07T06:28:16Z, when NTP's seconds are zero again.
    const NEW_ERA: Timestamp = Timestamp::from_secs((1 << 32) - EPOCH_SECS);

    /// A good answer of a server whose clock is ahead by so many seconds.
    fn answer(sent: Timestamp, ahead_secs: i64) -> [u8; PACKET_OCTETS] {
        let there = Timestamp::from_micros(sent.micros() + ahead_secs * 1_000_000);
        let mut packet = question(ntp(there));
        packet[0] = 0b00_100_100;
        packet[1] = 2;
        packet[24..32].copy_from_slice(&NONCE.to_be_bytes());
        packet[32..40].copy_from_slice(&ntp(there).to_be_bytes());
        packet
    }

    fn read(packet: &[u8]) -> Result<i64, BadAnswer> {
        read_answer(packet, NONCE, NOW, NOW)
    }

    #[test]
    fn the_difference_is_told_in_both_directions_and_over_the_era() {
        let half = Duration::from_millis(500);
        for began in [NOW, NEW_ERA.plus(half), NEW_ERA.minus(half), Timestamp::EPOCH] {
            for ahead in [0, 1, -1, 400, -400, 1_000_000_000, -1_000_000_000] {
                let found = read_answer(&answer(began, ahead), NONCE, began, began).unwrap();
                assert!((found - ahead * 1_000_000).abs() <= 1, "{began:?} {ahead}: {found}");
            }
        }
    }

    #[test]
    fn the_way_there_and_back_counts_half() {
        let arrived = NOW.plus(Duration::from_secs(2));
        let found = read_answer(&answer(NOW, 11), NONCE, NOW, arrived).unwrap();
        assert!((found - 10_000_000).abs() <= 1, "{found}");
    }

    #[test]
    fn what_is_not_to_be_believed_is_refused() {
        let with = |change: &dyn Fn(&mut [u8; PACKET_OCTETS])| {
            let mut packet = answer(NOW, 0);
            change(&mut packet);
            read(&packet)
        };
        assert_eq!(with(&|_| {}), Ok(0));
        let kiss = with(&|packet| {
            packet[1] = 0;
            packet[12..16].copy_from_slice(b"RATE");
        });
        assert_eq!(kiss, Err(BadAnswer::Kiss("RATE".to_owned())));
        assert_eq!(with(&|packet| packet[0] |= 0b1100_0000), Err(BadAnswer::Unsynchronized));
        assert_eq!(with(&|packet| packet[1] = 16), Err(BadAnswer::Unsynchronized));
        assert_eq!(with(&|packet| packet[40..].fill(0)), Err(BadAnswer::Unsynchronized));
        assert_eq!(with(&|packet| packet[31] ^= 1), Err(BadAnswer::Origin));
        assert_eq!(with(&|packet| packet[0] = CLIENT_V4), Err(BadAnswer::Malformed));
        assert_eq!(read(&answer(NOW, 0)[..47]), Err(BadAnswer::Malformed));
        assert_eq!(read(&[]), Err(BadAnswer::Malformed));
        let mut longer = answer(NOW, 7).to_vec();
        longer.extend([0xff; 20]);
        assert_eq!(read(&longer), Ok(7_000_000));
    }

    #[tokio::test]
    async fn a_server_is_asked() {
        let server = TimeServer::ahead_by(NOW, 400).await.unwrap();
        let clock = ManualClock::new(NOW);
        let rules = Rules::default();
        let found = offset_micros(&rules, server.address(), &clock).await.unwrap();
        // The answer takes its time, of which half counts.
        assert!((found - 400_000_000).abs() < 5_000_000, "{found}");
        let metadata = "169.254.169.254:123".parse().unwrap();
        let denied = offset_micros(&rules, metadata, &clock).await;
        assert!(matches!(denied, Err(TimeError::Denied(Denied::Metadata))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_asked_again_and_given_up() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let began = Instant::now();
        let none = offset_micros(&Rules::default(), address, &ManualClock::new(NOW)).await;
        assert!(matches!(none, Err(TimeError::Timeout)));
        assert_eq!(began.elapsed().as_secs(), TIME_ANSWER_SECS_MAX * TIME_ATTEMPTS_MAX as u64);
        let mut packet = [0; PACKET_OCTETS + 1];
        let mut nonces = std::collections::HashSet::new();
        for _ in 0..TIME_ATTEMPTS_MAX {
            assert_eq!(silent.try_recv(&mut packet).unwrap(), PACKET_OCTETS);
            assert_eq!(packet[0], CLIENT_V4);
            nonces.insert(packet[40..48].to_vec());
        }
        assert_eq!(nonces.len(), TIME_ATTEMPTS_MAX);
    }
}

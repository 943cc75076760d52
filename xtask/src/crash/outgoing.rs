//! Mail to other domains, and reports that leave for there: what was acknowledged arrives at the
//! next server. That is the demonstration's sink, which dies with the server under test; a
//! message it has answered with 250 is in a file.
//!
//! A message may arrive twice when a kill fell between the sink's 250 and the record of it; no
//! protocol can help that. So a repeat without a kill between both arrivals is a mistake, and
//! one with a kill is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use super::message::{self, Token};
use crate::Result;

/// After the last kill, the time within which everything has to leave: the longest is a message
/// that met the sink while it was gone and waits for its retry.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(200);

const REPORT_ID: &str = "crash-";

/// The name under which the report about a message is asked for.
pub fn report_id(token: Token) -> String {
    format!("{REPORT_ID}{token}")
}

/// What is to leave, and when the server was killed.
#[derive(Default)]
pub struct Outgoing {
    offered: Mutex<BTreeSet<Token>>,
    acknowledged: Mutex<BTreeSet<Token>>,
    kills: Mutex<Vec<SystemTime>>,
}

/// When each message arrived, all arrivals of one in order.
type Arrivals = BTreeMap<Token, Vec<SystemTime>>;

/// What has left.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    acknowledged: usize,
    arrived: usize,
    repeated: usize,
    /// The longest time from the first arrival of a repeated message to the kill after it.
    unrecorded_for: Duration,
}

impl fmt::Display for Told {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { acknowledged, arrived, repeated, unrecorded_for } = self;
        write!(to, "{acknowledged} acknowledged, {arrived} arrived, none of the former missing; ")?;
        write!(to, "{repeated} repeated across a kill, ")?;
        write!(to, "first arrived at most {} ms before it", unrecorded_for.as_millis())
    }
}

impl Outgoing {
    /// A message is about to be handed in.
    pub fn offer(&self, token: Token) {
        locked(&self.offered).insert(token);
    }

    /// The server has taken responsibility for it.
    pub fn taken(&self, token: Token) {
        locked(&self.acknowledged).insert(token);
    }

    /// The server was killed just now.
    pub fn killed(&self) {
        locked(&self.kills).push(SystemTime::now());
    }

    /// Waits until everything acknowledged has arrived, then judges what has.
    pub fn check(&self, sink: &Path) -> Result<Told> {
        let end = Instant::now() + PATIENCE;
        loop {
            let (arrivals, damaged) = read(sink)?;
            let missing = self.missing(&arrivals);
            if missing.is_empty() || Instant::now() > end {
                return self.judge(&arrivals, &missing, damaged);
            }
            sleep(LOOK_EVERY);
        }
    }

    fn missing(&self, arrivals: &Arrivals) -> Vec<Token> {
        let acknowledged = locked(&self.acknowledged);
        acknowledged.iter().filter(|token| !arrivals.contains_key(token)).copied().collect()
    }

    fn judge(
        &self,
        arrivals: &Arrivals,
        missing: &[Token],
        mut wrong: Vec<String>,
    ) -> Result<Told> {
        wrong.extend(missing.iter().map(|token| format!("message {token} never left")));
        let offered = locked(&self.offered);
        let strangers = arrivals.keys().filter(|token| !offered.contains(token));
        wrong.extend(strangers.map(|token| format!("message {token} was never sent here")));
        let repeated = || arrivals.iter().filter(|(_, times)| times.len() > 1);
        let causeless = repeated().filter(|(_, times)| !self.are_apart(times));
        wrong.extend(causeless.map(|(token, _)| format!("message {token} left twice, no kill")));
        if !wrong.is_empty() {
            return Err(wrong.join("\n").into());
        }
        let acknowledged = locked(&self.acknowledged).len();
        let unrecorded_for = repeated().filter_map(|(_, times)| self.until_kill(times[0])).max();
        Ok(Told {
            acknowledged,
            arrived: arrivals.len(),
            repeated: repeated().count(),
            unrecorded_for: unrecorded_for.unwrap_or_default(),
        })
    }

    fn until_kill(&self, time: SystemTime) -> Option<Duration> {
        locked(&self.kills).iter().filter_map(|kill| kill.duration_since(time).ok()).min()
    }

    /// Whether there is a kill between each arrival and the next.
    fn are_apart(&self, times: &[SystemTime]) -> bool {
        let kills = locked(&self.kills);
        let between = |pair: &[SystemTime]| kills.iter().any(|at| (pair[0]..=pair[1]).contains(at));
        times.windows(2).all(between)
    }
}

/// A thread that panicked has left the collection whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What has arrived, and what is wrong with it.
fn read(sink: &Path) -> Result<(Arrivals, Vec<String>)> {
    let (mut arrivals, mut damaged) = (Arrivals::new(), Vec::new());
    // Made with the first message.
    let entries = std::fs::read_dir(sink).into_iter().flatten();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let octets = std::fs::read(&path)?;
        match recognized(&octets) {
            Some(token) => {
                arrivals.entry(token).or_default().push(path.metadata()?.modified()?);
            }
            None => damaged.push(format!("{} is nothing that was sent", path.display())),
        }
    }
    arrivals.values_mut().for_each(|times| times.sort());
    Ok((arrivals, damaged))
}

/// The number of a whole message, or of the message that a report is about.
fn recognized(octets: &[u8]) -> Option<Token> {
    match reported(&String::from_utf8_lossy(octets)) {
        Some(token) => Some(token),
        None => message::token_of(octets).filter(|token| message::is_whole(octets, *token)),
    }
}

/// `Original-Envelope-Id: crash-7` (RFC 3464 section 2.2.1).
fn reported(text: &str) -> Option<Token> {
    let (_, rest) = text.split_once(&format!("\r\nOriginal-Envelope-Id: {REPORT_ID}"))?;
    rest.split("\r\n").next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn at(seconds: u64) -> SystemTime {
        START + Duration::from_secs(seconds)
    }

    /// Message 1 was acknowledged, 2 only offered; a kill came at second 10.
    fn books() -> Outgoing {
        let outgoing = Outgoing::default();
        [1, 2].iter().for_each(|token| outgoing.offer(*token));
        outgoing.taken(1);
        locked(&outgoing.kills).push(at(10));
        outgoing
    }

    fn judged(arrivals: &[(Token, &[u64])]) -> Option<Told> {
        let times = |seconds: &[u64]| seconds.iter().map(|second| at(*second)).collect();
        let arrivals = arrivals.iter().map(|(token, seconds)| (*token, times(seconds))).collect();
        let books = books();
        books.judge(&arrivals, &books.missing(&arrivals), Vec::new()).ok()
    }

    #[test]
    fn what_was_acknowledged_must_arrive_and_what_was_not_may() {
        let told = |arrived| {
            let unrecorded_for = Duration::ZERO;
            Some(Told { acknowledged: 1, arrived, repeated: 0, unrecorded_for })
        };
        assert_eq!(judged(&[(1, &[5])]), told(1));
        assert_eq!(judged(&[(1, &[5]), (2, &[5])]), told(2));
        assert_eq!(judged(&[(2, &[5])]), None);
        assert_eq!(judged(&[(1, &[5]), (3, &[5])]), None);
    }

    #[test]
    fn a_repeat_needs_a_kill_between() {
        let unrecorded_for = Duration::from_secs(1);
        let told = Some(Told { acknowledged: 1, arrived: 1, repeated: 1, unrecorded_for });
        assert_eq!(judged(&[(1, &[9, 11])]), told);
        assert_eq!(judged(&[(1, &[11, 12])]), None);
        assert_eq!(judged(&[(1, &[8, 9, 11])]), None);
    }

    #[test]
    fn messages_and_reports_are_recognized() {
        let message = message::text(7);
        assert_eq!(recognized(message.as_bytes()), Some(7));
        assert_eq!(recognized(&message.as_bytes()[..message.len() - 1]), None);
        let report = "Subject: x\r\n\r\nOriginal-Envelope-Id: crash-8\r\nReporting-MTA: x\r\n";
        assert_eq!(recognized(report.as_bytes()), Some(8));
    }
}

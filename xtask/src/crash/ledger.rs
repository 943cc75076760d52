//! What the server has acknowledged for one mailbox, and what it was asked for and may or may
//! not have done when it died.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::message::Token;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    In { folder: &'static str, flagged: bool },
}

/// All places of each message.
pub type Found = BTreeMap<Token, Vec<State>>;

/// States each message can be in: one when all is acknowledged, two while something runs.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<BTreeMap<Token, Vec<State>>>);

/// As a delivery or an APPEND leaves it.
pub const DELIVERED: State = State::In { folder: "INBOX", flagged: false };

impl Ledger {
    /// A message is about to be handed in.
    pub fn offer(&self, token: Token) {
        self.states().insert(token, vec![State::Absent, DELIVERED]);
    }

    /// The server has taken responsibility for it. Somebody else may have seen it before and
    /// gone on with it: then they know better.
    pub fn taken(&self, token: Token) {
        if let Some(states) = self.states().get_mut(&token)
            && *states == [State::Absent, DELIVERED]
        {
            *states = vec![DELIVERED];
        }
    }

    /// A message that was seen in `from` is about to be changed.
    pub fn begin(&self, token: Token, from: State, to: State) {
        self.states().insert(token, vec![from, to]);
    }

    /// The change is acknowledged.
    pub fn done(&self, token: Token, to: State) {
        self.states().insert(token, vec![to]);
    }

    /// Compares with what is there now, all places of a message in one list, and takes what is
    /// there as what must be there from now on. Answers what is wrong.
    pub fn compare(&self, found: &Found) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut states = self.states();
        for (token, allowed) in states.iter_mut() {
            let places = found.get(token).map_or(&[][..], Vec::as_slice);
            let now = places.first().copied().unwrap_or(State::Absent);
            if places.len() > 1 {
                wrong.push(format!("message {token} is there {} times: {places:?}", places.len()));
            } else if !allowed.contains(&now) {
                wrong.push(format!("message {token} is {now:?} and should be {allowed:?}"));
            }
            *allowed = vec![now];
        }
        let strangers = found.keys().filter(|token| !states.contains_key(token));
        wrong.extend(strangers.map(|token| format!("message {token} was never sent here")));
        wrong
    }

    /// A thread that panicked has left the map whole.
    fn states(&self) -> MutexGuard<'_, BTreeMap<Token, Vec<State>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGGED: State = State::In { folder: "INBOX", flagged: true };

    fn found(places: &[(Token, &[State])]) -> Found {
        places.iter().map(|(token, states)| (*token, states.to_vec())).collect()
    }

    #[test]
    fn what_was_acknowledged_must_be_there_once() {
        let ledger = Ledger::default();
        ledger.offer(1);
        ledger.taken(1);
        assert_eq!(ledger.compare(&found(&[(1, &[DELIVERED])])).len(), 0);
        assert_eq!(ledger.compare(&found(&[(1, &[DELIVERED, DELIVERED])])).len(), 1);
        assert_eq!(ledger.compare(&found(&[])).len(), 1);
    }

    #[test]
    fn what_was_in_flight_may_be_there_or_not_but_not_change_its_mind() {
        let ledger = Ledger::default();
        ledger.offer(1);
        assert_eq!(ledger.compare(&found(&[])).len(), 0);
        assert_eq!(ledger.compare(&found(&[(1, &[DELIVERED])])).len(), 1);
    }

    #[test]
    fn a_change_before_the_acknowledgement_of_the_delivery_counts() {
        let ledger = Ledger::default();
        ledger.offer(1);
        ledger.begin(1, DELIVERED, FLAGGED);
        ledger.done(1, FLAGGED);
        ledger.taken(1);
        assert_eq!(ledger.compare(&found(&[(1, &[DELIVERED])])).len(), 1);
    }

    #[test]
    fn unknown_messages_must_not_be_there() {
        let found = found(&[(2, &[DELIVERED])]);
        assert_eq!(Ledger::default().compare(&found).len(), 1);
    }
}

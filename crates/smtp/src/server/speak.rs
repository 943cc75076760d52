//! How the session speaks: replies at once, replies out of the tarpit, errors that add up,
//! time that runs out.

use std::time::{Duration, Instant};

use super::{Action, Phase, Server, replies};
use crate::codec::Reply;
use crate::protocol_log::{self, Entry, Event};

/// A reply that the peer has to wait for.
#[derive(Debug)]
pub(super) struct Delayed {
    until: Instant,
    reply: Vec<u8>,
    /// The connection ends with it.
    close: bool,
}

impl Server {
    /// When [`Server::advance`] must be called at the latest. `None` while the session waits
    /// for the driver.
    pub fn deadline(&self) -> Option<Instant> {
        match (&self.phase, &self.delayed) {
            (Phase::Asked(_) | Phase::Securing | Phase::Closed, _) => None,
            (_, Some(delayed)) => Some(delayed.until),
            (_, None) => Some(self.idle_until().min(self.open_until())),
        }
    }

    /// Time passes.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if self.delayed.as_ref().is_some_and(|delayed| self.now >= delayed.until) {
            self.end_delay();
        }
        if self.deadline().is_none_or(|deadline| self.now < deadline) {
            return;
        }
        if self.now >= self.open_until() {
            self.say(replies::open_too_long());
        } else {
            self.say(replies::idle_too_long());
        }
    }

    fn idle_until(&self) -> Instant {
        self.active + self.policy.limits.inactivity_timeout
    }

    fn open_until(&self) -> Instant {
        self.opened + self.policy.limits.connection_timeout
    }

    /// Replies. Code 421 means that we close, so we do.
    pub(super) fn say(&mut self, reply: Reply) {
        self.put(&reply);
        if reply.code == 421 {
            self.close();
        }
    }

    fn put(&mut self, reply: &Reply) {
        let mut bytes = Vec::new();
        self.encode(reply, &mut bytes);
        self.put_bytes(&bytes);
    }

    fn put_bytes(&mut self, reply: &[u8]) {
        self.output.extend_from_slice(reply);
        if self.policy.protocol_logging {
            let said = protocol_log::lines(reply).map(|line| Entry::said(Event::Send, &line));
            self.actions.extend(said.map(Action::Log));
        }
    }

    /// Makes an entry for the protocol log, where there is one.
    pub(super) fn log(&mut self, entry: impl FnOnce() -> Entry) {
        if self.policy.protocol_logging {
            self.actions.push_back(Action::Log(entry()));
        }
    }

    fn encode(&self, reply: &Reply, out: &mut Vec<u8>) {
        if self.policy.extensions.enhanced_status_codes {
            reply.encode(out);
        } else {
            Reply { enhanced: None, ..reply.clone() }.encode(out);
        }
    }

    /// Refuses what the peer may not do; a stranger waits for it.
    pub(super) fn refuse(&mut self, reply: Reply) {
        if reply.is_permanent() && self.is_stranger() {
            self.say_after(self.policy.limits.tarpit, reply, false);
        } else {
            self.say(reply);
        }
    }

    /// Replies later, and perhaps closes then.
    pub(super) fn say_after(&mut self, delay: Duration, reply: Reply, close: bool) {
        if delay.is_zero() || self.policy.unthrottled {
            self.say(reply);
            if close {
                self.close();
            }
            return;
        }
        self.flush();
        self.log(|| Entry::information("", &format!("Tarpit for {} s", delay.as_secs())));
        let mut bytes = Vec::new();
        self.encode(&reply, &mut bytes);
        self.delayed = Some(Delayed { until: self.now + delay, reply: bytes, close });
    }

    fn end_delay(&mut self) {
        let Some(delayed) = self.delayed.take() else { return };
        self.active = self.now;
        self.put_bytes(&delayed.reply);
        if delayed.close {
            self.close();
        }
    }

    /// Replies to a command that breaks the protocol. Those who do it again and again go.
    pub(super) fn protocol_error(&mut self, reply: Reply) {
        self.protocol_errors += 1;
        if self.protocol_errors > self.policy.limits.protocol_errors_max {
            self.say(replies::too_many_errors());
        } else {
            self.say(reply);
        }
    }

    /// True when nothing came before its turn; otherwise the session is over.
    pub(super) fn peer_waited(&mut self) -> bool {
        if self.input.is_empty() {
            return true;
        }
        self.say(replies::out_of_turn());
        self.close();
        false
    }

    /// Makes one action of all replies so far.
    pub(super) fn flush(&mut self) {
        if !self.output.is_empty() {
            self.actions.push_back(Action::Send(std::mem::take(&mut self.output)));
        }
    }

    /// Sends what there is and ends the session.
    pub(super) fn close(&mut self) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        self.drop_transaction();
        self.flush();
        let by_peer = self.ended;
        self.log(|| Entry::disconnect(by_peer));
        self.actions.push_back(Action::Close);
        self.phase = Phase::Closed;
        self.delayed = None;
        self.input.clear();
    }
}

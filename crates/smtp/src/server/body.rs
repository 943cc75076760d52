//! Checks on content as it streams by: size, header, hops, line ends. Keeps counters only.

use crate::codec::Reply;
use crate::codec::header::HeaderMeter;
use crate::codec::newline::NewlineFilter;

use super::replies;

/// What the content of one message may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyRules {
    pub(super) octets_max: u64,
    pub(super) header_octets_max: usize,
    pub(super) hops_max: usize,
    /// BINARYMIME: CR and LF are octets like others.
    pub(super) binary: bool,
    /// Refuse bare CR and LF rather than rewrite them.
    pub(super) reject_bare: bool,
}

/// The content of one message.
#[derive(Debug)]
pub(super) struct Body {
    rules: BodyRules,
    newlines: NewlineFilter,
    header: HeaderMeter,
    octets: u64,
    fault: Option<Reply>,
}

impl Body {
    pub(super) fn new(rules: BodyRules) -> Self {
        let newlines = if rules.binary { NewlineFilter::keep() } else { NewlineFilter::rewrite() };
        Body { rules, newlines, header: HeaderMeter::default(), octets: 0, fault: None }
    }

    /// Why the message will be refused at its end, once that is certain.
    pub(super) fn fault(&self) -> Option<&Reply> {
        self.fault.as_ref()
    }

    /// Makes the message fail; the first reason counts.
    pub(super) fn fail(&mut self, reply: Reply) {
        self.fault.get_or_insert(reply);
    }

    /// Takes content; returns what to hand on, nothing once the message has failed.
    pub(super) fn accept(&mut self, raw: &[u8]) -> Vec<u8> {
        self.octets += raw.len() as u64;
        let mut piece = Vec::new();
        if self.fault.is_none() {
            self.newlines.feed(raw, &mut piece);
        }
        self.checked(piece)
    }

    /// The content is over; returns what was held back.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut piece = Vec::new();
        self.newlines.finish(&mut piece);
        self.checked(piece)
    }

    fn checked(&mut self, piece: Vec<u8>) -> Vec<u8> {
        self.header.feed(&piece);
        if let Some(reply) = self.broken_rule() {
            self.fail(reply);
        }
        if self.fault.is_some() { Vec::new() } else { piece }
    }

    fn broken_rule(&self) -> Option<Reply> {
        let rules = &self.rules;
        [
            (self.octets > rules.octets_max, replies::message_too_large as fn() -> Reply),
            (self.header.octets() > rules.header_octets_max, replies::header_too_large),
            (self.header.hops() > rules.hops_max, replies::hop_count_exceeded),
            (rules.reject_bare && self.newlines.saw_bare(), replies::bare_newline),
        ]
        .into_iter()
        .find_map(|(broken, reply)| broken.then(reply))
    }
}

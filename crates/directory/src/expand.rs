//! From one address to everybody who gets the message: groups, forwarding, contact chains.
//!
//! Pure over a snapshot. Every branch ends in a destination or in a refusal, so no message
//! is lost in here. Loops that still reach somebody are harmless and each destination is
//! reached once; a forwarding that only leads back to itself is refused.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use auth::RecipientId;
use types::Address;
use types::limits::{EXPANSION_DEPTH_MAX, EXPANSION_RECIPIENTS_MAX};

use crate::recipient::{ForwardTo, Forwarding, Kind, Mailbox, Recipient};
use crate::resolve::Resolution;
use crate::snapshot::Snapshot;

/// Where a copy of the message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into a mailbox of ours.
    Mailbox(Arc<Recipient>),
    /// On to a relay domain or out of the organization.
    Remote(Address),
}

/// An address that cannot be served, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody has it: 5.1.10.
    Unknown(Address),
    /// Its forwarding leads back to itself: 5.4.6.
    Loop(Address),
    /// Too many groups and forwardings in a row: 5.4.6.
    TooDeep(Address),
    /// Too many destinations: 5.5.3. Nothing of it is delivered.
    TooMany(Address),
}

/// What became of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// Each once.
    pub destinations: Vec<Destination>,
    /// What is to be reported to the sender.
    pub refusals: Vec<Refusal>,
}

/// Expands an address. Nothing at all comes of a group without members.
pub fn expand(snapshot: &Snapshot, address: &Address) -> Expansion {
    let mut walk = Walk::new(snapshot);
    walk.address(address, 0);
    let refused = |refusal| Expansion { destinations: Vec::new(), refusals: vec![refusal] };
    if walk.is_full() {
        return refused(Refusal::TooMany(address.clone()));
    }
    match walk.back_to_group && walk.found == Expansion::default() {
        true => refused(Refusal::Loop(address.clone())),
        false => walk.found,
    }
}

struct Walk<'a> {
    snapshot: &'a Snapshot,
    states: HashMap<RecipientId, State>,
    /// Folded addresses that are destinations already.
    remote: HashSet<String>,
    /// A forwarding led back into a group on the way. Harmless if anybody was reached.
    back_to_group: bool,
    found: Expansion,
}

/// How far the walk is with a recipient.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// On the way from the start to where the walk is now.
    Open,
    Done,
}

/// How a branch ended. The order is the one in which branches outweigh each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// In a group without members.
    Empty,
    /// At a forwarding or a contact on the way to it.
    Looped,
    /// In a destination or a refusal.
    Reported,
}

impl<'a> Walk<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        Walk {
            snapshot,
            states: HashMap::new(),
            remote: HashSet::new(),
            back_to_group: false,
            found: Expansion::default(),
        }
    }

    fn is_full(&self) -> bool {
        self.found.destinations.len() > EXPANSION_RECIPIENTS_MAX
    }

    fn address(&mut self, address: &Address, depth: usize) -> End {
        match self.snapshot.resolve(address) {
            Resolution::Mailbox(recipient)
            | Resolution::Group(recipient)
            | Resolution::Contact { recipient, .. } => self.recipient(&recipient, depth),
            Resolution::UnknownInAuthoritative => self.refuse(Refusal::Unknown(address.clone())),
            Resolution::Relay(_) | Resolution::External => self.remote(address),
        }
    }

    fn recipient(&mut self, recipient: &Arc<Recipient>, depth: usize) -> End {
        match self.states.get(&recipient.id) {
            Some(State::Open) => return self.come_back(recipient),
            Some(State::Done) => return End::Reported,
            None if depth >= EXPANSION_DEPTH_MAX => {
                return self.refuse(Refusal::TooDeep(recipient.primary.clone()));
            }
            None => self.states.insert(recipient.id, State::Open),
        };
        let end = self.enter(recipient, depth + 1);
        self.states.insert(recipient.id, State::Done);
        end
    }

    /// The walk has met a recipient that it is in the middle of. A group will be walked to
    /// its end all the same, a mailbox that keeps a copy has it; one that only forwards, and
    /// a contact, will not get the message this way.
    fn come_back(&mut self, recipient: &Recipient) -> End {
        if recipient.group().is_some() {
            self.back_to_group = true;
            return End::Reported;
        }
        let forwarding = recipient.mailbox().and_then(|mailbox| mailbox.forwarding.as_ref());
        let has_copy = forwarding.is_some_and(|forwarding| forwarding.keep_copy);
        if has_copy { End::Reported } else { End::Looped }
    }

    fn enter(&mut self, recipient: &Arc<Recipient>, depth: usize) -> End {
        match &recipient.kind {
            Kind::Group(_) | Kind::DynamicGroup(..) => self.group(recipient, depth),
            // Exchange leaves out members without mail, too.
            Kind::User(_) => End::Empty,
            Kind::UserMailbox(_, mailbox)
            | Kind::SharedMailbox(mailbox)
            | Kind::RoomMailbox(mailbox)
            | Kind::EquipmentMailbox(mailbox) => self.mailbox(recipient, mailbox, depth),
            Kind::MailContact(target) | Kind::MailUser(_, target) => {
                self.contact(recipient, target, depth)
            }
        }
    }

    fn group(&mut self, group: &Recipient, depth: usize) -> End {
        let mut end = End::Empty;
        for member in self.snapshot.members(group).iter() {
            if self.is_full() {
                break;
            }
            if let Some(member) = self.snapshot.recipient(*member) {
                end = end.max(self.recipient(member, depth));
            }
        }
        end
    }

    /// A forwarding without a copy that leads to an empty group leaves the message here.
    fn mailbox(&mut self, recipient: &Arc<Recipient>, mailbox: &Mailbox, depth: usize) -> End {
        let Some(forwarding) = &mailbox.forwarding else { return self.deliver(recipient) };
        if forwarding.keep_copy {
            self.deliver(recipient);
            self.forward(forwarding, depth);
            return End::Reported;
        }
        match self.forward(forwarding, depth) {
            End::Empty => self.deliver(recipient),
            end => self.unless_looped(end, recipient),
        }
    }

    fn forward(&mut self, forwarding: &Forwarding, depth: usize) -> End {
        match &forwarding.to {
            ForwardTo::Address(address) => self.address(address, depth),
            ForwardTo::Recipient(id) => match self.snapshot.recipient(*id) {
                Some(recipient) => self.recipient(recipient, depth),
                None => End::Empty,
            },
        }
    }

    /// A contact whose address elsewhere belongs to another recipient is a step on the way.
    fn contact(&mut self, contact: &Recipient, target: &Address, depth: usize) -> End {
        match self.snapshot.by_address(target) {
            Some(owner) if owner.id == contact.id => self.remote(target),
            _ => {
                let end = self.address(target, depth);
                self.unless_looped(end, contact)
            }
        }
    }

    /// A forwarding that has reached nobody must say so.
    fn unless_looped(&mut self, end: End, recipient: &Recipient) -> End {
        match end {
            End::Looped => self.refuse(Refusal::Loop(recipient.primary.clone())),
            end => end,
        }
    }

    fn deliver(&mut self, recipient: &Arc<Recipient>) -> End {
        self.found.destinations.push(Destination::Mailbox(Arc::clone(recipient)));
        End::Reported
    }

    fn remote(&mut self, address: &Address) -> End {
        if self.remote.insert(address.folded()) {
            self.found.destinations.push(Destination::Remote(address.clone()));
        }
        End::Reported
    }

    fn refuse(&mut self, refusal: Refusal) -> End {
        self.found.refusals.push(refusal);
        End::Reported
    }
}

#[cfg(test)]
mod tests;

//! The categorizer: who gets a copy, by which way, under which reverse path.
//!
//! A function of envelope, directory and routing table; it writes nothing. Recipients are
//! resolved, groups expanded, forwarding followed, duplicates dropped; each remaining
//! recipient ends as a local mailbox, a next hop or a failure. Copies differ only in their
//! reverse path (bifurcation) and are cut at [`COPY_RECIPIENTS_MAX`].
//!
//! Invariant: every envelope recipient is accounted for. A loop of groups or of
//! deliver-and-forward pairs is harmless and delivered once; a chain of forward-only
//! recipients that bites its tail is a failure, never silence.

use std::collections::{BTreeMap, HashSet, VecDeque};

use types::limits::{COPY_RECIPIENTS_MAX, EXPANDED_RECIPIENTS_MAX, FORWARD_HOPS_MAX};

use crate::boundary::{Group, GroupReports, LocalMailbox, Recipients, Resolved, Sender, Way};
use crate::envelope::{Envelope, Recipient};
use crate::route::{NextHopSolutionKey, RoutingTable};
use crate::status::{self, Reply};
use types::{Address, Notify, ReversePath};

/// What the categorizer may ask.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The directory.
    pub recipients: &'a dyn Recipients,
    /// The Send connectors.
    pub routes: &'a RoutingTable,
}

/// What it needs to know of the message besides the envelope.
#[derive(Clone, Copy, Debug)]
pub struct MessageFacts {
    /// Octets of header and body.
    pub octets: u64,
    /// The sender is authenticated or is this server.
    pub internal: bool,
}

/// Where all recipients of a message go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Categorized {
    /// One per reverse path and thousand recipients.
    pub copies: Vec<MessageCopy>,
    /// Recipients that get nothing, with the reason and the reverse path to tell.
    pub failures: Vec<Failure>,
    /// What happened on the way, for the tracking log and for "expanded" reports.
    pub steps: Vec<Step>,
}

/// One copy of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCopy {
    /// The sender, or the manager of a group.
    pub reverse_path: ReversePath,
    /// Recipients in mailboxes of this server.
    pub local: Vec<LocalRecipient>,
    /// Recipients elsewhere, grouped by next hop.
    pub remote: BTreeMap<NextHopSolutionKey, Vec<Recipient>>,
}

/// A recipient with a mailbox here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalRecipient {
    /// The mailbox's number.
    pub mailbox: u32,
    /// Its primary address and the sender's wishes.
    pub recipient: Recipient,
    /// How the message came to it.
    pub way: Way,
}

/// A recipient that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// As far as it was resolved.
    pub recipient: Recipient,
    /// Who is told.
    pub reverse_path: ReversePath,
    /// Why.
    pub reply: Reply,
}

/// Events of resolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A secondary address became the primary.
    Resolved {
        /// As sent.
        from: Address,
        /// As delivered.
        to: Address,
    },
    /// A group became its members.
    Expanded {
        /// The group, with the sender's wishes.
        group: Recipient,
        /// Who is told about it.
        reverse_path: ReversePath,
        /// How many.
        members: usize,
    },
    /// Forwarding.
    Redirected {
        /// Whose mail.
        from: Address,
        /// Where to.
        to: Address,
    },
    /// Met a second time and left out.
    Duplicate(Address),
    /// A report sent to a group: deleted, a group reads no reports.
    Dropped(Address),
}

/// Sorts the envelope's recipients. Fails as a whole when the directory cannot answer or the
/// groups are too large: the sender is still there and keeps the message.
pub fn categorize(
    envelope: &Envelope,
    facts: MessageFacts,
    around: Surroundings<'_>,
) -> Result<Categorized, Reply> {
    let mut run = Run {
        facts,
        sender: Sender { address: envelope.reverse_path.address(), authenticated: facts.internal },
        around,
        work: VecDeque::new(),
        seen: Seen::default(),
        out: Sorted::default(),
    };
    for recipient in &envelope.recipients {
        run.work.push_back(Item {
            recipient: recipient.clone(),
            reverse_path: envelope.reverse_path.clone(),
            way: Way::Own,
        });
    }
    while let Some(item) = run.work.pop_front() {
        run.resolve(item)?;
    }
    Ok(run.out.into_categorized())
}

/// A recipient that is still to be resolved.
struct Item {
    recipient: Recipient,
    reverse_path: ReversePath,
    way: Way,
}

/// Targets met so far: each gets the message once.
#[derive(Default)]
struct Seen {
    mailboxes: HashSet<u32>,
    groups: HashSet<String>,
    remote: HashSet<String>,
}

struct Run<'a> {
    facts: MessageFacts,
    /// Who sent it, whatever the reverse path of a copy is.
    sender: Sender<'a>,
    around: Surroundings<'a>,
    work: VecDeque<Item>,
    seen: Seen,
    out: Sorted,
}

impl Run<'_> {
    fn resolve(&mut self, mut item: Item) -> Result<(), Reply> {
        match self.follow_forwarding(&mut item) {
            Err(reply) => self.out.fail(item, reply),
            Ok(Resolved::Mailbox(mailbox)) => self.mailbox(item, &mailbox),
            Ok(Resolved::Group(group)) => self.group(item, group)?,
            Ok(Resolved::Remote | Resolved::Forward { .. }) => self.remote(item),
            Ok(Resolved::Unknown) => self.out.fail(item, status::recipient_not_found()),
            Ok(Resolved::Ambiguous) => self.out.fail(item, status::ambiguous_address()),
            Ok(Resolved::Unavailable) => return Err(status::store_failed()),
        }
        Ok(())
    }

    /// Follows forward-only recipients to the end of the chain. Errors: there is no end, or one
    /// of them does not take mail from the sender.
    fn follow_forwarding(&mut self, item: &mut Item) -> Result<Resolved, Reply> {
        let mut passed = HashSet::new();
        loop {
            if !self.around.recipients.admits(&item.recipient.address, self.sender) {
                return Err(status::not_authorized());
            }
            match self.around.recipients.resolve(&item.recipient.address) {
                Resolved::Forward { to } => {
                    let from = item.recipient.address.clone();
                    if !passed.insert(from.folded()) || passed.len() > FORWARD_HOPS_MAX {
                        return Err(status::forwarding_loop());
                    }
                    item.recipient.original = Some(item.recipient.original_or_address());
                    item.recipient.address = to.clone();
                    self.out.steps.push(Step::Redirected { from, to });
                }
                end => return Ok(end),
            }
        }
    }

    fn mailbox(&mut self, mut item: Item, mailbox: &LocalMailbox) {
        if let Err(reply) = self.admit(mailbox) {
            return self.out.fail(item, reply);
        }
        if !self.seen.mailboxes.insert(mailbox.number) {
            return self.out.steps.push(Step::Duplicate(item.recipient.address));
        }
        self.rewrite_to_primary(&mut item.recipient, &mailbox.primary);
        if let Some(to) = &mailbox.also_forward_to {
            self.forward_too(&item, to);
        }
        self.out.local(item, mailbox.number);
    }

    /// Restrictions of a mailbox (Exchange's order: size, sender, quota).
    fn admit(&self, mailbox: &LocalMailbox) -> Result<(), Reply> {
        if mailbox.max_receive_octets.is_some_and(|max| self.facts.octets > max) {
            return Err(status::too_large_for_recipient());
        }
        if mailbox.require_sender_authentication && !self.facts.internal {
            return Err(status::authentication_required());
        }
        if mailbox.over_quota {
            return Err(status::mailbox_full());
        }
        Ok(())
    }

    /// A secondary proxy address becomes the primary one; reports still name the first.
    fn rewrite_to_primary(&mut self, recipient: &mut Recipient, primary: &Address) {
        if recipient.address.folded() == primary.folded() {
            return;
        }
        recipient.original = Some(recipient.original_or_address());
        let from = std::mem::replace(&mut recipient.address, primary.clone());
        self.out.steps.push(Step::Resolved { from, to: primary.clone() });
    }

    /// DeliverToMailboxAndForward: a second recipient that asks for no success report, since
    /// the mailbox answers that one.
    fn forward_too(&mut self, item: &Item, to: &Address) {
        let from = item.recipient.address.clone();
        self.out.steps.push(Step::Redirected { from, to: to.clone() });
        self.work.push_back(Item {
            recipient: Recipient {
                address: to.clone(),
                original: Some(item.recipient.original_or_address()),
                notify: item.recipient.notify.map(Notify::without_success),
            },
            reverse_path: item.reverse_path.clone(),
            way: item.way.clone(),
        });
    }

    fn group(&mut self, item: Item, group: Group) -> Result<(), Reply> {
        // A null reverse path is the mark of reports and automatic replies.
        if item.reverse_path == ReversePath::Null {
            self.out.steps.push(Step::Dropped(item.recipient.address));
            return Ok(());
        }
        if let Err(reply) = self.admit_to_group(&group) {
            self.out.fail(item, reply);
            return Ok(());
        }
        if !self.seen.groups.insert(group.primary.folded()) {
            self.out.steps.push(Step::Duplicate(item.recipient.address));
            return Ok(());
        }
        self.expand(item, group)
    }

    /// Restrictions of a group, in the order of a mailbox's.
    fn admit_to_group(&self, group: &Group) -> Result<(), Reply> {
        if group.max_receive_octets.is_some_and(|max| self.facts.octets > max) {
            return Err(status::too_large_for_recipient());
        }
        match group.require_sender_authentication && !self.facts.internal {
            true => Err(status::authentication_required()),
            false => Ok(()),
        }
    }

    fn expand(&mut self, item: Item, group: Group) -> Result<(), Reply> {
        if self.work.len() + self.out.count + group.members.len() > EXPANDED_RECIPIENTS_MAX {
            return Err(status::too_many_recipients());
        }
        let (reverse_path, notify) = member_reports(&item, &group.reports);
        let way = item.way.through(&item.recipient.address, group.automatic_replies);
        self.out.steps.push(Step::Expanded {
            group: item.recipient,
            reverse_path: item.reverse_path,
            members: group.members.len(),
        });
        for address in group.members {
            let recipient = Recipient { address, original: None, notify };
            let (reverse_path, way) = (reverse_path.clone(), way.clone());
            self.work.push_back(Item { recipient, reverse_path, way });
        }
        Ok(())
    }

    fn remote(&mut self, item: Item) {
        let address = &item.recipient.address;
        if !self.seen.remote.insert(address.folded()) {
            return self.out.steps.push(Step::Duplicate(item.recipient.address));
        }
        match self.around.routes.route(&address.domain, self.facts.octets) {
            Ok(hop) => self.out.remote(item, hop),
            Err(reply) => self.out.fail(item, reply),
        }
    }
}

/// Under which reverse path and wishes the members of a group are sent to.
fn member_reports(item: &Item, reports: &GroupReports) -> (ReversePath, Option<Notify>) {
    match reports {
        GroupReports::Originator => {
            (item.reverse_path.clone(), item.recipient.notify.map(Notify::without_success))
        }
        GroupReports::Manager(manager) => (
            ReversePath::Address(manager.clone()),
            Some(Notify { success: false, failure: true, delay: false }),
        ),
        GroupReports::Nobody => (item.reverse_path.clone(), Some(Notify::NEVER)),
    }
}

/// Results, sorted by reverse path in order of appearance.
#[derive(Default)]
struct Sorted {
    copies: Vec<MessageCopy>,
    failures: Vec<Failure>,
    steps: Vec<Step>,
    count: usize,
}

impl Sorted {
    fn fail(&mut self, item: Item, reply: Reply) {
        let Item { recipient, reverse_path, way: _ } = item;
        self.failures.push(Failure { recipient, reverse_path, reply });
    }

    fn local(&mut self, item: Item, mailbox: u32) {
        let recipient = LocalRecipient { mailbox, recipient: item.recipient, way: item.way };
        self.copy(&item.reverse_path).local.push(recipient);
    }

    fn remote(&mut self, item: Item, hop: NextHopSolutionKey) {
        self.copy(&item.reverse_path).remote.entry(hop).or_default().push(item.recipient);
    }

    /// The copy that still has room for one more recipient.
    fn copy(&mut self, reverse_path: &ReversePath) -> &mut MessageCopy {
        self.count += 1;
        let roomy = |copy: &MessageCopy| {
            copy.reverse_path == *reverse_path && copy.recipient_count() < COPY_RECIPIENTS_MAX
        };
        let position = self.copies.iter().rposition(roomy).unwrap_or_else(|| {
            self.copies.push(MessageCopy::new(reverse_path.clone()));
            self.copies.len() - 1
        });
        &mut self.copies[position]
    }

    fn into_categorized(self) -> Categorized {
        Categorized { copies: self.copies, failures: self.failures, steps: self.steps }
    }
}

impl MessageCopy {
    fn new(reverse_path: ReversePath) -> Self {
        MessageCopy { reverse_path, local: Vec::new(), remote: BTreeMap::new() }
    }

    /// Envelope recipients of the copy.
    pub fn recipient_count(&self) -> usize {
        self.local.len() + self.remote.values().map(Vec::len).sum::<usize>()
    }
}

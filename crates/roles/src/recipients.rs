//! The directory as the categorizer sees it.

use std::sync::Arc;

use auth::RecipientId;
use directory::{
    Directory, DomainKind, ForwardTo, Forwarding, Kind, Recipient, Resolution, Snapshot,
};
use transport::{DomainType, Group, GroupReports, LocalMailbox, Recipients, Resolved, Sender};
use types::{Address, Domain};

use crate::locations::Locations;

/// Resolves addresses from the directory's snapshot in memory.
pub struct DirectoryRecipients {
    locations: Arc<Locations>,
    directory: Directory,
}

impl DirectoryRecipients {
    /// `locations` says which mailboxes are not local.
    pub(crate) fn new(locations: Arc<Locations>, directory: Directory) -> Arc<Self> {
        Arc::new(DirectoryRecipients { locations, directory })
    }

    fn mailbox(&self, snapshot: &Snapshot, owner: &Recipient) -> Resolved {
        let Some(settings) = owner.mailbox() else { return Resolved::Unknown };
        let forward = settings.forwarding.as_ref().and_then(|f| forward_target(snapshot, f));
        let keep_copy = settings.forwarding.as_ref().is_none_or(|f| f.keep_copy);
        if let Some(to) = forward.clone().filter(|_| !keep_copy) {
            return Resolved::Forward { to };
        }
        if self.locations.elsewhere(owner, settings).is_some() {
            // Mail between servers takes a Send connector of its own, not built yet.
            return Resolved::Unavailable;
        }
        let RecipientId(guid) = owner.id;
        Resolved::Mailbox(LocalMailbox {
            guid,
            also_forward_to: forward,
            max_receive_octets: owner.restrictions.max_receive_octets,
            ..LocalMailbox::new(settings.location.number, owner.primary.clone())
        })
    }
}

impl Recipients for DirectoryRecipients {
    fn resolve(&self, address: &Address) -> Resolved {
        let snapshot = self.directory.snapshot();
        match snapshot.resolve(address) {
            Resolution::Mailbox(owner) => self.mailbox(&snapshot, &owner),
            Resolution::Group(group) => of_group(&snapshot, &group),
            // One that is known here by its address elsewhere: the mail goes there.
            Resolution::Contact { target, .. } if target.folded() == address.folded() => {
                Resolved::Remote
            }
            Resolution::Contact { target, .. } => Resolved::Forward { to: target },
            Resolution::UnknownInAuthoritative => Resolved::Unknown,
            Resolution::Relay(_) | Resolution::External => Resolved::Remote,
        }
    }

    fn admits(&self, recipient: &Address, sender: Sender<'_>) -> bool {
        let snapshot = self.directory.snapshot();
        let Sender { address, authenticated } = sender;
        match snapshot.resolve(recipient) {
            Resolution::Mailbox(recipient)
            | Resolution::Group(recipient)
            | Resolution::Contact { recipient, .. } => {
                snapshot.accepts_from(&recipient, directory::Sender { address, authenticated })
            }
            _ => true,
        }
    }

    fn accepted_domain(&self, domain: &Domain) -> Option<DomainType> {
        let snapshot = self.directory.snapshot();
        snapshot.accepted_domain(domain).map(|accepted| match accepted.kind {
            DomainKind::Authoritative => DomainType::Authoritative,
            DomainKind::InternalRelay => DomainType::InternalRelay,
            DomainKind::ExternalRelay => DomainType::ExternalRelay,
        })
    }

    fn default_domain(&self) -> Domain {
        let snapshot = self.directory.snapshot();
        let server = || Domain::parse(self.locations.this_server()).ok();
        let found = snapshot.default_domain().cloned().or_else(server);
        found.unwrap_or_else(Domain::invalid)
    }
}

fn forward_target(snapshot: &Snapshot, forwarding: &Forwarding) -> Option<Address> {
    match &forwarding.to {
        ForwardTo::Address(address) => Some(address.clone()),
        ForwardTo::Recipient(id) => snapshot.recipient(*id).map(|r| r.primary.clone()),
    }
}

fn of_group(snapshot: &Snapshot, recipient: &Recipient) -> Resolved {
    let Some(group) = recipient.group() else { return Resolved::Unknown };
    let members = snapshot.members(recipient);
    let has_mail = |member: &&Arc<Recipient>| !matches!(member.kind, Kind::User(_));
    let members = members.iter().filter_map(|id| snapshot.recipient(*id)).filter(has_mail);
    Resolved::Group(Group {
        primary: recipient.primary.clone(),
        members: members.map(|member| member.primary.clone()).collect(),
        reports: reports(snapshot, group),
        require_sender_authentication: group.authenticated_senders_only,
        max_receive_octets: recipient.restrictions.max_receive_octets,
        automatic_replies: group.automatic_replies,
    })
}

/// Who hears of members that cannot be reached. Without a manager it is the sender.
fn reports(snapshot: &Snapshot, group: &directory::Group) -> GroupReports {
    let manager = group.managed_by.iter().find_map(|id| snapshot.recipient(*id));
    match (group.reports, manager) {
        (directory::GroupReports::Nobody, _) => GroupReports::Nobody,
        (directory::GroupReports::Manager, Some(manager)) => {
            GroupReports::Manager(manager.primary.clone())
        }
        _ => GroupReports::Originator,
    }
}

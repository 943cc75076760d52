//! A change being put together: checked against the directory as it is, and against what the
//! same change did before. Pure; nothing shows until [`crate::Directory`] has written it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use auth::RecipientId;
use types::{Address, Domain};

use crate::app_password::may_have_any;
use crate::domain::AcceptedDomain;
use crate::error::DirectoryError;
use crate::recipient::{ChangeNumber, ForwardTo, Kind, Recipient, Restrictions};
use crate::role_group::RoleGroup;
use crate::rules;
use crate::settings::Settings;
use crate::snapshot::{Edit, Snapshot};

/// One change: one transaction, one change number.
pub(crate) struct Draft {
    base: Arc<Snapshot>,
    settings: Settings,
    edits: Vec<Edit>,
    /// Folded proxies and aliases of recipients written by this change.
    claimed: HashMap<String, RecipientId>,
    written: HashSet<RecipientId>,
}

impl Draft {
    pub(crate) fn new(base: Arc<Snapshot>) -> Self {
        let change = ChangeNumber(base.settings.change.0 + 1);
        let settings = Settings { change, ..base.settings.clone() };
        Draft { base, settings, edits: vec![], claimed: HashMap::new(), written: HashSet::new() }
    }

    /// The directory before the change.
    pub(crate) fn base(&self) -> &Snapshot {
        &self.base
    }

    /// The settings after it.
    pub(crate) fn settings(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Adds what was checked elsewhere.
    pub(crate) fn edit(&mut self, edit: Edit) {
        self.edits.push(edit);
    }

    /// What is to be written.
    pub(crate) fn finish(self) -> (Settings, Vec<Edit>) {
        (self.settings, self.edits)
    }

    /// The recipient as it was before the change.
    pub(crate) fn existing(&self, id: RecipientId) -> Result<&Arc<Recipient>, DirectoryError> {
        self.base.recipient(id).ok_or(DirectoryError::NoRecipient(id))
    }

    /// Who has a folded proxy address, or gets it by this change.
    pub(crate) fn owner(&self, folded: &str) -> Option<RecipientId> {
        let claimed = self.claimed.get(folded).copied();
        claimed.or_else(|| self.base.by_proxy(folded).map(|owner| owner.id))
    }

    /// A GUID for a new recipient.
    pub(crate) fn fresh_id(&self) -> Result<RecipientId, DirectoryError> {
        let mut octets = [0; 16];
        getrandom::fill(&mut octets)?;
        // Version 4, variant 1, in the byte order of [MS-DTYP] 2.3.4.2.
        octets[7] = (octets[7] & 0x0f) | 0x40;
        octets[8] = (octets[8] & 0x3f) | 0x80;
        Ok(RecipientId(octets))
    }

    /// The number of a new mailbox.
    pub(crate) fn fresh_number(&mut self) -> Result<u32, DirectoryError> {
        let number = self.settings.next_mailbox;
        self.settings.next_mailbox = number.checked_add(1).ok_or(DirectoryError::NoNumber)?;
        Ok(number)
    }

    /// Writes a recipient, new or changed.
    pub(crate) fn put(&mut self, recipient: Recipient) -> Result<(), DirectoryError> {
        rules::check(&recipient)?;
        self.check_domains(&recipient)?;
        self.claim_names(&recipient)?;
        self.written.insert(recipient.id);
        self.check_references(&recipient)?;
        if !may_have_any(&recipient) {
            self.drop_app_passwords(recipient.id);
        }
        let changed = self.settings.change;
        self.edits.push(Edit::Put(Arc::new(Recipient { changed, ..recipient })));
        Ok(())
    }

    /// Removes a recipient and every mention of it.
    pub(crate) fn remove(&mut self, id: RecipientId) -> Result<(), DirectoryError> {
        self.existing(id)?;
        self.edits.push(Edit::Remove(id));
        self.drop_app_passwords(id);
        self.settings.postmaster = self.settings.postmaster.filter(|postmaster| *postmaster != id);
        let base = Arc::clone(&self.base);
        for other in base.recipients().filter(|other| other.id != id) {
            let mut other = Recipient::clone(other);
            if other.forget(id) {
                other.changed = self.settings.change;
                self.edits.push(Edit::Put(Arc::new(other)));
            }
        }
        let caught = base.domains().filter(|domain| domain.catch_all == Some(id));
        let freed = caught.map(|domain| AcceptedDomain { catch_all: None, ..domain.clone() });
        self.edits.extend(freed.map(Edit::PutDomain));
        for group in base.role_groups().filter(|group| group.members.contains(&id)) {
            let mut group = RoleGroup::clone(group);
            group.members.retain(|member| *member != id);
            group.changed = self.settings.change;
            self.edits.push(Edit::PutRoleGroup(Arc::new(group)));
        }
        Ok(())
    }

    /// Adds an accepted domain. The first one is the default domain.
    pub(crate) fn add_domain(&mut self, domain: AcceptedDomain) -> Result<(), DirectoryError> {
        if self.base.domain(&domain.name).is_some() {
            return Err(DirectoryError::DomainExists(domain.name));
        }
        self.settings.default_domain.get_or_insert_with(|| domain.name.clone());
        self.put_domain(domain)
    }

    /// Writes an accepted domain.
    pub(crate) fn put_domain(&mut self, domain: AcceptedDomain) -> Result<(), DirectoryError> {
        domain.catch_all.map_or(Ok(()), |id| self.existing(id).map(drop))?;
        self.edits.push(Edit::PutDomain(domain));
        Ok(())
    }

    /// Removes an accepted domain that nobody uses.
    pub(crate) fn remove_domain(&mut self, name: Domain) -> Result<(), DirectoryError> {
        if self.base.domain(&name).is_none() {
            return Err(DirectoryError::NoDomain(name));
        }
        let uses = |address: &Address| address.domain == name;
        let in_use = self.base.recipients().any(|recipient| recipient.smtp_addresses().any(uses));
        if in_use || self.settings.default_domain.as_ref() == Some(&name) {
            return Err(DirectoryError::DomainInUse(name));
        }
        self.edits.push(Edit::RemoveDomain(name));
        Ok(())
    }

    /// Mail for a mailbox or a group must come here. Contacts may have any address.
    fn check_domains(&self, recipient: &Recipient) -> Result<(), DirectoryError> {
        if matches!(recipient.kind, Kind::MailContact(_) | Kind::MailUser(..)) {
            return Ok(());
        }
        let foreign = |address: &&Address| self.base.accepted_domain(&address.domain).is_none();
        match recipient.smtp_addresses().find(foreign) {
            None => Ok(()),
            Some(address) => Err(DirectoryError::DomainNotAccepted(address.clone())),
        }
    }

    fn claim_names(&mut self, recipient: &Recipient) -> Result<(), DirectoryError> {
        let alias = format!("alias:{}", recipient.alias.to_lowercase());
        let owner = self.base.by_alias(&recipient.alias).map(|owner| owner.id);
        if !self.claim(alias, owner, recipient.id) {
            return Err(DirectoryError::AliasInUse(recipient.alias.clone()));
        }
        for proxy in recipient.addresses() {
            let folded = proxy.folded();
            let owner = self.base.by_proxy(&folded).map(|owner| owner.id);
            if !self.claim(folded.clone(), owner, recipient.id) {
                return Err(DirectoryError::AddressInUse(folded));
            }
        }
        Ok(())
    }

    /// Takes a name for `id`. False when it is somebody else's.
    fn claim(&mut self, name: String, owner: Option<RecipientId>, id: RecipientId) -> bool {
        let free = owner.is_none_or(|owner| owner == id);
        free && *self.claimed.entry(name).or_insert(id) == id
    }

    /// Whoever is mentioned must be there.
    fn check_references(&self, recipient: &Recipient) -> Result<(), DirectoryError> {
        let missing =
            |id: &RecipientId| !self.written.contains(id) && self.base.recipient(*id).is_none();
        match mentioned(recipient).find(missing) {
            None => Ok(()),
            Some(id) => Err(DirectoryError::NoRecipient(id)),
        }
    }
}

/// All recipients that this one mentions.
fn mentioned(recipient: &Recipient) -> impl Iterator<Item = RecipientId> + '_ {
    let members = recipient.group().map_or(&[][..], |group| &group.members);
    let managers = recipient.group().map_or(&[][..], |group| &group.managed_by);
    let mailbox = recipient.mailbox();
    let full_access = mailbox.map_or(&[][..], |mailbox| &mailbox.full_access);
    let forwarding = mailbox.and_then(|mailbox| match mailbox.forwarding.as_ref()?.to {
        ForwardTo::Recipient(id) => Some(id),
        ForwardTo::Address(_) => None,
    });
    let Restrictions { accept_only_from, reject_from, .. } = &recipient.restrictions;
    let allowed = [full_access, &recipient.send_as, &recipient.send_on_behalf];
    let lists = [members, managers, accept_only_from, reject_from].into_iter().chain(allowed);
    lists.flatten().copied().chain(forwarding).chain(recipient.manager)
}

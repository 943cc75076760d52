//! The directory at one moment, in memory, with the indexes that answer look-ups.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use auth::RecipientId;
use types::{Address, Domain};

use crate::app_password::AppPasswords;
use crate::domain::AcceptedDomain;
use crate::members::Derived;
use crate::object::{ConfigurationObject, ObjectIdentity};
use crate::photo::PhotoRow;
use crate::recipient::{ChangeNumber, Recipient, smtp_key, x500_key};
use crate::role_group::RoleGroup;
use crate::settings::Settings;

/// The directory at one moment. Never changes while somebody holds it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) settings: Settings,
    recipients: HashMap<RecipientId, Arc<Recipient>>,
    /// Folded proxy address to owner.
    proxies: HashMap<String, RecipientId>,
    /// Alias in lower case to owner.
    aliases: HashMap<String, RecipientId>,
    domains: HashMap<Domain, AcceptedDomain>,
    pub(crate) objects: BTreeMap<ObjectIdentity, Arc<ConfigurationObject>>,
    /// By name in lower case.
    pub(crate) role_groups: BTreeMap<String, Arc<RoleGroup>>,
    pub(crate) app_passwords: HashMap<RecipientId, Arc<AppPasswords>>,
    pub(crate) derived: Derived,
}

/// One row written or removed: the unit in which snapshot and store change together.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Put(Arc<Recipient>),
    Remove(RecipientId),
    /// A photo, or none; in the store only.
    PutPhoto(RecipientId, Option<Arc<PhotoRow>>),
    PutDomain(AcceptedDomain),
    RemoveDomain(Domain),
    PutObject(Arc<ConfigurationObject>),
    RemoveObject(ObjectIdentity),
    PutRoleGroup(Arc<RoleGroup>),
    /// Its name in lower case.
    RemoveRoleGroup(String),
    /// All that an account has from now on.
    AppPasswords(Arc<AppPasswords>),
}

impl Snapshot {
    pub(crate) fn new(settings: Settings) -> Self {
        Snapshot {
            settings,
            recipients: HashMap::new(),
            proxies: HashMap::new(),
            aliases: HashMap::new(),
            domains: HashMap::new(),
            objects: BTreeMap::new(),
            role_groups: BTreeMap::new(),
            app_passwords: HashMap::new(),
            derived: Derived::default(),
        }
    }

    /// The last change in here.
    pub fn change(&self) -> ChangeNumber {
        self.settings.change
    }

    /// A recipient by its GUID.
    pub fn recipient(&self, id: RecipientId) -> Option<&Arc<Recipient>> {
        self.recipients.get(&id)
    }

    /// All recipients, in no order.
    pub fn recipients(&self) -> impl ExactSizeIterator<Item = &Arc<Recipient>> {
        self.recipients.values()
    }

    /// The owner of exactly that SMTP address.
    pub fn by_address(&self, address: &Address) -> Option<&Arc<Recipient>> {
        self.by_proxy(&smtp_key(address))
    }

    /// The owner of an X500 address.
    pub fn by_x500(&self, name: &str) -> Option<&Arc<Recipient>> {
        self.by_proxy(&x500_key(name))
    }

    /// The owner of an alias.
    pub fn by_alias(&self, alias: &str) -> Option<&Arc<Recipient>> {
        self.recipient(*self.aliases.get(&alias.to_lowercase())?)
    }

    /// The owner of a folded proxy address.
    pub(crate) fn by_proxy(&self, folded: &str) -> Option<&Arc<Recipient>> {
        self.recipient(*self.proxies.get(folded)?)
    }

    /// The accepted domain that mail for `domain` falls under: the one of that name, or the
    /// closest above it that takes sub-domains.
    pub fn accepted_domain(&self, domain: &Domain) -> Option<&AcceptedDomain> {
        let exact = self.domains.get(domain);
        exact.or_else(|| {
            let above = self.domains.values().filter(|accepted| accepted.covers(domain));
            above.max_by_key(|accepted| accepted.name.as_str().len())
        })
    }

    /// The accepted domain of exactly that name.
    pub fn domain(&self, name: &Domain) -> Option<&AcceptedDomain> {
        self.domains.get(name)
    }

    /// All accepted domains, in no order.
    pub fn domains(&self) -> impl ExactSizeIterator<Item = &AcceptedDomain> {
        self.domains.values()
    }

    /// The default domain. None only while there is no domain at all.
    pub fn default_domain(&self) -> Option<&Domain> {
        self.settings.default_domain.as_ref()
    }

    /// Who gets mail for postmaster: who is set to, or else the administrator with the first
    /// address.
    pub fn postmaster(&self) -> Option<&Arc<Recipient>> {
        let set = self.settings.postmaster.and_then(|id| self.recipient(id));
        set.or_else(|| {
            let administrators = self.recipients().filter(|recipient| {
                recipient.account().is_some_and(|account| account.administrator)
            });
            administrators.min_by_key(|recipient| recipient.primary.folded())
        })
    }

    pub(crate) fn apply(&mut self, edit: Edit) {
        self.derived = Derived::default();
        match edit {
            Edit::Put(recipient) => self.put(recipient),
            Edit::Remove(id) => self.remove(id),
            Edit::PutPhoto(..) => {}
            Edit::PutDomain(domain) => {
                self.domains.insert(domain.name.clone(), domain);
            }
            Edit::RemoveDomain(name) => {
                self.domains.remove(&name);
            }
            Edit::PutObject(object) => {
                self.objects.insert(object.identity(), object);
            }
            Edit::RemoveObject(identity) => {
                self.objects.remove(&identity);
            }
            Edit::PutRoleGroup(group) => {
                self.role_groups.insert(group.folded(), group);
            }
            Edit::RemoveRoleGroup(folded) => {
                self.role_groups.remove(&folded);
            }
            Edit::AppPasswords(all) if all.passwords.is_empty() => {
                self.app_passwords.remove(&all.account);
            }
            Edit::AppPasswords(all) => {
                self.app_passwords.insert(all.account, all);
            }
        }
    }

    fn put(&mut self, recipient: Arc<Recipient>) {
        self.remove(recipient.id);
        for proxy in recipient.addresses() {
            self.proxies.insert(proxy.folded(), recipient.id);
        }
        self.aliases.insert(recipient.alias.to_lowercase(), recipient.id);
        self.recipients.insert(recipient.id, recipient);
    }

    fn remove(&mut self, id: RecipientId) {
        let Some(recipient) = self.recipients.remove(&id) else { return };
        for proxy in recipient.addresses() {
            self.proxies.remove(&proxy.folded());
        }
        self.aliases.remove(&recipient.alias.to_lowercase());
    }
}

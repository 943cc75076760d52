//! The directory as others hold it: a snapshot to read, verbs to change it.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use auth::{HashCost, Password, PasswordHash, RecipientId, ScramSecret, Verifier, VerifierOptions};
use store::Database;
use tokio::sync::{Mutex, watch};
use tracing::Instrument;
use types::Domain;

use crate::address_policy::AddressPolicies;
use crate::domain::AcceptedDomain;
use crate::draft::Draft;
use crate::error::DirectoryError;
use crate::linked::LinkedDirectories;
use crate::persist;
use crate::recipient::{ChangeNumber, Credentials, Kind, Recipient};
use crate::request::{NewContact, NewGroup, NewMailUser, NewMailbox};
use crate::settings::Settings;
use crate::snapshot::{Edit, Snapshot};

/// The directory of the organization. Clones are the same directory.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    database: Database,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while a change is checked, written and shown.
    changing: Mutex<()>,
    changes: watch::Sender<ChangeNumber>,
    verifier: Verifier,
    /// Who knows passwords that are not here.
    linked: OnceLock<Arc<dyn LinkedDirectories>>,
}

impl Directory {
    /// Opens the directory in a database; an empty one if there is none yet.
    pub async fn open(
        database: Database,
        options: VerifierOptions,
    ) -> Result<Self, DirectoryError> {
        let snapshot = persist::load(&database).await?;
        let changes = watch::Sender::new(snapshot.change());
        let snapshot = RwLock::new(Arc::new(snapshot));
        let (changing, verifier) = (Mutex::new(()), Verifier::new(options)?);
        let linked = OnceLock::new();
        let inner = Inner { database, snapshot, changing, changes, verifier, linked };
        Ok(Directory(Arc::new(inner)))
    }

    /// From now on these are asked for passwords that are not here. Said once, by whoever puts a
    /// server together; a second time it has no effect.
    pub fn link(&self, directories: Arc<dyn LinkedDirectories>) {
        let _ = self.0.linked.set(directories);
    }

    pub(crate) fn linked(&self) -> Option<&dyn LinkedDirectories> {
        self.0.linked.get().map(|linked| &**linked)
    }

    /// The directory as it is now. Take one per question or command; holding it long only
    /// costs memory.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot()
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// Tells of each change after it shows in [`Directory::snapshot`].
    pub fn changes(&self) -> watch::Receiver<ChangeNumber> {
        self.0.changes.subscribe()
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// New-AcceptedDomain. The first one becomes the default domain.
    pub async fn add_domain(&self, domain: AcceptedDomain) -> Result<(), DirectoryError> {
        self.change(move |draft| draft.add_domain(domain)).await
    }

    /// Set-AcceptedDomain, for everything but the name.
    pub async fn update_domain(&self, domain: AcceptedDomain) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            must_be_accepted(draft, &domain.name)?;
            draft.put_domain(domain)
        })
        .await
    }

    /// Set-AcceptedDomain -MakeDefault.
    pub async fn set_default_domain(&self, name: Domain) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            must_be_accepted(draft, &name)?;
            draft.settings().default_domain = Some(name);
            Ok(())
        })
        .await
    }

    /// Remove-AcceptedDomain. Refused for the default domain and while it is in use.
    pub async fn remove_domain(&self, name: Domain) -> Result<(), DirectoryError> {
        self.change(move |draft| draft.remove_domain(name)).await
    }

    /// New-Mailbox. The mailbox number is in the recipient's location.
    pub async fn create_mailbox(&self, new: NewMailbox) -> Result<RecipientId, DirectoryError> {
        let credentials = self.credentials(new.password().cloned()).await?;
        self.change(move |draft| create_mailbox(draft, new, credentials)).await
    }

    /// Enable-Mailbox: gives somebody who is there a new mailbox in place of what the kind had
    /// before. An account stays as it is; attributes and rights do, too.
    pub async fn enable_mailbox(
        &self,
        id: RecipientId,
        new: NewMailbox,
    ) -> Result<(), DirectoryError> {
        self.change(move |draft| enable_mailbox(draft, id, new)).await
    }

    /// Makes many mailboxes in one transaction; the users' all get `password` under one
    /// salt, hashed once. For test data: a thief of the store would see that it is one
    /// password. The store bounds a transaction at some 10,000 mailboxes.
    pub async fn create_mailboxes(
        &self,
        new: Vec<NewMailbox>,
        password: Password,
    ) -> Result<Vec<RecipientId>, DirectoryError> {
        let credentials = self.credentials(Some(password)).await?;
        self.change(move |draft| {
            new.into_iter().map(|new| create_mailbox(draft, new, credentials.clone())).collect()
        })
        .await
    }

    /// New-DistributionGroup.
    pub async fn create_group(&self, new: NewGroup) -> Result<RecipientId, DirectoryError> {
        let policies = new.policies.clone();
        self.create(policies, move |id| new.into_recipient(id)).await
    }

    /// New-MailContact.
    pub async fn create_contact(&self, new: NewContact) -> Result<RecipientId, DirectoryError> {
        let policies = new.policies.clone();
        self.create(policies, move |id| new.into_recipient(id)).await
    }

    /// New-MailUser.
    pub async fn create_mail_user(&self, new: NewMailUser) -> Result<RecipientId, DirectoryError> {
        let credentials = self.credentials(new.password.clone()).await?;
        let policies = new.contact.policies.clone();
        self.create(policies, move |id| new.into_recipient(id, credentials)).await
    }

    /// Sets an account's password, for all mechanisms.
    pub async fn set_password(
        &self,
        id: RecipientId,
        password: Password,
    ) -> Result<(), DirectoryError> {
        let credentials = self.credentials(Some(password)).await?;
        self.change(move |draft| {
            let mut recipient = Recipient::clone(draft.existing(id)?);
            let account = recipient.account_mut();
            account.ok_or(DirectoryError::WrongKind { id, what: "account" })?.credentials =
                credentials;
            draft.put(recipient)
        })
        .await
    }

    /// Changes a recipient: addresses, names, quotas, forwarding, members, permissions,
    /// services. What `edit` leaves is checked like a new one; its id must stay.
    pub async fn update(
        &self,
        id: RecipientId,
        edit: impl FnOnce(&mut Recipient) + Send + 'static,
    ) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            let recipient = edited(draft, id, edit)?;
            draft.put(recipient)
        })
        .await
    }

    /// The same for a recipient whose addresses follow policies afterwards: it gets those of its
    /// policy, too.
    pub async fn update_under(
        &self,
        id: RecipientId,
        policies: Arc<AddressPolicies>,
        edit: impl FnOnce(&mut Recipient) + Send + 'static,
    ) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            let mut recipient = edited(draft, id, edit)?;
            if recipient.email_address_policy_enabled {
                policies.apply(draft, &mut recipient)?;
            }
            draft.put(recipient)
        })
        .await
    }

    /// Removes a recipient, and it from groups, permissions and forwardings. A mailbox's
    /// contents are not touched.
    pub async fn remove(&self, id: RecipientId) -> Result<(), DirectoryError> {
        self.change(move |draft| draft.remove(id)).await
    }

    /// Says who gets mail for postmaster. None: the administrator with the first address.
    pub async fn set_postmaster(&self, id: Option<RecipientId>) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            id.map_or(Ok(()), |id| draft.existing(id).map(drop))?;
            draft.settings().postmaster = id;
            Ok(())
        })
        .await
    }

    /// Makes a recipient, with the addresses of its policy where it follows policies.
    async fn create(
        &self,
        policies: Option<Arc<AddressPolicies>>,
        make: impl FnOnce(RecipientId) -> Recipient + Send + 'static,
    ) -> Result<RecipientId, DirectoryError> {
        self.change(move |draft| {
            let id = draft.fresh_id()?;
            put_new(draft, make(id), policies)
        })
        .await
    }

    /// Hashes a password for all mechanisms, on the pool.
    async fn credentials(
        &self,
        password: Option<Password>,
    ) -> Result<Option<Credentials>, DirectoryError> {
        match password {
            None => Ok(None),
            Some(password) => {
                self.0.verifier.run(move |cost| hash(&password, cost)).await?.map(Some)
            }
        }
    }

    /// Makes one change. It is its own task: a caller who gives up must not leave the
    /// snapshot behind the store.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        make: impl FnOnce(&mut Draft) -> Result<T, DirectoryError> + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let inner = Arc::clone(&self.0);
        let task = tokio::spawn(async move { inner.change(make).await }.in_current_span());
        task.await.map_err(|_| DirectoryError::Interrupted)?
    }
}

impl Inner {
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn change<T>(
        &self,
        make: impl FnOnce(&mut Draft) -> Result<T, DirectoryError>,
    ) -> Result<T, DirectoryError> {
        let _changing = self.changing.lock().await;
        let mut draft = Draft::new(self.snapshot());
        let result = make(&mut draft)?;
        let before = draft.base().change();
        let change = Arc::new(draft.finish());
        let written = Arc::clone(&change);
        self.database.write(move |txn| persist::write(txn, before, &written.0, &written.1)).await?;
        self.show(&change.0, &change.1);
        Ok(result)
    }

    /// Brings the snapshot up to date: in place, unless somebody is looking at it.
    fn show(&self, settings: &Settings, edits: &[Edit]) {
        let mut current = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let snapshot = Arc::make_mut(&mut current);
        edits.iter().for_each(|edit| snapshot.apply(edit.clone()));
        snapshot.settings = settings.clone();
        drop(current);
        self.changes.send_replace(settings.change);
    }
}

fn must_be_accepted(draft: &Draft, name: &Domain) -> Result<(), DirectoryError> {
    match draft.base().domain(name) {
        Some(_) => Ok(()),
        None => Err(DirectoryError::NoDomain(name.clone())),
    }
}

fn create_mailbox(
    draft: &mut Draft,
    new: NewMailbox,
    credentials: Option<Credentials>,
) -> Result<RecipientId, DirectoryError> {
    let (id, number) = (draft.fresh_id()?, draft.fresh_number()?);
    let policies = new.policies.clone();
    put_new(draft, new.into_recipient(id, number, credentials), policies)
}

/// Writes a new recipient, with the addresses of its policy where it follows policies.
fn put_new(
    draft: &mut Draft,
    mut recipient: Recipient,
    policies: Option<Arc<AddressPolicies>>,
) -> Result<RecipientId, DirectoryError> {
    let id = recipient.id;
    if let Some(policies) = policies {
        policies.apply_new(draft, &mut recipient)?;
    }
    draft.put(recipient)?;
    Ok(id)
}

fn edited(
    draft: &Draft,
    id: RecipientId,
    edit: impl FnOnce(&mut Recipient),
) -> Result<Recipient, DirectoryError> {
    let mut recipient = Recipient::clone(draft.existing(id)?);
    edit(&mut recipient);
    match recipient.id == id {
        true => Ok(recipient),
        false => Err(DirectoryError::IdChanged),
    }
}

fn enable_mailbox(
    draft: &mut Draft,
    id: RecipientId,
    new: NewMailbox,
) -> Result<(), DirectoryError> {
    let before = Recipient::clone(draft.existing(id)?);
    let policies = new.policies.clone();
    let made = new.into_recipient(id, draft.fresh_number()?, None);
    let kind = match (made.kind, before.account().cloned()) {
        (Kind::UserMailbox(_, mailbox), Some(account)) => Kind::UserMailbox(account, mailbox),
        (kind, _) => kind,
    };
    let recipient = Recipient {
        alias: made.alias,
        primary: made.primary,
        proxies: Vec::new(),
        kind,
        email_address_policy_enabled: made.email_address_policy_enabled,
        ..before
    };
    put_new(draft, recipient, policies).map(drop)
}

fn hash(password: &Password, cost: HashCost) -> Result<Credentials, DirectoryError> {
    let scram = ScramSecret::generate(password)?;
    Ok(Credentials { password: PasswordHash::new(password, cost)?, scram })
}

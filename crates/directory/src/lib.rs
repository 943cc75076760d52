//! The organization's directory: accepted domains, recipients, who may log in as whom.
//!
//! A [`Directory`] keeps everything in memory as a [`Snapshot`], which answers every
//! question ([`Snapshot::resolve`], [`Snapshot::by_login`], [`expand()`]) without touching the
//! store, and writes changes through to it: one transaction and one change number each. It
//! is the server's [`auth::Authenticator`].
//!
//! What it is not: it knows no protocol (LDAP and the address book are projections of it)
//! and no mailbox contents; it hands out mailbox numbers, crate `mailbox` fills them.
//!
//! Invariants: an SMTP or X500 address belongs to one recipient, compared without case; so
//! does an alias. A mailbox's and a group's SMTP addresses lie in accepted domains. There is a
//! default domain as soon as there is any domain. Readers see a change when it is durable,
//! never before, and whole.

mod address_policy;
mod app_password;
mod attributes;
mod audit;
mod authenticate;
mod directory;
mod domain;
mod draft;
mod error;
mod expand;
mod keys;
mod linked;
mod login;
mod members;
mod object;
mod permission;
mod persist;
mod photo;
mod recipient;
mod record;
mod request;
mod resolve;
mod role_group;
mod rules;
mod settings;
mod snapshot;

pub use address_policy::{AddressPolicies, AddressPolicy, Followed};
pub use app_password::{AppPassword, AppPasswords, NewAppPassword, Scopes, Unusable};
pub use attributes::Attributes;
pub use audit::{AuditEntry, ModifiedProperty};
pub use auth::RecipientId;
pub use authenticate::Vouched;
pub use directory::Directory;
pub use domain::{AcceptedDomain, DomainKind};
pub use error::DirectoryError;
pub use expand::{Destination, Expansion, Refusal, expand};
pub use linked::{LinkedCheck, LinkedDirectories, LinkedDirectory};
pub use login::{Login, Opens};
pub use members::Members;
pub use object::{ConfigurationObject, ObjectChange};
pub use permission::Sender;
pub use photo::{NoPhoto, Photo, PhotoFormat};
pub use recipient::{
    Account, AccountProtocols, ChangeNumber, Credentials, ForwardTo, Forwarding, Group,
    GroupReports, Kind, Mailbox, MailboxLocation, ProxyAddress, Quotas, Recipient,
    RecoverableItems, Restrictions,
};
pub use request::{MailboxKind, NewContact, NewGroup, NewMailUser, NewMailbox};
pub use resolve::Resolution;
pub use role_group::RoleGroup;
pub use snapshot::Snapshot;

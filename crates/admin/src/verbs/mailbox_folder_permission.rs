//! Who may do what in a folder: Add-, Get-, Set- and Remove-MailboxFolderPermission.
//!
//! A right is a role or a single right, under Exchange's names; the bits behind them are
//! [MS-OXCPERM] 2.2.7's.

use directory::RecipientId;
use mailbox::{Folder, Grantee, Guid, Mailbox, Rights, Special};

use super::mailbox::{MAILBOX, open};
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Object, Role, Scalar, Session, Shape, Verb, VerbError,
    object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<AddMailboxFolderPermission>(),
    Verb::of::<GetMailboxFolderPermission>(),
    Verb::of::<SetMailboxFolderPermission>(),
    Verb::of::<RemoveMailboxFolderPermission>(),
];

object! {
    /// What somebody may do in a folder.
    pub struct FolderPermissionObject = "MailboxFolderPermission" [folder_name, user, access_rights] {
        /// The mailbox's alias and the folder: `alice:\Inbox`.
        identity: String,
        /// The folder's name.
        folder_name: String,
        /// Who; Default stands for everybody without an entry.
        user: String,
        /// A role, or single rights.
        access_rights: Vec<&'static str>,
    }
}

verb! {
    /// Lets somebody into a folder of a mailbox.
    pub struct AddMailboxFolderPermission = "Add-MailboxFolderPermission" (Role::MailRecipients, Effect::Change) {
        /// The mailbox and the folder: `alice:\Inbox`.
        identity: FolderIdentity = first,
        /// Who, or Default.
        user: Identity,
        /// A role, or single rights.
        access_rights: Vec<AccessRight>,
    }
}

verb! {
    /// Shows who may do what in a folder, besides the mailbox's owner.
    pub struct GetMailboxFolderPermission = "Get-MailboxFolderPermission" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The mailbox and the folder: `alice:\Inbox`.
        identity: FolderIdentity = first,
    }
}

verb! {
    /// Changes what somebody may do in a folder.
    pub struct SetMailboxFolderPermission = "Set-MailboxFolderPermission" (Role::MailRecipients, Effect::Change) {
        /// The mailbox and the folder: `alice:\Inbox`.
        identity: FolderIdentity = first,
        /// Who, or Default.
        user: Identity,
        /// A role, or single rights.
        access_rights: Vec<AccessRight>,
    }
}

verb! {
    /// Takes somebody's entry out of a folder's list.
    pub struct RemoveMailboxFolderPermission = "Remove-MailboxFolderPermission" (Role::MailRecipients, Effect::Change) {
        /// The mailbox and the folder: `alice:\Inbox`.
        identity: FolderIdentity = first,
        /// Who, or Default.
        user: Identity,
    }
}

/// `alice:\Inbox\Work`; a mailbox alone stands for what is above all folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderIdentity {
    mailbox: Identity,
    path: Vec<String>,
}

impl Scalar for FolderIdentity {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let (mailbox, path) = text.split_once(":\\").unwrap_or((text, ""));
        let wrong = |_| Expected("a mailbox and a folder such as alice:\\Inbox".to_owned());
        let path = path.split('\\').filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(FolderIdentity {
            mailbox: Identity::parse(mailbox).map_err(wrong)?,
            path: path.collect(),
        })
    }
}

impl FolderIdentity {
    fn text(&self) -> String {
        format!("{}:\\{}", self.mailbox.0, self.path.join("\\"))
    }
}

/// Roles, the strongest first: their bits are shown under the role's name.
const ROLES: [(&str, Rights); 9] = [
    ("Owner", Rights::ROLE_OWNER),
    ("PublishingEditor", Rights::ROLE_PUBLISHING_EDITOR),
    ("Editor", Rights::ROLE_EDITOR),
    ("PublishingAuthor", Rights::ROLE_PUBLISHING_AUTHOR),
    ("Author", Rights::ROLE_AUTHOR),
    ("NonEditingAuthor", Rights::ROLE_NON_EDITING_AUTHOR),
    ("Reviewer", Rights::ROLE_REVIEWER),
    ("Contributor", Rights::ROLE_CONTRIBUTOR),
    ("None", Rights::NONE),
];

/// Single rights. To change or delete any item is to change or delete one's own.
const SINGLE: [(&str, Rights); 10] = [
    ("ReadItems", Rights::READ_ANY),
    ("CreateItems", Rights::CREATE),
    ("EditOwnedItems", Rights::EDIT_OWNED),
    ("DeleteOwnedItems", Rights::DELETE_OWNED),
    ("EditAllItems", Rights::EDIT_ANY),
    ("DeleteAllItems", Rights::DELETE_ANY),
    ("CreateSubfolders", Rights::CREATE_SUBFOLDER),
    ("FolderOwner", Rights::OWNER),
    ("FolderContact", Rights::CONTACT),
    ("FolderVisible", Rights::VISIBLE),
];

/// A value of AccessRights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessRight(Rights);

impl Scalar for AccessRight {
    const SHAPE: Shape = Shape::OneOf(&[
        "Owner",
        "PublishingEditor",
        "Editor",
        "PublishingAuthor",
        "Author",
        "NonEditingAuthor",
        "Reviewer",
        "Contributor",
        "None",
        "ReadItems",
        "CreateItems",
        "EditOwnedItems",
        "DeleteOwnedItems",
        "EditAllItems",
        "DeleteAllItems",
        "CreateSubfolders",
        "FolderOwner",
        "FolderContact",
        "FolderVisible",
    ]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let mut all = ROLES.iter().chain(&SINGLE);
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, rights)| AccessRight(*rights)).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// The rights together. Errors: none were given.
fn together(rights: &[AccessRight]) -> Result<Rights, VerbError> {
    if rights.is_empty() {
        return Err(VerbError::Missing("AccessRights".to_owned()));
    }
    let all = rights.iter().fold(Rights::NONE, |all, AccessRight(right)| all | *right);
    let implied =
        [(Rights::EDIT_ANY, Rights::EDIT_OWNED), (Rights::DELETE_ANY, Rights::DELETE_OWNED)];
    let held = implied.into_iter().filter(|(any, _)| all.contains(*any));
    Ok(held.fold(all, |all, (_, owned)| all | owned))
}

/// Rights under their names.
fn named(rights: Rights) -> Vec<&'static str> {
    // Who is the folder's contact does not matter for the role.
    let bare = rights.without(Rights::CONTACT);
    let role = ROLES.iter().find(|(_, role)| role.without(Rights::CONTACT) == bare);
    match role {
        Some((name, _)) => vec![name],
        None => {
            let held = SINGLE.iter().filter(|(_, right)| rights.contains(*right));
            held.map(|(name, _)| *name).collect()
        }
    }
}

/// Whom an entry speaks of.
fn grantee(session: &Session<'_>, user: &Identity) -> Result<Grantee, VerbError> {
    match user.0.to_ascii_lowercase().as_str() {
        "default" => Ok(Grantee::Default),
        "anonymous" => Ok(Grantee::Anonymous),
        _ => Ok(Grantee::Recipient(Guid(session.recipient(user, "user")?.id.0))),
    }
}

/// An opened mailbox and a folder in it.
struct Place {
    owner: Identity,
    mailbox: Mailbox,
    folder: Folder,
    named: String,
}

impl Place {
    async fn find(session: &Session<'_>, identity: &FolderIdentity) -> Result<Self, VerbError> {
        let mailbox = open(session, &identity.mailbox).await?;
        let path = identity.path.clone();
        let folder = mailbox.read(move |view| {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match path.is_empty() {
                true => view.special(Special::Root).map(Some),
                false => view.folder_by_path(&path),
            }
        });
        let missing = || VerbError::NotFound { what: "folder", identity: identity.text() };
        let folder = folder.await?.ok_or_else(missing)?;
        Ok(Place { owner: identity.mailbox.clone(), mailbox, folder, named: identity.text() })
    }

    fn rights(&self, grantee: Grantee) -> Option<Rights> {
        let entry = self.folder.acl.iter().find(|entry| entry.grantee == grantee);
        entry.map(|entry| entry.rights)
    }

    /// Writes an entry, or removes it.
    async fn set(
        self,
        session: &Session<'_>,
        user: &Identity,
        rights: Option<Rights>,
    ) -> Result<(), VerbError> {
        session.may_change(&*MAILBOX.find(session, &self.owner)?)?;
        if !session.should_process(format!("Changing permissions of {}", self.named)) {
            return Ok(());
        }
        let (folder, grantee) = (self.folder.id, grantee(session, user)?);
        let was = entry(user, self.rights(grantee));
        self.mailbox.write(move |change| change.set_acl(folder, grantee, rights)).await?;
        session.modified(self.named, Some(&was), Some(&entry(user, rights)));
        Ok(())
    }
}

/// An entry for the audit log.
fn entry(user: &Identity, rights: Option<Rights>) -> Object {
    let rights = rights.map(|rights| named(rights).into());
    Object(rights.map(|rights| (user.0.clone(), rights)).into_iter().collect())
}

impl Cmdlet for AddMailboxFolderPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let rights = together(&self.access_rights)?;
        let place = Place::find(session, &self.identity).await?;
        if place.rights(grantee(session, &self.user)?).is_some() {
            let known = format!("{} has an entry: run Set-MailboxFolderPermission", self.user.0);
            return Err(VerbError::Invalid(known));
        }
        place.set(session, &self.user, Some(rights)).await
    }
}

impl Cmdlet for SetMailboxFolderPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let rights = together(&self.access_rights)?;
        let place = Place::find(session, &self.identity).await?;
        existing(&place, session, &self.user)?;
        place.set(session, &self.user, Some(rights)).await
    }
}

impl Cmdlet for RemoveMailboxFolderPermission {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let place = Place::find(session, &self.identity).await?;
        existing(&place, session, &self.user)?;
        place.set(session, &self.user, None).await
    }
}

/// Errors: NotFound, when somebody has no entry.
fn existing(place: &Place, session: &Session<'_>, user: &Identity) -> Result<(), VerbError> {
    match place.rights(grantee(session, user)?) {
        Some(_) => Ok(()),
        None => Err(VerbError::NotFound { what: "permission", identity: user.0.clone() }),
    }
}

impl Cmdlet for GetMailboxFolderPermission {
    type Answer = Vec<FolderPermissionObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let place = Place::find(session, &self.identity).await?;
        let snapshot = session.snapshot();
        let name = |grantee| match grantee {
            Grantee::Default => Some("Default".to_owned()),
            Grantee::Anonymous => Some("Anonymous".to_owned()),
            Grantee::Recipient(guid) => {
                snapshot.recipient(RecipientId(guid.0)).map(|each| each.primary.to_string())
            }
        };
        let shown = place.folder.acl.iter().filter_map(|entry| {
            Some(FolderPermissionObject {
                identity: place.named.clone(),
                folder_name: place.folder.name.clone(),
                user: name(entry.grantee)?,
                access_rights: named(entry.rights),
            })
        });
        Ok(shown.collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rights_go_by_their_roles_names() {
        for (name, _) in ROLES {
            let AccessRight(rights) = AccessRight::parse(name).unwrap();
            assert_eq!(named(rights), [name]);
        }
        assert!(AccessRight::parse("EditItems").is_err());
        let given = ["ReadItems", "EditAllItems"].map(|name| AccessRight::parse(name).unwrap());
        let rights = together(&given).unwrap();
        assert_eq!(named(rights), ["ReadItems", "EditOwnedItems", "EditAllItems"]);
        assert!(together(&[]).is_err());
    }

    #[test]
    fn folders_are_named_behind_their_mailbox() {
        let parsed = FolderIdentity::parse("alice@example.test:\\Inbox\\Work").unwrap();
        assert_eq!(parsed.mailbox.0, "alice@example.test");
        assert_eq!(parsed.path, ["Inbox", "Work"]);
        assert_eq!(FolderIdentity::parse("alice").unwrap().path, Vec::<String>::new());
        assert!(FolderIdentity::parse(":\\Inbox").is_err());
    }
}

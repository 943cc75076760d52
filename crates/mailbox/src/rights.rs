//! Who may do what in a folder: MAPI's folder rights ([MS-OXCPERM] 2.2.7), Exchange's roles
//! made of them, and how IMAP's ACL letters (RFC 4314) map to them.

use std::ops::BitOr;

use types::wire::{Reader, Truncated};

use crate::id::Guid;

/// Folder rights, bit by bit as MAPI has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u32);

impl Rights {
    /// Nothing.
    pub const NONE: Rights = Rights(0);
    /// Read any item.
    pub const READ_ANY: Rights = Rights(0x1);
    /// Create items.
    pub const CREATE: Rights = Rights(0x2);
    /// Change own items.
    pub const EDIT_OWNED: Rights = Rights(0x8);
    /// Delete own items.
    pub const DELETE_OWNED: Rights = Rights(0x10);
    /// Change any item.
    pub const EDIT_ANY: Rights = Rights(0x20);
    /// Delete any item.
    pub const DELETE_ANY: Rights = Rights(0x40);
    /// Create subfolders.
    pub const CREATE_SUBFOLDER: Rights = Rights(0x80);
    /// Administer the folder: rename, delete, permissions.
    pub const OWNER: Rights = Rights(0x100);
    /// Is the folder's contact.
    pub const CONTACT: Rights = Rights(0x200);
    /// See that the folder is there.
    pub const VISIBLE: Rights = Rights(0x400);

    /// Role Owner.
    pub const ROLE_OWNER: Rights = Rights(0x7fb);
    /// Role Publishing Editor.
    pub const ROLE_PUBLISHING_EDITOR: Rights = Rights(0x4fb);
    /// Role Editor.
    pub const ROLE_EDITOR: Rights = Rights(0x47b);
    /// Role Publishing Author.
    pub const ROLE_PUBLISHING_AUTHOR: Rights = Rights(0x49b);
    /// Role Author.
    pub const ROLE_AUTHOR: Rights = Rights(0x41b);
    /// Role Nonediting Author.
    pub const ROLE_NON_EDITING_AUTHOR: Rights = Rights(0x413);
    /// Role Reviewer.
    pub const ROLE_REVIEWER: Rights = Rights(0x401);
    /// Role Contributor.
    pub const ROLE_CONTRIBUTOR: Rights = Rights(0x402);

    /// The stored bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// From stored bits.
    pub const fn from_bits(bits: u32) -> Self {
        Rights(bits)
    }

    /// True when all rights of `other` are held.
    pub const fn contains(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// The IMAP letters of these rights. `s` and `w` are tied (both change an item), as are
    /// `t` and `e`, and `x` and `a`; LISTRIGHTS says so.
    pub fn to_imap(self) -> String {
        IMAP_LETTERS
            .iter()
            .filter(|(_, right)| self.contains(*right))
            .flat_map(|(letters, _)| letters.chars())
            .collect()
    }

    /// The rights behind IMAP letters; `None` when a letter is unknown. The obsolete `c` and
    /// `d` of RFC 2086 are taken for `k` and `te`.
    pub fn from_imap(letters: &str) -> Option<Rights> {
        letters.chars().try_fold(Rights::NONE, |rights, letter| {
            let letter = match letter {
                'c' => 'k',
                'd' => 't',
                other => other,
            };
            let found = IMAP_LETTERS.iter().find(|(letters, _)| letters.contains(letter));
            found.map(|(_, right)| rights | *right)
        })
    }

    /// These without the rights of `other`.
    pub const fn without(self, other: Rights) -> Self {
        Rights(self.0 & !other.0)
    }
}

/// Letters that are granted together, and the right behind them.
pub const IMAP_LETTERS: [(&str, Rights); 7] = [
    ("l", Rights::VISIBLE),
    ("r", Rights::READ_ANY),
    ("sw", Rights(0x20 | 0x8)),
    ("ip", Rights::CREATE),
    ("k", Rights::CREATE_SUBFOLDER),
    ("te", Rights(0x40 | 0x10)),
    ("xa", Rights::OWNER),
];

impl BitOr for Rights {
    type Output = Rights;
    fn bitor(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }
}

/// Whom an ACL entry speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// Default: everybody who is logged in.
    Default,
    /// Anonymous.
    Anonymous,
    /// A recipient of the directory.
    Recipient(Guid),
}

impl Grantee {
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        match self {
            Grantee::Default => out.push(0),
            Grantee::Anonymous => out.push(1),
            Grantee::Recipient(guid) => {
                out.push(2);
                out.extend_from_slice(&guid.0);
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        match reader.octet()? {
            0 => Ok(Grantee::Default),
            1 => Ok(Grantee::Anonymous),
            2 => Ok(Grantee::Recipient(Guid(reader.array()?))),
            _ => Err(Truncated),
        }
    }
}

/// One line of a folder's access control list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// Who.
    pub grantee: Grantee,
    /// What.
    pub rights: Rights,
}

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The server itself: delivery, retention, verbs.
    System,
    /// The owner of the mailbox, or somebody with full access to it.
    Owner(Guid),
    /// Somebody else, with what the folders' lists grant.
    Delegate(Guid),
}

impl Access {
    /// Whoever it is; none for the server itself.
    pub fn principal(self) -> Option<Guid> {
        match self {
            Access::System => None,
            Access::Owner(guid) | Access::Delegate(guid) => Some(guid),
        }
    }

    /// The rights in a folder with this access control list.
    pub fn rights(self, acl: &[AclEntry]) -> Rights {
        match self {
            Access::System | Access::Owner(_) => Rights::ROLE_OWNER,
            Access::Delegate(guid) => granted(acl, Grantee::Recipient(guid))
                .or_else(|| granted(acl, Grantee::Default))
                .unwrap_or(Rights::NONE),
        }
    }
}

fn granted(acl: &[AclEntry], grantee: Grantee) -> Option<Rights> {
    acl.iter().find(|entry| entry.grantee == grantee).map(|entry| entry.rights)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn letters_and_rights() {
        assert_eq!(Rights::from_imap("lr").unwrap(), Rights::ROLE_REVIEWER);
        assert_eq!(Rights::ROLE_REVIEWER.to_imap(), "lr");
        assert_eq!(Rights::ROLE_OWNER.to_imap(), "lrswipktexa");
        assert_eq!(Rights::from_imap("cd").unwrap().to_imap(), "kte");
        assert_eq!(Rights::from_imap("l9"), None);
    }

    #[test]
    fn own_entry_beats_default_even_when_it_grants_less() {
        let me = Guid([7; 16]);
        let acl = [
            AclEntry { grantee: Grantee::Default, rights: Rights::ROLE_EDITOR },
            AclEntry { grantee: Grantee::Recipient(me), rights: Rights::NONE },
        ];
        assert_eq!(Access::Delegate(me).rights(&acl), Rights::NONE);
        assert_eq!(Access::Delegate(Guid([8; 16])).rights(&acl), Rights::ROLE_EDITOR);
        assert_eq!(Access::Owner(me).rights(&acl), Rights::ROLE_OWNER);
    }
}

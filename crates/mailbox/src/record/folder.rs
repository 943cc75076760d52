//! The folder row: hierarchy, class, permissions. Counters stand apart, because a delivery
//! must not rewrite this one.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_bytes, put_uint};

use crate::id::{ChangeNumber, FolderId};
use crate::rights::{AclEntry, Grantee, Rights};

macro_rules! special {
    ($($(#[$doc:meta])* $name:ident = $number:literal),* $(,)?) => {
        /// What a folder is for; there is at most one of each in a mailbox.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Special { $($(#[$doc])* $name = $number),* }

        impl Special {
            fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Special::$name),)* _ => None }
            }
        }
    };
}

special! {
    /// The IPM subtree ("Top of Information Store"): the parent of what users see.
    Root = 1,
    /// Inbox.
    Inbox = 2,
    /// Drafts.
    Drafts = 3,
    /// Sent Items.
    SentItems = 4,
    /// Deleted Items.
    DeletedItems = 5,
    /// Junk Email.
    JunkEmail = 6,
    /// Outbox.
    Outbox = 7,
    /// Archive.
    Archive = 8,
    /// Calendar.
    Calendar = 9,
    /// Contacts.
    Contacts = 10,
    /// Tasks.
    Tasks = 11,
    /// Notes.
    Notes = 12,
    /// Journal.
    Journal = 13,
    /// Recoverable Items: the hidden parent.
    RecoverableItems = 20,
    /// Soft-deleted items, within their retention.
    Deletions = 21,
    /// Removed from Deletions by the user; kept while a hold or the retention says so.
    Purges = 22,
    /// Earlier versions of changed items under a hold.
    Versions = 23,
}

impl Special {
    /// Folders that users see, as Exchange's cmdlets name them by what they are for.
    pub const NAMES: &'static [(&'static str, Special)] = &[
        ("Inbox", Special::Inbox),
        ("Drafts", Special::Drafts),
        ("SentItems", Special::SentItems),
        ("DeletedItems", Special::DeletedItems),
        ("JunkEmail", Special::JunkEmail),
        ("Outbox", Special::Outbox),
        ("Archive", Special::Archive),
        ("Calendar", Special::Calendar),
        ("Contacts", Special::Contacts),
        ("Tasks", Special::Tasks),
        ("Notes", Special::Notes),
        ("Journal", Special::Journal),
    ];
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Survives rename and move.
    pub id: FolderId,
    /// The folder it lies in; its own id for the root.
    pub parent: FolderId,
    /// Name within the parent, as shown.
    pub name: String,
    /// PidTagContainerClass: `IPF.Note`, `IPF.Appointment`, ….
    pub class: String,
    /// What it is for.
    pub special: Option<Special>,
    /// Never listed to clients.
    pub hidden: bool,
    /// In the IMAP subscription list.
    pub subscribed: bool,
    /// UIDVALIDITY; survives rename, never falls.
    pub uid_validity: u32,
    /// Last change of name, parent, properties or permissions.
    pub hier_cn: ChangeNumber,
    /// Who may do what, beyond the owner.
    pub acl: Vec<AclEntry>,
}

impl Record for Folder {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.id.get());
        put_uint(out, self.parent.get());
        put_bytes(out, self.name.as_bytes());
        put_bytes(out, self.class.as_bytes());
        out.push(self.special.map_or(0, |special| special as u8));
        out.push(u8::from(self.hidden) | u8::from(self.subscribed) << 1);
        put_uint(out, u64::from(self.uid_validity));
        put_uint(out, self.hier_cn.get());
        put_uint(out, self.acl.len() as u64);
        for entry in &self.acl {
            entry.grantee.encode(out);
            put_uint(out, u64::from(entry.rights.bits()));
        }
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        decode(payload).map_err(|_| Corrupt("folder"))
    }
}

fn decode(payload: &[u8]) -> Result<Folder, Truncated> {
    let mut reader = Reader::new(payload);
    let id = FolderId::new(reader.uint()?);
    let parent = FolderId::new(reader.uint()?);
    let name = reader.text()?.to_owned();
    let class = reader.text()?.to_owned();
    let special = Special::from_number(reader.octet()?);
    let bits = reader.octet()?;
    let uid_validity = reader.uint32()?;
    let hier_cn = ChangeNumber::new(reader.uint()?);
    let acl =
        (0..reader.uint()?).map(|_| decode_acl_entry(&mut reader)).collect::<Result<_, _>>()?;
    Ok(Folder {
        id,
        parent,
        name,
        class,
        special,
        hidden: bits & 1 != 0,
        subscribed: bits & 2 != 0,
        uid_validity,
        hier_cn,
        acl,
    })
}

fn decode_acl_entry(reader: &mut Reader<'_>) -> Result<AclEntry, Truncated> {
    let grantee = Grantee::decode(reader)?;
    let rights = Rights::from_bits(reader.uint32()?);
    Ok(AclEntry { grantee, rights })
}

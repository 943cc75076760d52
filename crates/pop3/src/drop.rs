//! The maildrop: the Inbox as it was when the session logged in.

use std::ops::ControlFlow;

use mailbox::{ContentNumber, Fault, FolderId, Mailbox, Special, Uid, UidSet};

/// A message of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// UID in the Inbox.
    pub uid: Uid,
    /// What to read it by: it stays readable when another session moves it away.
    pub content: ContentNumber,
    /// Octets.
    pub size: u32,
    /// Marked by DELE.
    pub deleted: bool,
}

/// The frozen list.
pub struct Maildrop {
    /// The mailbox.
    pub mailbox: Mailbox,
    folder: FolderId,
    uid_validity: u32,
    messages: Vec<Message>,
}

impl Maildrop {
    /// Takes the list, oldest first (Exchange's MessageRetrievalSortOrder Ascending).
    pub async fn open(mailbox: Mailbox) -> Result<Self, Fault> {
        let (folder, uid_validity, messages) = mailbox
            .read(|view| {
                let inbox = view.special(Special::Inbox)?;
                let mut messages = Vec::new();
                view.entries(inbox.id, &UidSet::all(), &mut |entry| {
                    messages.push(Message {
                        uid: entry.uid,
                        content: entry.content,
                        size: entry.size,
                        deleted: false,
                    });
                    ControlFlow::Continue(())
                })?;
                Ok((inbox.id, inbox.uid_validity, messages))
            })
            .await?;
        Ok(Maildrop { mailbox, folder, uid_validity, messages })
    }

    /// The message with this number, unless it is marked deleted.
    pub fn message(&self, number: u32) -> Option<&Message> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.messages.get(index).filter(|message| !message.deleted)
    }

    /// Number and message of all that are not marked deleted.
    pub fn messages(&self) -> impl Iterator<Item = (u32, &Message)> {
        (1u32..).zip(&self.messages).filter(|(_, message)| !message.deleted)
    }

    /// Unique and persistent (RFC 1939 section 7): UIDVALIDITY and UID, which survive server
    /// moves as they do for IMAP.
    pub fn unique_id(&self, message: &Message) -> String {
        format!("{:08x}{:08x}", self.uid_validity, message.uid.get())
    }

    /// Messages and octets that are not marked deleted.
    pub fn totals(&self) -> (usize, u64) {
        let sizes = self.messages().map(|(_, message)| u64::from(message.size));
        sizes.fold((0, 0), |(count, octets), size| (count + 1, octets + size))
    }

    /// Marks a message; true when it was there.
    pub fn delete(&mut self, number: u32) -> bool {
        let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.messages.get_mut(index));
        match found.filter(|message| !message.deleted) {
            Some(message) => {
                message.deleted = true;
                true
            }
            None => false,
        }
    }

    /// Takes all marks back.
    pub fn reset(&mut self) {
        self.messages.iter_mut().for_each(|message| message.deleted = false);
    }

    /// Deletes what is marked: the UPDATE state. After a fault some may be gone (RFC 1939
    /// section 6).
    pub async fn commit(self) -> Result<(), Fault> {
        let marked = self.messages.iter().filter(|message| message.deleted);
        let uids: UidSet = marked.map(|message| message.uid).collect();
        if uids.is_empty() {
            return Ok(());
        }
        self.mailbox.expunge(self.folder, uids, false).await.map(|_| ())
    }
}

//! Mailboxes in memory, and requests on them.

#![allow(dead_code)] // each test has its part of it

pub mod outlook;
pub mod source;

use std::ops::ControlFlow;
use std::path::Path;

use mailbox::{
    Access, Flags, Guid, Keywords, Mailbox, MailboxNumber, NewItem, Parcel, Special, UidSet,
};
use migration::{
    DiskFormat, FolderProgress, Item, Kind, MigrationError, Network, NewRequest, Place, Request,
    RequestState, Requests, Sink, SourceFolder,
};
use net::connect::Rules;
use net::tls::Roots;
use net::{Connector, Resolver};
use store::{Database, Options};

/// A message as a test sees it: folder, octets, flags, keywords, time.
pub type Kept = (String, String, Flags, Vec<String>, i64);

/// Mailboxes of one database, and its requests.
pub struct World {
    pub requests: Requests,
    mailboxes: u32,
}

impl World {
    pub async fn new() -> Self {
        let opened = tokio::task::spawn_blocking(|| Database::open(Options::memory()));
        World { requests: Requests::new(opened.await.unwrap().unwrap()), mailboxes: 0 }
    }

    pub async fn mailbox(&mut self) -> Mailbox {
        self.mailboxes += 1;
        let database = self.requests.database();
        let number = MailboxNumber::new(self.mailboxes);
        Mailbox::create(database, number, guid(number)).await.unwrap();
        Mailbox::open(database.clone(), number, Access::System)
    }

    pub async fn request(&self, new: NewRequest) -> Request {
        self.requests.create(new).await.unwrap()
    }

    pub async fn state(&self, request: &Request) -> RequestState {
        let all = self.requests.all().await.unwrap();
        all.into_iter().find(|(each, _)| each.id == request.id).unwrap().1
    }

    /// Runs a request to its end.
    pub async fn run(&self, new: NewRequest, mailbox: &Mailbox) -> RequestState {
        let request = self.request(new).await;
        migration::run(&request, mailbox, &network()).await.unwrap();
        self.state(&request).await
    }
}

/// A sink that is cut off after some batches, as by a kill; `late` does so after the batch was
/// written.
pub struct Cut<'s, S> {
    pub sink: &'s mut S,
    pub left: usize,
    pub late: bool,
}

impl<S: Sink> Sink for Cut<'_, S> {
    async fn enter(
        &mut self,
        folder: &SourceFolder,
        path: &[String],
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        self.sink.enter(folder, path, progress).await
    }

    async fn put(
        &mut self,
        folder: &SourceFolder,
        items: Vec<Item>,
        progress: &mut FolderProgress,
    ) -> Result<(), MigrationError> {
        if self.left == 0 && !self.late {
            return Err(MigrationError::Stopped);
        }
        self.sink.put(folder, items, progress).await?;
        match self.left.checked_sub(1) {
            None => Err(MigrationError::Stopped),
            Some(left) => {
                self.left = left;
                Ok(())
            }
        }
    }
}

/// Loopback only, by address.
pub fn network() -> Network {
    let nobody = "127.0.0.1:9".parse().unwrap();
    Network {
        connector: Connector::new(Rules::default()),
        resolver: Resolver::with_server(nobody).unwrap(),
        roots: Roots::System,
    }
}

fn guid(number: MailboxNumber) -> Guid {
    Guid([number.get() as u8; 16])
}

pub fn on_disk(kind: Kind, mailbox: &Mailbox, path: &Path, format: DiskFormat) -> NewRequest {
    on_place(kind, mailbox, Place::Disk { path: path.to_owned(), format })
}

pub fn on_place(kind: Kind, mailbox: &Mailbox, place: Place) -> NewRequest {
    NewRequest {
        kind,
        name: None,
        mailbox: guid(mailbox.number()),
        place,
        source_root: String::new(),
        target_root: String::new(),
        include: Vec::new(),
        exclude: Vec::new(),
        bad_item_limit: Some(0),
        suspended: false,
    }
}

/// Puts a message into a folder, which is made if it is missing.
pub async fn put(mailbox: &Mailbox, folder: &[&str], octets: &str, flags: Flags, keyword: &str) {
    let summary = content::derive(octets.as_bytes()).encode().into();
    let staged = mailbox.stage(octets.as_bytes().to_vec()).await.unwrap();
    let received = Some(1_700_000_000 + octets.len() as i64);
    let (prefix, keywords) = (Vec::new(), Keywords::NONE);
    let item = NewItem { summary, prefix, flags, keywords, received, zone_minutes: 0 };
    let parcel = Parcel { staged, item, keywords: vec![keyword.to_owned()] };
    let path: Vec<String> = folder.iter().map(|name| (*name).to_owned()).collect();
    mailbox
        .write(move |change| {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let found = change.view()?.folder_by_path(&path)?;
            let id = match (found, path.is_empty()) {
                (_, true) => change.special_id(Special::Inbox),
                (Some(folder), _) => folder.id,
                (None, _) => change.create_path(&path)?.id,
            };
            parcel.append(change, id).map(drop)
        })
        .await
        .unwrap();
}

/// All messages, by folder and UID.
pub async fn kept(mailbox: &Mailbox) -> Vec<Kept> {
    let read = mailbox.read(|view| {
        let (mut all, names) = (Vec::new(), view.keywords()?);
        for folder in view.folders()? {
            let path = view.path(folder.id)?.join("/");
            let mut entries = Vec::new();
            view.entries(folder.id, &UidSet::all(), &mut |entry| {
                entries.push(entry.clone());
                ControlFlow::Continue(())
            })?;
            for entry in entries {
                let octets = view.message(&view.content(entry.content)?)?;
                let octets = String::from_utf8(octets).unwrap();
                let keywords = names.names_of(entry.keywords).map(str::to_owned).collect();
                all.push((path.clone(), octets, entry.flags, keywords, entry.received));
            }
        }
        Ok(all)
    });
    let mut all = read.await.unwrap();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// What of them is in which folder: folder and octets.
pub async fn octets(mailbox: &Mailbox) -> Vec<(String, String)> {
    kept(mailbox).await.into_iter().map(|(folder, octets, ..)| (folder, octets)).collect()
}

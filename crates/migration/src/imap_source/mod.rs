//! A mailbox on another server as a source, by IMAP4rev1 (RFC 3501, RFC 9051).
//!
//! Nothing at the source is changed. A folder's order is that of its UIDs, so the cursor is the
//! last UID that is done, with the UIDVALIDITY it belongs to. When that has changed, the folder
//! is gone through from its beginning, and its items are [`again`](crate::Item::again): the sink
//! leaves out those whose octets it has.
//!
//! A message is known by the look before it is fetched (`window`); octets come in batches of
//! what is written in one go. One that cannot be had is asked for alone, and is a bad item when
//! it is still there and still refused. A connection that is lost is made again, a few times with
//! growing pauses; answers that are no IMAP count as lost ones.
//!
//! Not carried over: changes of flags, and removals, of messages that came before.

mod cursor;
mod date_time;
mod endpoint;
mod error;
mod folder_list;
mod messages;
mod network;
mod pacing;
pub mod response;
mod session;
mod value;
mod window;

use std::time::Duration;

use types::limits::{MIGRATION_IMAP_PAUSE_SECS_MAX, MIGRATION_IMAP_TRIES_MAX};

pub use self::endpoint::{ImapEndpoint, Pace, Secret, Security};
pub use self::error::ImapError;
pub use self::network::Network;

use self::cursor::Cursor;
use self::pacing::Pacing;
use self::session::{Selected, Session};
use self::window::Window;
use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::message::Item;
use crate::transfer::Source;

/// Whether the server of an endpoint answers and takes passwords, without one.
pub(crate) async fn probe(to: &ImapEndpoint, network: &Network) -> Result<(), ImapError> {
    Session::probe(to, network).await
}

/// A mailbox on another server.
pub struct ImapSource {
    endpoint: ImapEndpoint,
    network: Network,
    pacing: Pacing,
    /// None: there is none yet, or it was lost.
    session: Option<Session>,
    open: Option<(String, Selected)>,
    window: Option<Window>,
}

impl ImapSource {
    /// Does not connect yet.
    pub fn new(endpoint: &ImapEndpoint, network: &Network) -> Self {
        ImapSource {
            endpoint: endpoint.clone(),
            network: network.clone(),
            pacing: Pacing::new(endpoint.pace),
            session: None,
            open: None,
            window: None,
        }
    }

    async fn session(&mut self) -> Result<&mut Session, ImapError> {
        if self.session.is_none() {
            let (endpoint, network) = (&self.endpoint, &self.network);
            self.session = Some(Session::open(endpoint, network).await?);
        }
        self.session.as_mut().ok_or(ImapError::NoLogin)
    }

    async fn list(&mut self) -> Result<Vec<SourceFolder>, ImapError> {
        folder_list::folders(self.session().await?).await
    }

    /// Opens a folder, unless it is open.
    async fn enter(&mut self, place: &str) -> Result<Selected, ImapError> {
        match &self.open {
            Some((open, selected)) if open == place && self.session.is_some() => {
                return Ok(*selected);
            }
            _ => self.open = None,
        }
        let selected = self.session().await?.examine(place).await?;
        self.open = Some((place.to_owned(), selected));
        Ok(selected)
    }

    /// The next items; none: there are no more.
    async fn next(&mut self, place: &str, after: Option<&[u8]>) -> Result<Vec<Item>, ImapError> {
        self.pacing.wait().await;
        let selected = self.enter(place).await?;
        let cursor = Cursor::of(after, selected);
        let mut last = cursor.uid;
        while last < selected.last_uid {
            let wanted = self.look(place, selected, last).await?;
            let items = messages::fetch(self.session().await?, cursor, &wanted).await?;
            if !items.is_empty() {
                self.pacing.took(&items);
                return Ok(items);
            }
            let seen = self.window.as_ref().map_or(last, Window::until);
            last = wanted.last().map_or(seen, |(uid, _)| *uid);
        }
        Ok(Vec::new())
    }

    /// UIDs and sizes of the messages behind a UID; none: there are none as far as it looked.
    async fn look(
        &mut self,
        place: &str,
        selected: Selected,
        last: u32,
    ) -> Result<Vec<(u32, u64)>, ImapError> {
        let (pace, deleted) = (self.endpoint.pace, self.endpoint.deleted);
        let known = |window: &Window| window.covers(place, selected.validity, last);
        if !self.window.as_ref().is_some_and(known) {
            let session = self.session().await?;
            self.window = Some(Window::open(session, place, selected, last, deleted).await?);
        }
        Ok(self.window.as_ref().map_or(Vec::new(), |window| window.next(last, pace)))
    }

    /// Gives the connection up, and waits before the next one. Errors: the same, when trying again
    /// is of no use.
    async fn recover(&mut self, error: ImapError, tries: &mut u32) -> Result<(), ImapError> {
        *tries += 1;
        (self.session, self.open, self.window) = (None, None, None);
        if !error.is_passing() || *tries >= MIGRATION_IMAP_TRIES_MAX {
            return Err(error);
        }
        tracing::info!(%error, tries, host = self.endpoint.host, "the source is tried again");
        let pause = 1u64.checked_shl(*tries - 1).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_secs(pause.min(MIGRATION_IMAP_PAUSE_SECS_MAX))).await;
        Ok(())
    }
}

impl Source for ImapSource {
    async fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        let mut tries = 0;
        loop {
            match self.list().await {
                Ok(folders) => return Ok(folders),
                Err(error) => self.recover(error, &mut tries).await?,
            }
        }
    }

    async fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        let mut tries = 0;
        loop {
            match self.next(&folder.place, after).await {
                Ok(items) => return Ok(items),
                Err(error) => self.recover(error, &mut tries).await?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use net::connect::Rules;
    use net::tls::Roots;
    use net::{Connector, Resolver};
    use tokio::time::Instant;

    use super::*;

    fn source() -> ImapSource {
        let nobody = "127.0.0.1:9".parse().unwrap();
        let network = Network {
            connector: Connector::new(Rules::default()),
            resolver: Resolver::with_server(nobody).unwrap(),
            roots: Roots::System,
        };
        let endpoint = ImapEndpoint {
            host: "127.0.0.1".to_owned(),
            port: 9,
            security: Security::Tls,
            any_certificate: false,
            user: "someone".to_owned(),
            password: Secret::new("secret".to_owned()),
            deleted: false,
            pace: Pace::default(),
        };
        ImapSource::new(&endpoint, &network)
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_source_is_tried_again_with_growing_pauses() {
        let (mut source, mut tries, mut pauses) = (source(), 0, Vec::new());
        loop {
            let begun = Instant::now();
            if source.recover(ImapError::Bye(String::new()), &mut tries).await.is_err() {
                break;
            }
            pauses.push(begun.elapsed().as_secs());
        }
        assert_eq!(tries, MIGRATION_IMAP_TRIES_MAX);
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, MIGRATION_IMAP_PAUSE_SECS_MAX]);
        assert!(source.recover(ImapError::NoLogin, &mut 0).await.is_err());
    }
}

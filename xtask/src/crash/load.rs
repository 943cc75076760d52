//! Mixed load: for each mailbox one client that sends mail by SMTP and one that appends,
//! flags, moves and expunges by IMAP.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use super::imap::{Imap, Listed};
use super::ledger::{Ledger, State};
use super::message::{self, Token};
use super::random::Random;
use super::server::{PASSWORD, Server};
use super::smtp::Smtp;
use super::wire::{Answer, Trouble};
use crate::Result;

/// Where messages can be.
pub const FOLDERS: [&str; 2] = ["INBOX", "Moved"];
/// Messages in a folder above which clients only take away.
const FOLDER_MESSAGES_MAX: usize = 100;
/// Messages changed by one command.
const MESSAGES_PER_COMMAND_MAX: usize = 10;

/// Numbers of messages, for the whole run.
static TOKENS: AtomicU64 = AtomicU64::new(1);

/// What was acknowledged.
#[derive(Default)]
pub struct Done {
    delivered: AtomicU64,
    appended: AtomicU64,
    changed: AtomicU64,
}

impl fmt::Display for Done {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [delivered, appended, changed] =
            [&self.delivered, &self.appended, &self.changed].map(|n| n.load(Ordering::Relaxed));
        write!(to, "{delivered} delivered, {appended} appended, {changed} changed")
    }
}

/// Loads the server for a while, kills it, and waits until every client has noticed.
pub fn until_killed(
    server: Server,
    ledgers: &[Ledger],
    wait: Duration,
    random: &mut Random,
) -> Result<Done> {
    let done = Done::default();
    let users: Vec<String> = (0..ledgers.len()).map(|number| server.user(number)).collect();
    let (smtp, imap) = (server.smtp, server.imap);
    let troubles = thread::scope(|scope| {
        let mut clients = Vec::new();
        for number in 0..ledgers.len() {
            let (users, done) = (&users, &done);
            let sender = Sender { smtp, users, ledgers, done, random: random.fork() };
            clients.push(scope.spawn(move || sender.run()));
            let user = &users[number];
            let keeper =
                Keeper { imap, user, ledger: &ledgers[number], done, random: random.fork() };
            clients.push(scope.spawn(move || keeper.run()));
        }
        sleep(wait);
        server.kill()?;
        Ok::<_, Box<dyn std::error::Error>>(
            clients.into_iter().map(|client| client.join()).collect::<Vec<_>>(),
        )
    })?;
    for trouble in troubles {
        match trouble.map_err(|_| "a client panicked")? {
            Trouble::Gone(_) => {}
            unexpected => return Err(unexpected.into()),
        }
    }
    Ok(done)
}

/// Sends mail, to one user or to two at once.
struct Sender<'a> {
    smtp: SocketAddr,
    users: &'a [String],
    ledgers: &'a [Ledger],
    done: &'a Done,
    random: Random,
}

impl Sender<'_> {
    /// Ends only by trouble.
    fn run(mut self) -> Trouble {
        let Err(trouble) = self.send_on();
        trouble
    }

    fn send_on(&mut self) -> Answer<std::convert::Infallible> {
        let mut smtp = Smtp::connect(self.smtp)?;
        loop {
            let first = self.random.below(self.users.len());
            let second = self.random.below(self.users.len());
            let mut to = vec![first, second];
            to.dedup();
            to.truncate(1 + self.random.below(2));
            self.send(&mut smtp, &to)?;
        }
    }

    fn send(&self, smtp: &mut Smtp, to: &[usize]) -> Answer {
        let token = TOKENS.fetch_add(1, Ordering::Relaxed);
        to.iter().for_each(|number| self.ledgers[*number].offer(token));
        let recipients: Vec<String> = to.iter().map(|number| self.users[*number].clone()).collect();
        smtp.send(&recipients, &message::text(token))?;
        to.iter().for_each(|number| self.ledgers[*number].taken(token));
        self.done.delivered.fetch_add(to.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// Keeps one mailbox busy.
struct Keeper<'a> {
    imap: SocketAddr,
    user: &'a str,
    ledger: &'a Ledger,
    done: &'a Done,
    random: Random,
}

impl Keeper<'_> {
    /// Ends only by trouble.
    fn run(mut self) -> Trouble {
        let Err(trouble) = self.keep_on();
        trouble
    }

    fn keep_on(&mut self) -> Answer<std::convert::Infallible> {
        let mut imap = Imap::login(self.imap, self.user, PASSWORD)?;
        loop {
            let folder = FOLDERS[self.random.below(FOLDERS.len())];
            imap.select(folder)?;
            let listed = imap.list("HEADER.FIELDS (SUBJECT)")?;
            match self.random.below(5) {
                _ if listed.len() > FOLDER_MESSAGES_MAX => {
                    self.expunge(&mut imap, folder, &listed)?
                }
                0 | 1 => self.append(&mut imap)?,
                2 => self.flag(&mut imap, folder, &listed)?,
                3 => self.r#move(&mut imap, folder, &listed)?,
                _ => self.expunge(&mut imap, folder, &listed)?,
            }
        }
    }

    fn append(&self, imap: &mut Imap) -> Answer {
        let token = TOKENS.fetch_add(1, Ordering::Relaxed);
        self.ledger.offer(token);
        imap.append(FOLDERS[0], &message::text(token))?;
        self.ledger.taken(token);
        self.done.appended.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn flag(&mut self, imap: &mut Imap, folder: &'static str, listed: &[Listed]) -> Answer {
        let flagged = State::In { folder, flagged: true };
        self.change(imap, folder, listed, |_| flagged, &[("STORE", "+FLAGS (\\Flagged)")])
    }

    fn r#move(&mut self, imap: &mut Imap, folder: &'static str, listed: &[Listed]) -> Answer {
        let target = FOLDERS[usize::from(folder == FOLDERS[0])];
        let moved = |message: &Listed| message.state(target);
        self.change(imap, folder, listed, moved, &[("MOVE", target)])
    }

    fn expunge(&mut self, imap: &mut Imap, folder: &'static str, listed: &[Listed]) -> Answer {
        let commands = [("STORE", "+FLAGS.SILENT (\\Deleted)"), ("EXPUNGE", "")];
        self.change(imap, folder, listed, |_| State::Absent, &commands)
    }

    /// Some of the listed messages, by commands that together lead to the state `to`.
    fn change(
        &mut self,
        imap: &mut Imap,
        folder: &'static str,
        listed: &[Listed],
        to: impl Fn(&Listed) -> State,
        commands: &[(&str, &str)],
    ) -> Answer {
        let chosen = self.choose(listed);
        if chosen.is_empty() {
            return Ok(());
        }
        let uids: Vec<u32> = chosen.iter().map(|(message, _)| message.uid).collect();
        chosen.iter().for_each(|(message, token)| {
            self.ledger.begin(*token, message.state(folder), to(message));
        });
        for (verb, rest) in commands {
            imap.on_uids(verb, &uids, rest)?;
        }
        chosen.iter().for_each(|(message, token)| self.ledger.done(*token, to(message)));
        self.done.changed.fetch_add(chosen.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// A run of the list, anywhere.
    fn choose<'l>(&mut self, listed: &'l [Listed]) -> Vec<(&'l Listed, Token)> {
        let from = self.random.below(listed.len());
        let count = 1 + self.random.below(MESSAGES_PER_COMMAND_MAX);
        let run = listed.iter().skip(from).take(count);
        run.filter_map(|message| Some((message, message.token?))).collect()
    }
}

//! Mixed load: for each mailbox one client that sends mail by SMTP, one that appends, flags,
//! moves and expunges by IMAP, and one that submits mail to other domains.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use super::imap::{Imap, Listed};
use rustls::ClientConfig;

use super::ledger::{Ledger, State};
use super::message::{self, Token};
use super::outgoing::{self, Outgoing};
use super::random::Random;
use super::server::{PASSWORD, Server};
use super::smtp::{Envelope, Smtp};
use super::wire::{Answer, Trouble};
use crate::Result;

/// Where messages can be.
pub const FOLDERS: [&str; 2] = ["INBOX", "Moved"];
/// Messages in a folder above which clients only take away.
const FOLDER_MESSAGES_MAX: usize = 100;
/// Messages changed by one command.
const MESSAGES_PER_COMMAND_MAX: usize = 10;

/// One message from elsewhere in so many asks for a report.
const REPORT_EVERY: usize = 8;
/// Between two submissions of a user: the queue is to be busy when the kill comes, and to be
/// empty soon after the last one.
const SUBMIT_EVERY: Duration = Duration::from_millis(10);

/// Numbers of messages, for the whole run.
static TOKENS: AtomicU64 = AtomicU64::new(1);

/// What was acknowledged.
#[derive(Default)]
pub struct Done {
    delivered: AtomicU64,
    appended: AtomicU64,
    changed: AtomicU64,
    submitted: AtomicU64,
}

impl fmt::Display for Done {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [delivered, appended, changed, submitted] =
            [&self.delivered, &self.appended, &self.changed, &self.submitted]
                .map(|count| count.load(Ordering::Relaxed));
        write!(to, "{delivered} delivered, {appended} appended, {changed} changed, ")?;
        write!(to, "{submitted} submitted")
    }
}

/// Loads the server for a while, kills it, and waits until every client has noticed.
pub fn until_killed(
    server: Server,
    ledgers: &[Ledger],
    outgoing: &Outgoing,
    wait: Duration,
    random: &mut Random,
) -> Result<Done> {
    let done = Done::default();
    let users: Vec<String> = (0..ledgers.len()).map(|number| server.user(number)).collect();
    let (smtp, imap, smtps) = (server.smtp, server.imap, server.smtps);
    let trust = Arc::clone(&server.trust);
    let troubles = thread::scope(|scope| {
        let mut clients = Vec::new();
        for number in 0..ledgers.len() {
            let (users, done) = (&users, &done);
            let sender = Sender { smtp, users, ledgers, outgoing, done, random: random.fork() };
            clients.push(scope.spawn(move || sender.run()));
            let user = &users[number];
            let keeper =
                Keeper { imap, user, ledger: &ledgers[number], done, random: random.fork() };
            clients.push(scope.spawn(move || keeper.run()));
            let trust = Arc::clone(&trust);
            let submitter = Submitter { smtps, trust, user, outgoing, done };
            clients.push(scope.spawn(move || submitter.run()));
        }
        sleep(wait);
        server.kill()?;
        outgoing.killed();
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
    outgoing: &'a Outgoing,
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
            // Two recipients may be told of in one report or in two.
            let wants_report = to.len() == 1 && self.random.below(REPORT_EVERY) == 0;
            self.send(&mut smtp, &to, wants_report)?;
        }
    }

    /// A message to users; the report of its delivery, if one is wanted, leaves for elsewhere.
    fn send(&self, smtp: &mut Smtp, to: &[usize], wants_report: bool) -> Answer {
        let token = TOKENS.fetch_add(1, Ordering::Relaxed);
        to.iter().for_each(|number| self.ledgers[*number].offer(token));
        let recipients: Vec<String> = to.iter().map(|number| self.users[*number].clone()).collect();
        let report = wants_report.then(|| outgoing::report_id(token));
        let envelope = Envelope { from: "crash@elsewhere.example", to: &recipients, report };
        if wants_report {
            self.outgoing.offer(token);
        }
        smtp.send(&envelope, &message::text(token))?;
        to.iter().for_each(|number| self.ledgers[*number].taken(token));
        if wants_report {
            self.outgoing.taken(token);
        }
        self.done.delivered.fetch_add(to.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// Submits mail to other domains.
struct Submitter<'a> {
    smtps: SocketAddr,
    trust: Arc<ClientConfig>,
    user: &'a str,
    outgoing: &'a Outgoing,
    done: &'a Done,
}

impl Submitter<'_> {
    /// Ends only by trouble.
    fn run(self) -> Trouble {
        let Err(trouble) = self.submit_on();
        trouble
    }

    fn submit_on(&self) -> Answer<std::convert::Infallible> {
        let trust = Arc::clone(&self.trust);
        let mut smtp = Smtp::log_in(self.smtps, trust, self.user, PASSWORD)?;
        let to = ["somebody@foreign.example".to_owned()];
        let envelope = Envelope { from: self.user, to: &to, report: None };
        loop {
            let token = TOKENS.fetch_add(1, Ordering::Relaxed);
            self.outgoing.offer(token);
            smtp.send(&envelope, &message::text_from(self.user, token))?;
            self.outgoing.taken(token);
            self.done.submitted.fetch_add(1, Ordering::Relaxed);
            sleep(SUBMIT_EVERY);
        }
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

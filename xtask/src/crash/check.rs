//! What is in the mailboxes after a start.

use super::imap::Imap;
use super::ledger::{Found, Ledger};
use super::message;
use super::server::{PASSWORD, Server};
use super::{USERS, load::FOLDERS};
use crate::Result;

/// Every mailbox is as its ledger says, and every message as it was sent. Answers how many
/// messages were looked at.
pub fn all(server: &Server, ledgers: &[Ledger]) -> Result<usize> {
    let mut wrong = Vec::new();
    let mut messages = 0;
    for (number, ledger) in ledgers.iter().enumerate() {
        let user = server.user(number);
        let (found, damaged) = look(server, &user)?;
        messages += found.len();
        let differences = ledger.compare(&found).into_iter().chain(damaged);
        wrong.extend(differences.map(|text| format!("{user}: {text}")));
    }
    if wrong.is_empty() { Ok(messages) } else { Err(wrong.join("\n").into()) }
}

/// Every user is there and has no mail.
pub fn empty(server: &Server) -> Result {
    let nothing: Vec<Ledger> = (0..USERS).map(|_| Ledger::default()).collect();
    all(server, &nothing).map(drop)
}

/// Where each message of a mailbox is, and what is wrong with messages themselves.
fn look(server: &Server, user: &str) -> Result<(Found, Vec<String>)> {
    let mut imap = Imap::login(server.imap, user, PASSWORD)?;
    let (mut found, mut damaged) = (Found::new(), Vec::new());
    for folder in FOLDERS {
        imap.ensure(folder)?;
        imap.select(folder)?;
        for listed in imap.list("")? {
            match listed.token {
                Some(token) if message::is_whole(&listed.octets, token) => {
                    found.entry(token).or_default().push(listed.state(folder));
                }
                token => damaged.push(format!("{folder}, UID {}: {token:?} damaged", listed.uid)),
            }
        }
    }
    Ok((found, damaged))
}

//! Messages of an open folder as items.

use std::collections::BTreeMap;

use mailbox::Flags;
use mailbox::flags::named_flags;
use types::limits::{MESSAGE_OCTETS_CEILING, MIGRATION_BATCH_OCTETS};

use super::cursor::Cursor;
use super::error::ImapError;
use super::response::{Fetched, Literal, Response};
use super::session::Session;
use crate::message::{Item, Message};

const TOO_LARGE: &str = "larger than any mailbox takes";

/// Fetches messages: their UIDs in order, and the sizes the source gives. Those that are gone
/// meanwhile are left out; when there is more than the sizes said, the last ones are.
pub(super) async fn fetch(
    session: &mut Session,
    cursor: Cursor,
    wanted: &[(u32, u64)],
) -> Result<Vec<Item>, ImapError> {
    let mut found = together(session, wanted).await?;
    let (mut items, mut octets) = (Vec::new(), 0);
    for (uid, size) in wanted {
        if octets >= MIGRATION_BATCH_OCTETS {
            break;
        }
        let body = match found.remove(uid) {
            Some(fetched) => Some(message(fetched)),
            None if is_too_large(*size) => Some(Err(TOO_LARGE.to_owned())),
            None => alone(session, *uid).await?,
        };
        let Some(body) = body else { continue };
        octets += body.as_ref().map_or(0, |message| message.octets.len());
        let body = body.map_err(|why| format!("UID {uid}: {why}"));
        let (cursor, again) = (cursor.behind(*uid).encode(), cursor.is_again(*uid));
        items.push(Item { cursor, units: 1, again, body });
    }
    Ok(items)
}

fn is_too_large(size: u64) -> bool {
    size > MESSAGE_OCTETS_CEILING as u64
}

/// What one command gives. A source that refuses it for one of the messages is asked for each of
/// them.
async fn together(
    session: &mut Session,
    wanted: &[(u32, u64)],
) -> Result<BTreeMap<u32, Fetched>, ImapError> {
    let small = wanted.iter().filter(|(_, size)| !is_too_large(*size));
    let uids: Vec<String> = small.map(|(uid, _)| uid.to_string()).collect();
    let mut found = Found { wanted, messages: BTreeMap::new(), octets: 0 };
    if !uids.is_empty() {
        refused_or(ask(session, &uids.join(","), &mut found).await)?;
    }
    Ok(found.whole())
}

/// One message. None: it is gone.
async fn alone(
    session: &mut Session,
    uid: u32,
) -> Result<Option<Result<Message, String>>, ImapError> {
    let mut found = Found { wanted: &[(uid, 0)], messages: BTreeMap::new(), octets: 0 };
    let refused = refused_or(ask(session, &uid.to_string(), &mut found).await)?;
    if let Some(fetched) = found.whole().remove(&uid) {
        return Ok(Some(message(fetched)));
    }
    if !is_there(session, uid).await? {
        return Ok(None);
    }
    let why = refused.map_or_else(|| "the source gives no content".to_owned(), |it| it.to_string());
    Ok(Some(Err(why)))
}

async fn ask(session: &mut Session, uids: &str, found: &mut Found<'_>) -> Result<(), ImapError> {
    let arguments = format!(" {uids} (UID FLAGS INTERNALDATE BODY.PEEK[])");
    session.command("UID FETCH", &arguments, |response| found.take(response)).await
}

async fn is_there(session: &mut Session, uid: u32) -> Result<bool, ImapError> {
    let mut there = false;
    let look = format!(" {uid} (UID)");
    session
        .command("UID FETCH", &look, |response| {
            there |= matches!(response, Response::Fetch(it) if it.uid == Some(uid));
        })
        .await?;
    Ok(there)
}

/// Why a command was refused for good; None: it was not.
fn refused_or(asked: Result<(), ImapError>) -> Result<Option<ImapError>, ImapError> {
    match asked {
        Ok(()) => Ok(None),
        Err(error @ ImapError::Refused { .. }) if !error.is_passing() => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// What FETCH responses give of the messages that are wanted.
struct Found<'w> {
    wanted: &'w [(u32, u64)],
    messages: BTreeMap<u32, Fetched>,
    octets: usize,
}

impl Found<'_> {
    /// Takes a response. Attributes may come in several; bodies beyond what is held at a time are
    /// dropped.
    fn take(&mut self, response: Response) {
        const HELD_OCTETS_MAX: usize = MESSAGE_OCTETS_CEILING + MIGRATION_BATCH_OCTETS;
        let Response::Fetch(Fetched { uid: Some(uid), flags, received, body, .. }) = response
        else {
            return;
        };
        if !self.wanted.iter().any(|(wanted, _)| *wanted == uid) {
            return;
        }
        let known = self.messages.entry(uid).or_default();
        known.flags = flags.or(known.flags.take());
        known.received = received.or(known.received);
        let octets = body.as_ref().map_or(0, octets);
        if self.octets + octets <= HELD_OCTETS_MAX && known.body.is_none() {
            self.octets += octets;
            known.body = body;
        }
    }

    fn whole(mut self) -> BTreeMap<u32, Fetched> {
        self.messages.retain(|_, fetched| fetched.body.is_some());
        self.messages
    }
}

fn octets(body: &Literal) -> usize {
    match body {
        Literal::Kept(octets) => octets.len(),
        Literal::TooLarge(_) => 0,
    }
}

/// `\Recent` and `\*` are of the source's session; what else begins with a backslash is unknown.
fn message(fetched: Fetched) -> Result<Message, String> {
    let octets = match fetched.body {
        Some(Literal::Kept(octets)) if !octets.is_empty() => octets,
        Some(Literal::TooLarge(_)) => return Err(TOO_LARGE.to_owned()),
        _ => return Err("the message is empty".to_owned()),
    };
    let (flags, mut keywords) = named_flags(fetched.flags.unwrap_or_default());
    keywords.retain(|name| !name.starts_with('\\'));
    let (received, zone_minutes) =
        fetched.received.map_or((None, 0), |(at, zone)| (Some(at), zone));
    let flags = flags.without(Flags::DELETED);
    Ok(Message { flags, keywords, received, zone_minutes, ..Message::of(octets) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_the_source_become_those_of_the_mailbox() {
        let names = ["\\Seen", "\\Recent", "$Forwarded", "Work", "\\Deleted", "\\*"];
        let flags = Some(names.map(str::to_owned).to_vec());
        let body = Some(Literal::Kept(b"a".to_vec()));
        let message = message(Fetched { flags, body, ..Fetched::default() }).unwrap();
        assert_eq!(message.flags, Flags::SEEN.with(Flags::FORWARDED));
        assert_eq!(message.keywords, ["Work"]);
    }

    #[test]
    fn what_was_not_asked_for_is_not_taken() {
        let mut found = Found { wanted: &[(7, 0)], messages: BTreeMap::new(), octets: 0 };
        let body = |octets: &[u8]| Some(Literal::Kept(octets.to_vec()));
        let flags = Some(vec!["\\Seen".to_owned()]);
        found.take(Response::Fetch(Fetched {
            uid: Some(8),
            body: body(b"x"),
            ..Fetched::default()
        }));
        found.take(Response::Fetch(Fetched {
            uid: Some(7),
            body: body(b"a"),
            ..Fetched::default()
        }));
        found.take(Response::Fetch(Fetched {
            uid: Some(7),
            body: body(b"b"),
            ..Fetched::default()
        }));
        found.take(Response::Fetch(Fetched { uid: Some(7), flags, ..Fetched::default() }));
        let whole = found.whole();
        assert_eq!(whole.keys().collect::<Vec<_>>(), [&7]);
        assert_eq!(whole[&7].body, body(b"a"));
        assert!(whole[&7].flags.is_some());
    }
}

//! THREAD (RFC 5256): the algorithms live in crate `content`.
//!
//! Of each message only what they compare is kept, each text once however many messages refer
//! to it.

use std::collections::HashMap;
use std::sync::Arc;

use content::Summary;
use content::thread::{ThreadMessage, ordered_subject, references};
use mailbox::{Entry, Fault};
use types::limits;

use super::search::{find, using_modseq};
use super::slices::{aside, each_content};
use crate::codec::search::{Thread, ThreadAlgorithm};
use crate::io::Io;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Finds messages and groups them by who answers whom.
pub async fn thread(session: &mut Authenticated, io: &mut Io, thread: Thread) -> Outcome {
    using_modseq(session, &thread.search.key);
    let selected = session.selected()?;
    let found: Arc<[Entry]> = find(selected, &thread.search.key).await?.into();
    let (table, uid) = (selected.table.clone(), thread.search.uid);
    let number = move |entry: &Entry| {
        if uid { entry.uid.get() } else { table.seq_of(entry.uid).unwrap_or_default() }
    };
    let algorithm = thread.algorithm;
    let none = (Relations::default(), Vec::new());
    let read = each_content(&selected.mailbox, &found, none, move |state, _, entry, content| {
        let (relations, numbers) = state;
        numbers.push(number(entry));
        relations.add_within(&content.summary()?, entry.received, limits::IMAP_ORDER_OCTETS_MAX)
    });
    let (relations, numbers) = read.await?;
    let text = aside(move || {
        let messages = relations.messages();
        let threads = match algorithm {
            ThreadAlgorithm::OrderedSubject => ordered_subject(&messages),
            ThreadAlgorithm::References => references(&messages),
        };
        threads.imap_text(|position| numbers.get(position).copied().unwrap_or_default())
    });
    let text = text.await?;
    let space = if text.is_empty() { "" } else { " " };
    io.put(format!("* THREAD{space}{text}\r\n").as_bytes()).await?;
    Ok(Reply::ok("THREAD completed"))
}

/// How messages refer to each other. Texts are named by their place in the list.
#[derive(Default)]
struct Relations {
    texts: Vec<Arc<str>>,
    places: HashMap<Arc<str>, usize>,
    messages: Vec<Relation>,
    octets: usize,
}

/// What a message says of others.
struct Relation {
    message_id: Option<usize>,
    references: Vec<usize>,
    base_subject: usize,
    is_reply_or_forward: bool,
    date: i64,
}

impl Relations {
    /// Errors: Limit when more than `octets_max` are held.
    fn add_within(
        &mut self,
        summary: &Summary,
        received: i64,
        octets_max: usize,
    ) -> Result<(), Fault> {
        self.add(summary, received);
        match self.octets > octets_max {
            true => Err(Fault::Limit("messages to thread")),
            false => Ok(()),
        }
    }

    fn add(&mut self, summary: &Summary, received: i64) {
        let message = ThreadMessage::new(summary, received);
        let relation = Relation {
            message_id: message.message_id.map(|id| self.place(id)),
            references: message.references.iter().map(|id| self.place(id)).collect(),
            base_subject: self.place(message.base_subject),
            is_reply_or_forward: message.is_reply_or_forward,
            date: message.date,
        };
        self.octets += size_of::<Relation>() + size_of_val(relation.references.as_slice());
        self.messages.push(relation);
    }

    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let text: Arc<str> = text.into();
        self.octets += text.len() + 2 * size_of::<(Arc<str>, usize)>();
        self.texts.push(Arc::clone(&text));
        self.places.insert(text, self.texts.len() - 1);
        self.texts.len() - 1
    }

    fn messages(&self) -> Vec<ThreadMessage<'_>> {
        let message = |relation: &Relation| ThreadMessage {
            message_id: relation.message_id.map(|place| &*self.texts[place]),
            references: relation.references.iter().map(|place| &*self.texts[*place]).collect(),
            base_subject: &self.texts[relation.base_subject],
            is_reply_or_forward: relation.is_reply_or_forward,
            date: relation.date,
        };
        self.messages.iter().map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let mut relations = Relations::default();
        let reply = content::derive(b"Subject: Re: x\r\nReferences: <1@a> <2@a>\r\n\r\n");
        for _ in 0..1000 {
            relations.add(&reply, 7);
        }
        assert_eq!(relations.texts.len(), 3);
        let expected = ThreadMessage::new(&reply, 7);
        assert!(relations.messages().iter().all(|message| *message == expected));
    }
}

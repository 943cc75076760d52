//! THREAD (RFC 5256): the algorithms live in crate `content`.

use content::Summary;
use content::thread::{ThreadMessage, ordered_subject, references};
use mailbox::Entry;

use super::search::{find, using_modseq};
use crate::codec::search::{Thread, ThreadAlgorithm};
use crate::io::Io;
use crate::reply::{Outcome, Reply};
use crate::session::Authenticated;

/// Finds messages and groups them by who answers whom.
pub async fn thread(session: &mut Authenticated, io: &mut Io, thread: Thread) -> Outcome {
    using_modseq(session, &thread.search.key);
    let selected = session.selected()?;
    let found = find(selected, &thread.search.key).await?;
    let (table, uid) = (selected.table.clone(), thread.search.uid);
    let number = move |entry: &Entry| {
        if uid { entry.uid.get() } else { table.seq_of(entry.uid).unwrap_or_default() }
    };
    let algorithm = thread.algorithm;
    let text = selected.mailbox.read(move |view| {
        let mut summaries = Vec::with_capacity(found.len());
        for entry in &found {
            summaries.push(view.content(entry.content)?.summary()?);
        }
        Ok(in_threads(algorithm, &found, &summaries, &number))
    });
    let text = text.await?;
    let space = if text.is_empty() { "" } else { " " };
    io.put(format!("* THREAD{space}{text}\r\n").as_bytes()).await?;
    Ok(Reply::ok("THREAD completed"))
}

fn in_threads(
    algorithm: ThreadAlgorithm,
    found: &[Entry],
    summaries: &[Summary],
    number: &dyn Fn(&Entry) -> u32,
) -> String {
    let pairs = summaries.iter().zip(found);
    let messages: Vec<ThreadMessage<'_>> =
        pairs.map(|(summary, entry)| ThreadMessage::new(summary, entry.received)).collect();
    let threads = match algorithm {
        ThreadAlgorithm::OrderedSubject => ordered_subject(&messages),
        ThreadAlgorithm::References => references(&messages),
    };
    threads.imap_text(|position| found.get(position).map_or(0, number))
}

//! Threads and sort keys (RFC 5256, RFC 5957): pure functions over what a summary holds.
//!
//! Threads are an arena, not nested values: a thread may be as deep as a mailbox has messages,
//! and nothing here recurses.

mod references;
mod sort;

pub use references::references;
pub use sort::{SortKey, address_key, display_key, subject_key};

/// What threading needs to know of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadMessage<'a> {
    /// Message-ID, if it has one.
    pub message_id: Option<&'a str>,
    /// References; where there are none, the first identifier of In-Reply-To.
    pub references: Vec<&'a str>,
    /// [`crate::Summary::base_subject`].
    pub base_subject: &'a str,
    /// [`crate::Summary::is_reply_or_forward`].
    pub is_reply_or_forward: bool,
    /// Sent date in seconds; the internal date where the message has none.
    pub date: i64,
}

impl<'a> ThreadMessage<'a> {
    /// From a summary; `internal_date` stands in for a missing Date.
    pub fn new(summary: &'a crate::Summary, internal_date: i64) -> Self {
        let mut references: Vec<_> = summary.references.iter().map(String::as_str).collect();
        if references.is_empty() {
            references.extend(summary.in_reply_to.first().map(String::as_str));
        }
        ThreadMessage {
            message_id: summary.message_id.as_deref(),
            references,
            base_subject: &summary.base_subject,
            is_reply_or_forward: summary.is_reply_or_forward,
            date: summary.sent.map_or(internal_date, |sent| sent.seconds),
        }
    }
}

/// A forest over the messages given, by their position in the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

/// One place in a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// The message; none for a parent that nobody has (only at the top of a thread).
    pub(crate) message: Option<usize>,
    pub(crate) children: Vec<usize>,
}

impl Threads {
    /// `*thread-list` (RFC 5256 section 5): `number` gives the sequence number or UID of the
    /// message at a position of the input.
    pub fn imap_text(&self, number: impl Fn(usize) -> u32) -> String {
        enum Step {
            Thread(usize),
            Node(usize, bool),
            Close,
        }
        let mut out = String::new();
        let mut todo: Vec<Step> = self.roots.iter().rev().map(|root| Step::Thread(*root)).collect();
        while let Some(step) = todo.pop() {
            match step {
                Step::Close => out.push(')'),
                Step::Thread(at) => {
                    out.push('(');
                    todo.push(Step::Close);
                    todo.push(Step::Node(at, false));
                }
                Step::Node(at, spaced) => {
                    let node = &self.nodes[at];
                    if let Some(message) = node.message {
                        out.push_str(if spaced { " " } else { "" });
                        out.push_str(&number(message).to_string());
                    }
                    match node.children[..] {
                        [only] => todo.push(Step::Node(only, node.message.is_some())),
                        [] => {}
                        ref several => {
                            out.push_str(if node.message.is_some() { " " } else { "" });
                            todo.extend(several.iter().rev().map(|child| Step::Thread(*child)));
                        }
                    }
                }
            }
        }
        out
    }
}

/// ORDEREDSUBJECT: messages with one base subject are a thread, its oldest message the parent
/// of all others; threads in the order of their oldest messages.
pub fn ordered_subject(messages: &[ThreadMessage]) -> Threads {
    let mut order: Vec<usize> = (0..messages.len()).collect();
    let subject = |at: &usize| crate::search::fold(messages[*at].base_subject);
    order.sort_by_cached_key(|at| (subject(at), messages[*at].date, *at));
    let nodes = (0..messages.len()).map(|at| Node { message: Some(at), children: Vec::new() });
    let mut threads = Threads { nodes: nodes.collect(), roots: Vec::new() };
    for group in order.chunk_by(|a, b| subject(a) == subject(b)) {
        threads.roots.push(group[0]);
        threads.nodes[group[0]].children = group[1..].to_vec();
    }
    threads.roots.sort_by_key(|at| (messages[*at].date, *at));
    threads
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn message<'a>(
        id: &'a str,
        references: &'a str,
        subject: &'a str,
        date: i64,
    ) -> ThreadMessage<'a> {
        let base = subject.strip_prefix("Re: ");
        ThreadMessage {
            message_id: Some(id).filter(|id| !id.is_empty()),
            references: references.split_whitespace().collect(),
            base_subject: base.unwrap_or(subject),
            is_reply_or_forward: base.is_some(),
            date,
        }
    }

    pub(crate) fn shown(threads: &Threads) -> String {
        threads.imap_text(|at| at as u32 + 1)
    }

    #[test]
    fn one_subject_is_one_thread() {
        let messages = [
            message("a", "", "Tea", 30),
            message("b", "", "Milk", 20),
            message("c", "", "Re: tea", 10),
            message("d", "", "Re: Tea", 40),
            message("e", "", "Re: Milk", 50),
        ];
        assert_eq!(shown(&ordered_subject(&messages)), "(3 (1)(4))(2 5)");
        assert_eq!(shown(&ordered_subject(&[])), "");
    }

    #[test]
    fn summaries_give_their_inputs() {
        let summary = crate::derive(
            b"Message-ID: <b@x>\r\nIn-Reply-To: <a@x> <z@x>\r\nSubject: Re: Tea\r\n\r\n",
        );
        assert_eq!(ThreadMessage::new(&summary, 7), message("b@x", "a@x", "Re: Tea", 7));
    }
}

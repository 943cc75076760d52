//! SORT (RFC 5256, RFC 5957; RETURN of RFC 5267).

use std::cmp::Ordering;

use content::Summary;
use content::subject::base_subject;
use content::thread::{address_key, display_key, subject_key};
use mailbox::{Content, Entry, Fault, Uid, View};
use types::limits;

use super::search::{Ranked, esearch, find_or_forget, plain, save, using_modseq};
use super::slices::{aside, each_content};
use crate::codec::search::{Sort, SortCriterion, SortKey};
use crate::io::Io;
use crate::reply::{Outcome, Reply, Trouble};
use crate::selected::Selected;
use crate::session::Authenticated;

/// Finds messages and puts them in order.
pub async fn sort(session: &mut Authenticated, io: &mut Io, sort: Sort) -> Outcome {
    let tag = io.tag().to_owned();
    using_modseq(session, &sort.search.key);
    let selected = session.selected()?;
    let found = find_or_forget(selected, &sort.search).await?;
    let uids = in_order(selected, found, sort.criteria).await?;
    let mut out = Vec::new();
    let result = Ranked { uids: &uids, highest: None, uid: sort.search.uid };
    match sort.search.returns {
        Some(returns) => {
            save(selected, &returns, &uids);
            esearch(&mut out, &tag, selected, &result, &returns);
        }
        None => plain(&mut out, "SORT", selected, &result),
    }
    io.put(&out).await?;
    Ok(Reply::ok("SORT completed"))
}

/// One sort value of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i64),
    Text(content::thread::SortKey),
}

impl Value {
    /// Memory it takes.
    fn octets(&self) -> usize {
        let text = match self {
            Value::Number(_) => 0,
            Value::Text(text) => text.len(),
        };
        size_of::<Value>() + text
    }
}

async fn in_order(
    selected: &Selected,
    found: Vec<Entry>,
    criteria: Vec<SortCriterion>,
) -> Result<Vec<Uid>, Trouble> {
    let needs_content = criteria.iter().any(|criterion| needs_content(criterion.key));
    let mut rows = Rows { criteria, rows: Vec::new(), octets: 0 };
    if needs_content {
        rows = each_content(&selected.mailbox, &found.into(), rows, Rows::add_content).await?;
    } else {
        found.iter().try_for_each(|entry| rows.add(entry, None))?;
    }
    aside(move || rows.in_order()).await
}

/// The messages with what they are sorted by; of a message nothing else is kept.
struct Rows {
    criteria: Vec<SortCriterion>,
    rows: Vec<(Vec<Value>, Uid)>,
    octets: usize,
}

impl Rows {
    fn add_content(
        &mut self,
        view: &View<'_>,
        entry: &Entry,
        content: &Content,
    ) -> Result<(), Fault> {
        let mut summary = content.summary()?;
        if let Some(written) = view.written_subject(entry)? {
            summary.base_subject = base_subject(&written).text;
        }
        self.add(entry, Some(&summary))
    }

    fn in_order(self) -> Vec<Uid> {
        let Rows { criteria, mut rows, .. } = self;
        rows.sort_by(|a, b| compare(&criteria, a, b));
        rows.into_iter().map(|(_, uid)| uid).collect()
    }

    /// Errors: Limit when all values take too much memory.
    fn add(&mut self, entry: &Entry, summary: Option<&Summary>) -> Result<(), Fault> {
        let values = self.criteria.iter().map(|criterion| value(criterion.key, entry, summary));
        let values: Vec<Value> = values.collect();
        self.octets += values.iter().map(Value::octets).sum::<usize>();
        if self.octets > limits::IMAP_ORDER_OCTETS_MAX {
            return Err(Fault::Limit("messages to sort"));
        }
        self.rows.push((values, entry.uid));
        Ok(())
    }
}

fn needs_content(key: SortKey) -> bool {
    !matches!(key, SortKey::Arrival | SortKey::Size)
}

/// Equal messages stay in the order of the mailbox (RFC 5256 section 3).
fn compare(criteria: &[SortCriterion], a: &(Vec<Value>, Uid), b: &(Vec<Value>, Uid)) -> Ordering {
    let by_keys = criteria
        .iter()
        .zip(a.0.iter().zip(&b.0))
        .map(|(criterion, (a, b))| if criterion.reverse { b.cmp(a) } else { a.cmp(b) });
    by_keys.fold(Ordering::Equal, Ordering::then).then(a.1.cmp(&b.1))
}

fn value(key: SortKey, entry: &Entry, summary: Option<&Summary>) -> Value {
    match (key, summary) {
        (SortKey::Size, _) => Value::Number(entry.size.into()),
        (SortKey::Arrival, _) | (_, None) => Value::Number(entry.received),
        (SortKey::Date, Some(summary)) => {
            Value::Number(summary.sent.map_or(entry.received, |sent| sent.seconds))
        }
        (SortKey::Subject, Some(summary)) => Value::Text(subject_key(&summary.base_subject)),
        (SortKey::Cc, Some(summary)) => Value::Text(address_key(&summary.envelope.cc)),
        (SortKey::From, Some(summary)) => Value::Text(address_key(&summary.envelope.from)),
        (SortKey::To, Some(summary)) => Value::Text(address_key(&summary.envelope.to)),
        (SortKey::DisplayFrom, Some(summary)) => Value::Text(display_key(&summary.envelope.from)),
        (SortKey::DisplayTo, Some(summary)) => Value::Text(display_key(&summary.envelope.to)),
    }
}

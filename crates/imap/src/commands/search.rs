//! SEARCH (RFC 9051 section 6.4.4, RFC 4731, 5182, 9394).

use std::ops::ControlFlow;
use std::sync::Arc;

use mailbox::{ChangeNumber, Entry, Uid, UidSet};

use super::criteria::{Terms, asks_modseq};
use crate::codec::search::{Search, SearchKey, SearchReturns};
use crate::codec::sequence_set::write_set;
use crate::codec::write::{number, raw};
use crate::io::Io;
use crate::reply::{Condition, Outcome, Reply, Trouble};
use crate::selected::Selected;
use crate::session::{Authenticated, Enabled};

/// Finds messages; the result comes as ESEARCH when RETURN or IMAP4rev2 asks for it.
pub async fn search(session: &mut Authenticated, io: &mut Io, search: Search) -> Outcome {
    let tag = io.tag().to_owned();
    let enabled = using_modseq(session, &search.key);
    let selected = session.selected()?;
    let found = find_or_forget(selected, &search).await?;
    let uids: Vec<Uid> = found.iter().map(|entry| entry.uid).collect();
    let highest = found.iter().map(Entry::modseq).max().filter(|_| asks_modseq(&search.key));
    let mut out = Vec::new();
    let result = Ranked { uids: &uids, highest, uid: search.uid };
    let returns = returns(&search, &enabled);
    if let Some(returns) = returns {
        save(selected, &returns, &uids);
    }
    match returns {
        Some(returns) => esearch(&mut out, &tag, selected, &result, &returns),
        None => plain(&mut out, "SEARCH", selected, &result),
    }
    io.put(&out).await?;
    Ok(Reply::ok("SEARCH completed"))
}

/// RFC 5182 section 2.1: a search that fails leaves nothing saved.
pub async fn find_or_forget(
    selected: &mut Selected,
    search: &Search,
) -> Result<Vec<Entry>, Trouble> {
    let found = find(selected, &search.key).await;
    let saves = search.returns.is_some_and(|returns| returns.save);
    if let (true, Err(Trouble::Reply(reply))) = (saves, &found)
        && reply.condition == Condition::No
    {
        selected.saved = Arc::default();
    }
    found
}

/// A search for MODSEQ switches CONDSTORE on (RFC 7162 section 3.1.5).
pub fn using_modseq(session: &mut Authenticated, key: &SearchKey) -> Enabled {
    session.enabled.condstore |= asks_modseq(key);
    session.enabled
}

/// What RETURN asks for; IMAP4rev2 means RETURN (ALL) where none is given.
fn returns(search: &Search, enabled: &Enabled) -> Option<SearchReturns> {
    let rev2 = SearchReturns { all: true, ..SearchReturns::default() };
    search.returns.or(enabled.rev2.then_some(rev2))
}

/// The entries that match, in order of their UIDs: nobody finds what it has not been told of.
pub async fn find(selected: &Selected, key: &SearchKey) -> Result<Vec<Entry>, Trouble> {
    let now = selected.mailbox.database().now().secs();
    let mut within = selected.table.to_set();
    let mut found = Vec::new();
    loop {
        let (some, searched) = find_some(selected, key, within.clone(), now).await?;
        found.extend(some);
        let Some(searched) = searched else { return Ok(found) };
        within = within.difference(&UidSet::up_to(searched));
    }
}

/// Those of one slice, and up to which UID it went, unless to the end.
async fn find_some(
    selected: &Selected,
    key: &SearchKey,
    within: UidSet,
    now: i64,
) -> Result<(Vec<Entry>, Option<Uid>), Trouble> {
    let (numbers, key, folder) = (selected.numbers(), key.clone(), selected.folder);
    let search = selected.mailbox.read(move |view| {
        let (keywords, mailbox) = (view.keywords()?, view.meta()?.guid);
        let terms = Terms { numbers: &numbers, mailbox, keywords: &keywords, now };
        let criteria = match terms.criteria(&key) {
            Ok(criteria) => criteria,
            Err(reply) => return Ok(Err(reply)),
        };
        let mut found = Vec::new();
        let searched = view.search_some(folder, &criteria, &within, &mut |entry| {
            found.push(entry.clone());
            ControlFlow::Continue(())
        })?;
        Ok(Ok((found, searched)))
    });
    Ok(search.await??)
}

/// A result in the order it is to be told.
pub struct Ranked<'a> {
    /// The messages.
    pub uids: &'a [Uid],
    /// The highest modification sequence among them, if that is to be told.
    pub highest: Option<ChangeNumber>,
    /// Told as UIDs.
    pub uid: bool,
}

impl Ranked<'_> {
    /// The number of a message in the answer.
    fn number(&self, selected: &Selected, uid: Uid) -> u32 {
        if self.uid { uid.get() } else { selected.table.seq_of(uid).unwrap_or_default() }
    }
}

/// `* SEARCH *(SP nz-number) [(MODSEQ n)]`
pub fn plain(out: &mut Vec<u8>, name: &str, selected: &Selected, result: &Ranked<'_>) {
    raw(out, "* ");
    raw(out, name);
    for uid in result.uids {
        out.push(b' ');
        number(out, result.number(selected, *uid).into());
    }
    if let Some(highest) = result.highest.filter(|_| !result.uids.is_empty()) {
        raw(out, &format!(" (MODSEQ {highest})"));
    }
    raw(out, "\r\n");
}

/// Keeps what SAVE asks for (RFC 5182 section 2.1): the smallest and largest alone when only
/// those are asked for.
pub fn save(selected: &mut Selected, returns: &SearchReturns, uids: &[Uid]) {
    if !returns.save {
        return;
    }
    let whole = returns.all || returns.count || !(returns.min || returns.max);
    let ends = [(returns.min, uids.first()), (returns.max, uids.last())];
    let saved: UidSet = match whole {
        true => uids.iter().copied().collect(),
        false => {
            ends.iter().filter(|(wanted, _)| *wanted).filter_map(|(_, uid)| uid.copied()).collect()
        }
    };
    selected.saved = Arc::new(saved);
}

/// `esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)`;
/// nothing where the result is only to be saved (RFC 5182 section 2.1).
pub fn esearch(
    out: &mut Vec<u8>,
    tag: &str,
    selected: &Selected,
    result: &Ranked<'_>,
    returns: &SearchReturns,
) {
    let only_save = SearchReturns { save: true, ..SearchReturns::default() };
    if *returns == only_save {
        return;
    }
    let numbers: Vec<u32> = result.uids.iter().map(|uid| result.number(selected, *uid)).collect();
    raw(out, &format!("* ESEARCH (TAG \"{tag}\"){}", if result.uid { " UID" } else { "" }));
    for (wanted, name, end) in
        [(returns.min, "MIN", numbers.first()), (returns.max, "MAX", numbers.last())]
    {
        if let Some(end) = end.filter(|_| wanted) {
            raw(out, &format!(" {name} {end}"));
        }
    }
    if returns.count {
        raw(out, &format!(" COUNT {}", numbers.len()));
    }
    if returns.all && !numbers.is_empty() {
        raw(out, " ALL ");
        write_set(out, numbers.iter().copied());
    }
    if let Some(window) = returns.partial {
        partial(out, &numbers, window);
    }
    if let Some(highest) = result.highest.filter(|_| !numbers.is_empty()) {
        raw(out, &format!(" MODSEQ {highest}"));
    }
    raw(out, "\r\n");
}

/// `"PARTIAL" SP "(" partial-range SP (sequence-set / "NIL") ")"` (RFC 9394)
fn partial(out: &mut Vec<u8>, numbers: &[u32], (first, last): (i64, i64)) {
    raw(out, &format!(" PARTIAL ({first}:{last} "));
    let found = window(numbers.len(), first, last);
    let found = numbers.get(found).unwrap_or_default();
    match found {
        [] => raw(out, "NIL"),
        found => write_set(out, found.iter().copied()),
    }
    out.push(b')');
}

/// The positions of a window of ranks; negative ranks count from the end.
pub fn window(count: usize, first: i64, last: i64) -> std::ops::Range<usize> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let position = |rank: i64| if rank < 0 { count + rank } else { rank - 1 };
    let (a, b) = (position(first), position(last));
    let (low, high) = (a.min(b).max(0), a.max(b).saturating_add(1).min(count));
    let range = low.min(count)..high.max(low.min(count));
    range.start as usize..range.end as usize
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn windows() {
        for (count, first, last, expected) in [
            (10, 1, 3, 0..3),
            (10, 3, 1, 0..3),
            (10, 9, 20, 8..10),
            (10, 11, 20, 10..10),
            (10, -1, -3, 7..10),
            (2, -1, -9, 0..2),
            (0, 1, 5, 0..0),
            (0, -1, -5, 0..0),
        ] {
            assert_eq!(window(count, first, last), expected, "{count} {first}:{last}");
        }
    }
}

//! LIST and LSUB (RFC 9051 section 6.3.9, RFC 3501 section 6.3.9, RFC 5258).

use std::collections::BTreeMap;

use mailbox::{Fault, Guid, Mailbox, Rights, View};

use types::limits;

use super::acl::write_my_rights;
use super::metadata::{select, write_metadata};
use super::status::{Facts, write_status};
use crate::codec::list::List;
use crate::codec::mailbox::SEPARATOR;
use crate::codec::metadata::Depth;
use crate::codec::write::{self, raw};
use crate::io::Io;
use crate::names::{Node, OTHER_USERS, nodes, special_use};
use crate::pattern::Pattern;
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// Names that match, with what is asked about them.
pub async fn list(session: &mut Authenticated, io: &mut Io, list: List) -> Outcome {
    let name = if list.lsub { "LSUB" } else { "LIST" };
    if list.patterns == [""] && !list.lsub {
        io.put(b"* LIST (\\Noselect) \"/\" \"\"\r\n").await?;
        return Ok(Reply::ok("LIST completed"));
    }
    let patterns = patterns(&list)?;
    let own = session.account.mailbox.clone();
    io.put(&lines(session, &list, &patterns, "", own).await?).await?;
    if patterns.iter().any(reaches_others) {
        list_others(session, io, &list, &patterns).await?;
    }
    Ok(Reply::ok(format!("{name} completed")))
}

/// The mailboxes of others. One that cannot be read is left out: it is not the asker's, and the
/// rest is.
async fn list_others(
    session: &Authenticated,
    io: &mut Io,
    list: &List,
    patterns: &[Pattern],
) -> Result<(), Trouble> {
    let others = others(session).await;
    if !others.is_empty() {
        io.put(&top_of_others(session, list, patterns)).await?;
    }
    for (prefix, mailbox) in others {
        match lines(session, list, patterns, &prefix, mailbox).await {
            Ok(out) => io.put(&out).await?,
            Err(fault) => tracing::warn!(%fault, mailbox = prefix, "left out of a list"),
        }
    }
    Ok(())
}

/// Errors: NO [LIMIT] when there are too many.
fn patterns(list: &List) -> Result<Vec<Pattern>, Reply> {
    if list.patterns.len() > limits::IMAP_LIST_PATTERNS_MAX {
        return Err(Reply::no("Too many patterns").code("LIMIT"));
    }
    let spelled = list.patterns.iter().flat_map(|pattern| spellings(&list.reference, pattern));
    spelled.map(|pattern| Pattern::new(&pattern)).collect()
}

/// A pattern as it is written and, where it begins with INBOX in other letters, with those of
/// the Inbox: its name alone knows no case, and other names may begin like it.
fn spellings(reference: &str, pattern: &str) -> Vec<String> {
    let whole = format!("{reference}{pattern}");
    let inbox = match whole.split_at_checked(5) {
        Some((head, tail)) if head != "INBOX" && head.eq_ignore_ascii_case("INBOX") => {
            Some(format!("INBOX{tail}"))
        }
        _ => None,
    };
    std::iter::once(whole).chain(inbox).collect()
}

/// True when a pattern could match below [`OTHER_USERS`].
fn reaches_others(pattern: &Pattern) -> bool {
    let (literal, wild) = pattern.beginning();
    literal.starts_with(OTHER_USERS) || (wild && OTHER_USERS.starts_with(&literal))
}

/// The level above the mailboxes of others, where that matches: a client that goes down by `%`
/// finds them there (RFC 9051 section 6.3.9).
fn top_of_others(session: &Authenticated, list: &List, patterns: &[Pattern]) -> Vec<u8> {
    let mut out = Vec::new();
    let name = OTHER_USERS.trim_end_matches(SEPARATOR).to_owned();
    let node = Node { name, folder: None, has_children: true };
    if patterns.iter().any(|pattern| pattern.matches(&node.name)) && selects(list, &node) {
        write_line(&mut out, session, list, &Line::of_level(node));
    }
    out
}

async fn others(session: &Authenticated) -> Vec<(String, Mailbox)> {
    let account = &session.account;
    let mut found = Vec::new();
    for address in account.server.others(&account.principal).await {
        match account.server.open_other(&account.principal, &address).await {
            Ok(mailbox) => found.push((format!("{OTHER_USERS}{address}/"), mailbox)),
            Err(Fault::NotFound(_)) => {}
            Err(fault) => tracing::warn!(%fault, mailbox = address, "left out of a list"),
        }
    }
    found
}

/// One name with all that may be told of it.
struct Line {
    node: Node,
    facts: Option<Facts>,
    rights: Option<Rights>,
    metadata: BTreeMap<String, Vec<u8>>,
    readable: bool,
    /// RECURSIVEMATCH: a subscribed name lies below.
    child_subscribed: bool,
}

impl Line {
    /// A level that is no folder.
    fn of_level(node: Node) -> Self {
        Line {
            node,
            facts: None,
            rights: None,
            metadata: BTreeMap::new(),
            readable: false,
            child_subscribed: false,
        }
    }
}

async fn lines(
    session: &Authenticated,
    list: &List,
    patterns: &[Pattern],
    prefix: &str,
    mailbox: Mailbox,
) -> Result<Vec<u8>, Fault> {
    let (asked, wanted, prefix) = (list.clone(), patterns.to_vec(), prefix.to_owned());
    let lines = mailbox.read(move |view| collect(view, &asked, &wanted, &prefix)).await?;
    let mut out = Vec::new();
    for line in &lines {
        write_line(&mut out, session, list, line);
    }
    Ok(out)
}

fn collect(
    view: &View<'_>,
    list: &List,
    patterns: &[Pattern],
    prefix: &str,
) -> Result<Vec<Line>, Fault> {
    let all = with_levels(nodes(view, prefix)?, prefix);
    let subscribed: Vec<String> =
        all.iter().filter(|n| is_subscribed(n)).map(|n| n.name.clone()).collect();
    let mailbox = view.meta()?.guid;
    let mut lines = Vec::new();
    for node in all {
        if !patterns.iter().any(|pattern| pattern.matches(&node.name)) {
            continue;
        }
        let child_subscribed = tells_children(list, patterns) && has_below(&subscribed, &node.name);
        if selects(list, &node) || child_subscribed {
            lines.push(describe(view, mailbox, list, node, child_subscribed)?);
        }
    }
    Ok(lines)
}

/// RECURSIVEMATCH, and LSUB with `%`, tell of names that only lead to subscribed ones.
fn tells_children(list: &List, patterns: &[Pattern]) -> bool {
    let level = list.lsub && patterns.iter().any(Pattern::ends_with_level);
    list.select.recursive_match || level
}

/// Other people's mailboxes stand below levels that are no folders.
fn with_levels(mut nodes: Vec<Node>, prefix: &str) -> Vec<Node> {
    if let Some(level) = prefix.strip_suffix('/').filter(|_| !nodes.is_empty()) {
        nodes.insert(0, Node { name: level.to_owned(), folder: None, has_children: true });
    }
    nodes
}

fn is_subscribed(node: &Node) -> bool {
    node.folder.as_ref().is_some_and(|folder| folder.subscribed)
}

fn has_below(sorted: &[String], name: &str) -> bool {
    let above = format!("{name}/");
    let at = sorted.partition_point(|other| other.as_str() < above.as_str());
    sorted.get(at).is_some_and(|other| other.starts_with(&above))
}

fn selects(list: &List, node: &Node) -> bool {
    let special = node.folder.as_ref().is_some_and(|folder| special_use(folder).is_some());
    (!list.select.subscribed || is_subscribed(node)) && (!list.select.special_use || special)
}

fn describe(
    view: &View<'_>,
    mailbox: Guid,
    list: &List,
    node: Node,
    child_subscribed: bool,
) -> Result<Line, Fault> {
    let folder = node.folder.as_ref();
    let readable = folder.filter(|f| view.rights(f).contains(Rights::READ_ANY));
    let facts = match readable {
        Some(folder) if !list.returns.status.is_empty() => {
            Some(Facts::read(view, mailbox, folder.id)?)
        }
        _ => None,
    };
    let rights = folder.filter(|_| list.returns.my_rights).map(|folder| view.rights(folder));
    let metadata = match readable {
        Some(folder) if !list.returns.metadata.is_empty() => view.annotations(Some(folder.id))?,
        _ => BTreeMap::new(),
    };
    let readable = readable.is_some();
    Ok(Line { node, facts, rights, metadata, readable, child_subscribed })
}

fn write_line(out: &mut Vec<u8>, session: &Authenticated, list: &List, line: &Line) {
    let utf8 = session.enabled.utf8_names();
    let name = &line.node.name;
    raw(out, if list.lsub { "* LSUB (" } else { "* LIST (" });
    raw(out, &attributes(list, line).join(" "));
    raw(out, ") \"/\" ");
    write::mailbox(out, name, utf8);
    if line.child_subscribed && !list.lsub {
        raw(out, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
    }
    raw(out, "\r\n");
    if let Some(facts) = &line.facts {
        let limit = session.account.server.message_octets_max;
        write_status(out, name, utf8, &list.returns.status, facts, limit);
    }
    if let Some(rights) = line.rights {
        write_my_rights(out, name, utf8, rights);
    }
    if !list.returns.metadata.is_empty() && line.readable {
        let found = select(&line.metadata, &list.returns.metadata, Depth::Zero);
        write_metadata(out, name, utf8, &found);
    }
}

/// `mailbox-list-flags`. Children and special uses are cheap here, so they are always told.
fn attributes(list: &List, line: &Line) -> Vec<&'static str> {
    let node = &line.node;
    let mut attributes = Vec::new();
    // RFC 3501 section 6.3.9: LSUB says so of what is itself not subscribed.
    let only_leads = list.lsub && line.child_subscribed && !is_subscribed(node);
    if node.folder.is_none() || only_leads {
        attributes.push(if list.extended { "\\NonExistent" } else { "\\Noselect" });
    }
    if list.returns.subscribed && is_subscribed(node) {
        attributes.push("\\Subscribed");
    }
    attributes.push(if node.has_children { "\\HasChildren" } else { "\\HasNoChildren" });
    attributes.extend(node.folder.as_ref().and_then(special_use));
    attributes
}

/// Appends a plain LIST response, as NOTIFY sends it.
pub fn write_name(out: &mut Vec<u8>, name: &str, attributes: &str, old: Option<&str>, utf8: bool) {
    raw(out, &format!("* LIST ({attributes}) \"/\" "));
    write::mailbox(out, name, utf8);
    if let Some(old) = old {
        raw(out, " (\"OLDNAME\" (");
        write::mailbox(out, old, utf8);
        raw(out, "))");
    }
    raw(out, "\r\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Pattern, reaches_others};

    #[test]
    fn only_some_patterns_reach_other_mailboxes() {
        for (pattern, expected) in [
            ("*", true),
            ("%", true),
            ("Other Users/%", true),
            ("Other*", true),
            ("Other Users/bob@x/INBOX", true),
            ("INBOX", false),
            ("Sent*", false),
        ] {
            assert_eq!(reaches_others(&Pattern::new(pattern).unwrap()), expected, "{pattern}");
        }
    }
}

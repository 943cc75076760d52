//! GETMETADATA and SETMETADATA (RFC 5464). The empty mailbox name means the account's own
//! entries; the server has none that could be set over IMAP.

use std::collections::BTreeMap;

use mailbox::{Fault, FolderId, Mailbox, Rights, View};

use crate::codec::metadata::{Depth, GetMetadata, SetMetadata};
use crate::codec::write::{self, List, astring, literal_head, raw, string};
use crate::io::Io;
use crate::reply::{Outcome, Reply, Trouble};
use crate::session::Authenticated;

/// `* METADATA mailbox (entry value ...)`, and how long the longest was that did not fit.
pub async fn get_metadata(session: &mut Authenticated, io: &mut Io, get: GetMetadata) -> Outcome {
    let (mailbox, folder) = scope(session, &get.mailbox).await?;
    let stored = mailbox.read(move |view| readable(view, folder)).await?;
    let found = select(&stored, &get.entries, get.depth);
    let fits = |value: &[u8]| get.max_size.is_none_or(|max| value.len() <= max as usize);
    let longest =
        found.iter().filter_map(|(_, value)| *value).filter(|v| !fits(v)).map(<[u8]>::len).max();
    let told: Vec<_> = found.into_iter().filter(|(_, value)| value.is_none_or(fits)).collect();
    let mut out = Vec::new();
    write_metadata(&mut out, &get.mailbox, session.enabled.utf8_names(), &told);
    io.put(&out).await?;
    let reply = Reply::ok("GETMETADATA completed");
    Ok(match longest {
        Some(octets) => reply.code(format!("METADATA LONGENTRIES {octets}")),
        None => reply,
    })
}

/// RFC 5464 section 3.3: entries are for who may read the mailbox.
fn readable(view: &View<'_>, folder: Option<FolderId>) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    if let Some(folder) = folder {
        view.require(folder, Rights::READ_ANY)?;
    }
    view.annotations(folder)
}

/// An entry's name and value; none where there is no such entry.
pub type Found<'a> = (&'a str, Option<&'a [u8]>);

/// The entries asked for and, by depth, those below.
pub fn select<'a>(
    stored: &'a BTreeMap<String, Vec<u8>>,
    asked: &'a [String],
    depth: Depth,
) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for entry in asked {
        found.push((entry, stored.get(entry).map(Vec::as_slice)));
        let below = stored.iter().filter(|(name, _)| lies_below(name, entry, depth));
        found.extend(below.map(|(name, value)| (name.as_str(), Some(value.as_slice()))));
    }
    found
}

fn lies_below(name: &str, entry: &str, depth: Depth) -> bool {
    let rest = name.strip_prefix(entry).and_then(|rest| rest.strip_prefix('/'));
    match (rest, depth) {
        (None, _) | (_, Depth::Zero) => false,
        (Some(rest), Depth::One) => !rest.contains('/'),
        (Some(_), Depth::Infinity) => true,
    }
}

/// Appends `* METADATA mailbox (entry value ...)`; nothing when there is no entry.
pub fn write_metadata(out: &mut Vec<u8>, name: &str, utf8: bool, entries: &[Found<'_>]) {
    if entries.is_empty() {
        return;
    }
    raw(out, "* METADATA ");
    write::mailbox(out, name, utf8);
    out.push(b' ');
    let mut list = List::open(out);
    for (entry, value) in entries {
        astring(list.item(), entry.as_bytes());
        write_value(list.item(), *value);
    }
    list.close();
    raw(out, "\r\n");
}

/// `value = nstring / literal8`
fn write_value(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => raw(out, "NIL"),
        Some(value) if value.contains(&0) => {
            literal_head(out, value.len() as u64, true);
            out.extend_from_slice(value);
        }
        Some(value) => string(out, value),
    }
}

/// Sets all entries or none.
pub async fn set_metadata(session: &mut Authenticated, set: SetMetadata) -> Outcome {
    const OCTETS_MAX: usize = mailbox::change::ANNOTATION_OCTETS_MAX;
    let too_long = |value: &Vec<u8>| value.len() > OCTETS_MAX;
    if set.values.iter().any(|(_, value)| value.as_ref().is_some_and(too_long)) {
        let code = format!("METADATA MAXSIZE {OCTETS_MAX}");
        return Ok(Reply::no("The value is too long").code(code));
    }
    let (mailbox, folder) = scope(session, &set.mailbox).await?;
    let values = set.values;
    let write = mailbox.write(move |change| {
        values.iter().try_for_each(|(name, value)| change.annotate(folder, name, value.as_deref()))
    });
    match write.await {
        Ok(()) => Ok(Reply::ok("SETMETADATA completed")),
        Err(Fault::Limit(_)) => Ok(Reply::no("Too many entries").code("METADATA TOOMANY")),
        Err(fault) => Err(fault.into()),
    }
}

async fn scope(
    session: &Authenticated,
    name: &str,
) -> Result<(Mailbox, Option<FolderId>), Trouble> {
    if name.is_empty() {
        return Ok((session.account.mailbox.clone(), None));
    }
    let (mailbox, folder) = session.account.folder(name).await?;
    Ok((mailbox, Some(folder.id)))
}

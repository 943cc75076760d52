//! Mail that is imported: responses of an IMAP source, mbox and PST files, and the files of
//! batches.

use migration::csv_rows;
use migration::disk::mbox_messages;
use migration::imap_source::response::{Literal, RawResponse, Response};
use migration::pst::{Checksums, messages};
use types::limits::BAG_PROPERTIES_MAX;

/// What a source sends, in lines and literals, until something is no response.
pub fn responses(octets: &[u8]) {
    let mut rest = octets;
    while let Some((raw, behind)) = raw(rest) {
        rest = behind;
        let Ok(response) = Response::parse(raw) else { return };
        if let Response::Fetch(fetched) = response
            && let Some(Literal::Kept(body)) = fetched.body
        {
            assert!(body.len() <= octets.len(), "a message is no longer than what was sent");
        }
    }
}

/// Rows of the file of a batch, good and bad, stand one below the other.
pub fn csv(octets: &[u8]) {
    let Ok((rows, bad)) = csv_rows(octets) else { return };
    let mut lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
    assert!(lines.is_sorted(), "rows come in their order");
    lines.extend(bad.iter().map(|row| row.line));
    let last = octets.iter().filter(|octet| **octet == b'\n').count() as u64 + 1;
    assert!(lines.iter().all(|line| (1..=last).contains(line)), "a line is one of the file");
}

/// Messages of an mbox stand in it one behind the other.
pub fn mbox(octets: &[u8]) {
    let mut last = 0;
    for (end, message) in mbox_messages(octets.to_vec()) {
        assert!(end > last, "a message ends behind the one before");
        assert!(message.is_none_or(|message| message.octets.len() as u64 <= 2 * (end - last)));
        last = end;
    }
    assert!(last <= octets.len() as u64, "a message ends in the file");
}

/// PST files with an item of each kind, ANSI and Unicode.
const FILES: [&[u8]; 2] =
    [include_bytes!("../../files/ansi.pst"), include_bytes!("../../files/unicode.pst")];

/// Items of a PST file as if all its checksums were right: one of the two, changed where the input
/// says, which is three octets a change, the place and what stands there then.
pub fn pst(octets: &[u8]) {
    let (choice, changes) = super::choice(octets);
    let mut octets = FILES[choice % FILES.len()].to_vec();
    for change in changes.chunks_exact(3) {
        let place = usize::from(change[0]) << 8 | usize::from(change[1]);
        let at = place % octets.len();
        octets[at] = change[2];
    }
    for (path, item) in messages(octets, Checksums::Ignored).unwrap_or_default() {
        assert!(!path.is_empty(), "a folder has a name");
        let Ok(message) = item.body else { continue };
        assert!(message.octets.ends_with(b"\r\n"), "a message ends with a line");
        assert!(message.properties.len() <= BAG_PROPERTIES_MAX);
    }
}

/// A whole response, and what stands behind it.
fn raw(mut rest: &[u8]) -> Option<(RawResponse, &[u8])> {
    let mut raw = RawResponse::default();
    loop {
        let end = rest.iter().position(|octet| *octet == b'\n')?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        let Some(literal) = raw.line(line).ok()? else { return Some((raw, rest)) };
        let (literal, behind) = rest.split_at_checked(usize::try_from(literal).ok()?)?;
        raw.literal(Literal::Kept(literal.to_vec()));
        rest = behind;
    }
}

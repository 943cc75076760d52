//! What holds for any octets: nothing panics, ranges nest, records come back.
#![allow(clippy::unwrap_used)]

use content::{Part, Summary, compose, derive, header_fields, search};
use proptest::{collection::vec, prelude::*, sample::Index};

const SEED: &[u8] = b"From: =?utf-8?q?=C3=9C?= <a@b>, G: c@d;\r\nDate: Mon, 7 Feb 1994 21:52:25 -0800\r\n\
    Subject: Re: [list] =?iso-8859-1?B?/A==?=\r\nMessage-ID: <m@x>\r\nReferences: <r@x> <s@x>\r\n\
    Thread-Index: AdAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\nH=C3=BC=\r\nx\r\n--c\r\n\
    Content-Type: text/html; charset=utf-8\r\n\r\n<p>x&amp;</p>\r\n--c--\r\n--b\r\n\
    Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ntext\r\n--b\r\n\
    Content-Type: a/b; name*0*=utf-8''%C3; name*1=x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";

/// One edit of a message.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, u8),
    Remove(Index, usize),
    Copy(Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), prop::sample::select(b"\r\n\t -:;=?\"<>()\\\0\xfcbB".to_vec()))
            .prop_map(|(at, octet)| Edit::Replace(at, octet)),
        (any::<Index>(), 1usize..40).prop_map(|(at, length)| Edit::Remove(at, length)),
        (any::<Index>(), any::<Index>(), 1usize..200)
            .prop_map(|(from, to, length)| Edit::Copy(from, to, length)),
    ]
}

fn edited(edits: &[Edit]) -> Vec<u8> {
    let mut message = SEED.to_vec();
    for edit in edits {
        if message.is_empty() {
            break;
        }
        match edit {
            Edit::Replace(at, octet) => *at.get_mut(&mut message) = *octet,
            Edit::Remove(at, length) => {
                let start = at.index(message.len());
                message.drain(start..(start + length).min(message.len()));
            }
            Edit::Copy(from, to, length) => {
                let start = from.index(message.len());
                let piece = message[start..(start + length).min(message.len())].to_vec();
                let to = to.index(message.len());
                message.splice(to..to, piece);
            }
        }
    }
    message
}

fn ranges_nest(part: &Part, message: &[u8]) {
    assert!(part.header.start <= part.header.end && part.header.end == part.body.start);
    assert!(part.body.start <= part.body.end && part.body.end as usize <= message.len());
    let mut at = part.body.start;
    for child in &part.children {
        assert!(at <= child.header.start && child.body.end <= part.body.end);
        at = child.body.end;
        ranges_nest(child, message);
    }
}

fn check(message: &[u8]) {
    let summary = derive(message);
    ranges_nest(&summary.structure, message);
    assert!(summary.preview.chars().count() <= 256);
    let record = summary.encode();
    for text in [
        Summary::envelope_bytes(&record),
        Summary::bodystructure_bytes(&record, true),
        Summary::bodystructure_bytes(&record, false),
    ] {
        let text = text.unwrap();
        assert!(text.is_ascii() && !text.contains(&0) && balanced(text));
    }
    assert_eq!(Summary::converter_version(&record), Ok(content::CONVERTER_VERSION));
    let _ = search::text(message, &summary.structure);
    let _ = summary.base_properties();
    let header = summary.structure.header.of(message);
    let chosen = header_fields(header, &["subject"], false).len();
    let others = header_fields(header, &["subject"], true).len();
    assert!(chosen + others <= header.len() + 2 * b"\r\n".len() + b"\r\n".len());
    assert_eq!(Summary::decode(&record), Ok(summary));
}

/// Parentheses outside of quoted strings match; literals are skipped.
fn balanced(text: &[u8]) -> bool {
    let (mut depth, mut at, mut quoted) = (0i32, 0, false);
    while at < text.len() {
        match text[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b'{' if !quoted => {
                let end = at + text[at..].iter().position(|octet| *octet == b'}').unwrap();
                let digits = std::str::from_utf8(&text[at + 1..end]).unwrap();
                at = end + 2 + digits.parse::<usize>().unwrap();
            }
            _ => {}
        }
        at += 1;
    }
    depth == 0 && !quoted
}

#[test]
fn the_seed_is_a_good_message() {
    check(SEED);
    assert_eq!(derive(SEED).structure.children.len(), 3);
}

proptest! {
    #[test]
    fn any_octets_have_a_summary(message in vec(any::<u8>(), 0..400)) {
        check(&message);
    }

    #[test]
    fn mutated_messages_have_a_summary(edits in vec(edit(), 0..12)) {
        check(&edited(&edits));
    }

    #[test]
    fn corrupt_records_never_panic(edits in vec((any::<Index>(), any::<u8>()), 1..4), cut: Index) {
        let mut record = derive(SEED).encode();
        for (at, octet) in &edits {
            *at.get_mut(&mut record) = *octet;
        }
        let _ = Summary::decode(&record);
        let _ = Summary::decode(&record[..cut.index(record.len())]);
        let _ = Summary::envelope_bytes(&record[..cut.index(record.len())]);
    }

    /// A message composed from properties says again what the properties said.
    #[test]
    fn composing_again_changes_nothing(edits in vec(edit(), 0..3)) {
        let again = |summary: &Summary| {
            let properties = summary.base_properties();
            let item = compose::Item { properties, ..Default::default() };
            derive(&compose::compose(&item, Default::default()))
        };
        let once = again(&derive(&edited(&edits)));
        prop_assert_eq!(again(&once).envelope, once.envelope);
    }
}

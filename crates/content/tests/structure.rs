//! The MIME tree and its offsets, for messages as they should be and as they come.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use content::{Part, Summary, derive};
use expect_test::{Expect, expect};
use types::limits::{
    ENVELOPE_ADDRESSES_MAX, HEADER_OCTETS_MAX, MIME_DEPTH_MAX, MIME_PARTS_MAX,
    SEARCH_TEXT_OCTETS_MAX, STRUCTURE_TEXT_OCTETS_MAX, SUMMARY_OCTETS_MAX,
};

/// The tree as lines: number of octets of the header, type, body of leaves.
fn tree(message: &[u8], part: &Part, depth: usize, out: &mut String) {
    let body = String::from_utf8_lossy(part.body.of(message)).into_owned();
    let shown = if part.children.is_empty() { format!(" {body:?}") } else { String::new() };
    let (indent, header) = ("  ".repeat(depth), part.header.len());
    out.push_str(&format!("{indent}{header} {}/{}{shown}\n", part.media_type, part.subtype));
    part.children.iter().for_each(|child| tree(message, child, depth + 1, out));
}

fn check(message: &str, expected: Expect) {
    let summary = derive(message.as_bytes());
    let mut out = String::new();
    tree(message.as_bytes(), &summary.structure, 0, &mut out);
    expected.assert_eq(&out);
}

fn bodystructure(message: &[u8]) -> String {
    let record = derive(message).encode();
    let text = Summary::bodystructure_bytes(&record, true).unwrap().to_vec();
    String::from_utf8(text).unwrap()
}

fn envelope(message: &[u8]) -> String {
    let record = derive(message).encode();
    String::from_utf8(Summary::envelope_bytes(&record).unwrap().to_vec()).unwrap()
}

const MIXED: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";

#[test]
fn the_line_ending_before_a_boundary_belongs_to_it() {
    check(
        &format!(
            "{MIXED}preamble\r\n--b\r\n\r\none\r\n\r\n--b\r\nX: y\r\n\r\ntwo\r\n--b--\r\nepilogue"
        ),
        expect![[r#"
            45 multipart/mixed
              2 text/plain "one\r\n"
              8 text/plain "two"
        "#]],
    );
}

#[test]
fn bare_line_feeds_are_line_endings() {
    check(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\rstill one\n--b--\n",
        expect![[r#"
            43 multipart/mixed
              1 text/plain "one\rstill one"
        "#]],
    );
}

#[test]
fn a_missing_end_ends_with_the_message() {
    check(
        &format!("{MIXED}--b\r\n\r\none\r\n"),
        expect![[r#"
            45 multipart/mixed
              2 text/plain "one\r\n"
        "#]],
    );
}

#[test]
fn a_missing_inner_end_ends_at_the_outer_boundary() {
    check(
        &format!(
            "{MIXED}--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n\
             --c\r\n\r\ninner\r\n--b\r\n\r\nouter\r\n--b--\r\n"
        ),
        expect![[r#"
            45 multipart/mixed
              51 multipart/alternative
                2 text/plain "inner"
              2 text/plain "outer"
        "#]],
    );
}

#[test]
fn one_boundary_used_by_two_multiparts_is_the_inner_ones_first() {
    check(
        &format!("{MIXED}--b\r\n{MIXED}--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--\r\n"),
        expect![[r#"
            45 multipart/mixed
              45 multipart/mixed
                2 text/plain "x"
              2 text/plain "y"
        "#]],
    );
}

#[test]
fn what_only_resembles_a_boundary_is_text() {
    check(
        &format!("{MIXED}--b \t\r\n\r\n--bc\r\n --b\r\n--b-\r\n-- b\r\n--b--  \r\n"),
        expect![[r#"
            45 multipart/mixed
              2 text/plain "--bc\r\n --b\r\n--b-\r\n-- b"
        "#]],
    );
}

#[test]
fn parts_may_be_empty_or_lack_everything() {
    check(
        &format!("{MIXED}--b\r\n--b\r\n\r\n--b\r\nX: y\r\n--b\r\n\r\n\r\n--b--"),
        expect![[r#"
            45 multipart/mixed
              0 text/plain ""
              2 text/plain ""
              6 text/plain ""
              2 text/plain ""
        "#]],
    );
}

#[test]
fn multiparts_without_a_boundary_have_no_parts() {
    for field in
        ["multipart/mixed", "multipart/mixed; boundary=\"\"", "multipart/mixed; boundary=z"]
    {
        let message = format!("Content-Type: {field}\r\n\r\n--b\r\n\r\nx\r\n--\r\n");
        let summary = derive(message.as_bytes());
        assert!(summary.structure.is_multipart() && summary.structure.children.is_empty());
        let fake = r#"(("text" "plain" NIL NIL NIL "7bit" 0 0) "mixed""#;
        assert!(bodystructure(message.as_bytes()).starts_with(fake), "{field}");
    }
}

#[test]
fn digests_hold_messages() {
    check(
        "Content-Type: multipart/digest; boundary=b\r\n\r\n\
         --b\r\n\r\nSubject: a\r\n\r\none\r\n--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n",
        expect![[r#"
            46 multipart/digest
              2 message/rfc822
                14 text/plain "one"
              28 text/plain "two"
        "#]],
    );
}

#[test]
fn messages_inside_have_structure_unless_encoded() {
    check(
        &format!(
            "{MIXED}--b\r\nContent-Type: message/rfc822\r\n\r\n\
             {MIXED_C}--c\r\n\r\nin\r\n--c--\r\n\r\n--b\r\n\
             Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--"
        ),
        expect![[r#"
            45 multipart/mixed
              32 message/rfc822
                45 multipart/mixed
                  2 text/plain "in"
              67 application/octet-stream "AAAA"
        "#]],
    );
}

#[test]
fn a_message_inside_keeps_the_end_of_its_header() {
    check(
        &format!("{MIXED}--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n--b--\r\n"),
        expect![[r#"
            45 multipart/mixed
              32 message/rfc822
                14 text/plain ""
        "#]],
    );
}

const MIXED_C: &str = "Content-Type: multipart/mixed; boundary=c\r\n\r\n";

#[test]
fn header_and_body_may_be_missing() {
    for (message, header, body) in [
        ("", "", ""),
        ("\r\n", "\r\n", ""),
        ("\r\nbody", "\r\n", "body"),
        ("\nbody", "\n", "body"),
        ("Subject: x", "Subject: x", ""),
        ("Subject: x\r\n", "Subject: x\r\n", ""),
        ("Subject: x\r\n\r\n", "Subject: x\r\n\r\n", ""),
        ("Subject: x\r\r\n\r\nbody", "Subject: x\r\r\n\r\n", "body"),
        ("Subject: x\r\n \r\n y\r\n\r\nbody", "Subject: x\r\n \r\n y\r\n\r\n", "body"),
        ("--\r\n\r\nbody", "--\r\n\r\n", "body"),
    ] {
        let summary = derive(message.as_bytes());
        let text =
            |span: content::Span| String::from_utf8_lossy(span.of(message.as_bytes())).into_owned();
        assert_eq!(text(summary.structure.header), header, "{message:?}");
        assert_eq!(text(summary.structure.body), body, "{message:?}");
        assert_eq!(summary.header_len as usize, header.len());
        assert_eq!(summary.size as usize, message.len());
    }
}

#[test]
fn fields_beyond_the_header_limit_are_octets_only() {
    let message = format!("X: {}\r\nSubject: late\r\n\r\nbody", "x".repeat(HEADER_OCTETS_MAX));
    let summary = derive(message.as_bytes());
    assert_eq!(summary.envelope.subject, None);
    assert_eq!(summary.structure.body.of(message.as_bytes()), b"body");
}

#[test]
fn what_lies_deeper_than_the_limit_is_opaque() {
    let depth = MIME_DEPTH_MAX + 10;
    let open: String = (0..depth)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let summary = derive(format!("{open}\r\nend").as_bytes());
    let mut part = &summary.structure;
    for _ in 0..MIME_DEPTH_MAX {
        assert!(part.is_multipart());
        part = &part.children[0];
    }
    assert!(part.is("application", "octet-stream") && part.children.is_empty());
    assert_eq!(part.body.end as usize, open.len() + 5);
    assert_eq!(Summary::decode(&summary.encode()), Ok(summary));
}

#[test]
fn nested_messages_count_as_depth() {
    let message = "Content-Type: message/rfc822\r\n\r\n".repeat(MIME_DEPTH_MAX + 10);
    let summary = derive(message.as_bytes());
    let mut part = &summary.structure;
    let mut depth = 0;
    while let Some(inner) = part.message() {
        (part, depth) = (inner, depth + 1);
    }
    assert_eq!(depth, MIME_DEPTH_MAX);
    assert!(part.is("application", "octet-stream"));
}

#[test]
fn parts_beyond_the_limit_are_not_listed() {
    let message = format!("{MIXED}{}--b--\r\n", "--b\r\n\r\nx\r\n".repeat(MIME_PARTS_MAX + 1));
    let summary = derive(message.as_bytes());
    assert_eq!(summary.structure.children.len(), MIME_PARTS_MAX - 1);
    assert_eq!(Summary::decode(&summary.encode()), Ok(summary));
}

#[test]
fn addresses_beyond_the_limit_are_left_out() {
    for addresses in [ENVELOPE_ADDRESSES_MAX, ENVELOPE_ADDRESSES_MAX + 1] {
        let message = format!("To: {}\r\n\r\n", "a@b,".repeat(addresses));
        assert_eq!(derive(message.as_bytes()).envelope.to.len(), ENVELOPE_ADDRESSES_MAX);
    }
}

#[test]
fn parts_are_described_as_long_as_there_is_room() {
    let field = format!("Content-Type: a/{}", "b".repeat(1000));
    let count = STRUCTURE_TEXT_OCTETS_MAX / 500;
    let message =
        format!("{MIXED}{}--b--\r\n", format!("--b\r\n{field}\r\n\r\nx\r\n").repeat(count));
    let children = derive(message.as_bytes()).structure.children;
    let described = children.iter().filter(|part| part.media_type == "a").count();
    assert!(described * 1000 <= STRUCTURE_TEXT_OCTETS_MAX, "{described}");
    assert!((described + 2) * field.len() > STRUCTURE_TEXT_OCTETS_MAX, "{described}");
    assert!(children.iter().skip(described).all(|part| part.media_type != "a"));
}

#[test]
fn search_sees_the_beginning_of_a_huge_text() {
    let seen = " ".repeat(SEARCH_TEXT_OCTETS_MAX - 4) + "last";
    let message = format!("\r\n{seen}more");
    let text =
        content::search::body_text(message.as_bytes(), &derive(message.as_bytes()).structure);
    assert!(text.trim() == "last");
}

#[test]
fn records_are_bounded_whatever_arrives() {
    let header = |unit: &str| unit.repeat(HEADER_OCTETS_MAX / unit.len() - 200);
    let parts = |head: &str, count| format!("--b\r\n{head}\r\n\r\nx\r\n").repeat(count);
    let message = |fields: &str, parts: &str| format!("{fields}{MIXED}{parts}--b--\r\n");
    let inner = format!("Content-Type: message/rfc822\r\n\r\nTo: {}", "a,".repeat(60_000));
    let long = format!("Content-Type: a/{}\r\nContent-ID: <{}>", "b".repeat(500), "c".repeat(500));
    for (name, message) in [
        ("addresses", message(&format!("To: {}\r\n", header("a,")), "")),
        ("subject", message(&format!("Subject: {}\r\n", header("\u{fc}\"")), "")),
        ("parts", message(&format!("To: {}\r\n", header("a@b,")), &parts("X: y", MIME_PARTS_MAX))),
        ("messages", message("", &parts(&inner, 60))),
        ("descriptions", message("", &parts(&long, MIME_PARTS_MAX))),
        ("messages in parts", message("", &parts("Content-Type: message/rfc822", MIME_PARTS_MAX))),
    ] {
        let summary = derive(message.as_bytes());
        let record = summary.encode();
        assert!(record.len() <= SUMMARY_OCTETS_MAX, "{name}: {}", record.len());
        assert_eq!(Summary::decode(&record).as_ref(), Ok(&summary), "{name}");
    }
}

#[test]
fn lines_are_counted_in_text_and_messages() {
    let message = format!(
        "{MIXED}--b\r\n\r\n1\r\n2\r\n3\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         Subject: x\r\n\r\n1\r\n2\r\n--b\r\nContent-Type: image/png\r\n\r\n1\r\n2\r\n--b--\r\n"
    );
    let structure = derive(message.as_bytes()).structure;
    let lines: Vec<_> = structure.children.iter().map(|part| part.lines).collect();
    assert_eq!(lines, [2, 3, 0]);
    assert_eq!(structure.children[1].children[0].lines, 1);
    let all = message.bytes().filter(|octet| *octet == b'\n').count();
    assert_eq!(derive(message.as_bytes()).lines as usize, all);
}

#[test]
fn bodystructure_of_plain_messages() {
    for (message, expected) in [
        (
            "\r\nHi\r\n",
            r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: text\r\n\r\n",
            r#"("text" "plain" NIL NIL NIL "7bit" 0 0 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: Text/HTML; Charset=\"x\"\r\nContent-ID: <i>\r\nContent-MD5: m\r\n\
             Content-Description: d\r\nContent-Language: en, de\r\nContent-Location: l\r\n\
             Content-Transfer-Encoding: Base64 (c)\r\n\
             Content-Disposition: Attachment; filename=f\r\n\r\nAA\r\n",
            r#"("text" "html" ("charset" "x") "<i>" "d" "base64" 4 1 "m" ("attachment" ("filename" "f")) ("en" "de") "l")"#,
        ),
        (
            "Content-Type: a/b; name*0*=utf-8''%C3; name*1*=%BC\r\n\r\n",
            r#"("a" "b" ("name*" "utf-8''%C3%BC") NIL NIL "7bit" 0 NIL NIL NIL NIL)"#,
        ),
    ] {
        assert_eq!(bodystructure(message.as_bytes()), expected);
    }
}

#[test]
fn bodystructure_of_composite_messages() {
    let message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
                   Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n";
    expect![[r#"(("message" "rfc822" NIL NIL NIL "7bit" 16 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)"#]]
        .assert_eq(&bodystructure(message.as_bytes()));
    let record = derive(message.as_bytes()).encode();
    let body = Summary::bodystructure_bytes(&record, false).unwrap();
    expect![[r#"(("message" "rfc822" NIL NIL NIL "7bit" 16 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) 2) "mixed")"#]]
        .assert_eq(&String::from_utf8_lossy(body));
}

#[test]
fn envelopes_are_seven_bit() {
    for (message, expected) in [
        (
            &b"Subject: =?utf-8?q?a?=\r\n b\r\nFrom: \"A \\\"B\\\"\" <a@b>\r\n\r\n"[..],
            r#"(NIL "=?utf-8?q?a?= b" (("A \"B\"" NIL "a" "b")) (("A \"B\"" NIL "a" "b")) (("A \"B\"" NIL "a" "b")) NIL NIL NIL NIL NIL)"#,
        ),
        (
            b"Subject: \xfc\0\r\nTo: undisclosed-recipients:;\r\n\r\n",
            r#"(NIL "=?UTF-8?B?w7w=?=" NIL NIL NIL ((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)"#,
        ),
    ] {
        assert_eq!(envelope(message), expected);
    }
}

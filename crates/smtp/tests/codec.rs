//! Commands, replies and keywords: examples and round trips.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use smtp::codec::reply::{BadReply, ReplyReader};
use smtp::codec::{
    Command, Enhanced, ForwardPath, Keyword, MailParams, RcptParams, Reply, ServerLimits,
    SyntaxError,
};
use types::limits::{
    ENVELOPE_ID_OCTETS_MAX, SMTP_ORCPT_OCTETS_MAX, SMTP_REPLY_LINE_OCTETS_MAX,
    SMTP_REPLY_LINES_MAX, SMTP_REPLY_TEXT_OCTETS_MAX,
};
use types::{Address, BodyType, Notify, OriginalRecipient, Return, ReversePath};

#[test]
fn commands_that_are_legal() {
    for (line, encoded) in [
        ("ehlo client.test", "EHLO client.test"),
        ("EHLO", "EHLO"),
        ("HELO [192.0.2.1]", "HELO [192.0.2.1]"),
        ("LHLO x", "LHLO x"),
        ("mail from:<>", "MAIL FROM:<>"),
        (
            "MAIL FROM: <A@B.test>  SIZE=10  body=8bitmime ",
            "MAIL FROM:<A@b.test> SIZE=10 BODY=8BITMIME",
        ),
        (
            "MAIL FROM:<a@b> RET=hdrs ENVID=a+2Bb AUTH=<>",
            "MAIL FROM:<a@b> RET=HDRS ENVID=a+2Bb AUTH=<>",
        ),
        ("MAIL FROM:<é@b> SMTPUTF8 REQUIRETLS", "MAIL FROM:<é@b> SMTPUTF8 REQUIRETLS"),
        ("MAIL FROM:<a@bücher.test> SMTPUTF8", "MAIL FROM:<a@xn--bcher-kva.test> SMTPUTF8"),
        ("RCPT TO:<postmaster>", "RCPT TO:<Postmaster>"),
        ("RCPT TO:<@a.test,@b.test:\"x y\"@c.test>", "RCPT TO:<\"x y\"@c.test>"),
        ("RCPT TO:<a@b> notify=delay,SUCCESS", "RCPT TO:<a@b> NOTIFY=SUCCESS,DELAY"),
        ("RCPT TO:<a@b> ORCPT=rfc822;a+2Bb@c", "RCPT TO:<a@b> ORCPT=rfc822;a+2Bb@c"),
        ("RCPT TO:<a@b> ORCPT=utf-8;\\x{E9}@c", "RCPT TO:<a@b> ORCPT=utf-8;\\x{E9}@c"),
        ("Data", "DATA"),
        ("BDAT 0 last", "BDAT 0 LAST"),
        ("BDAT 86", "BDAT 86"),
        ("NOOP whatever", "NOOP"),
        ("VRFY joe", "VRFY joe"),
        ("EXPN staff", "EXPN staff"),
        ("HELP me", "HELP"),
        ("QUIT", "QUIT"),
        ("STARTTLS", "STARTTLS"),
        ("AUTH plain =", "AUTH PLAIN ="),
        ("AUTH SCRAM-SHA-256-PLUS", "AUTH SCRAM-SHA-256-PLUS"),
        ("AUTH LOGIN YQ==", "AUTH LOGIN YQ=="),
    ] {
        let command = Command::parse(line.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(command.encode()).unwrap(), format!("{encoded}\r\n"));
    }
}

#[test]
fn commands_that_are_not() {
    for (line, error) in [
        (&b"FROB"[..], SyntaxError::Unknown),
        (b"", SyntaxError::Unknown),
        (b" NOOP", SyntaxError::Unknown),
        (b"NOOP a\nMAIL FROM:<>", SyntaxError::Line),
        (b"NOOP\r", SyntaxError::Line),
        (b"NOOP\0", SyntaxError::Line),
        (b"NOOP \xff", SyntaxError::Line),
        (b"DATA now", SyntaxError::Arguments),
        (b"STARTTLS x", SyntaxError::Arguments),
        (b"EHLO a b", SyntaxError::Arguments),
        ("EHLO é".as_bytes(), SyntaxError::Arguments),
        (b"MAIL", SyntaxError::Arguments),
        (b"MAIL TO:<a@b>", SyntaxError::Arguments),
        (b"MAIL FROM:a@b", SyntaxError::Sender),
        (b"MAIL FROM:<a@b", SyntaxError::Sender),
        (b"MAIL FROM:<postmaster>", SyntaxError::Sender),
        (b"MAIL FROM:<a@b>SIZE=1", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> SIZE=", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> SIZE=123456789012345678901", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> SIZE=1 SIZE=1", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> BODY=9BIT", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> SMTPUTF8=yes", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> =x", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> ENVID=a=b", SyntaxError::Arguments),
        (b"MAIL FROM:<a@b> FUTURE=1", SyntaxError::Parameter),
        ("MAIL FROM:<é@b>".as_bytes(), SyntaxError::NonAscii),
        (b"RCPT TO:<joe>", SyntaxError::Recipient),
        (b"RCPT TO:<>", SyntaxError::Recipient),
        (b"RCPT TO:<a@b> NOTIFY=NEVER,DELAY", SyntaxError::Arguments),
        (b"RCPT TO:<a@b> ORCPT=a@b", SyntaxError::Arguments),
        (b"RCPT TO:<a@b> SIZE=1", SyntaxError::Parameter),
        (b"BDAT", SyntaxError::Chunk),
        (b"BDAT -1", SyntaxError::Chunk),
        (b"BDAT +1", SyntaxError::Chunk),
        (b"BDAT 1 FIRST", SyntaxError::Chunk),
        (b"BDAT 99999999999999999999", SyntaxError::Chunk),
        (b"VRFY", SyntaxError::Arguments),
        (b"AUTH", SyntaxError::Arguments),
        (b"AUTH PLAIN ?", SyntaxError::Base64),
    ] {
        assert_eq!(Command::parse(line), Err(error), "{}", line.escape_ascii());
    }
}

#[test]
fn limits_of_parameters() {
    let envid = |length: usize| format!("MAIL FROM:<a@b> ENVID={}", "x".repeat(length));
    let orcpt = |length: usize| format!("RCPT TO:<a@b> ORCPT=rfc822;{}", "x".repeat(length - 7));
    for (line, legal) in [
        (envid(ENVELOPE_ID_OCTETS_MAX), true),
        (envid(ENVELOPE_ID_OCTETS_MAX + 1), false),
        (orcpt(SMTP_ORCPT_OCTETS_MAX), true),
        (orcpt(SMTP_ORCPT_OCTETS_MAX + 1), false),
    ] {
        assert_eq!(Command::parse(line.as_bytes()).is_ok(), legal, "{}", line.len());
    }
    // "utf-8;" and 82 times "\\x{E9}", six octets each where two came in.
    let utf8 = |count: usize| format!("RCPT TO:<a@b> ORCPT=utf-8;{}", "é".repeat(count));
    assert!(Command::parse(utf8(82).as_bytes()).is_ok());
    assert_eq!(Command::parse(utf8(83).as_bytes()), Err(SyntaxError::Arguments));
}

fn replies(bytes: &[u8]) -> Result<Vec<Reply>, BadReply> {
    let mut reader = ReplyReader::default();
    reader.feed(bytes);
    std::iter::from_fn(|| reader.next_reply().transpose()).collect()
}

#[test]
fn replies_of_servers() {
    let found =
        replies(b"250-2.1.0 a\r\n250 2.1.0 b\n220\r\n354 go\r\n550-5.1.1 x\r\n550 5.2.0 y\r\n");
    let expected = vec![
        Reply::new(250, Enhanced(2, 1, 0), "a\nb"),
        Reply::plain(220, ""),
        Reply::plain(354, "go"),
        Reply::plain(550, "5.1.1 x\n5.2.0 y"),
    ];
    assert_eq!(found, Ok(expected));
}

#[test]
fn replies_that_are_none() {
    for bytes in [
        &b"hello\r\n"[..],
        b"25\r\n",
        b"250+x\r\n",
        b"199 x\r\n",
        b"600 x\r\n",
        b"250-a\r\n251 b\r\n",
    ] {
        assert_eq!(replies(bytes), Err(BadReply::Syntax), "{}", bytes.escape_ascii());
    }
}

#[test]
fn replies_have_a_length() {
    for (lines, legal) in [(SMTP_REPLY_LINES_MAX, true), (SMTP_REPLY_LINES_MAX + 1, false)] {
        let reply = [b"250-x\r\n".repeat(lines - 1), b"250 x\r\n".to_vec()].concat();
        assert_eq!(replies(&reply).map_err(|_| ()).is_ok(), legal, "{lines} lines");
    }
    for (octets, legal) in
        [(SMTP_REPLY_LINE_OCTETS_MAX, true), (SMTP_REPLY_LINE_OCTETS_MAX + 1, false)]
    {
        let line = format!("250 {}\n", "x".repeat(octets - 4));
        assert_eq!(replies(line.as_bytes()).is_ok(), legal, "{octets} octets");
        let unfinished = "2".repeat(octets);
        assert_eq!(replies(unfinished.as_bytes()).is_ok(), legal, "{octets} octets");
    }
}

#[test]
fn our_replies_are_cut() {
    for octets in [SMTP_REPLY_TEXT_OCTETS_MAX, SMTP_REPLY_TEXT_OCTETS_MAX + 1] {
        let reply = Reply::plain(250, &"x".repeat(octets));
        assert_eq!(reply.lines[0].len(), SMTP_REPLY_TEXT_OCTETS_MAX);
    }
    for lines in [SMTP_REPLY_LINES_MAX, SMTP_REPLY_LINES_MAX + 1] {
        let reply = Reply::plain(250, &vec!["x"; lines].join("\n"));
        assert_eq!(reply.lines.len(), SMTP_REPLY_LINES_MAX);
    }
}

#[test]
fn no_text_breaks_a_reply() {
    let mut out = Vec::new();
    Reply::plain(250, &format!("a\r\nb\0{}", "é".repeat(5000))).encode(&mut out);
    let lines: Vec<_> = out.split(|&byte| byte == b'\n').collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.len() <= 512));
}

fn address() -> impl Strategy<Value = Address> {
    "[a-z\"é+ ]{1,8}@[a-zü]{1,6}\\.test".prop_filter_map("no address", |text| {
        let quoted = text.replacen('@', "\"@", 1);
        Address::parse(&text).or_else(|_| Address::parse(&format!("\"{quoted}"))).ok()
    })
}

fn body() -> impl Strategy<Value = BodyType> {
    prop_oneof![Just(BodyType::SevenBit), Just(BodyType::EightBitMime), Just(BodyType::BinaryMime)]
}

prop_compose! {
    fn mail_params()(
        size: Option<u64>, body in prop::option::of(body()), full: Option<bool>,
        envid in prop::option::of("[ -~]{1,33}"), auth in prop::option::of("[ -~]{0,40}"),
        requiretls: bool,
    ) -> MailParams {
        let ret = full.map(|full| if full { Return::Full } else { Return::Headers });
        MailParams { size, body, smtputf8: true, ret, envid, auth, requiretls }
    }
}

prop_compose! {
    fn rcpt_params()(
        bits in prop::option::of(0u8..8), address_type in "(rfc822|utf-8)", text in "[!-~é]{1,40}",
        with_orcpt: bool,
    ) -> RcptParams {
        let notify = bits.map(|bits| Notify {
            success: bits & 1 > 0,
            failure: bits & 2 > 0,
            delay: bits & 4 > 0,
        });
        let address = if address_type == "utf-8" { text } else { text.replace('é', "e") };
        RcptParams { notify, orcpt: with_orcpt.then_some(OriginalRecipient { address_type, address }) }
    }
}

fn command() -> impl Strategy<Value = Command> {
    let mail = (prop::option::of(address()), mail_params()).prop_map(|(address, params)| {
        let reverse_path = address.map_or(ReversePath::Null, ReversePath::Address);
        Command::Mail { reverse_path, params }
    });
    let rcpt = (prop::option::of(address()), rcpt_params()).prop_map(|(address, params)| {
        let forward_path = address.map_or(ForwardPath::Postmaster, ForwardPath::Address);
        Command::Rcpt { forward_path, params }
    });
    let auth = ("[A-Z0-9-]{1,20}", prop::option::of(any::<Vec<u8>>()))
        .prop_map(|(mechanism, initial)| Command::Auth { mechanism, initial });
    prop_oneof![
        "[!-~]{0,40}".prop_map(Command::Ehlo),
        "[!-~]{0,40}".prop_map(Command::Helo),
        mail,
        rcpt,
        auth,
        (any::<u64>(), any::<bool>()).prop_map(|(octets, last)| Command::Bdat { octets, last }),
        "[!-~]{1,40}".prop_map(Command::Vrfy),
        Just(Command::Data),
        Just(Command::Rset),
        Just(Command::Quit),
        Just(Command::StartTls),
    ]
}

fn keyword() -> impl Strategy<Value = Keyword> {
    let limits = (prop::option::of(1u32..), prop::option::of(1u32..)).prop_map(|(mail, rcpt)| {
        Keyword::Limits(ServerLimits { mail_max: mail, rcpt_max: rcpt, rcpt_domain_max: rcpt })
    });
    prop_oneof![
        any::<Option<u64>>().prop_map(Keyword::Size),
        prop::collection::vec("[A-Z0-9-]{1,20}", 0..4).prop_map(Keyword::Auth),
        limits,
        Just(Keyword::Pipelining),
        Just(Keyword::BinaryMime),
        Just(Keyword::RequireTls),
        "X[A-Z]{1,10}( [a-z]{1,5})?".prop_map(Keyword::Other),
    ]
}

proptest! {
    #[test]
    fn commands_come_back(command in command()) {
        let line = command.encode();
        prop_assert_eq!(Command::parse(line.strip_suffix(b"\r\n").unwrap()), Ok(command));
    }

    #[test]
    fn keywords_come_back(keyword in keyword()) {
        prop_assert_eq!(Keyword::parse(&keyword.to_string()), keyword);
    }

    #[test]
    fn replies_come_back(code in 200u16..600, detail: Option<u8>, texts in prop::collection::vec("[a-z é]{0,30}", 1..5)) {
        let text = texts.join("\n");
        let class = u8::try_from(code / 100).unwrap();
        let reply = match detail.filter(|_| class != 3) {
            Some(detail) => Reply::new(code, Enhanced(class, 1, u16::from(detail)), &text),
            None => Reply::plain(code, &text),
        };
        let mut wire = Vec::new();
        reply.encode(&mut wire);
        prop_assert_eq!(replies(&wire), Ok(vec![reply]));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Command::parse(&bytes);
        let _ = replies(&bytes);
        let _ = Keyword::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_parses_prints_and_parses_the_same(line in "(MAIL FROM:|RCPT TO:|AUTH |BDAT )[ -~é]{0,40}") {
        if let Ok(command) = Command::parse(line.as_bytes()) {
            let again = command.encode();
            prop_assert_eq!(Command::parse(again.strip_suffix(b"\r\n").unwrap()), Ok(command));
        }
    }
}

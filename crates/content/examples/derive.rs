//! Prints what deriving and listing cost: `cargo run --release -p content --example derive`.

use std::{hint::black_box, time::Instant};

use content::{Summary, derive, search};

fn main() {
    let plain = plain(4 * 1024);
    let mixed = mixed();
    let record = derive(&plain).encode();
    let structure = derive(&plain).structure;
    println!("message {} octets, record {} octets", plain.len(), record.len());
    time("derive, text of 4 KiB", || derive(&plain));
    time("derive, alternative with a file", || derive(&mixed));
    time("encode", || derive(&plain).encode());
    time("decode", || Summary::decode(&record));
    time("envelope out of a record", || Summary::envelope_bytes(&record).map(<[u8]>::len));
    time("search text", || search::text(&plain, &structure));
}

fn time<T>(what: &str, mut work: impl FnMut() -> T) {
    const ROUNDS: u32 = 20_000;
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(work());
    }
    println!("{what}: {:?}", start.elapsed() / ROUNDS);
}

fn header(content_type: &str) -> String {
    let received = "Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n\
                    \tby mx.example.net with ESMTPS id 4711; Mon, 7 Feb 2022 21:52:25 +0000\r\n";
    format!(
        "{}Date: Mon, 7 Feb 2022 21:52:25 +0000\r\nFrom: Ann Example <ann@example.org>\r\n\
         To: Bob Example <bob@example.net>, carol@example.net\r\nSubject: Re: Quarterly figures\r\n\
         Message-ID: <20220207215225.4711@example.org>\r\nIn-Reply-To: <1@example.net>\r\n\
         References: <0@example.net> <1@example.net>\r\nMIME-Version: 1.0\r\n\
         Content-Type: {content_type}\r\n\r\n",
        received.repeat(4)
    )
}

fn plain(octets: usize) -> Vec<u8> {
    let line = "The quick brown fox jumps over the lazy dog, and so on.\r\n";
    let mut message = header("text/plain; charset=utf-8");
    while message.len() < octets {
        message.push_str(line);
    }
    message.into_bytes()
}

fn mixed() -> Vec<u8> {
    let file =
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\r\n".repeat(500);
    let head = header("multipart/mixed; boundary=m");
    format!(
        "{head}--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
         --a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n\
         --a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n--a--\r\n\
         --m\r\nContent-Type: application/pdf; name=figures.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=figures.pdf\r\n\r\n{file}--m--\r\n"
    )
    .into_bytes()
}

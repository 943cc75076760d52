//! Messages to send.

/// A message of a few lines, with CRLF.
pub fn text(from: &str, to: &str, subject: &str) -> String {
    let id = subject.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Date: Mon, 02 Nov 2026 09:30:00 +0100\r\nMessage-ID: <{id}@clients.example>\r\n\
         \r\nThis is the text of: {subject}\r\n"
    )
}

/// A message with a body of `octets` octets, in lines.
pub fn large(from: &str, to: &str, subject: &str, octets: usize) -> String {
    let line = format!("{}\r\n", "0123456789abcdef".repeat(4));
    let mut message = text(from, to, subject);
    message.push_str(&line.repeat(octets / line.len()));
    message
}

/// What follows the empty line.
pub fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").expect("a header and a body").1
}

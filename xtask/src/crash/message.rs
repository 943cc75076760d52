//! Messages that can be told apart and recomputed: everything follows from the number.

use super::random::Random;

/// Names a message for the whole run.
pub type Token = u64;

const SUBJECT: &str = "Subject: crash ";
/// Octets of most bodies; they stay in a row.
const SMALL_OCTETS_MAX: usize = 2_000;
/// Octets of the other ones; they go to segment files.
const LARGE_OCTETS_MAX: usize = 60_000;

/// The message as a client hands it in.
pub fn text(token: Token) -> String {
    text_from("crash@elsewhere.example", token)
}

/// The message as its author hands it in.
pub fn text_from(author: &str, token: Token) -> String {
    format!("From: {author}\r\n{SUBJECT}{token}\r\n\r\n{}", body(token))
}

/// The number in a message's header.
pub fn token_of(message: &[u8]) -> Option<Token> {
    let text = String::from_utf8_lossy(message);
    let (_, rest) = text.split_once(SUBJECT)?;
    rest.split("\r\n").next()?.parse().ok()
}

/// Whether the message came through unharmed. Servers may add to the header.
pub fn is_whole(message: &[u8], token: Token) -> bool {
    message.ends_with(format!("\r\n\r\n{}", body(token)).as_bytes())
}

fn body(token: Token) -> String {
    let mut random = Random::new(token);
    let octets = match random.below(5) {
        0 => random.below(LARGE_OCTETS_MAX),
        _ => random.below(SMALL_OCTETS_MAX),
    };
    let mut body = String::with_capacity(octets + 100);
    while body.len() < octets {
        body.push_str(&format!("{:016x} {:016x}\r\n", random.number(), random.number()));
    }
    body + "end\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_recognized_and_damage_is_seen() {
        for token in 0..50 {
            let received = format!("Received: by x\r\n{}", text(token)).into_bytes();
            assert_eq!(token_of(&received), Some(token));
            assert!(is_whole(&received, token));
            assert!(!is_whole(&received[..received.len() - 1], token));
            assert!(!is_whole(&received, token + 1));
        }
    }
}

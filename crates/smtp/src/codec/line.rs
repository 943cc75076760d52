//! Lines of a client: only CRLF ends one, and none may grow without end.

/// What the front of the input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line without its CRLF.
    Complete(Vec<u8>),
    /// A line longer than the limit; its bytes are gone. Begins as given, for those who must
    /// know what it would have been.
    TooLong(Vec<u8>),
}

/// Octets of an overlong line that are kept to recognize its command.
const HEAD_OCTETS: usize = 8;

/// Bytes of a client that have not been used up.
#[derive(Debug, Default)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// Where what has not been used begins.
    start: usize,
    /// Where the search for CRLF goes on, so that a slow line is not searched twice.
    searched: usize,
    /// The head of an overlong line whose end has not come yet.
    overlong: Option<Vec<u8>>,
}

impl LineBuffer {
    /// Adds bytes from the client.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Octets that wait.
    pub fn len(&self) -> usize {
        self.peek().len()
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.peek().is_empty()
    }

    /// The bytes that wait.
    pub fn peek(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Takes `octets` bytes off the front, or all there are.
    pub fn take(&mut self, octets: usize) -> Vec<u8> {
        let taken = self.peek()[..octets.min(self.len())].to_vec();
        self.consume(taken.len());
        taken
    }

    /// Drops `octets` bytes off the front. An empty buffer holds no memory.
    pub fn consume(&mut self, octets: usize) {
        self.start += octets.min(self.len());
        if self.is_empty() {
            self.bytes = Vec::new();
            self.start = 0;
        }
        self.searched = self.start;
    }

    /// Throws away everything, also what was known of an overlong line.
    pub fn clear(&mut self) {
        *self = LineBuffer::default();
    }

    /// The next line of at most `limit` octets with its CRLF.
    pub fn line(&mut self, limit: usize) -> Option<Line> {
        let Some(end) = self.find_end() else {
            self.drop_overlong(limit);
            return None;
        };
        let mut line = self.take(end);
        if let Some(head) = self.overlong.take() {
            return Some(Line::TooLong(head));
        }
        if line.len() > limit {
            line.truncate(HEAD_OCTETS);
            return Some(Line::TooLong(line));
        }
        line.truncate(end - 2);
        Some(Line::Complete(line))
    }

    /// How long the first line is with its CRLF.
    fn find_end(&mut self) -> Option<usize> {
        let found = self.bytes[self.searched..].windows(2).position(|pair| pair == b"\r\n");
        if let Some(at) = found {
            return Some(self.searched + at + 2 - self.start);
        }
        // The last byte may be the CR of a CRLF still to come.
        self.searched = self.start.max(self.bytes.len().saturating_sub(1));
        None
    }

    /// Keeps memory bounded while an overlong line goes on.
    fn drop_overlong(&mut self, limit: usize) {
        if self.len() <= limit && self.overlong.is_none() {
            return;
        }
        if self.overlong.is_none() {
            self.overlong = Some(self.peek()[..self.len().min(HEAD_OCTETS)].to_vec());
        }
        // All but a CR that may be half of the end.
        let keep = usize::from(self.peek().last() == Some(&b'\r'));
        self.consume(self.len() - keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn complete(text: &[u8]) -> Option<Line> {
        Some(Line::Complete(text.to_vec()))
    }

    #[test]
    fn only_crlf_ends_a_line() {
        let mut buffer = LineBuffer::default();
        buffer.feed(b"a\nb\rc\r\r\nd");
        assert_eq!(buffer.line(100), complete(b"a\nb\rc\r"));
        assert_eq!(buffer.line(100), None);
        buffer.feed(b"\r");
        assert_eq!(buffer.line(100), None);
        buffer.feed(b"\n");
        assert_eq!(buffer.line(100), complete(b"d"));
        assert!(buffer.is_empty());
    }

    #[test]
    fn an_overlong_line_is_dropped_and_the_next_one_read() {
        for cut in 0..30 {
            let mut buffer = LineBuffer::default();
            let (head, tail) = b"AUTH abcdefghijklmnop\r\nNOOP\r\n".split_at(cut.min(29));
            let mut lines = Vec::new();
            for part in [head, tail] {
                buffer.feed(part);
                lines.extend(std::iter::from_fn(|| buffer.line(10)));
            }
            assert!(
                matches!(&lines[0], Line::TooLong(head) if head.starts_with(b"AUTH ")),
                "{cut}"
            );
            assert_eq!(lines[1..], [Line::Complete(b"NOOP".to_vec())], "{cut}");
        }
    }

    proptest! {
        #[test]
        fn memory_stays_bounded(parts: Vec<Vec<u8>>) {
            let mut buffer = LineBuffer::default();
            for part in parts {
                buffer.feed(&part);
                while buffer.line(16).is_some() {}
                prop_assert!(buffer.len() <= 16);
            }
        }
    }
}

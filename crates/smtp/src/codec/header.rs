//! What a server must know of a message's header while it streams past: how long it is and
//! how many hops it has seen (RFC 5321 section 6.3). Nothing is kept but counters.

/// Counts octets and `Received` fields up to the blank line.
#[derive(Debug, Default)]
pub struct HeaderMeter {
    octets: usize,
    hops: usize,
    /// Octets of the line so far; with `matched`, how far it spells `received:`.
    column: usize,
    matched: bool,
    over: bool,
}

/// What a trace field begins with.
const RECEIVED: &[u8] = b"received:";

impl HeaderMeter {
    /// Octets of the header so far.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// `Received` fields so far.
    pub fn hops(&self) -> usize {
        self.hops
    }

    /// Looks at more content. Lines end with LF here: CR before it changes no count.
    pub fn feed(&mut self, content: &[u8]) {
        for &byte in content {
            if self.over {
                return;
            }
            self.octets += 1;
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        match byte {
            b'\n' if self.column == 0 => self.over = true,
            b'\n' => self.column = 0,
            b'\r' => {}
            byte => self.text(byte),
        }
    }

    fn text(&mut self, byte: u8) {
        let before = self.column == 0 || self.matched;
        self.matched = before && RECEIVED.get(self.column) == Some(&byte.to_ascii_lowercase());
        self.column += 1;
        if self.matched && self.column == RECEIVED.len() {
            self.hops += 1;
            self.matched = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_fields_of_the_header_only() {
        let content = b"Received: a\r\n by b\r\nX-Received: c\r\nRECEIVED:d\r\n received: e\r\n\
                        Receive: f\r\n\r\nReceived: body\r\n";
        for cut in 0..content.len() {
            let mut meter = HeaderMeter::default();
            meter.feed(&content[..cut]);
            meter.feed(&content[cut..]);
            assert_eq!(meter.hops(), 2);
            assert_eq!(meter.octets(), content.len() - "Received: body\r\n".len());
        }
    }
}

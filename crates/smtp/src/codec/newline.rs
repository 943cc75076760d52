//! Line ends of content. On the wire a line ends with CRLF and neither CR nor LF stands alone
//! (RFC 5321 section 2.3.8); where they do, two servers may see two different messages.

/// Copies content, notices bare CR and LF, and can turn each into CRLF.
#[derive(Debug)]
pub struct NewlineFilter {
    rewrite: bool,
    after_cr: bool,
    bare: bool,
}

impl NewlineFilter {
    /// Copies octets unchanged (BINARYMIME).
    pub fn keep() -> Self {
        NewlineFilter { rewrite: false, after_cr: false, bare: false }
    }

    /// Copies text and rewrites what stands alone.
    pub fn rewrite() -> Self {
        NewlineFilter { rewrite: true, ..NewlineFilter::keep() }
    }

    /// True once a bare CR or LF was met.
    pub fn saw_bare(&self) -> bool {
        self.bare
    }

    /// Copies `input` to `out`. A CR at the end waits for what follows it.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some((&first, after)) = rest.split_first() {
            if self.after_cr || matches!(first, b'\r' | b'\n') {
                self.near_newline(first, out);
                rest = after;
            } else {
                let plain = rest.iter().position(|b| matches!(b, b'\r' | b'\n'));
                let (text, tail) = rest.split_at(plain.unwrap_or(rest.len()));
                out.extend_from_slice(text);
                rest = tail;
            }
        }
    }

    /// The content is over: a CR that waited stood alone.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.after_cr) {
            self.lone(b'\r', out);
        }
    }

    /// A byte that is CR or LF, or stands behind a CR.
    fn near_newline(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (std::mem::take(&mut self.after_cr), byte) {
            (true, b'\n') => out.extend_from_slice(b"\r\n"),
            (true, _) => {
                self.lone(b'\r', out);
                self.near_newline(byte, out);
            }
            (false, b'\r') => self.after_cr = true,
            (false, b'\n') => self.lone(b'\n', out),
            (false, byte) => out.push(byte),
        }
    }

    fn lone(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.bare = true;
        if self.rewrite {
            out.extend_from_slice(b"\r\n");
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filtered(mut filter: NewlineFilter, parts: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        for part in parts {
            filter.feed(part, &mut out);
        }
        filter.finish(&mut out);
        (out, filter.saw_bare())
    }

    #[test]
    fn lone_newlines_become_crlf() {
        for (input, output, bare) in [
            ("a\r\nb\r\n", "a\r\nb\r\n", false),
            ("a\nb", "a\r\nb", true),
            ("a\rb", "a\r\nb", true),
            ("a\r\r\nb", "a\r\n\r\nb", true),
            ("\n.\n", "\r\n.\r\n", true),
            ("a\r", "a\r\n", true),
        ] {
            let found = filtered(NewlineFilter::rewrite(), &[input.as_bytes()]);
            assert_eq!(found, (output.as_bytes().to_vec(), bare), "{input:?}");
        }
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(input in "[a\r\n]{0,20}", at in 0usize..20) {
            let (head, tail) = input.as_bytes().split_at(at.min(input.len()));
            for filter in [NewlineFilter::keep, NewlineFilter::rewrite] {
                let whole = filtered(filter(), &[input.as_bytes()]);
                prop_assert_eq!(filtered(filter(), &[head, tail]), whole);
            }
        }

        #[test]
        fn keeping_changes_nothing_and_rewriting_leaves_nothing_bare(input: Vec<u8>) {
            let (kept, bare) = filtered(NewlineFilter::keep(), &[&input]);
            prop_assert_eq!(&kept, &input);
            let (rewritten, same) = filtered(NewlineFilter::rewrite(), &[&input]);
            prop_assert_eq!(bare, same);
            prop_assert!(!filtered(NewlineFilter::keep(), &[&rewritten]).1);
        }
    }
}

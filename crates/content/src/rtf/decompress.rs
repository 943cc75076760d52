//! LZFu ([MS-OXRTFCP] section 3.1.3): references into the last 4096 octets, which begin with what
//! most RTF begins with.

use types::limits::RTF_OCTETS_MAX;

const COMPRESSED: &[u8] = b"LZFu";
const UNCOMPRESSED: &[u8] = b"MELA";
const HEADER_OCTETS: usize = 16;
const DICTIONARY_OCTETS: usize = 4096;
const DICTIONARY_BEGIN: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \
    \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\
    \\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The RTF of a PidTagRtfCompressed. What is cut off gives its beginning. None: it is none, or has
/// more than `RTF_OCTETS_MAX` octets.
pub fn decompress(octets: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = octets.split_at_checked(HEADER_OCTETS)?;
    let raw = u32::from_le_bytes(header[4..8].try_into().ok()?) as usize;
    if raw > RTF_OCTETS_MAX {
        return None;
    }
    match &header[8..12] {
        UNCOMPRESSED => Some(rest[..raw.min(rest.len())].to_vec()),
        COMPRESSED => Some(expand(rest, raw)),
        _ => None,
    }
}

/// At most `raw` octets.
fn expand(input: &[u8], raw: usize) -> Vec<u8> {
    let mut window = Window::new();
    let mut out = Vec::new();
    let mut input = input.iter().copied();
    while let Some(control) = input.next() {
        for bit in 0..8 {
            if out.len() >= raw {
                out.truncate(raw);
                return out;
            }
            let Some(first) = input.next() else { return out };
            if control >> bit & 1 == 0 {
                window.put(first, &mut out);
                continue;
            }
            let Some(second) = input.next() else { return out };
            let reference = usize::from(first) << 8 | usize::from(second);
            let (from, length) = (reference >> 4, (reference & 0x0F) + 2);
            if from == window.at {
                return out;
            }
            for step in 0..length {
                window.put(window.octets[(from + step) % DICTIONARY_OCTETS], &mut out);
            }
        }
    }
    out
}

struct Window {
    octets: [u8; DICTIONARY_OCTETS],
    /// Where the next one goes.
    at: usize,
}

impl Window {
    fn new() -> Self {
        let mut octets = [0; DICTIONARY_OCTETS];
        octets[..DICTIONARY_BEGIN.len()].copy_from_slice(DICTIONARY_BEGIN);
        Window { octets, at: DICTIONARY_BEGIN.len() }
    }

    fn put(&mut self, octet: u8, out: &mut Vec<u8>) {
        out.push(octet);
        self.octets[self.at] = octet;
        self.at = (self.at + 1) % DICTIONARY_OCTETS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_come_out() {
        assert_eq!(DICTIONARY_BEGIN.len(), 207);
        // [MS-OXRTFCP] section 4.1.
        let simple = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 hel\
            \x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        let text = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
        assert_eq!(decompress(simple).as_deref(), Some(&text[..]));
        // Section 4.2: what is copied is still being written.
        let crossing = b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4KQA\0\x04 WXYZ\rn}\x01\x0e\xb0";
        assert_eq!(decompress(crossing).as_deref(), Some(&b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"[..]));
    }

    #[test]
    fn what_is_not_compressed_stays() {
        let stored = b"\x10\0\0\0\x04\0\0\0MELA\0\0\0\0{\\a}rest";
        assert_eq!(decompress(stored).as_deref(), Some(&b"{\\a}"[..]));
        assert_eq!(decompress(b"\x10\0\0\0\x04\0\0\0Nope\0\0\0\0{}"), None);
        assert_eq!(decompress(b"short"), None);
    }

    #[test]
    fn nothing_longer_than_rtf_octets_max_comes_out() {
        let begin = |raw: usize| {
            let mut octets = [0; HEADER_OCTETS];
            octets[4..8].copy_from_slice(&(raw as u32).to_le_bytes());
            octets[8..12].copy_from_slice(COMPRESSED);
            octets
        };
        assert_eq!(decompress(&begin(RTF_OCTETS_MAX)), Some(Vec::new()));
        assert_eq!(decompress(&begin(RTF_OCTETS_MAX + 1)), None);
        // One reference after the other makes nine times as much, and no more than announced.
        let mut many = begin(100).to_vec();
        many.extend([0xff; 4096].iter().map(|_| 0x7f));
        assert_eq!(decompress(&many).map(|out| out.len()), Some(100));
    }
}

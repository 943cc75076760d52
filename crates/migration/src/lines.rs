//! Line ends: mail on a disk of Unix has LF, a mailbox has CRLF.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

/// With CRLF. A message whose first line ends in CRLF is taken octet by octet: whoever wrote it
/// kept the line ends, and what else is in it is meant.
pub(crate) fn to_crlf(octets: Vec<u8>) -> Vec<u8> {
    let Some(first) = memchr(b'\n', &octets) else { return octets };
    if first > 0 && octets[first - 1] == b'\r' {
        return octets;
    }
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut start = 0;
    for end in memchr_iter(b'\n', &octets) {
        let line = &octets[start..end];
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
        start = end + 1;
    }
    out.extend_from_slice(&octets[start..]);
    out
}

/// With LF, if [`to_crlf`] gives the same octets back; else as they are.
pub(crate) fn to_lf(octets: &[u8]) -> Cow<'_, [u8]> {
    let lone_lf = memchr_iter(b'\n', octets).any(|at| at == 0 || octets[at - 1] != b'\r');
    let lone_cr = memchr_iter(b'\r', octets).any(|at| octets.get(at + 1) != Some(&b'\n'));
    match lone_lf || lone_cr {
        true => Cow::Borrowed(octets),
        false => Cow::Owned(octets.iter().copied().filter(|octet| *octet != b'\r').collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_get_crlf_unless_they_had_it() {
        for (disk, mail) in [
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\n", "a\r\nb\n"),
            ("a\nb\r\n", "a\r\nb\r\n"),
            ("a", "a"),
            ("\na", "\r\na"),
            ("", ""),
        ] {
            assert_eq!(to_crlf(disk.into()), mail.as_bytes(), "{disk:?}");
        }
    }

    proptest! {
        #[test]
        fn what_has_a_proper_first_line_comes_back(rest in "[a\r\n]{0,20}") {
            let mail = format!("A: b\r\n{rest}").into_bytes();
            prop_assert_eq!(to_crlf(to_lf(&mail).into_owned()), mail);
        }
    }
}

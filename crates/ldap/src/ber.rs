//! The part of BER that LDAP uses (RFC 4511 section 5.1): one octet of tag, definite lengths.

/// The octets are no BER as LDAP has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0A;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Appends an element.
pub(crate) fn put(out: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    out.push(tag);
    let length = contents.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            // As many as a usize has, at most.
            out.push(0x80 | (octets.len() - zeros) as u8);
            out.extend_from_slice(&octets[zeros..]);
        }
    }
    out.extend_from_slice(contents);
}

/// Appends an element of elements.
pub(crate) fn put_all(out: &mut Vec<u8>, tag: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut contents = Vec::new();
    fill(&mut contents);
    put(out, tag, &contents);
}

/// Appends a number, as INTEGER or ENUMERATED.
pub(crate) fn put_number(out: &mut Vec<u8>, tag: u8, number: u32) {
    // A leading zero keeps it positive; more than one would not be the shortest form.
    let octets = u64::from(number).to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(octets.len() - 1);
    let begin = if octets[zeros] < 0x80 { zeros } else { zeros - 1 };
    put(out, tag, &octets[begin..]);
}

/// Octets that a length takes after its first one, at most: no message is longer than that.
const LENGTH_OCTETS_MAX: usize = 4;

/// The length of the contents, and where they begin, of the element at the beginning of these
/// octets. None: more octets are needed.
pub(crate) fn header(octets: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let Some(first) = octets.get(1) else { return Ok(None) };
    let count = match first {
        short @ 0..0x80 => return Ok(Some((usize::from(*short), 2))),
        long => usize::from(long & 0x7F),
    };
    // None is the indefinite form.
    if count == 0 || count > LENGTH_OCTETS_MAX {
        return Err(Malformed);
    }
    let Some(length) = octets.get(2..2 + count) else { return Ok(None) };
    let length = length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    Ok(Some((length, 2 + count)))
}

/// Elements, one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next element: tag and contents.
    pub(crate) fn element(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let (length, begin) = header(self.0)?.ok_or(Malformed)?;
        let end = begin.checked_add(length).ok_or(Malformed)?;
        let contents = self.0.get(begin..end).ok_or(Malformed)?;
        let tag = self.0[0];
        self.0 = &self.0[end..];
        Ok((tag, contents))
    }

    /// The contents of the next element, which has to have this tag.
    pub(crate) fn contents(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.element()? {
            (found, contents) if found == tag => Ok(contents),
            _ => Err(Malformed),
        }
    }

    /// The next element as a number that is not negative.
    pub(crate) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let contents = self.contents(tag)?;
        let is_sound = contents.first().is_some_and(|first| *first < 0x80);
        let number = contents
            .iter()
            .try_fold(0_u32, |sum, octet| Some(sum.checked_mul(0x100)? + u32::from(*octet)));
        number.filter(|_| is_sound).ok_or(Malformed)
    }

    /// The next element as text.
    pub(crate) fn text(&mut self, tag: u8) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(self.contents(tag)?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_go_there_and_back() {
        for number in [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, u32::MAX] {
            let mut out = Vec::new();
            put_number(&mut out, INTEGER, number);
            assert_eq!(Reader(&out).number(INTEGER), Ok(number));
        }
        let mut out = Vec::new();
        put_number(&mut out, INTEGER, 0x80);
        assert_eq!(out, [INTEGER, 2, 0, 0x80]);
    }

    #[test]
    fn long_elements_go_there_and_back() {
        for length in [0, 0x7F, 0x80, 0xFF, 0x100, 70_000] {
            let mut out = Vec::new();
            put(&mut out, OCTETS, &vec![7; length]);
            let mut reader = Reader(&out);
            assert_eq!(reader.contents(OCTETS).unwrap().len(), length);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn what_is_no_element_is_refused() {
        let nines = [OCTETS, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1];
        for wrong in [&[][..], &[4], &[4, 1], &[4, 0x80, 0, 0], &[4, 0x82, 1], &nines] {
            assert_eq!(Reader(wrong).element(), Err(Malformed), "{wrong:?}");
        }
        assert_eq!(Reader(&[INTEGER, 1, 0xFF]).number(INTEGER), Err(Malformed));
        assert_eq!(Reader(&[INTEGER, 0]).number(INTEGER), Err(Malformed));
        assert_eq!(Reader(&[INTEGER, 5, 1, 0, 0, 0, 0]).number(INTEGER), Err(Malformed));
        assert_eq!(Reader(&[INTEGER, 1, 1]).number(ENUMERATED), Err(Malformed));
        assert_eq!(header(&[SEQUENCE]), Ok(None));
        assert_eq!(header(&[SEQUENCE, 0x82, 1]), Ok(None));
        assert_eq!(header(&[SEQUENCE, 0x85]), Err(Malformed));
    }
}

//! The parts of one message without their transfer encoding, each decoded once.
//!
//! A client may ask for the size of a part and then for a hundred pieces of it, in one FETCH.

use content::UnknownEncoding;
use mailbox::Fault;

/// What decoding gave.
pub type Decoded = Result<Vec<u8>, UnknownEncoding>;

/// Parts decoded so far.
#[derive(Default)]
pub struct DecodedParts {
    parts: Vec<(Vec<u32>, Decoded)>,
    octets: usize,
}

impl DecodedParts {
    /// The part of that number, decoded now if it was not before. Errors: those of `decode`;
    /// Limit when all parts together come to more than `octets_max`.
    pub fn part(
        &mut self,
        number: &[u32],
        octets_max: usize,
        decode: impl FnOnce() -> Result<Decoded, Fault>,
    ) -> Result<&Decoded, Fault> {
        let at = match self.parts.iter().position(|(known, _)| known == number) {
            Some(at) => at,
            None => {
                let decoded = decode()?;
                self.octets += decoded.as_ref().map_or(0, Vec::len);
                if self.octets > octets_max {
                    return Err(Fault::Limit("octets of decoded parts of one message"));
                }
                self.parts.push((number.to_vec(), decoded));
                self.parts.len() - 1
            }
        };
        Ok(&self.parts[at].1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_part_is_decoded_once() {
        let (mut parts, mut times) = (DecodedParts::default(), 0);
        for number in [[1], [2], [1], [2]] {
            let decoded = parts.part(&number, 10, || {
                times += 1;
                Ok(Ok(vec![0; 4]))
            });
            assert_eq!(decoded.unwrap().as_ref().unwrap().len(), 4);
        }
        assert_eq!(times, 2);
    }

    #[test]
    fn memory_has_a_bound() {
        let mut parts = DecodedParts::default();
        parts.part(&[1], 10, || Ok(Ok(vec![0; 8]))).unwrap().as_ref().unwrap();
        let more = parts.part(&[2], 10, || Ok(Ok(vec![0; 8])));
        assert!(matches!(more, Err(Fault::Limit(_))));
    }
}

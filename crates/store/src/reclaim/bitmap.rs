//! A set of blob numbers: one bit each, because nearly all below the horizon are in it.

use crate::blob::BlobNumber;

/// Numbers below a bound.
pub(super) struct Bitmap(Vec<u64>);

impl Bitmap {
    /// The set of those `numbers` that are below `bound`.
    pub(super) fn collect(numbers: impl Iterator<Item = BlobNumber>, bound: BlobNumber) -> Self {
        let mut words = vec![0u64; bound.0.div_ceil(64) as usize];
        for number in numbers.filter(|number| *number < bound) {
            words[(number.0 / 64) as usize] |= 1 << (number.0 % 64);
        }
        Bitmap(words)
    }

    pub(super) fn contains(&self, number: BlobNumber) -> bool {
        let word = self.0.get((number.0 / 64) as usize).copied().unwrap_or(0);
        word >> (number.0 % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_it_was_given_below_its_bound() {
        let numbers = [0, 1, 63, 64, 129, 130, 1 << 60].map(BlobNumber);
        let set = Bitmap::collect(numbers.into_iter(), BlobNumber(130));
        let held: Vec<u64> = (0..300).filter(|number| set.contains(BlobNumber(*number))).collect();
        assert_eq!(held, [0, 1, 63, 64, 129]);
    }
}

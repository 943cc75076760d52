//! Blind mutation: new inputs out of old ones, by a seed. Finds shallow mistakes only; depth
//! needs coverage, which is libFuzzer's business.

/// A reproducible sequence of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; zero when nothing is below it.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }
}

/// Octets that grammars care about.
const TELLING: &[u8] = b"\r\n\0 \t\"\\(){}[]<>@.,:;=*+-%&~/!?0129azAZ\x7f\x80\xc3\xff";
/// Octets of the longest input made.
const OCTETS_MAX: usize = 4096;
/// Mutations of one input.
const STEPS_MAX: usize = 8;

/// One of the inputs, changed a few times.
pub fn mutated(inputs: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = inputs.get(random.below(inputs.len())).cloned().unwrap_or_default();
    for _ in 0..=random.below(STEPS_MAX) {
        step(&mut input, inputs, random);
    }
    input.truncate(OCTETS_MAX);
    input
}

fn step(input: &mut Vec<u8>, inputs: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len());
    let end = at + random.below(input.len() - at + 1).min(32);
    match random.below(7) {
        0 => flip(input, at, random),
        1 => replace(input, at, random),
        2 => input.insert(at, TELLING[random.below(TELLING.len())]),
        3 => drop(input.drain(at..end)),
        4 => input.extend_from_within(at..end),
        5 => input.truncate(at),
        _ => splice(input, at, &inputs[random.below(inputs.len())], random),
    }
}

fn flip(input: &mut [u8], at: usize, random: &mut Random) {
    if let Some(octet) = input.get_mut(at) {
        *octet ^= 1 << random.below(8);
    }
}

fn replace(input: &mut [u8], at: usize, random: &mut Random) {
    if let Some(octet) = input.get_mut(at) {
        *octet = TELLING[random.below(TELLING.len())];
    }
}

/// The rest of another input in place of the rest of this one.
fn splice(input: &mut Vec<u8>, at: usize, other: &[u8], random: &mut Random) {
    input.truncate(at);
    input.extend_from_slice(&other[random.below(other.len())..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_inputs_again() {
        let inputs = vec![b"a001 NOOP\r\n".to_vec(), b"MAIL FROM:<>".to_vec(), Vec::new()];
        let run = |seed| {
            let mut random = Random::new(seed);
            (0..1000).map(|_| mutated(&inputs, &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn an_empty_corpus_grows() {
        let mut random = Random::new(1);
        let inputs = vec![Vec::new()];
        assert!((0..100).any(|_| !mutated(&inputs, &mut random).is_empty()));
    }
}

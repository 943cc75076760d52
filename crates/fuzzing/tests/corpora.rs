//! Every target has a corpus and a program for libFuzzer, and stands its corpus and a fixed
//! number of mutations of it.
#![allow(clippy::unwrap_used)]

use fuzzing::mutate::{Random, mutated};
use fuzzing::{TARGETS, corpus};

/// Inputs per target: a second or two, all together.
const MUTATIONS: usize = 2_000;

#[test]
fn every_target_stands_its_corpus() {
    for target in TARGETS {
        let inputs = corpus::of(target).unwrap();
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        inputs.iter().for_each(|input| (target.run)(input));
    }
}

#[test]
fn every_target_stands_mutations() {
    for target in TARGETS {
        let inputs = corpus::of(target).unwrap();
        let mut random = Random::new(1);
        for _ in 0..MUTATIONS {
            (target.run)(&mutated(&inputs, &mut random));
        }
    }
}

#[test]
fn every_target_has_a_program() {
    let manifest = std::fs::read_to_string(corpus::root().join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let program = corpus::root().join("fuzz_targets").join(target.name).with_extension("rs");
        let text = std::fs::read_to_string(&program).unwrap();
        let function = target.name.replacen('_', "::", 1);
        assert!(text.contains(&format!("targets::{function}(octets)")), "{}", program.display());
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}

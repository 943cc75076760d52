//! Every limit is named by a test: one that nobody tries is a wish.

use super::Complaint;
use crate::limits::{SOURCE, constants};
use crate::workspace::{Crate, File};

pub fn check(crates: &[Crate]) -> Vec<Complaint> {
    let files = || crates.iter().flat_map(|each| &each.files);
    let declared = files().find(|file| file.path == SOURCE);
    let names = declared.map(|file| constants(&file.source.raw.join("\n"))).unwrap_or_default();
    let untried = names.iter().filter(|name| !files().any(|file| tries(file, name)));
    untried.map(|name| Complaint::new(SOURCE, format!("no test names {name}"))).collect()
}

/// Whether test code of a file names a limit.
fn tries(file: &File, name: &str) -> bool {
    let lines = file.source.code.iter().zip(&file.source.test);
    let mut tests = lines.filter(|(_, test)| file.is_test || **test);
    tests.any(|(code, _)| words(code).any(|word| word == name))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust_source::Source;

    const DECLARED: &str =
        "/// Octets.\npub const A_MAX: u8 = 1;\n/// Octets.\npub const A: u8 = 2;\n";

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), source: Source::read(text), is_test: path.contains("/tests/") }
    }

    fn complaints(other: File) -> Vec<String> {
        let files = vec![file(SOURCE, DECLARED), other];
        let crates = [Crate { name: "a".into(), manifest: toml::Table::new(), files }];
        check(&crates).into_iter().map(|complaint| complaint.text).collect()
    }

    #[test]
    fn limits_that_only_the_product_names_are_found() {
        let product = file("crates/a/src/lib.rs", "fn f() -> u8 { A_MAX + A }\n// A in words\n");
        assert_eq!(complaints(product), ["no test names A_MAX", "no test names A"]);
    }

    #[test]
    fn a_name_within_another_does_not_count() {
        let test = file("crates/a/tests/limits.rs", "fn f() { assert!(g(A_MAX)); }\n");
        assert_eq!(complaints(test), ["no test names A"]);
    }

    #[test]
    fn tests_beside_the_code_count() {
        let module = "#[cfg(test)]\nmod tests {\n    use limits::{A, A_MAX};\n}\n";
        assert!(complaints(file("crates/a/src/lib.rs", module)).is_empty());
    }
}

//! One dangerous thing, one place: names that only some crates may use outside of tests.

use super::Complaint;
use crate::workspace::{Crate, File};

struct Confined {
    names: &'static [&'static str],
    to: &'static [&'static str],
    because: &'static str,
}

const CONFINED: &[Confined] = &[
    Confined {
        names: &["TcpListener", "TcpSocket", "UdpSocket", "UnixListener", "UnixDatagram"],
        to: &["net", "xtask"],
        because: "only crate net opens sockets",
    },
    Confined {
        names: &["TcpStream::connect", "UnixStream::connect", "ToSocketAddrs", "lookup_host"],
        // testkit: transcripts are recorded from a server of the one who types its address.
        to: &["net", "xtask", "testkit"],
        because: "every connection out passes net::connect, which knows what it may not reach",
    },
    Confined {
        names: &["hickory_resolver", "hickory_proto"],
        to: &["net"],
        because: "names are resolved by net::resolve",
    },
    Confined { names: &["rusqlite"], to: &["store"], because: "only crate store knows engines" },
    Confined {
        names: &["Port::new"],
        to: &["ports", "config"],
        because: "port numbers stand in the port table and in the configuration only",
    },
    Confined {
        names: &["unsafe"],
        to: &[],
        because: "this repository has no code that the compiler cannot check",
    },
];

pub fn check(crates: &[Crate]) -> Vec<Complaint> {
    let files = crates.iter().flat_map(|each| each.files.iter().map(|file| (&each.name, file)));
    files.filter(|(_, file)| !file.is_test).flat_map(|(name, file)| in_file(name, file)).collect()
}

fn in_file(crate_name: &str, file: &File) -> Vec<Complaint> {
    let rules: Vec<&Confined> =
        CONFINED.iter().filter(|rule| !rule.to.contains(&crate_name)).collect();
    let mut complaints = Vec::new();
    for (number, code) in file.source.production_lines() {
        let broken = rules.iter().filter_map(|rule| Some((rule, rule.first_in(code)?)));
        complaints.extend(
            broken.map(|(rule, name)| {
                Complaint::at(file, number, format!("{name}: {}", rule.because))
            }),
        );
    }
    complaints
}

impl Confined {
    fn first_in(&self, code: &str) -> Option<&'static str> {
        self.names.iter().copied().find(|name| has_word(code, name))
    }
}

/// Whether `word` stands in `code` as a whole word.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(is_part) && !code[at + word.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust_source::Source;

    fn complaints(crate_name: &str, text: &str) -> usize {
        let file = File { path: String::new(), source: Source::read(text), is_test: false };
        in_file(crate_name, &file).len()
    }

    #[test]
    fn sockets_belong_to_net() {
        let text = "let s = TcpStream::connect(a).await?;\n";
        assert_eq!(complaints("imap", text), 1);
        assert_eq!(complaints("net", text), 0);
    }

    #[test]
    fn ports_belong_to_the_table_and_the_configuration() {
        assert_eq!(complaints("roles", "let port = Port::new(25);\n"), 1);
        assert_eq!(complaints("ports", "let port = Port::new(25);\n"), 0);
    }

    #[test]
    fn comments_literals_and_tests_may_name_it() {
        let text = "// TcpListener\nlet a = \"TcpListener\";\n#[cfg(test)]\nmod tests {\n    use x::TcpListener;\n}\n";
        assert_eq!(complaints("imap", text), 0);
    }

    #[test]
    fn parts_of_words_are_no_words() {
        assert_eq!(complaints("imap", "let unsafe_looking = my_rusqlite;\n"), 0);
        assert_eq!(complaints("imap", "unsafe { x() }\n"), 1);
    }
}

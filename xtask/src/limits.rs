//! `docs/limits.md`, written from the declarations in crate `types`.

use std::fmt::Write as _;
use std::fs;

use crate::Result;
use crate::workspace::root;

pub const SOURCE: &str = "crates/types/src/limits.rs";
pub const PAGE: &str = "docs/limits.md";

const HEAD: &str = "\
# Limits

Everything that comes from the network or grows with use has a limit with a name. This table is
written by `cargo xtask limits` from `crates/types/src/limits.rs`; change it there. Where an
administrator may set a quantity, this is the default; the settings are in `rialto config sample`
and, for connectors, under Exchange's names.
";

/// Writes the page.
pub fn run() -> Result {
    fs::write(root().join(PAGE), page()?)?;
    println!("{PAGE} written");
    Ok(())
}

/// Whether the page says what the source says.
pub fn is_current() -> Result<bool> {
    Ok(fs::read_to_string(root().join(PAGE)).unwrap_or_default() == page()?)
}

fn page() -> Result<String> {
    Ok(table(&fs::read_to_string(root().join(SOURCE))?))
}

/// The names of all limits, as they are declared.
pub fn constants(source: &str) -> Vec<String> {
    let declared = source.lines().filter_map(|line| line.trim().strip_prefix("pub const "));
    declared.filter_map(|rest| Some(rest.split_once(':')?.0.to_owned())).collect()
}

/// A heading per `// ---- Name ----`, a row per constant with its documentation.
fn table(source: &str) -> String {
    let mut page = HEAD.to_owned();
    let mut words = Vec::new();
    let mut declaration = String::new();
    for line in source.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("// ---- ") {
            let name = name.trim_end_matches([' ', '-']);
            let _ = writeln!(page, "\n## {name}\n\n| Limit | Value | Meaning |\n|---|---|---|");
        } else if let Some(text) = line.strip_prefix("/// ") {
            words.push(text);
        } else if line.starts_with("pub const ") || !declaration.is_empty() {
            declaration.push_str(line);
            declaration.push(' ');
        }
        if declaration.ends_with("; ") {
            let (name, value) = constant(&declaration);
            let _ = writeln!(page, "| `{name}` | {value} | {} |", words.join(" "));
            words.clear();
            declaration.clear();
        }
    }
    page
}

/// Name and value of `pub const NAME: Type = value;`.
fn constant(declaration: &str) -> (&str, String) {
    let text = declaration.trim_end_matches([' ', ';']).trim_start_matches("pub const ");
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let value = rest.split_once('=').map_or("", |(_, value)| value.trim());
    (
        name,
        value.replace('_', if value.starts_with(|c: char| c.is_ascii_digit()) { "," } else { "_" }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_become_rows_under_their_heading() {
        let source = "//! Head.\n\n// ---- IMAP (RFC 9051) ----\n\n/// Octets of a\n/// line.\n\
                      pub const A_MAX: usize = 64 * 1024;\n/// Items.\npub const B: u32 =\n    10_000;\n";
        let page = table(source);
        assert!(page.contains("## IMAP (RFC 9051)\n"));
        assert!(page.contains("| `A_MAX` | 64 * 1024 | Octets of a line. |\n"), "{page}");
        assert!(page.contains("| `B` | 10,000 | Items. |\n"), "{page}");
    }

    #[test]
    fn names_of_other_limits_stay_whole() {
        assert_eq!(constant("pub const A: usize = HEADER_OCTETS_MAX; ").1, "HEADER_OCTETS_MAX");
    }
}

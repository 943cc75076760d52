//! How a server that was set up is started.

use std::path::Path;

/// The commands, as lines.
pub fn text(configuration: &Path) -> String {
    format!("rialto run --config {}\n", configuration.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn how_to_start() {
        expect![[r#"
              rialto run --config /etc/rialto/rialto.toml
        "#]]
        .assert_eq(&text(Path::new("/etc/rialto/rialto.toml")));
    }
}

//! The reference of verbs says what the declarations say.
#![allow(clippy::unwrap_used)]

use admin::reference::markdown;

#[test]
fn docs_verbs_md_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verbs.md");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written == markdown(), "docs/verbs.md is behind: run cargo xtask verbs");
}

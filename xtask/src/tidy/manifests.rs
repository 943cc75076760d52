//! Every crate takes edition, licence and lints from the workspace, and versions too.

use toml::{Table, Value};

use super::Complaint;
use crate::workspace::Crate;

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

pub fn check(crates: &[Crate]) -> Vec<Complaint> {
    crates.iter().flat_map(|each| complaints(&each.name, &each.manifest)).collect()
}

fn complaints(name: &str, manifest: &Table) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if !manifest.get("lints").is_some_and(is_inherited) {
        complaints.push(Complaint::new(name, "lacks [lints] workspace = true"));
    }
    let package = manifest.get("package");
    let missing = INHERITED
        .iter()
        .filter(|key| !package.and_then(|package| package.get(**key)).is_some_and(is_inherited));
    complaints
        .extend(missing.map(|key| Complaint::new(name, format!("lacks {key}.workspace = true"))));
    complaints.extend(versions(manifest).map(|dependency| {
        Complaint::new(
            name,
            format!("the version of {dependency} belongs into the workspace's manifest"),
        )
    }));
    complaints
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// Dependencies that name a version of their own.
fn versions(manifest: &Table) -> impl Iterator<Item = &str> {
    let tables = ["dependencies", "dev-dependencies"].iter().filter_map(|name| manifest.get(*name));
    let entries = tables.filter_map(Value::as_table).flatten();
    entries
        .filter(|(_, value)| value.is_str() || value.get("version").is_some())
        .map(|(name, _)| name.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
        [lints]\nworkspace = true\n[dependencies]\ntypes.workspace = true\n";

    fn count(manifest: &str) -> usize {
        complaints("a", &manifest.parse().unwrap()).len()
    }

    #[test]
    fn a_good_manifest_passes() {
        assert_eq!(count(GOOD), 0);
    }

    #[test]
    fn lints_licence_and_versions_are_watched() {
        assert_eq!(count(&GOOD.replace("[lints]\nworkspace = true\n", "")), 1);
        assert_eq!(count(&GOOD.replace("license.workspace = true", "license = \"GPL-3.0\"")), 1);
        assert_eq!(count(&GOOD.replace("types.workspace = true", "types = \"1\"")), 1);
    }
}

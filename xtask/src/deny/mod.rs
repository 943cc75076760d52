//! Licences, bans and sources of everything we depend on, as `deny.toml` says.
//!
//! `cargo deny` does the same and more; where it is installed, it runs. Where it is not, this
//! reads its file and asks cargo, because building cargo-deny takes longer than everything
//! else here. What this does not do: advisories, which need a database from the network.

mod licence;

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::Result;
use crate::process::{cargo, is_installed, output_of, program, succeed};
use crate::workspace::root;

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// Nothing for members of the workspace.
    source: Option<String>,
}

/// `deny.toml`, as far as it matters here; cargo-deny reads all of it.
#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// A licence that one crate alone may have.
#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    #[serde(default)]
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

pub fn run() -> Result {
    if is_installed("cargo-deny") {
        return succeed(program("cargo-deny").args(["check", "licenses", "bans", "sources"]));
    }
    let rules: Rules = toml::from_str(&fs::read_to_string(root().join("deny.toml"))?)?;
    let metadata = output_of(&mut cargo(["metadata", "--format-version", "1", "--locked"]))?;
    let packages = serde_json::from_str::<Metadata>(&metadata)?.packages;
    let complaints: Vec<String> =
        packages.iter().flat_map(|package| rules.complaints(package)).collect();
    if complaints.is_empty() {
        println!("deny: {} packages follow deny.toml", packages.len());
        return Ok(());
    }
    Err(complaints.join("\n").into())
}

impl Rules {
    fn complaints(&self, package: &Package) -> Vec<String> {
        let found = [self.licence(package), self.ban(package), self.source(package)];
        let name = format!("{} {}", package.name, package.version);
        found.into_iter().flatten().map(|text| format!("{name}: {text}")).collect()
    }

    fn licence(&self, package: &Package) -> Option<String> {
        let Some(licence) = &package.license else {
            return Some("has no licence expression".into());
        };
        let exception = self.licenses.exceptions.iter().find(|each| each.name == package.name);
        let allowed = |name: &str| {
            self.licenses.allow.contains(name)
                || exception.is_some_and(|exception| exception.allow.contains(name))
        };
        match licence::permits(licence, &allowed) {
            Some(true) => None,
            Some(false) => Some(format!("licence {licence} is not allowed")),
            None => Some(format!("licence {licence} is not understood")),
        }
    }

    fn ban(&self, package: &Package) -> Option<String> {
        let banned = self.bans.deny.iter().find(|banned| banned.name == package.name)?;
        Some(format!("is banned: {}", banned.reason))
    }

    fn source(&self, package: &Package) -> Option<String> {
        let source = package.source.as_ref()?;
        let registry = source.strip_prefix("registry+");
        let known =
            |registry| self.sources.allow_registry.iter().any(|allowed| allowed == registry);
        (!registry.is_some_and(known)).then(|| format!("comes from {source}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn complaints(name: &str, licence: Option<&str>, source: &str) -> usize {
        let rules: Rules = toml::from_str(
            "[licenses]\nallow = [\"MIT\"]\nexceptions = [{ crate = \"odd\", allow = [\"ISC\"] }]\n\
             [bans]\ndeny = [{ crate = \"openssl\", reason = \"rustls\" }]\n\
             [sources]\nallow-registry = [\"https://index\"]\n",
        )
        .unwrap();
        let package = Package {
            name: name.into(),
            version: "1.0.0".into(),
            license: licence.map(str::to_owned),
            source: Some(source.into()),
        };
        rules.complaints(&package).len()
    }

    #[test]
    fn each_rule_is_applied() {
        let registry = "registry+https://index";
        assert_eq!(complaints("good", Some("MIT OR GPL-3.0"), registry), 0);
        assert_eq!(complaints("bad", Some("GPL-3.0"), registry), 1);
        assert_eq!(complaints("none", None, registry), 1);
        assert_eq!(complaints("odd", Some("ISC"), registry), 0);
        assert_eq!(complaints("other", Some("ISC"), registry), 1);
        assert_eq!(complaints("openssl", Some("MIT"), registry), 1);
        assert_eq!(complaints("git", Some("MIT"), "git+https://index"), 1);
    }
}

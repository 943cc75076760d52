//! The workspace as values: crates, their manifests, their source files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::rust_source::Source;

/// The folder of the workspace's manifest.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// One member of the workspace.
pub struct Crate {
    pub name: String,
    pub manifest: toml::Table,
    pub files: Vec<File>,
}

/// One Rust file of a crate.
pub struct File {
    /// From the root of the workspace, with `/` between.
    pub path: String,
    pub source: Source,
    /// Below `tests/`, or a module that only tests compile.
    pub is_test: bool,
}

impl Crate {
    /// The names under a table of the manifest such as `dependencies`.
    pub fn names_in(&self, table: &str) -> Vec<&str> {
        let table = self.manifest.get(table).and_then(toml::Value::as_table);
        table.map(|table| table.keys().map(String::as_str).collect()).unwrap_or_default()
    }
}

/// Every member, in alphabetical order.
pub fn crates() -> Result<Vec<Crate>> {
    let mut directories = children(&root().join("crates"))?;
    directories.push(root().join("xtask"));
    directories.retain(|directory| directory.join("Cargo.toml").is_file());
    directories.iter().map(|directory| read_crate(directory)).collect()
}

/// Every file of the repository; not what is built, and not a demonstration's data.
pub fn repository_files() -> Result<Vec<PathBuf>> {
    files_below(root(), &|path| !is_left_out(path))
}

fn is_left_out(path: &Path) -> bool {
    let from_root = from_root(path);
    let top = from_root.strip_prefix("fuzz/").unwrap_or(&from_root);
    !top.contains('/') && (["", ".git", "demo"].contains(&top) || top.starts_with("target"))
}

/// A path as it is written from the root.
pub fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_crate(directory: &Path) -> Result<Crate> {
    let manifest: toml::Table = fs::read_to_string(directory.join("Cargo.toml"))?.parse()?;
    let name = manifest.get("package").and_then(|package| package.get("name"));
    let name = name.and_then(toml::Value::as_str).ok_or("a package without a name")?.to_owned();
    let paths = files_below(directory, &|path| !path.ends_with("target"))?;
    let paths = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut files = paths.map(|path| read_file(&path)).collect::<Result<Vec<_>>>()?;
    mark_test_modules(&mut files);
    Ok(Crate { name, manifest, files })
}

fn read_file(path: &Path) -> Result<File> {
    let text = fs::read_to_string(path)?;
    let path = from_root(path);
    let is_test = path.contains("/tests/") || path.contains("/benches/");
    Ok(File { source: Source::read(&text), is_test, path })
}

/// A file that another one declares with `#[cfg(test)] mod name;` is a test, and so is all
/// below its folder.
fn mark_test_modules(files: &mut [File]) {
    let stems: Vec<String> = files.iter().flat_map(test_modules_of).collect();
    for file in files {
        file.is_test |= stems.iter().any(|stem| {
            let rest = file.path.strip_prefix(stem.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
}

fn test_modules_of(file: &File) -> Vec<String> {
    let stem = file.path.trim_end_matches(".rs");
    let folder =
        ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    file.source.test_modules().map(|module| format!("{folder}/{module}")).collect()
}

fn files_below(directory: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in children(directory)?.into_iter().filter(|path| wanted(path)) {
        if path.is_dir() {
            found.extend(files_below(&path, wanted)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn children(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

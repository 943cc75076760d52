//! A Debian package: builds the program for release and has `scripts/make-deb` pack it.

use crate::Result;
use crate::process::{cargo, program, succeed};
use crate::workspace::root;

/// Makes the package in a folder; without one in `target/debian`.
pub fn run(arguments: &[String]) -> Result {
    let folder = match arguments {
        [] => root().join("target/debian"),
        [folder] => folder.into(),
        _ => return Err("deb takes a folder at most".into()),
    };
    let target = root().join("target");
    let mut build = cargo(["build", "--release", "--locked", "--package", "rialto"]);
    succeed(build.arg("--target-dir").arg(&target))?;
    let mut make = program(root().join("scripts/make-deb"));
    succeed(make.arg(target.join("release/rialto")).arg(folder))
}

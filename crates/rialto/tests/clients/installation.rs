//! `make install` as packages do it, and the systemd unit that it installs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::support::programs::{installed, program, run};
use crate::support::server::RIALTO;

const UNIT: &str = "lib/systemd/system/rialto.service";

/// Installs the program under test.
fn install(prefix: &str, destination: &Path) {
    let mut make = program("make");
    make.arg("--silent").arg("--directory").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    make.args(["install-files", &format!("RIALTO={RIALTO}"), &format!("PREFIX={prefix}")]);
    run(make.arg(format!("DESTDIR={}", destination.display()))).well();
}

#[test]
fn an_installation_has_program_manual_completions_and_unit() {
    let destination = TempDir::new().unwrap();
    install("/opt/mail", destination.path());
    let root = destination.path().join("opt/mail");
    for file in [
        "share/man/man1/rialto.1",
        "share/man/man1/rialto-setup.1",
        "share/bash-completion/completions/rialto",
        "share/zsh/site-functions/_rialto",
        "share/fish/vendor_completions.d/rialto.fish",
        "lib/sysusers.d/rialto.conf",
        UNIT,
    ] {
        let size = fs::metadata(root.join(file)).map(|file| file.len());
        assert!(size.as_ref().is_ok_and(|size| *size > 0), "{file}: {size:?}");
    }
    assert!(run(program(root.join("bin/rialto")).arg("--version")).well().starts_with("rialto "));
    let unit = fs::read_to_string(root.join(UNIT)).unwrap();
    assert!(unit.contains("\nExecStart=/opt/mail/bin/rialto run --config "), "{unit}");
    let others: Vec<_> = fs::read_dir(destination.path()).unwrap().collect();
    assert_eq!(others.len(), 1, "{others:?}");
    let mode = fs::metadata(root.join(UNIT)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

/// What systemd says of a unit: nothing, when it is right.
fn verify(unit: &Path) -> String {
    let mut verify = program("systemd-analyze");
    verify.args(["--man=no", "--recursive-errors=no", "verify"]).arg(unit);
    let said = run(&mut verify);
    let about_it = said.text.lines().filter(|line| line.contains("rialto.service"));
    format!(
        "{}{}",
        if said.code == Some(0) { "" } else { "failed\n" },
        about_it.collect::<String>()
    )
}

#[test]
fn systemd_takes_the_unit() {
    if !installed("systemd-analyze") {
        return;
    }
    let destination = TempDir::new().unwrap();
    let prefix = destination.path().to_str().unwrap();
    install(prefix, Path::new(""));
    let unit = destination.path().join(UNIT);
    assert_eq!(verify(&unit), "");
    let text = fs::read_to_string(&unit).unwrap();
    fs::write(&unit, text.replace("PrivateTmp=yes", "PrivateTemp=yes")).unwrap();
    assert!(verify(&unit).contains("PrivateTemp"), "a mistake is seen");
}

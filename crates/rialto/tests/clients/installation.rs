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

/// Packs the program under test, not compressed: of a program for debugging that takes long.
fn package(into: &Path) -> std::path::PathBuf {
    let mut make = program(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/make-deb"));
    make.arg(RIALTO).arg(into).env("SOURCE_DATE_EPOCH", "1700000000");
    run(make.env("DEB_COMPRESSION", "none")).well().trim().into()
}

fn dpkg(option: &str, package: &Path) -> String {
    run(program("dpkg-deb").arg(option).arg(package)).well()
}

#[test]
fn a_debian_package_has_everything_and_is_the_same_each_time() {
    if !installed("dpkg-deb") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let package = package(folder.path());
    let again = self::package(&folder.path().join("again"));
    assert!(fs::read(&package).unwrap() == fs::read(again).unwrap(), "not reproducible");
    let about = dpkg("--info", &package);
    for line in
        [" Package: rialto\n", " Depends: libc6 (>= 2.", "*  postinst ", "*  prerm ", "*  postrm "]
    {
        assert!(about.contains(line), "{line}: {about}");
    }
    let listed = dpkg("--contents", &package);
    assert!(listed.lines().all(|line| line.contains(" root/root ")), "{listed}");
    for (mode, file) in [
        ("-rwxr-xr-x", "./usr/bin/rialto"),
        ("-rw-r--r--", "./usr/lib/systemd/system/rialto.service"),
        ("-rw-r--r--", "./usr/lib/sysusers.d/rialto.conf"),
        ("-rw-r--r--", "./usr/lib/tmpfiles.d/rialto.conf"),
        ("-rw-r--r--", "./usr/share/man/man1/rialto-setup.1.gz"),
        ("-rw-r--r--", "./usr/share/zsh/vendor-completions/_rialto"),
        ("-rw-r--r--", "./usr/share/doc/rialto/copyright"),
        ("-rw-r--r--", "./usr/share/doc/rialto/examples/rialto.toml"),
    ] {
        let mut lines = listed.lines();
        let found = lines.any(|line| line.starts_with(mode) && line.ends_with(&format!(" {file}")));
        assert!(found, "{mode} {file}: {listed}");
    }
    let root = folder.path().join("root");
    run(program("dpkg-deb").arg("--extract").arg(&package).arg(&root)).well();
    let version = run(program(root.join("usr/bin/rialto")).arg("--version")).well();
    let name = package.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&format!("{}_", version.trim().replace(' ', "_"))), "{name}");
    let sample = root.join("usr/share/doc/rialto/examples/rialto.toml");
    run(program(root.join("usr/bin/rialto")).args(["config", "check"]).arg(sample)).well();
    run(program("dpkg-deb").arg("--control").arg(&package).arg(folder.path().join("scripts")))
        .well();
    for script in ["postinst", "prerm", "postrm"] {
        run(program("sh").arg("-n").arg(folder.path().join("scripts").join(script))).well();
    }
}

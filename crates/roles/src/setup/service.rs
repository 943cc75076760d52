//! How a server that was set up is started: in the foreground, or by the systemd unit in
//! `contrib/systemd`, which `make install` installs.

use std::path::Path;

use config::Settings;

/// The configuration file that the unit names.
pub const UNIT_CONFIGURATION: &str = "/etc/rialto/rialto.toml";

/// The commands, one a line.
pub fn text(configuration: &Path, data: &Path) -> String {
    format!("rialto run --config {}\n{}", configuration.display(), unit(configuration, data))
}

/// The unit's folder is handed over to its user, with what a setup as root has made in it.
fn unit(configuration: &Path, data: &Path) -> String {
    let usual = Settings::default().data_directory;
    match configuration == Path::new(UNIT_CONFIGURATION) && data == usual {
        true => "or as a service:\n\
                 systemd-sysusers && systemctl daemon-reload && systemctl enable --now rialto\n"
            .to_owned(),
        false => format!(
            "or as a service: the unit rialto.service is for {UNIT_CONFIGURATION} and {}\n",
            usual.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn how_to_start() {
        let text = text(Path::new(UNIT_CONFIGURATION), Path::new("/var/lib/rialto"));
        expect![[r#"
            rialto run --config /etc/rialto/rialto.toml
            or as a service:
            systemd-sysusers && systemctl daemon-reload && systemctl enable --now rialto
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn the_unit_is_for_the_usual_places() {
        let text = text(Path::new("/srv/rialto.toml"), Path::new("/srv/mail"));
        expect![[r#"
            rialto run --config /srv/rialto.toml
            or as a service: the unit rialto.service is for /etc/rialto/rialto.toml and /var/lib/rialto
        "#]]
        .assert_eq(&text);
        let unit = include_str!("../../../../contrib/systemd/rialto.service");
        assert!(unit.contains(&format!(" --config {UNIT_CONFIGURATION}\n")));
        assert!(unit.contains("\nStateDirectory=rialto rialto-recovery\n"));
    }
}

//! What a setup tells in the end: what was made, and what is to be done elsewhere.

use std::fmt::Write as _;

use config::{Acme, AcmeChallenge};

use super::records::{self, Facts};
use super::{Certificate, NewServer, SetupError, clients, listeners, service, signing};
use crate::{dkim_keys, open_ports};

impl NewServer {
    /// The whole text.
    pub fn report(&self) -> Result<String, SetupError> {
        let mut text = self.made();
        let _ = write!(text, "\nDNS records, as a zone file has them\n{}", self.zone()?);
        let _ = write!(text, "\nMail programs\n{}", indented(&self.clients()?));
        let _ = write!(text, "\nPorts that it opens\n{}", self.ports()?);
        let _ = write!(text, "\nTo start it\n{}", self.start());
        text.push_str(&self.afterwards());
        Ok(text)
    }

    fn made(&self) -> String {
        let plan = &self.plan;
        let mut text = String::new();
        for (what, path) in [
            ("Configuration", plan.configuration.as_path()),
            ("Data", plan.directory.as_path()),
            ("Certificate", &plan.settings().certificate_directory()),
            ("DKIM keys", &plan.directory.join(dkim_keys::FOLDER)),
        ] {
            let _ = writeln!(text, "{what:<15}{}", path.display());
        }
        let _ = writeln!(text, "Administrator  {}", plan.administrator);
        text.push_str(&self.remarks());
        text
    }

    /// What will be in somebody's way.
    fn remarks(&self) -> String {
        let name = self.plan.server_name.to_ascii();
        let mut text = String::new();
        match (&self.plan.certificate, &self.certificate) {
            (Certificate::Acme(acme), _) => text.push_str(&self.certificate_by(acme)),
            (_, None) => {
                text.push_str("The certificate is self-signed: mail programs will ask about it.\n")
            }
            (_, Some(info)) if !info.is_for(&name) => {
                let _ = writeln!(
                    text,
                    "The certificate is not for {name}: mail programs will refuse it."
                );
            }
            (_, Some(_)) => {}
        }
        if self.plan.port_offset != 0 {
            text.push_str(
                "Ports are not the documented ones: other servers will not find port 25.\n",
            );
        }
        text
    }

    /// What it takes until the certificate is there.
    fn certificate_by(&self, acme: &Acme) -> String {
        let name = self.plan.server_name.to_ascii();
        let needs = match acme.challenge {
            AcmeChallenge::Http01 => format!("{name} port 80 leads here"),
            AcmeChallenge::TlsAlpn01 => format!("{name} port 443 leads here"),
            AcmeChallenge::Dns01 => format!("its program can change the zone of {name}"),
        };
        format!(
            "The server gets a certificate from {} once it runs and {needs};\n\
             until then it is self-signed.\n",
            acme.directory_url
        )
    }

    fn zone(&self) -> Result<String, SetupError> {
        let plan = &self.plan;
        let keys = signing::published(&plan.directory, &plan.domain)?;
        let endpoints = listeners::opened(&plan.settings())?;
        Ok(records::zone(&Facts {
            domain: &plan.domain,
            server: &plan.server_name,
            addresses: &plan.addresses,
            keys: &keys,
            services: &clients::services(&endpoints),
            administrator: &plan.administrator,
        }))
    }

    fn clients(&self) -> Result<String, SetupError> {
        let services = clients::services(&listeners::opened(&self.plan.settings())?);
        Ok(clients::text(&services, &self.plan.server_name.to_ascii(), &self.plan.administrator))
    }

    fn ports(&self) -> Result<String, SetupError> {
        let settings = self.plan.settings();
        Ok(open_ports::lines(&listeners::registry(&settings)?, &settings.short_name()))
    }

    fn start(&self) -> String {
        indented(&service::text(&self.plan.configuration, &self.plan.directory))
    }

    /// Nothing leaves before there is a Send connector, and nothing should before the records.
    fn afterwards(&self) -> String {
        format!(
            "\nWhen the records are there, so that mail to other domains leaves\n  \
             rialto new-send-connector Internet --address-spaces 'SMTP:*;1' --config {}\n",
            self.plan.configuration.display()
        )
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

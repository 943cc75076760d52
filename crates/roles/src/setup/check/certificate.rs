//! Whether the server has a certificate for each of its names that clients take.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use admin::monitor::ComponentState;
use config::Settings;
use net::CertificateStore;
use net::tls::{CertificateInfo, VerifyError};
use types::Timestamp;

use super::Finding;
use crate::health;
use crate::outbound::send::trusted_roots;

/// Looks at what is shown for the server's name, and for the others of its settings.
pub(super) fn certificates(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let now = UNIX_EPOCH + Duration::from_micros(now.micros().max(0).unsigned_abs());
    let store = match CertificateStore::open(&settings.certificate_directory()) {
        Ok(store) => store,
        Err(error) => {
            let advice = "put a chain (NAME.crt) and its key (NAME.key) there";
            return vec![Finding::failed("certificates", error.to_string(), advice)];
        }
    };
    let names = [&settings.server_name].into_iter().chain(&settings.tls.names);
    names.map(|name| Shown { settings, store: &store, name, now }.finding()).collect()
}

/// What a client is shown that asks for a name.
struct Shown<'s> {
    settings: &'s Settings,
    store: &'s CertificateStore,
    name: &'s str,
    now: SystemTime,
}

impl Shown<'_> {
    fn finding(&self) -> Finding {
        let info = self.store.chosen_for(self.name);
        let subject = format!("certificate {}", self.name);
        let file = info.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let term = health::certificate(&info, self.now);
        let until = term.reason.unwrap_or_default();
        let renew = "renew it: programs refuse it after its end";
        if !info.is_for(self.name) {
            let found = format!("{file} is for {}", info.names.join(", "));
            return Finding::failed(subject, found, format!("get one for {}", self.name));
        }
        if self.now < info.not_before {
            let found = format!("{file} is not valid yet");
            return Finding::failed(subject, found, "is this host's clock right?");
        }
        match term.state {
            ComponentState::Unhealthy => Finding::failed(subject, format!("{file} {until}"), renew),
            ComponentState::Degraded if !self.renews(&info) => {
                Finding::warning(subject, format!("{file} is {until}"), renew)
            }
            _ if info.is_self_signed() => {
                let advice = "mail programs ask about it; get one from an authority ([acme])";
                Finding::warning(subject, format!("{file} is self-signed"), advice)
            }
            _ => self.trust(subject, &file, &info),
        }
    }

    /// Our own one is made anew at the next start.
    fn renews(&self, info: &CertificateInfo) -> bool {
        info.is_self_signed() && info.file.file_stem().is_some_and(|stem| stem == "generated")
    }

    /// Whether those clients take it that trust whom this host trusts.
    fn trust(&self, subject: String, file: &str, info: &CertificateInfo) -> Finding {
        let found = format!("{file} of {}", info.issuer);
        match self.store.verify(self.name, &trusted_roots(self.settings), self.now) {
            Ok(()) => Finding::ok(subject, found),
            Err(VerifyError::Roots(error)) => {
                let found = format!("{found}; whom clients trust is not known: {error}");
                Finding::warning(subject, found, "name the roots in [tls] trusted_roots")
            }
            Err(VerifyError::Refused(why)) => {
                let advice = "is the authority's own certificate missing behind it in the file?";
                Finding::warning(subject, format!("{found}: {why}"), advice)
            }
        }
    }
}

//! How long a certificate is valid.

use std::time::{Duration, SystemTime};

use admin::monitor::{Component, ComponentKind, ComponentState};
use net::tls::CertificateInfo;
use types::limits::CERTIFICATE_WARNING_DAYS;

const WARNING: Duration = Duration::from_secs(CERTIFICATE_WARNING_DAYS * 24 * 60 * 60);

/// How a certificate is at this moment.
pub(crate) fn certificate(info: &CertificateInfo, now: SystemTime) -> Component {
    let file = info.file.file_name().unwrap_or_default().to_string_lossy();
    let component = Component::healthy(ComponentKind::Certificate, file);
    let day = day(info.not_after);
    match info.not_after.duration_since(now) {
        Ok(left) if left > WARNING => component,
        Ok(_) => component.but(ComponentState::Degraded, format!("valid until {day}")),
        Err(_) => component.but(ComponentState::Unhealthy, format!("was valid until {day}")),
    }
}

/// `2026-11-23`, UTC.
fn day(moment: SystemTime) -> String {
    let moment = jiff::Timestamp::try_from(moment);
    moment.map_or_else(|_| "?".to_owned(), |moment| moment.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_end_is_told_of_before_it_comes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let second = Duration::from_secs(1);
        let until = |not_after| {
            let (subject, issuer, names) = (String::new(), String::new(), Vec::new());
            let (file, not_before) = ("/tls/own.crt".into(), SystemTime::UNIX_EPOCH);
            let info = CertificateInfo { file, subject, issuer, names, not_before, not_after };
            let component = certificate(&info, now);
            (component.name, component.state, component.reason)
        };
        let told = |state, reason: &str| ("own.crt".to_owned(), state, Some(reason.to_owned()));
        let good = ("own.crt".to_owned(), ComponentState::Healthy, None);
        assert_eq!(until(now + WARNING + second), good);
        let soon = told(ComponentState::Degraded, "valid until 2023-11-28");
        assert_eq!(until(now + WARNING), soon);
        let past = told(ComponentState::Unhealthy, "was valid until 2023-11-14");
        assert_eq!(until(now - second), past);
        assert_eq!(CERTIFICATE_WARNING_DAYS, 14);
    }
}

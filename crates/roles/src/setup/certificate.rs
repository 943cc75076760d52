//! The certificate step.

use net::tls::{CertificateInfo, CertificateStore};

use super::{Certificate, Plan, SetupError};

/// Puts a certificate where the server reads it. None, when the server makes and renews its own.
pub(super) fn put(plan: &Plan) -> Result<Option<CertificateInfo>, SetupError> {
    let folder = plan.settings().certificate_directory();
    let name = plan.server_name.to_ascii();
    match &plan.certificate {
        Certificate::SelfSigned | Certificate::Acme(_) => {
            CertificateStore::open_or_generate(&folder, &[name], None)?;
            Ok(None)
        }
        Certificate::Own { chain, key } => {
            Ok(Some(CertificateStore::install(&folder, &name, chain, key)?))
        }
    }
}

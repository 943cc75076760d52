//! Certificates that clients are shown: New-, Get-, Import-, Enable- and
//! Remove-ExchangeCertificate. The files are those of [`net::CertificateStore`].
//!
//! Exchange assigns certificates to services; here every service shows the one that has the name
//! that the client asks for, so that Services says nothing new. A file in PKCS#12 (.pfx) is not
//! read: `openssl pkcs12 -in x.pfx -nodes` makes PEM of it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use net::CertificateStore;
use net::tls::{
    CertificateError, CertificateOrigin, ManageError, ManagedCertificate, PendingRequest,
};
use types::{Domain, Timestamp};

use crate::verb::{
    Cmdlet, Effect, Expected, Moment, Role, Scalar, Session, Shape, Switch, Verb, VerbError,
    object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetExchangeCertificate>(),
    Verb::of::<NewExchangeCertificate>(),
    Verb::of::<ImportExchangeCertificate>(),
    Verb::of::<EnableExchangeCertificate>(),
    Verb::of::<RemoveExchangeCertificate>(),
];

object! {
    /// A certificate, or a request for one.
    pub struct ExchangeCertificateObject = "ExchangeCertificate" [thumbprint, status, not_after, certificate_domains] {
        /// SHA-1 of the certificate, or of the request.
        thumbprint: String,
        /// Valid, DateInvalid, or PendingRequest while the certificate has not come.
        status: &'static str,
        /// The names it is valid for.
        certificate_domains: Vec<String>,
        /// Subject.
        subject: Option<String>,
        /// Issuer.
        issuer: Option<String>,
        /// First moment of its validity.
        not_before: Option<Moment>,
        /// Last moment of its validity.
        not_after: Option<Moment>,
        /// Nobody else vouches for it.
        is_self_signed: bool,
        /// Generated (by the server, which renews it), Acme (from an authority, renewed) or Own.
        origin: Option<&'static str>,
        /// It is shown to clients that ask for a name that no certificate has, and before others
        /// with the same name.
        is_preferred: bool,
        /// The request, to be given to an authority.
        request: Option<String>,
    }
}

verb! {
    /// Shows the certificates that clients may be shown, in the order in which they are chosen,
    /// and requests whose certificates have not come yet.
    pub struct GetExchangeCertificate = "Get-ExchangeCertificate" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Only this one.
        thumbprint: Option<String> = first,
    }
}

verb! {
    /// Makes a request for a certificate, whose key waits on the server, or a certificate that
    /// vouches for itself.
    pub struct NewExchangeCertificate = "New-ExchangeCertificate" (Role::ExchangeServerCertificates, Effect::Change) {
        /// The names it is to be valid for; without them the server's.
        domain_name: Vec<CertificateName>,
        /// A request for an authority, in place of a certificate that vouches for itself.
        generate_request: Switch,
    }
}

verb! {
    /// Takes a certificate in. Its private key is in the same text, or is that of a request.
    pub struct ImportExchangeCertificate = "Import-ExchangeCertificate" (Role::ExchangeServerCertificates, Effect::Change) {
        /// The certificate, the chain behind it and maybe the key, in PEM.
        file_data: FileData,
    }
}

verb! {
    /// Has a certificate shown before others. It serves every service under its names.
    pub struct EnableExchangeCertificate = "Enable-ExchangeCertificate" (Role::ExchangeServerCertificates, Effect::Change) {
        /// The certificate.
        thumbprint: String = first,
        /// Taken for the sake of habit: a certificate serves all services that there are.
        services: Vec<CertificateService>,
    }
}

verb! {
    /// Removes a certificate and its key, or a request.
    pub struct RemoveExchangeCertificate = "Remove-ExchangeCertificate" (Role::ExchangeServerCertificates, Effect::Destroy) {
        /// The certificate.
        thumbprint: String = first,
    }
}

/// A name that a certificate can be for: a domain name, maybe with a wildcard as its first label,
/// or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateName(String);

impl Scalar for CertificateName {
    const SHAPE: Shape = Shape::Domain;

    fn parse(text: &str) -> Result<Self, Expected> {
        let domain = text.strip_prefix("*.").unwrap_or(text);
        let is_name = Domain::parse(domain).is_ok_and(|domain| !domain.is_literal());
        match is_name || text.parse::<IpAddr>().is_ok() {
            true => Ok(CertificateName(text.to_owned())),
            false => Err(Self::SHAPE.expected()),
        }
    }
}

/// PEM that may hold a private key; never shown.
#[derive(Clone)]
pub struct FileData(String);

impl Scalar for FileData {
    const SHAPE: Shape = Shape::Secret;

    fn parse(text: &str) -> Result<Self, Expected> {
        Ok(FileData(text.to_owned()))
    }
}

/// The values of Services; those from the third on are not built.
const SERVICES: &[&str] = &["IMAP", "POP", "SMTP", "IIS", "UM", "UMCallRouter"];
const BUILT: usize = 3;

/// A value of Services: its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateService(usize);

impl Scalar for CertificateService {
    const SHAPE: Shape = Shape::OneOf(SERVICES);

    fn parse(text: &str) -> Result<Self, Expected> {
        let at = SERVICES.iter().position(|service| service.eq_ignore_ascii_case(text));
        at.map(CertificateService).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl From<ManageError> for VerbError {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NotFound(identity) => {
                VerbError::NotFound { what: "certificate", identity }
            }
            ManageError::Certificate(error) => error.into(),
            error => VerbError::Invalid(error.to_string()),
        }
    }
}

impl From<CertificateError> for VerbError {
    fn from(error: CertificateError) -> Self {
        VerbError::Unavailable(error.to_string())
    }
}

impl Cmdlet for GetExchangeCertificate {
    type Answer = Vec<ExchangeCertificateObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let directory = directory(session)?;
        let now = session.organization.clock.now();
        let managed = CertificateStore::managed(&directory)?;
        let mut all: Vec<_> = managed.into_iter().map(|each| certificate(each, now)).collect();
        all.extend(CertificateStore::pending(&directory)?.into_iter().map(request));
        let Some(wanted) = self.thumbprint else { return Ok(all) };
        all.retain(|each| each.thumbprint.eq_ignore_ascii_case(&wanted));
        match all.is_empty() {
            true => Err(ManageError::NotFound(wanted).into()),
            false => Ok(all),
        }
    }
}

impl Cmdlet for NewExchangeCertificate {
    type Answer = Vec<ExchangeCertificateObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let directory = directory(session)?;
        let names = match self.domain_name.is_empty() {
            true => vec![session.organization.settings.server_name.clone()],
            false => self.domain_name.into_iter().map(|CertificateName(name)| name).collect(),
        };
        let what =
            if self.generate_request.0 { "request for a certificate" } else { "certificate" };
        if !session.should_process(format!("Creating a {what} of {}", names.join(", "))) {
            return Ok(Vec::new());
        }
        if self.generate_request.0 {
            return Ok(vec![request(CertificateStore::request(&directory, &names)?)]);
        }
        let issued = net::tls::self_signed(&names).map_err(ManageError::from)?;
        let pem = issued.chain_pem + &issued.key_pem;
        imported(session, CertificateStore::import(&directory, &pem)?)
    }
}

impl Cmdlet for ImportExchangeCertificate {
    type Answer = Vec<ExchangeCertificateObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let directory = directory(session)?;
        if !session.should_process("Importing a certificate") {
            return Ok(Vec::new());
        }
        let FileData(pem) = self.file_data;
        imported(session, CertificateStore::import(&directory, &pem)?)
    }
}

impl Cmdlet for EnableExchangeCertificate {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let directory = directory(session)?;
        if !session.should_process(format!("Preferring certificate {}", self.thumbprint)) {
            return Ok(());
        }
        CertificateStore::prefer(&directory, &self.thumbprint)?;
        for CertificateService(at) in self.services.into_iter().filter(|service| service.0 >= BUILT)
        {
            session
                .warn(format!("{} is not built; the certificate serves the others", SERVICES[at]));
        }
        reload(session);
        Ok(())
    }
}

impl Cmdlet for RemoveExchangeCertificate {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let directory = directory(session)?;
        if !session.should_process(format!("Removing certificate {}", self.thumbprint)) {
            return Ok(());
        }
        CertificateStore::remove(&directory, &self.thumbprint)?;
        reload(session);
        Ok(())
    }
}

fn directory(session: &Session<'_>) -> Result<PathBuf, VerbError> {
    Ok(session.organization.settings.certificate_directory())
}

/// What was taken in, in use at once.
fn imported(
    session: &Session<'_>,
    made: ManagedCertificate,
) -> Result<Vec<ExchangeCertificateObject>, VerbError> {
    reload(session);
    Ok(vec![certificate(made, session.organization.clock.now())])
}

/// A running server looks at its certificates now and not only at its next round.
fn reload(session: &Session<'_>) {
    let reloaded =
        session.organization.monitor.as_ref().map(|monitor| monitor.reload_certificates());
    if let Some(Err(error)) = reloaded {
        session.warn(format!("the server goes on with the certificates it had: {error}"));
    }
}

fn certificate(managed: ManagedCertificate, now: Timestamp) -> ExchangeCertificateObject {
    let ManagedCertificate { info, thumbprint, origin, preferred } = managed;
    let (begin, end) = (moment(info.not_before), moment(info.not_after));
    ExchangeCertificateObject {
        thumbprint,
        status: if begin <= now && now <= end { "Valid" } else { "DateInvalid" },
        is_self_signed: info.is_self_signed(),
        certificate_domains: info.names,
        subject: Some(info.subject),
        issuer: Some(info.issuer),
        not_before: Some(Moment(begin)),
        not_after: Some(Moment(end)),
        origin: Some(match origin {
            CertificateOrigin::Generated => "Generated",
            CertificateOrigin::Acme => "Acme",
            CertificateOrigin::Own => "Own",
        }),
        is_preferred: preferred,
        request: None,
    }
}

fn request(pending: PendingRequest) -> ExchangeCertificateObject {
    ExchangeCertificateObject {
        thumbprint: pending.thumbprint,
        status: "PendingRequest",
        certificate_domains: Vec::new(),
        subject: None,
        issuer: None,
        not_before: None,
        not_after: None,
        is_self_signed: false,
        origin: None,
        is_preferred: false,
        request: Some(pending.request_pem),
    }
}

fn moment(time: SystemTime) -> Timestamp {
    let secs = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_secs(i64::try_from(secs).unwrap_or(i64::MAX))
}

//! Accepted domains: New-, Get-, Set- and Remove-AcceptedDomain.

use directory::{AcceptedDomain, DomainKind};
use types::Domain;

use super::configured::settings_now;
use super::email_address_policy::check_unused;
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Object, Role, Scalar, Session, Setting, Shape, Verb,
    VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetAcceptedDomain>(),
    Verb::of::<NewAcceptedDomain>(),
    Verb::of::<SetAcceptedDomain>(),
    Verb::of::<RemoveAcceptedDomain>(),
];

object! {
    /// A domain that the organization takes mail for.
    pub struct AcceptedDomainObject = "AcceptedDomain" [domain_name, domain_type, default] {
        /// The domain.
        domain_name: String,
        /// Authoritative, InternalRelay or ExternalRelay.
        domain_type: &'static str,
        /// New recipients get an address in it.
        default: bool,
        /// Its subdomains count as it.
        match_sub_domains: bool,
        /// Who gets mail for addresses in it that nobody has.
        catch_all: Option<String>,
    }
}

verb! {
    /// Shows accepted domains.
    pub struct GetAcceptedDomain = "Get-AcceptedDomain" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Only this one.
        identity: Option<Domain> = first,
    }
}

verb! {
    /// Accepts mail for a domain. The first one becomes the default domain.
    pub struct NewAcceptedDomain = "New-AcceptedDomain" (Role::RemoteAndAcceptedDomains, Effect::Change) {
        /// The domain.
        domain_name: Domain = first,
        /// Authoritative (the default): every address in it is known here. InternalRelay: others
        /// are elsewhere in the organization. ExternalRelay: all are elsewhere.
        domain_type: Option<DomainType>,
        /// Its subdomains count as it.
        match_sub_domains: Option<bool>,
    }
}

verb! {
    /// Changes an accepted domain.
    pub struct SetAcceptedDomain = "Set-AcceptedDomain" (Role::RemoteAndAcceptedDomains, Effect::Change) {
        /// The domain.
        identity: Domain = first,
        /// Authoritative, InternalRelay or ExternalRelay.
        domain_type: Option<DomainType>,
        /// Make it the default domain.
        make_default: Option<bool>,
        /// Its subdomains count as it.
        match_sub_domains: Option<bool>,
        /// Who gets mail for addresses in it that nobody has.
        catch_all: Setting<Identity>,
    }
}

verb! {
    /// Takes no more mail for a domain. It must not be anybody's.
    pub struct RemoveAcceptedDomain = "Remove-AcceptedDomain" (Role::RemoteAndAcceptedDomains, Effect::Destroy) {
        /// The domain.
        identity: Domain = first,
    }
}

/// DomainType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainType(pub(super) DomainKind);

const TYPES: [(&str, DomainKind); 3] = [
    ("Authoritative", DomainKind::Authoritative),
    ("InternalRelay", DomainKind::InternalRelay),
    ("ExternalRelay", DomainKind::ExternalRelay),
];

impl DomainType {
    /// Exchange's word for it.
    pub(super) fn name(self) -> &'static str {
        TYPES.iter().find(|(_, kind)| *kind == self.0).map_or("", |(name, _)| name)
    }
}

impl Scalar for DomainType {
    const SHAPE: Shape = Shape::OneOf(&["Authoritative", "InternalRelay", "ExternalRelay"]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, kind)| DomainType(*kind)).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetAcceptedDomain {
    type Answer = Vec<AcceptedDomainObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        match self.identity {
            Some(name) => Ok(vec![shown(session, &existing(session, &name)?)]),
            None => Ok(all(session)),
        }
    }
}

impl Cmdlet for NewAcceptedDomain {
    type Answer = Vec<AcceptedDomainObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if !session.should_process(format!("Accepting mail for {}", self.domain_name)) {
            return Ok(Vec::new());
        }
        let domain = AcceptedDomain {
            name: self.domain_name.clone(),
            kind: self.domain_type.map_or(DomainKind::Authoritative, |DomainType(kind)| kind),
            match_sub_domains: self.match_sub_domains.unwrap_or(false),
            catch_all: None,
        };
        session.directory().add_domain(domain).await?;
        let made = shown(session, &existing(session, &self.domain_name)?);
        session.modified(self.domain_name.as_str(), None, Some(&Object::of(&made)?));
        Ok(vec![made])
    }
}

impl Cmdlet for SetAcceptedDomain {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let mut domain = existing(session, &self.identity)?;
        let before = Object::of(&shown(session, &domain))?;
        if let Some(DomainType(kind)) = self.domain_type {
            domain.kind = kind;
        }
        domain.match_sub_domains = self.match_sub_domains.unwrap_or(domain.match_sub_domains);
        match self.catch_all {
            Setting::Keep => {}
            Setting::Clear => domain.catch_all = None,
            Setting::To(identity) => {
                let recipient = session.recipient(&identity, "recipient")?;
                session.may_change(&recipient)?;
                domain.catch_all = Some(recipient.id);
            }
        }
        if self.make_default == Some(false) {
            return Err(VerbError::Invalid("make another domain the default instead".to_owned()));
        }
        if !session.should_process(format!("Changing accepted domain {}", self.identity)) {
            return Ok(());
        }
        session.directory().update_domain(domain).await?;
        if self.make_default == Some(true) {
            session.directory().set_default_domain(self.identity.clone()).await?;
        }
        let after = Object::of(&shown(session, &existing(session, &self.identity)?))?;
        session.modified(self.identity.as_str(), Some(&before), Some(&after));
        Ok(())
    }
}

impl Cmdlet for RemoveAcceptedDomain {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = Object::of(&shown(session, &existing(session, &self.identity)?))?;
        check_unused(session, &settings_now(session)?, &self.identity)?;
        if !session.should_process(format!("Removing accepted domain {}", self.identity)) {
            return Ok(());
        }
        session.directory().remove_domain(self.identity.clone()).await?;
        session.modified(self.identity.as_str(), Some(&before), None);
        Ok(())
    }
}

fn existing(session: &Session<'_>, name: &Domain) -> Result<AcceptedDomain, VerbError> {
    let what = "accepted domain";
    let missing = || VerbError::NotFound { what, identity: name.to_string() };
    session.snapshot().domain(name).cloned().ok_or_else(missing)
}

fn all(session: &Session<'_>) -> Vec<AcceptedDomainObject> {
    let snapshot = session.snapshot();
    let mut all: Vec<_> = snapshot.domains().map(|domain| shown(session, domain)).collect();
    all.sort_by(|one, other| one.domain_name.cmp(&other.domain_name));
    all
}

fn shown(session: &Session<'_>, domain: &AcceptedDomain) -> AcceptedDomainObject {
    let snapshot = session.snapshot();
    let catch_all = domain.catch_all.and_then(|id| snapshot.recipient(id));
    AcceptedDomainObject {
        domain_name: domain.name.to_string(),
        domain_type: DomainType(domain.kind).name(),
        default: snapshot.default_domain() == Some(&domain.name),
        match_sub_domains: domain.match_sub_domains,
        catch_all: catch_all.map(|recipient| recipient.primary.to_string()),
    }
}

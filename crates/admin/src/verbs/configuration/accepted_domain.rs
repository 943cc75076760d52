//! Accepted domains in a document of the configuration.

use auth::RecipientId;
use directory::{AcceptedDomain, DomainKind, Snapshot};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};
use types::Domain;

use super::changes::ConfigurationChange;
use super::invalid;
use crate::verb::{Identity, Scalar, Session, VerbError};
use crate::verbs::accepted_domain::DomainType;
use crate::verbs::configured::settings_now;
use crate::verbs::email_address_policy::check_unused;

/// The name of the tables.
pub(super) const KIND: &str = "AcceptedDomain";

/// An accepted domain as a document has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Documented {
    domain_name: String,
    #[serde(default = "authoritative")]
    domain_type: String,
    /// At most one has it. No domain loses it but to another.
    #[serde(default, skip_serializing_if = "is_false")]
    default: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    match_sub_domains: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    catch_all: Option<String>,
}

fn authoritative() -> String {
    DomainType(DomainKind::Authoritative).name().to_owned()
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A change of one domain.
pub(super) struct DomainChange {
    before: Option<Documented>,
    /// As a document and as the directory would have it; None: it is removed.
    after: Option<(Documented, AcceptedDomain)>,
    name: Domain,
}

/// The domains there are.
pub(super) fn export(snapshot: &Snapshot) -> Result<Table, VerbError> {
    let mut all: Vec<_> = snapshot.domains().map(|domain| documented(snapshot, domain)).collect();
    all.sort_by(|one, other| one.domain_name.cmp(&other.domain_name));
    let tables = all.iter().map(Value::try_from).collect::<Result<Vec<_>, _>>().map_err(invalid)?;
    let some = (!tables.is_empty()).then(|| (KIND.to_owned(), Value::Array(tables)));
    Ok(some.into_iter().collect())
}

/// What would have to change.
pub(super) fn plan(
    snapshot: &Snapshot,
    wanted: Option<Value>,
    prune: bool,
) -> Result<Vec<DomainChange>, VerbError> {
    let wanted = wanted.unwrap_or_else(|| Value::Array(Vec::new()));
    let wanted: Vec<Documented> = wanted
        .try_into()
        .map_err(|error: toml::de::Error| invalid(format!("{KIND}: {}", error.message())))?;
    let mut changes = Vec::new();
    for domain in &wanted {
        changes.extend(change(snapshot, domain)?);
    }
    if prune {
        let named = |name: &Domain| wanted.iter().any(|one| one.is_called(name));
        let left = snapshot.domains().filter(|domain| !named(&domain.name));
        changes.extend(left.map(|domain| removal(snapshot, domain)));
    }
    Ok(changes)
}

fn documented(snapshot: &Snapshot, domain: &AcceptedDomain) -> Documented {
    let catch_all = domain.catch_all.and_then(|id| snapshot.recipient(id));
    Documented {
        domain_name: domain.name.to_string(),
        domain_type: DomainType(domain.kind).name().to_owned(),
        default: snapshot.default_domain() == Some(&domain.name),
        match_sub_domains: domain.match_sub_domains,
        catch_all: catch_all.map(|recipient| recipient.primary.to_string()),
    }
}

/// The change to what a document says of a domain; None, where it is that already.
fn change(snapshot: &Snapshot, wanted: &Documented) -> Result<Option<DomainChange>, VerbError> {
    let domain = wanted.read(snapshot)?;
    let before = snapshot.domain(&domain.name).map(|now| documented(snapshot, now));
    let mut after = documented(snapshot, &domain);
    after.default |= wanted.default;
    let differs = before.as_ref() != Some(&after);
    let name = domain.name.clone();
    Ok(differs.then_some(DomainChange { before, after: Some((after, domain)), name }))
}

fn removal(snapshot: &Snapshot, domain: &AcceptedDomain) -> DomainChange {
    let before = Some(documented(snapshot, domain));
    DomainChange { before, after: None, name: domain.name.clone() }
}

impl Documented {
    fn is_called(&self, name: &Domain) -> bool {
        self.domain_name.eq_ignore_ascii_case(name.as_str())
    }

    /// As the directory has it. Errors: what is wrong with it; a recipient that is not there.
    fn read(&self, snapshot: &Snapshot) -> Result<AcceptedDomain, VerbError> {
        let wrong = |text: &str| invalid(format!("{KIND} {}: {text}", self.domain_name));
        let DomainType(kind) =
            DomainType::parse(&self.domain_type).map_err(|expected| wrong(&expected.0))?;
        let name = self.domain_name.parse().map_err(|_| wrong("no name of a domain"))?;
        let catch_all = self.catch_all.as_deref().map(|text| caught(snapshot, text)).transpose()?;
        let match_sub_domains = self.match_sub_domains;
        Ok(AcceptedDomain { name, kind, match_sub_domains, catch_all })
    }

    /// Its settings as texts; empty where nothing is set.
    fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("DomainType", self.domain_type.clone()),
            ("Default", self.default.to_string()),
            ("MatchSubDomains", self.match_sub_domains.to_string()),
            ("CatchAll", self.catch_all.clone().unwrap_or_default()),
        ]
    }
}

fn caught(snapshot: &Snapshot, text: &str) -> Result<RecipientId, VerbError> {
    let identity = Identity::parse(text).map_err(|expected| invalid(expected.0))?;
    Ok(identity.recipient(snapshot, "recipient")?.id)
}

impl DomainChange {
    /// Mail for a domain is taken after it.
    pub(super) fn accepts(&self, domain: &Domain) -> bool {
        self.after.as_ref().is_some_and(|(_, after)| after.name == *domain)
    }

    /// What it changes.
    pub(super) fn told(&self) -> Vec<ConfigurationChange> {
        let object = format!("{KIND} {}", self.name);
        let Some((after, _)) = &self.after else {
            return vec![ConfigurationChange::removed(object)];
        };
        let unset = [String::new(), "false".to_owned(), "false".to_owned(), String::new()];
        let before = self.before.as_ref().map(|before| before.settings().map(|(_, text)| text));
        let before = before.unwrap_or(unset);
        let pairs = after.settings().into_iter().zip(before);
        let differing = pairs.filter(|((_, after), before)| after != before);
        let action = ConfigurationChange::action(self.before.is_none());
        differing
            .map(|((property, after), before)| ConfigurationChange {
                object: object.clone(),
                action,
                property: property.to_owned(),
                before,
                after,
            })
            .collect()
    }

    /// Makes it.
    pub(super) async fn make(self, session: &Session<'_>) -> Result<(), VerbError> {
        let directory = session.directory();
        let Some((documented, domain)) = self.after else {
            check_unused(session, &settings_now(session)?, &self.name)?;
            return Ok(directory.remove_domain(self.name).await?);
        };
        match self.before {
            None => directory.add_domain(domain).await?,
            Some(_) => directory.update_domain(domain).await?,
        }
        if documented.default {
            directory.set_default_domain(self.name).await?;
        }
        Ok(())
    }
}

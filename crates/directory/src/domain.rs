//! Accepted domains: those this organization receives mail for.

use auth::RecipientId;
use types::Domain;

/// What we are to an accepted domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainKind {
    /// All its recipients are ours: who is unknown does not exist.
    Authoritative,
    /// Who is unknown here is elsewhere in the organization.
    InternalRelay,
    /// Its mail only passes through us.
    ExternalRelay,
}

/// An accepted domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedDomain {
    /// The name.
    pub name: Domain,
    /// What we are to it.
    pub kind: DomainKind,
    /// The domains below it are accepted too (Exchange writes `*.example.com`).
    pub match_sub_domains: bool,
    /// Gets what is addressed to nobody else in the domain.
    pub catch_all: Option<RecipientId>,
}

impl AcceptedDomain {
    /// True when mail for `domain` falls under this entry.
    pub fn covers(&self, domain: &Domain) -> bool {
        *domain == self.name || (self.match_sub_domains && domain.is_within(&self.name))
    }
}

//! The configuration as one document: Export- and Import-Configuration, which `rialto config
//! export` and `apply` are. The document has accepted domains, connectors and the settings of
//! services (`config::object::export` shows its form); recipients are not configuration.
//!
//! Invariants: importing what was exported changes nothing. Connectors and settings change all
//! together or not at all, and before domains, which change one after the other.

mod accepted_domain;
mod changes;

use ::config::object::{Extent, export, plan};
use toml::Table;

use self::changes::{Changes, ConfigurationChange};
use crate::organization::stored;
use crate::verb::{Cmdlet, Effect, Role, Session, Switch, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<ExportConfiguration>(), Verb::of::<ImportConfiguration>()];

object! {
    /// The configuration.
    pub struct ConfigurationDocument = "Configuration" [document] {
        /// In TOML.
        document: String,
    }
}

verb! {
    /// Shows accepted domains, connectors and service settings as one document, in TOML, with
    /// what differs from the defaults of this server.
    pub struct ExportConfiguration = "Export-Configuration" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Every setting, not only what differs.
        all: Switch,
    }
}

verb! {
    /// Makes accepted domains, connectors and service settings what a document says. Settings
    /// that it does not name get their defaults; whole objects that it does not name stay.
    pub struct ImportConfiguration = "Import-Configuration" (Role::OrganizationConfiguration, Effect::Change) {
        /// The document, as Export-Configuration shows it.
        document: String = first,
        /// Objects that the document does not name are forgotten, too: what was made is removed,
        /// what the server itself has is as it was.
        prune: Switch,
    }
}

impl Cmdlet for ExportConfiguration {
    type Answer = ConfigurationDocument;

    async fn run(self, session: &Session<'_>) -> Result<ConfigurationDocument, VerbError> {
        let snapshot = session.snapshot();
        let mut document = accepted_domain::export(&snapshot)?;
        let extent = if self.all.0 { Extent::All } else { Extent::Changed };
        let now = session.organization.settings_now().map_err(invalid)?;
        document.extend(export(&session.organization.settings, &now, extent).map_err(invalid)?);
        Ok(ConfigurationDocument { document: document.to_string() })
    }
}

impl Cmdlet for ImportConfiguration {
    type Answer = Vec<ConfigurationChange>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let document: Table = self.document.parse().map_err(|error: toml::de::Error| {
            VerbError::Value { parameter: "Document".to_owned(), expected: error.to_string() }
        })?;
        let changes = planned(session, document, self.prune.0)?;
        changes.check(&session.organization.settings, &session.snapshot())?;
        let told = changes.told();
        if changes.are_wanted(session) {
            changes.make(session).await?;
        }
        Ok(told)
    }
}

/// What would have to change.
fn planned(session: &Session<'_>, mut document: Table, prune: bool) -> Result<Changes, VerbError> {
    let snapshot = session.snapshot();
    let domains = document.remove(accepted_domain::KIND);
    let stored: Vec<_> = stored(&snapshot).collect();
    let objects = plan(&session.organization.settings, &stored, &document, prune);
    Ok(Changes {
        objects: objects.map_err(invalid)?,
        domains: accepted_domain::plan(&snapshot, domains, prune)?,
    })
}

fn invalid(error: impl ToString) -> VerbError {
    VerbError::Invalid(error.to_string())
}

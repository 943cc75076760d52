//! The administrator audit log: Search-AdminAuditLog.

use directory::{AuditEntry, ModifiedProperty};
use types::Timestamp;

use super::result_size::result_size;
use crate::verb::{Cmdlet, Effect, Moment, Role, Session, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[Verb::of::<SearchAdminAuditLog>()];

object! {
    /// One run of a verb that changes something.
    pub struct AdminAuditLogEvent = "AdminAuditLogEvent" [run_date, caller, cmdlet_name, object_modified, succeeded] {
        /// When it ended.
        run_date: Moment,
        /// Who ran it.
        caller: String,
        /// The verb.
        cmdlet_name: String,
        /// Its parameters as Name=value; secrets are masked.
        cmdlet_parameters: Vec<String>,
        /// What it changed.
        object_modified: String,
        /// The properties that changed, their values as JSON: `Name: before -> after`.
        modified_properties: Vec<String>,
        /// Whether it did what was asked.
        succeeded: bool,
        /// Why it did not.
        error: Option<String>,
        /// Where it ran.
        originating_server: String,
    }
}

verb! {
    /// Searches the administrator audit log; the newest entries come first.
    pub struct SearchAdminAuditLog = "Search-AdminAuditLog" (Role::ViewOnlyAuditLogs, Effect::Read) {
        /// Only runs of these verbs.
        cmdlets: Vec<String>,
        /// Only runs with any of these parameters; only together with Cmdlets.
        parameters: Vec<String>,
        /// Only what was done to these, named as ObjectModified names them.
        object_ids: Vec<String>,
        /// Only what these callers did.
        user_ids: Vec<String>,
        /// Only from then on.
        start_date: Option<Moment>,
        /// Only before then.
        end_date: Option<Moment>,
        /// Only what succeeded, or only what did not.
        is_success: Option<bool>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
        /// How many of the newest to leave out, for the next page.
        start_index: Option<u32>,
    }
}

impl Cmdlet for SearchAdminAuditLog {
    type Answer = Vec<AdminAuditLogEvent>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if self.cmdlets.is_empty() && !self.parameters.is_empty() {
            return Err(VerbError::Invalid("-Parameters needs -Cmdlets".to_owned()));
        }
        let second = |moment: Option<Moment>| {
            moment.map(|Moment(at)| u64::try_from(at.secs()).unwrap_or_default())
        };
        let (start, end) = (second(self.start_date), second(self.end_date));
        let span = start.unwrap_or_default()..end.unwrap_or(u64::MAX);
        if span.start > span.end {
            return Err(VerbError::Invalid("-StartDate is after -EndDate".to_owned()));
        }
        let (skipped, most) =
            (self.start_index.unwrap_or_default() as usize, result_size(self.result_size));
        // One more tells whether there are more.
        let asked = skipped.saturating_add(most).saturating_add(1);
        let directory = &session.organization.directory;
        let found = directory.audit_entries(span, asked, move |entry| self.wants(entry)).await?;
        let mut found: Vec<_> = found.into_iter().skip(skipped).map(shown).collect();
        if found.len() > most {
            session.warn("there are more; see -ResultSize and -StartIndex");
            found.truncate(most);
        }
        Ok(found)
    }
}

impl SearchAdminAuditLog {
    fn wants(&self, entry: &AuditEntry) -> bool {
        let one_of = |wanted: &[String], name: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        let has_parameter = || {
            let names = entry.parameters.iter();
            names.into_iter().any(|(name, _)| one_of(&self.parameters, name))
        };
        one_of(&self.cmdlets, &entry.verb)
            && (self.parameters.is_empty() || has_parameter())
            && one_of(&self.object_ids, &entry.object)
            && one_of(&self.user_ids, &entry.caller)
            && self.is_success.is_none_or(|success| success == entry.error.is_none())
    }
}

fn shown(entry: AuditEntry) -> AdminAuditLogEvent {
    let parameter = |(name, value): (String, String)| format!("{name}={value}");
    let change = |ModifiedProperty { name, old, new }| {
        let value = |text: String| if text.is_empty() { "(none)".to_owned() } else { text };
        format!("{name}: {} -> {}", value(old), value(new))
    };
    AdminAuditLogEvent {
        run_date: Moment(Timestamp::from_secs(i64::try_from(entry.time).unwrap_or(i64::MAX))),
        caller: entry.caller,
        cmdlet_name: entry.verb,
        cmdlet_parameters: entry.parameters.into_iter().map(parameter).collect(),
        object_modified: entry.object,
        modified_properties: entry.modified.into_iter().map(change).collect(),
        succeeded: entry.error.is_none(),
        error: entry.error,
        originating_server: entry.server,
    }
}

//! What Set-DistributionGroup and Set-DynamicDistributionGroup change in a group.

use directory::{Group, GroupReports};

use crate::verb::{Edit, Identity, Session, VerbError};

/// What was written. What is left out stays.
pub(in crate::verbs) struct GroupChanges {
    pub managed_by: Edit<Identity>,
    pub report_to_originator_enabled: Option<bool>,
    pub report_to_manager_enabled: Option<bool>,
    pub require_sender_authentication_enabled: Option<bool>,
    pub send_oof_message_to_originator_enabled: Option<bool>,
}

impl GroupChanges {
    /// Changes a group accordingly. Errors: somebody named is nobody; reports have two receivers,
    /// or go to nobody in charge.
    pub fn apply(self, session: &Session<'_>, group: &mut Group) -> Result<(), VerbError> {
        let id =
            |identity: Identity| Ok::<_, VerbError>(session.recipient(&identity, "recipient")?.id);
        self.managed_by.try_map(id)?.apply(&mut group.managed_by);
        let (originator, manager) =
            (self.report_to_originator_enabled, self.report_to_manager_enabled);
        group.reports = reports(group.reports, originator, manager)?;
        let only = group.authenticated_senders_only;
        group.authenticated_senders_only =
            self.require_sender_authentication_enabled.unwrap_or(only);
        let replies = group.automatic_replies;
        group.automatic_replies = self.send_oof_message_to_originator_enabled.unwrap_or(replies);
        if group.reports == GroupReports::Manager && group.managed_by.is_empty() {
            return Err(VerbError::Invalid(NO_MANAGER.to_owned()));
        }
        Ok(())
    }
}

/// The two properties as one: they exclude each other, and what is set last holds.
fn reports(
    before: GroupReports,
    originator: Option<bool>,
    manager: Option<bool>,
) -> Result<GroupReports, VerbError> {
    let was = (before == GroupReports::Originator, before == GroupReports::Manager);
    Ok(match (originator, manager) {
        (Some(true), Some(true)) => return Err(VerbError::Invalid(ONE_HEARS.to_owned())),
        (Some(true), _) => GroupReports::Originator,
        (_, Some(true)) => GroupReports::Manager,
        (originator, manager) => match (originator.unwrap_or(was.0), manager.unwrap_or(was.1)) {
            (true, _) => GroupReports::Originator,
            (_, true) => GroupReports::Manager,
            _ => GroupReports::Nobody,
        },
    })
}

const NO_MANAGER: &str = "reports go to who is in charge, and nobody is: see -ManagedBy";
const ONE_HEARS: &str = "reports go to the sender or to who is in charge, not to both";

//! `New-ThrottlingPolicy` and its kin: what one user may ask of the server at a time, under
//! Exchange's names.
//!
//! What it is not: parameters of services that are not built are not here. Who has which policy
//! says the directory.

use crate::kind::words;
use crate::section::section;
use crate::{Invalid, Settings, Unlimited};

words! {
    /// For whom a policy is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum ThrottlingPolicyScope {
        /// For everybody for whom no other is; there is one.
        Global,
        /// For everybody of the organization who has none of their own; at most one.
        Organization,
        /// For those who are given it.
        Regular,
    }
}

section! {
    /// A throttling policy: keys, values and defaults of Set-ThrottlingPolicy.
    #[serde(rename_all = "PascalCase")]
    pub struct ThrottlingPolicy {
        /// Its name, which no other has.
        name: String = String::new(),
        /// "Regular" (for those who are given it), "Organization" (for everybody else) or
        /// "Global" (the one that every organization has).
        throttling_policy_scope: ThrottlingPolicyScope = ThrottlingPolicyScope::Regular,
        /// Sessions of IMAP4 at a time; Set-ImapSettings may allow fewer.
        imap_max_concurrency: Unlimited<u32> = Unlimited::Unlimited,
        /// Sessions of POP3 at a time; Set-PopSettings may allow fewer.
        pop_max_concurrency: Unlimited<u32> = Unlimited::Limited(20),
        /// Messages that one may submit in a minute.
        message_rate_limit: Unlimited<u32> = Unlimited::Unlimited,
        /// Recipients that one may send to in 24 hours.
        recipient_rate_limit: Unlimited<u32> = Unlimited::Unlimited,
    }
}

/// The name of the policy that every organization has.
pub const GLOBAL_THROTTLING_POLICY: &str = "GlobalThrottlingPolicy";

impl ThrottlingPolicy {
    /// The one that every organization has.
    fn global() -> Self {
        ThrottlingPolicy {
            name: GLOBAL_THROTTLING_POLICY.to_owned(),
            throttling_policy_scope: ThrottlingPolicyScope::Global,
            ..ThrottlingPolicy::default()
        }
    }
}

impl Settings {
    /// All throttling policies, the global one first.
    pub fn throttling_policies(&self) -> Vec<ThrottlingPolicy> {
        let is_global = |policy: &&ThrottlingPolicy| is_called(policy, GLOBAL_THROTTLING_POLICY);
        let global = self.throttling_policy.iter().find(is_global).cloned();
        let others = self.throttling_policy.iter().filter(|policy| !is_global(policy));
        let global = global.unwrap_or_else(ThrottlingPolicy::global);
        std::iter::once(global).chain(others.cloned()).collect()
    }

    /// The policy of who has been given the one of that name, or none: an own one counts more than
    /// the organization's, that more than the global one. A name that no policy has counts as none.
    pub fn throttling_policy_of(&self, given: Option<&str>) -> ThrottlingPolicy {
        let all = self.throttling_policies();
        let of_scope = |scope| all.iter().find(|policy| policy.throttling_policy_scope == scope);
        let own = given.and_then(|name| all.iter().find(|policy| is_called(policy, name)));
        let found = own.or_else(|| of_scope(ThrottlingPolicyScope::Organization));
        found.or_else(|| all.first()).cloned().unwrap_or_else(ThrottlingPolicy::global)
    }

    /// There is one global policy, and at most one of the organization.
    pub(crate) fn check_throttling_policies(&self) -> Result<(), Invalid> {
        let all = self.throttling_policies();
        let count =
            |scope| all.iter().filter(|policy| policy.throttling_policy_scope == scope).count();
        let global = all.first().map(|policy| policy.throttling_policy_scope);
        let is_one = count(ThrottlingPolicyScope::Global) == 1;
        match global == Some(ThrottlingPolicyScope::Global) && is_one {
            false => Err(Invalid::ThrottlingPolicy("there is one of the scope Global")),
            true if count(ThrottlingPolicyScope::Organization) > 1 => {
                Err(Invalid::ThrottlingPolicy("there is at most one of the scope Organization"))
            }
            true => Ok(()),
        }
    }
}

fn is_called(policy: &ThrottlingPolicy, name: &str) -> bool {
    policy.name.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str, scope: ThrottlingPolicyScope) -> ThrottlingPolicy {
        ThrottlingPolicy {
            name: name.to_owned(),
            throttling_policy_scope: scope,
            ..ThrottlingPolicy::default()
        }
    }

    fn settings(policies: &[(&str, ThrottlingPolicyScope)]) -> Settings {
        let throttling_policy = policies.iter().map(|(name, scope)| policy(name, *scope)).collect();
        Settings { throttling_policy, ..Settings::default() }
    }

    #[test]
    fn the_nearest_policy_counts() {
        use ThrottlingPolicyScope::{Organization, Regular};
        let name = |settings: &Settings, given| settings.throttling_policy_of(given).name;
        let none = Settings::default();
        assert_eq!(name(&none, None), GLOBAL_THROTTLING_POLICY);
        let some = settings(&[("Machines", Regular), ("Everybody", Organization)]);
        assert_eq!(name(&some, None), "Everybody");
        assert_eq!(name(&some, Some("machines")), "Machines");
        assert_eq!(name(&some, Some("Gone")), "Everybody");
        assert_eq!(some.check_throttling_policies(), Ok(()));
    }

    #[test]
    fn there_is_one_global_policy_and_one_of_the_organization() {
        use ThrottlingPolicyScope::{Global, Organization, Regular};
        for wrong in [
            &[("Another", Global)][..],
            &[(GLOBAL_THROTTLING_POLICY, Regular)],
            &[("One", Organization), ("Two", Organization)],
        ] {
            assert!(settings(wrong).validate().is_err(), "{wrong:?}");
        }
        assert_eq!(settings(&[(GLOBAL_THROTTLING_POLICY, Global)]).validate(), Ok(()));
    }
}

//! Which recipients a Get verb shows: Identity, Anr, ResultSize.

use std::sync::Arc;

use directory::Recipient;

use crate::verb::{Identity, Session};
use crate::verbs::result_size::result_size;

/// What was written for a Get verb.
#[derive(Default)]
pub(in crate::verbs) struct Listing {
    /// Only this one.
    pub identity: Option<Identity>,
    /// Only those whose name, alias or an address begins with this (ambiguous name resolution).
    pub anr: Option<String>,
    /// How many at most.
    pub result_size: Option<u32>,
}

impl Listing {
    /// The recipients that `keep` keeps, by display name. Warns when there are more.
    pub fn recipients(
        &self,
        session: &Session<'_>,
        keep: impl Fn(&Recipient) -> bool,
    ) -> Vec<Arc<Recipient>> {
        let snapshot = session.snapshot();
        let named = |recipient: &Recipient| {
            self.anr.as_ref().is_none_or(|text| is_resolved_by(recipient, text))
        };
        let found = snapshot.recipients().filter(|each| named(each) && keep(each));
        let mut found: Vec<_> = found.cloned().collect();
        found.sort_by_key(|each| (each.display_name.to_lowercase(), each.primary.folded()));
        let limit = result_size(self.result_size);
        if found.len() > limit {
            session.warn(format!("there are {} in all; see -ResultSize", found.len()));
            found.truncate(limit);
        }
        found
    }
}

/// Whether the display name, one of its words, the alias or an SMTP address begins with a text.
fn is_resolved_by(recipient: &Recipient, text: &str) -> bool {
    let text = text.to_lowercase();
    let begins = |name: &str| name.to_lowercase().starts_with(&text);
    begins(&recipient.display_name)
        || recipient.display_name.split_whitespace().any(begins)
        || begins(&recipient.alias)
        || recipient.smtp_addresses().any(|address| begins(&address.to_string()))
}

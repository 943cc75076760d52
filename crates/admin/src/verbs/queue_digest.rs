//! Delivery queues in groups: Get-QueueDigest.
//!
//! What it is not: Exchange gathers the digest of many servers, minutes old, and leaves small
//! queues out. This is one server's queues as they are now, all of them.

use std::collections::BTreeMap;

use super::queue::{self, QueueObject};
use super::result_size::limited;
use crate::verb::{
    Cmdlet, Effect, Expected, Filter, Role, Scalar, Session, Shape, Verb, VerbError, filtered,
    object, verb,
};

pub(super) const VERBS: &[Verb] = &[Verb::of::<GetQueueDigest>()];

object! {
    /// Queues that have something in common.
    pub struct QueueDigestObject = "QueueDigest" [
        group_by_value, message_count, deferred_message_count, details,
    ] {
        /// What they have in common; empty where the property has no value.
        group_by_value: String,
        /// Messages that wait in them.
        message_count: usize,
        /// Those of them that were put off after a failure and wait for their time.
        deferred_message_count: usize,
        /// The queues, SERVER\number, the longest first.
        details: Vec<String>,
    }
}

verb! {
    /// Sums up the queues of outgoing mail, the group with the most messages first.
    pub struct GetQueueDigest = "Get-QueueDigest" (Role::TransportQueues, Effect::Read) {
        /// What the queues of a group have in common; NextHopDomain unless said otherwise.
        group_by: Option<GroupBy>,
        /// Only queues such as {Status -eq 'Retry'}, by the properties of Get-Queue.
        filter: Option<Filter>,
        /// How many groups at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

/// A property of queues that groups are made by. Exchange has two more, NextHopKey and RiskLevel,
/// which queues here do not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// Where they go.
    #[default]
    NextHopDomain,
    /// Whether that is outside.
    NextHopCategory,
    /// How they go there.
    DeliveryType,
    /// Whether they go.
    Status,
    /// Why they do not.
    LastError,
    /// Whose they are.
    ServerName,
}

impl GroupBy {
    const ALL: [(&'static str, GroupBy); 6] = [
        ("NextHopDomain", GroupBy::NextHopDomain),
        ("NextHopCategory", GroupBy::NextHopCategory),
        ("DeliveryType", GroupBy::DeliveryType),
        ("Status", GroupBy::Status),
        ("LastError", GroupBy::LastError),
        ("ServerName", GroupBy::ServerName),
    ];

    const NAMES: &'static [&'static str] =
        &["NextHopDomain", "NextHopCategory", "DeliveryType", "Status", "LastError", "ServerName"];

    /// What a queue has of it.
    fn value(self, session: &Session<'_>, queue: &QueueObject) -> String {
        match self {
            GroupBy::NextHopDomain => queue.next_hop_domain.clone(),
            GroupBy::NextHopCategory => queue.next_hop_category.to_owned(),
            GroupBy::DeliveryType => queue.delivery_type.clone(),
            GroupBy::Status => queue.status.to_owned(),
            GroupBy::LastError => queue.last_error.clone().unwrap_or_default(),
            GroupBy::ServerName => session.organization.server.clone(),
        }
    }
}

impl Scalar for GroupBy {
    const SHAPE: Shape = Shape::OneOf(GroupBy::NAMES);

    fn parse(text: &str) -> Result<Self, Expected> {
        let is_meant = |(name, _): &&(&str, GroupBy)| name.eq_ignore_ascii_case(text);
        let found = GroupBy::ALL.iter().find(is_meant);
        found.map(|(_, by)| *by).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetQueueDigest {
    type Answer = Vec<QueueDigestObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let queues = filtered(self.filter.as_ref(), queue::all(session).await?)?;
        let by = self.group_by.unwrap_or_default();
        let groups = grouped(queues, |queue| by.value(session, queue));
        Ok(limited(session, groups, self.result_size))
    }
}

/// The groups, the one with the most messages first.
fn grouped(
    mut queues: Vec<QueueObject>,
    value: impl Fn(&QueueObject) -> String,
) -> Vec<QueueDigestObject> {
    queues.sort_by_key(|queue| std::cmp::Reverse(queue.message_count));
    let mut groups: BTreeMap<String, Vec<QueueObject>> = BTreeMap::new();
    for queue in queues {
        groups.entry(value(&queue)).or_default().push(queue);
    }
    let mut groups: Vec<QueueDigestObject> = groups.into_iter().map(digest).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.message_count));
    groups
}

fn digest((group_by_value, queues): (String, Vec<QueueObject>)) -> QueueDigestObject {
    QueueDigestObject {
        group_by_value,
        message_count: queues.iter().map(|queue| queue.message_count).sum(),
        deferred_message_count: queues.iter().map(|queue| queue.deferred_message_count).sum(),
        details: queues.into_iter().map(|queue| queue.identity).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(number: u32, domain: &str, message_count: usize) -> QueueObject {
        QueueObject {
            identity: format!("MAIL1\\{number}"),
            delivery_type: String::new(),
            next_hop_domain: domain.to_owned(),
            next_hop_category: "External",
            status: "Retry",
            message_count,
            deferred_message_count: message_count / 2,
            retry_count: 0,
            last_error: None,
            last_retry_time: None,
            next_retry_time: None,
        }
    }

    #[test]
    fn what_has_a_value_in_common_is_summed_up_and_the_longest_come_first() {
        let queues = vec![queue(1, "a.test", 2), queue(2, "b.test", 9), queue(3, "a.test", 8)];
        let told = |groups: Vec<QueueDigestObject>| {
            let told = groups.into_iter().map(|group| {
                let QueueDigestObject { group_by_value, message_count, .. } = group;
                (group_by_value, message_count, group.deferred_message_count, group.details)
            });
            told.collect::<Vec<_>>()
        };
        let details = |numbers: &[u32]| -> Vec<String> {
            numbers.iter().map(|number| format!("MAIL1\\{number}")).collect()
        };
        let by_domain = grouped(queues.clone(), |queue| queue.next_hop_domain.clone());
        let expected = vec![
            ("a.test".to_owned(), 10, 5, details(&[3, 1])),
            ("b.test".to_owned(), 9, 4, details(&[2])),
        ];
        assert_eq!(told(by_domain), expected);
        let by_status = grouped(queues, |queue| queue.status.to_owned());
        assert_eq!(told(by_status), [("Retry".to_owned(), 19, 9, details(&[2, 3, 1]))]);
    }

    #[test]
    fn every_grouping_is_found_by_its_name() {
        for (name, by) in GroupBy::ALL {
            assert_eq!(GroupBy::parse(&name.to_lowercase()), Ok(by));
        }
        assert!(GroupBy::ALL.iter().map(|(name, _)| name).eq(GroupBy::NAMES));
        assert_eq!(GroupBy::parse("RiskLevel"), Err(GroupBy::SHAPE.expected()));
    }
}

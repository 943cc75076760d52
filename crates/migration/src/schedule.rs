//! Which requests are worked on next: a few at a time, and of each endpoint no more than it bears.
//!
//! What it is not: it neither reads requests nor works on them. Whoever does tells it what there
//! is and what has ended.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::batch::MigrationEndpoint;
use crate::request::{Request, RequestId, RequestState, RequestStatus};

/// What waits for its turn, and what has it.
#[derive(Debug, Default)]
pub struct Schedule {
    most: usize,
    waiting: VecDeque<Request>,
    /// With the names of their endpoints.
    running: HashMap<RequestId, Option<String>>,
    /// Those whose end could not be noted: they wait for the next start of the server.
    given_up: HashSet<RequestId>,
    /// Requests at a time by endpoint.
    endpoints: BTreeMap<String, usize>,
}

impl Schedule {
    /// One that lets at most so many run.
    pub fn new(most: usize) -> Self {
        Schedule { most, ..Schedule::default() }
    }

    /// Takes what there is, the oldest first. Those that were begun before have their turn before
    /// others.
    pub fn refresh(&mut self, all: Vec<(Request, RequestState)>, endpoints: &[MigrationEndpoint]) {
        let most = |it: &MigrationEndpoint| (it.name.clone(), it.concurrent_max as usize);
        self.endpoints = endpoints.iter().map(most).collect();
        let waits = |(request, state): &(Request, RequestState)| {
            state.status.is_active()
                && !self.running.contains_key(&request.id)
                && !self.given_up.contains(&request.id)
        };
        let mut waiting: Vec<_> = all.into_iter().filter(waits).collect();
        waiting.sort_by_key(|(_, state)| state.status != RequestStatus::InProgress);
        self.waiting = waiting.into_iter().map(|(request, _)| request).collect();
    }

    /// The next one, which runs from now on; None: nothing waits that there is room for.
    pub fn begin(&mut self) -> Option<Request> {
        if self.running.len() >= self.most {
            return None;
        }
        let place = self.waiting.iter().position(|request| self.has_room(request))?;
        let request = self.waiting.remove(place)?;
        self.running.insert(request.id, endpoint(&request).map(str::to_owned));
        Some(request)
    }

    /// One has ended.
    pub fn release(&mut self, id: RequestId) {
        self.running.remove(&id);
    }

    /// One has ended, and nothing says so: it does not come again.
    pub fn give_up(&mut self, id: RequestId) {
        self.release(id);
        self.given_up.insert(id);
    }

    /// One waits again.
    pub fn add(&mut self, request: Request) {
        if !self.waiting.iter().any(|waiting| waiting.id == request.id) {
            self.waiting.push_back(request);
        }
    }

    fn has_room(&self, request: &Request) -> bool {
        let Some(endpoint) = endpoint(request) else { return true };
        let most = self.endpoints.get(endpoint).copied().unwrap_or(usize::MAX);
        let of_it = |running: &&Option<String>| running.as_deref() == Some(endpoint);
        self.running.values().filter(of_it).count() < most
    }
}

fn endpoint(request: &Request) -> Option<&str> {
    request.batch.as_ref().map(|tag| tag.endpoint.as_str())
}

#[cfg(test)]
mod tests {
    use mailbox::Guid;

    use super::*;
    use crate::batch::BatchTag;
    use crate::imap_source::Security;
    use crate::request::{DiskFormat, Kind, NewRequest, Place};

    fn request(
        number: u8,
        endpoint: Option<&str>,
        status: RequestStatus,
    ) -> (Request, RequestState) {
        let new = NewRequest {
            kind: Kind::Import,
            name: None,
            mailbox: Guid([number; 16]),
            place: Place::Disk { path: "/x".into(), format: DiskFormat::Eml },
            source_root: String::new(),
            target_root: String::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            bad_item_limit: None,
            suspended: false,
        };
        let mut request = new.named(RequestId([number; 16]), number.to_string(), 0);
        let tag = |name: &str| BatchTag { batch: "b".to_owned(), endpoint: name.to_owned() };
        request.batch = endpoint.map(tag);
        (request, RequestState::new(status, 0))
    }

    fn endpoint(name: &str, concurrent_max: u32) -> MigrationEndpoint {
        MigrationEndpoint {
            name: name.to_owned(),
            host: "x.test".to_owned(),
            port: 993,
            security: Security::Tls,
            any_certificate: false,
            concurrent_max,
        }
    }

    /// The numbers of all that begin now.
    fn begun(schedule: &mut Schedule) -> Vec<u8> {
        std::iter::from_fn(|| schedule.begin()).map(|request| request.id.0[0]).collect()
    }

    #[test]
    fn no_more_run_than_the_server_and_their_endpoint_bear() {
        use RequestStatus::*;
        let mut schedule = Schedule::new(3);
        let mut all: Vec<_> = (1..=4).map(|number| request(number, Some("e"), Queued)).collect();
        all.extend((5..=8).map(|number| request(number, None, Queued)));
        schedule.refresh(all.clone(), &[endpoint("e", 2)]);
        assert_eq!(begun(&mut schedule), [1, 2, 5]);
        schedule.release(RequestId([5; 16]));
        assert_eq!(begun(&mut schedule), [6]);
        schedule.release(RequestId([1; 16]));
        assert_eq!(begun(&mut schedule), [3]);
        // What runs does not come again, and the endpoint may bear less now.
        schedule.refresh(all, &[endpoint("e", 1)]);
        schedule.release(RequestId([3; 16]));
        schedule.release(RequestId([6; 16]));
        assert_eq!(begun(&mut schedule), [5, 7]);
    }

    #[test]
    fn what_was_begun_comes_first_and_what_is_done_not_at_all() {
        use RequestStatus::*;
        let mut schedule = Schedule::new(9);
        let statuses = [Queued, Completed, InProgress, Suspended, Failed, Queued];
        let all = statuses.iter().zip(1..).map(|(status, number)| request(number, None, *status));
        schedule.refresh(all.collect(), &[]);
        assert_eq!(begun(&mut schedule), [3, 1, 6]);
    }

    #[test]
    fn what_is_given_up_waits_for_the_next_start() {
        let mut schedule = Schedule::new(1);
        let one = request(1, None, RequestStatus::InProgress);
        schedule.refresh(vec![one.clone()], &[]);
        assert_eq!(begun(&mut schedule), [1]);
        schedule.release(one.0.id);
        schedule.add(one.0.clone());
        schedule.add(one.0.clone());
        assert_eq!(begun(&mut schedule), [1]);
        schedule.give_up(one.0.id);
        assert!(begun(&mut schedule).is_empty());
        schedule.refresh(vec![one], &[]);
        assert!(begun(&mut schedule).is_empty());
    }
}

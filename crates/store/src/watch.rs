//! Watching: one coalesced wake per topic after a commit that woke it.
//!
//! A topic exists while somebody watches it. An idle watcher costs a counter and an entry in
//! one map; a wake carries nothing, the watcher reads what changed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::sync::lock;

/// All topics that somebody watches.
#[derive(Default)]
pub(crate) struct Topics {
    watched: Mutex<HashMap<u64, Watched>>,
}

struct Watched {
    topic: Arc<Topic>,
    watchers: usize,
}

#[derive(Default)]
struct Topic {
    wakes: AtomicU64,
    notify: Notify,
}

impl Topics {
    /// Begins to watch: wakes from now on count.
    pub(crate) fn watch(self: &Arc<Self>, number: u64) -> Watch {
        let mut watched = lock(&self.watched);
        let entry =
            watched.entry(number).or_insert_with(|| Watched { topic: Arc::default(), watchers: 0 });
        entry.watchers += 1;
        let topic = entry.topic.clone();
        let seen = topic.wakes.load(Ordering::Acquire);
        Watch { topics: self.clone(), number, topic, seen }
    }

    /// Wakes the watchers of each topic named, once each.
    pub(crate) fn publish(&self, numbers: &mut Vec<u64>) {
        if numbers.is_empty() {
            return;
        }
        numbers.sort_unstable();
        numbers.dedup();
        let watched = lock(&self.watched);
        for number in numbers.drain(..) {
            if let Some(entry) = watched.get(&number) {
                entry.topic.wakes.fetch_add(1, Ordering::AcqRel);
                entry.topic.notify.notify_waiters();
            }
        }
    }

    fn leave(&self, number: u64) {
        if let Entry::Occupied(mut entry) = lock(&self.watched).entry(number) {
            entry.get_mut().watchers -= 1;
            if entry.get().watchers == 0 {
                entry.remove();
            }
        }
    }
}

/// Somebody's interest in a topic.
pub struct Watch {
    topics: Arc<Topics>,
    number: u64,
    topic: Arc<Topic>,
    seen: u64,
}

impl Watch {
    /// Returns after a commit that woke the topic: at once when there was one since the watch
    /// began or last returned. Any number of commits in between are one return.
    pub async fn changed(&mut self) {
        let topic = self.topic.clone();
        loop {
            let woken = topic.notify.notified();
            if self.take() {
                return;
            }
            woken.await;
        }
    }

    /// Whether there was a wake since last asked; never waits.
    pub fn take(&mut self) -> bool {
        let wakes = self.topic.wakes.load(Ordering::Acquire);
        std::mem::replace(&mut self.seen, wakes) != wakes
    }

    /// The topic watched.
    pub fn topic(&self) -> u64 {
        self.number
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.topics.leave(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wakes_coalesce_and_reach_only_their_topic() {
        let topics = Arc::new(Topics::default());
        let (mut one, mut two) = (topics.watch(1), topics.watch(2));
        topics.publish(&mut vec![1, 1, 3]);
        topics.publish(&mut vec![1]);
        one.changed().await;
        assert!(!one.take());
        assert!(!two.take());
    }

    #[tokio::test]
    async fn a_waiting_watcher_is_woken() {
        let topics = Arc::new(Topics::default());
        let mut watch = topics.watch(9);
        let waiting = tokio::spawn(async move { watch.changed().await });
        tokio::task::yield_now().await;
        topics.publish(&mut vec![9]);
        waiting.await.unwrap();
    }

    #[test]
    fn a_topic_goes_with_its_last_watcher() {
        let topics = Arc::new(Topics::default());
        let (one, two) = (topics.watch(1), topics.watch(1));
        drop(one);
        assert_eq!(lock(&topics.watched).len(), 1);
        drop(two);
        assert_eq!(lock(&topics.watched).len(), 0);
    }

    #[test]
    fn an_idle_watcher_is_small() {
        let octets = size_of::<Watch>() + size_of::<Topic>() + size_of::<(u64, Watched)>();
        assert!(octets <= 256, "{octets} octets");
    }
}

//! How this server is: how far its start and its stop have come, and which of its parts work.
//!
//! What it is not: nothing is mended here, and nobody is asked over the network. A task counts
//! as working until it has ended; databases, resolver and certificates are asked what they know.

mod certificate;

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use admin::monitor::{Component, ComponentKind, ComponentState, Service};
use directory::ChangeNumber;
use net::Resolver;
use ports::Listener;
use ports::listeners::{
    ADMIN, DEMO_SINK, IMAP4, IMAP4_BACK_END, IMAP4_TLS, POP3, POP3_BACK_END, POP3_TLS,
};
use store::Database;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use types::limits::DNS_FAILURES_UNHEALTHY;

pub(crate) use certificate::certificate;

/// How far a server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Starting,
    Running,
    Stopping,
}

/// A task that is to go on until the server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    kind: ComponentKind,
    name: String,
    service: Option<Service>,
}

/// The phase of a server, and its tasks.
pub(crate) struct Health {
    phase: AtomicU8,
    tasks: Mutex<Vec<(Part, AbortHandle)>>,
    /// The change of the directory whose configuration the server goes by.
    configured: watch::Sender<ChangeNumber>,
}

impl Part {
    pub(crate) fn new(kind: ComponentKind, name: &str, service: Option<Service>) -> Self {
        Part { kind, name: name.to_owned(), service }
    }

    /// A listener at an address.
    pub(crate) fn listener(listener: &Listener, address: impl Display) -> Self {
        let name = format!("{} {address}", listener.service);
        Part { kind: ComponentKind::Listener, name, service: service(listener) }
    }
}

/// The service of Exchange that has this listener.
fn service(listener: &Listener) -> Option<Service> {
    match listener.id {
        id if id == IMAP4.id || id == IMAP4_TLS.id => Some(Service::Imap4),
        id if id == IMAP4_BACK_END.id => Some(Service::Imap4BackEnd),
        id if id == POP3.id || id == POP3_TLS.id => Some(Service::Pop3),
        id if id == POP3_BACK_END.id => Some(Service::Pop3BackEnd),
        id if id == ADMIN.id || id == DEMO_SINK.id => None,
        _ => Some(Service::FrontEndTransport),
    }
}

impl Health {
    /// Of a server that starts.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Health {
            phase: AtomicU8::new(Phase::Starting as u8),
            tasks: Mutex::default(),
            configured: watch::Sender::new(ChangeNumber(0)),
        })
    }

    /// The server has come so far.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// The server goes by the directory's configuration as this change left it.
    pub(crate) fn configured(&self, change: ChangeNumber) {
        self.configured.send_replace(change);
    }

    /// By which change of the directory the server goes.
    pub(crate) fn configuration(&self) -> watch::Receiver<ChangeNumber> {
        self.configured.subscribe()
    }

    /// Whether clients should come: between start and stop, while these take what grows them.
    pub(crate) fn is_ready(&self, databases: [&Database; 2]) -> bool {
        let is_running = self.phase.load(Ordering::Acquire) == Phase::Running as u8;
        let takes_all = |database: &Database| database.health() == store::Health::Good;
        is_running && databases.into_iter().all(takes_all)
    }

    /// From now on it counts that this task goes on.
    pub(crate) fn watch(&self, part: Part, task: &JoinHandle<()>) {
        self.tasks().push((part, task.abort_handle()));
    }

    /// The listener at this address is to be closed.
    pub(crate) fn forget(&self, listener: &Listener, address: SocketAddr) {
        let gone = Part::listener(listener, address);
        self.tasks().retain(|(part, _)| *part != gone);
    }

    /// How the tasks are.
    pub(crate) fn of_tasks(&self) -> Vec<Component> {
        self.tasks().iter().map(|(part, task)| of_task(part, task.is_finished())).collect()
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<(Part, AbortHandle)>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_task(part: &Part, ended: bool) -> Component {
    let component = Component::healthy(part.kind, &part.name).of(part.service);
    match ended {
        true => component.but(ComponentState::Unhealthy, "its task has ended"),
        false => component,
    }
}

/// How a database is.
pub(crate) fn database(name: &str, database: &Database, service: Service) -> Component {
    let component = Component::healthy(ComponentKind::Store, name).of(Some(service));
    match database.health() {
        store::Health::Good => component,
        store::Health::DiskNearlyFull => component.but(
            ComponentState::Degraded,
            "the disk is nearly full: what grows the database is refused",
        ),
        store::Health::Poisoned(reason) => {
            let reason = format!("only a restart lets it write again: {reason}");
            component.but(ComponentState::Unhealthy, reason)
        }
    }
}

/// How the name service is, by the last questions that mail has asked it.
pub(crate) fn resolver(resolver: &Resolver) -> Component {
    let component = Component::healthy(ComponentKind::Dns, "name service");
    let silence = resolver.silence();
    match silence.reason {
        Some(reason) if silence.questions >= DNS_FAILURES_UNHEALTHY => {
            let text = format!("{} questions without an answer: {reason}", silence.questions);
            component.but(ComponentState::Unhealthy, text)
        }
        _ => component,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io;

    use ports::listeners::DEFAULT_FRONTEND;
    use store::{Options, Room, SpaceProbe};

    use super::*;

    #[tokio::test]
    async fn a_task_that_has_ended_does_not_work_unless_it_was_meant_to() {
        let health = Health::new();
        let goes_on = tokio::spawn(std::future::pending());
        let mut ends = tokio::spawn(async {});
        (&mut ends).await.unwrap();
        let address: SocketAddr = "127.0.0.1:25".parse().unwrap();
        health.watch(Part::new(ComponentKind::Janitor, "maintenance", None), &goes_on);
        health.watch(Part::listener(&DEFAULT_FRONTEND, address), &ends);
        let states = || health.of_tasks().into_iter().map(|it| it.state).collect::<Vec<_>>();
        assert_eq!(states(), [ComponentState::Healthy, ComponentState::Unhealthy]);
        health.forget(&DEFAULT_FRONTEND, address);
        assert_eq!(states(), [ComponentState::Healthy]);
        goes_on.abort();
    }

    #[derive(Debug)]
    struct FullDisk;

    impl SpaceProbe for FullDisk {
        fn room(&self) -> io::Result<Room> {
            Ok(Room { total_octets: 1 << 40, free_octets: 0 })
        }
    }

    #[test]
    fn a_server_is_ready_between_start_and_stop_while_there_is_room() {
        let good = Database::open(Options::memory()).unwrap();
        // One that is made finds room; one that is opened again need not.
        let folder = tempfile::tempdir().unwrap();
        drop(Database::open(Options::sqlite(folder.path())).unwrap());
        let full = Options { space: Some(Box::new(FullDisk)), ..Options::sqlite(folder.path()) };
        let full = Database::open(full).unwrap();
        let health = Health::new();
        assert!(!health.is_ready([&good, &good]));
        for (phase, runs) in [(Phase::Running, true), (Phase::Stopping, false)] {
            health.enter(phase);
            assert_eq!(health.is_ready([&good, &good]), runs, "{phase:?}");
            assert!(!health.is_ready([&full, &good]) && !health.is_ready([&good, &full]));
        }
        let told = |of| database("mailboxes", of, Service::InformationStore).state;
        assert_eq!([told(&good), told(&full)], [ComponentState::Healthy, ComponentState::Degraded]);
    }

    /// Nobody listens at the port; how long that takes is not waited for.
    #[tokio::test(start_paused = true)]
    async fn a_name_service_that_is_silent_is_told_of() {
        let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let silent = Resolver::with_server(nobody).unwrap();
        for asked in 0..DNS_FAILURES_UNHEALTHY {
            assert_eq!(resolver(&silent).state, ComponentState::Healthy, "{asked}");
            silent.txt("example.test").await.unwrap_err();
        }
        let component = resolver(&silent);
        assert_eq!(component.state, ComponentState::Unhealthy);
        assert!(component.reason.unwrap().contains("without an answer"));
    }
}

//! Requests to import and to export, worked on by a running server.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use config::Settings;
use config::settings::ListenerOverride;
use directory::NewMailbox;
use mailbox::Guid;
use migration::{
    DiskFormat, Kind, NewRequest, Place, Request, RequestState, RequestStatus, Requests,
};
use ports::LISTENERS;
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;

const PATIENCE: Duration = Duration::from_secs(60);
const MESSAGES: u64 = 2_000;

/// Nothing is open.
fn settings(data: &Path) -> Settings {
    let closed = LISTENERS.into_iter().map(|listener| ListenerOverride {
        row: listener.id.to_owned(),
        enabled: Some(false),
        addresses: None,
        port: None,
    });
    Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        listener: closed.collect(),
        ..Settings::default()
    }
}

fn request(kind: Kind, mailbox: Guid, path: &Path) -> NewRequest {
    NewRequest {
        kind,
        name: None,
        mailbox,
        place: Place::Disk { path: path.to_owned(), format: DiskFormat::Maildir },
        source_root: String::new(),
        target_root: String::new(),
        include: Vec::new(),
        exclude: Vec::new(),
        bad_item_limit: Some(0),
        suspended: false,
    }
}

async fn wait_until(
    requests: &Requests,
    request: &Request,
    what: impl Fn(&RequestState) -> bool,
) -> RequestState {
    let looking = async {
        loop {
            let all = requests.all().await.unwrap();
            let found = all.into_iter().find(|(each, _)| each.id == request.id);
            let (_, state) = found.unwrap();
            if what(&state) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_in_the_middle_goes_on_at_its_next_start() {
    let (data, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = disk.path().join("maildir");
    std::fs::create_dir_all(source.join("cur")).unwrap();
    for number in 0..MESSAGES {
        let text = format!("Subject: {number}\n\nThis is number {number}.\n");
        std::fs::write(source.join(format!("cur/{number:08}.M.host:2,S")), text).unwrap();
    }
    let server = MailboxServer::start(settings(data.path())).await.unwrap();
    let new = NewMailbox::user("alice@example.test".parse().unwrap(), "MBX1", MAILBOX_DATABASE);
    let alice = server.storage().directory.create_mailbox(new).await.unwrap();
    let requests = Requests::new(server.storage().mailboxes.clone());
    let import = requests.create(request(Kind::Import, Guid(alice.0), &source)).await.unwrap();
    let state = wait_until(&requests, &import, |state| state.items > 0).await;
    server.stop().await;
    assert!(state.items < MESSAGES, "it was too fast to be stopped");
    drop(requests);

    let server = MailboxServer::start(settings(data.path())).await.unwrap();
    let requests = Requests::new(server.storage().mailboxes.clone());
    let done = |state: &RequestState| !state.status.is_active();
    let state = wait_until(&requests, &import, done).await;
    assert_eq!((state.status, state.items), (RequestStatus::Completed, MESSAGES));
    let target = disk.path().join("export");
    let export = requests.create(request(Kind::Export, Guid(alice.0), &target)).await.unwrap();
    let state = wait_until(&requests, &export, done).await;
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    server.stop().await;

    let mut subjects: Vec<u64> = std::fs::read_dir(target.join("cur"))
        .unwrap()
        .map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let subject = text.lines().next().unwrap().strip_prefix("Subject: ").unwrap();
            subject.parse().unwrap()
        })
        .collect();
    subjects.sort_unstable();
    assert_eq!(subjects, (0..MESSAGES).collect::<Vec<_>>());
}

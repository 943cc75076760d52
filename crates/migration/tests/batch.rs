//! Batches of thousands of mailboxes, against a simulated source.

#![allow(clippy::unwrap_used)]
mod support;

use mailbox::{Access, Guid, Mailbox, MailboxNumber};
use migration::{
    Batch, BatchChange, BatchCounts, BatchPhase, BatchStatus, BatchUser, ImapEndpoint,
    MigrationEndpoint, MigrationError, NewBatch, Requests, Schedule, Secret, Security,
};
use support::source::{Folder, Source};
use support::{World, network, octets};
use types::limits::{
    MIGRATION_BATCH_USERS_MAX, MIGRATION_BATCHES_MAX, MIGRATION_ENDPOINTS_MAX,
    MIGRATION_REQUESTS_MAX, MIGRATION_REQUESTS_RUNNING_MAX,
};

const MAILBOXES: u32 = 2_000;

fn guid(number: u32) -> Guid {
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&number.to_be_bytes());
    Guid(octets)
}

fn number(guid: Guid) -> u32 {
    u32::from_be_bytes(guid.0[..4].try_into().unwrap())
}

fn endpoint(name: &str, at: &ImapEndpoint) -> MigrationEndpoint {
    MigrationEndpoint {
        name: name.to_owned(),
        host: at.host.clone(),
        port: at.port,
        security: at.security,
        any_certificate: at.any_certificate,
        concurrent_max: 3,
    }
}

fn batch(name: &str, mailboxes: std::ops::Range<u32>) -> NewBatch {
    let user = |number| BatchUser {
        mailbox: guid(number),
        user: "someone".to_owned(),
        password: Secret::new("it's \"secret\"".to_owned()),
        root: String::new(),
    };
    NewBatch {
        name: name.to_owned(),
        endpoint: "old".to_owned(),
        exclude: Vec::new(),
        bad_item_limit: Some(0),
        started: false,
        users: mailboxes.map(user).collect(),
    }
}

async fn standing(requests: &Requests) -> (Batch, BatchCounts, BatchStatus) {
    let (batch, counts) = requests.batches().await.unwrap().remove(0);
    let status = BatchStatus::of(batch.phase, &counts);
    (batch, counts, status)
}

async fn open(world: &World, number: u32) -> Mailbox {
    let (database, at) = (world.requests.database(), MailboxNumber::new(number + 1));
    match Mailbox::create(database, at, guid(number)).await {
        Ok(()) | Err(mailbox::Fault::Exists) => {}
        Err(fault) => panic!("{fault}"),
    }
    Mailbox::open(database.clone(), at, Access::System)
}

/// Works on what there is, as a server does; how many were done, and the most at a time.
async fn work(world: &World, until: usize) -> (usize, usize) {
    let mut schedule = Schedule::new(MIGRATION_REQUESTS_RUNNING_MAX);
    let all = world.requests.all().await.unwrap();
    schedule.refresh(all, &world.requests.endpoints().await.unwrap());
    let (mut running, mut done, mut most) = (tokio::task::JoinSet::new(), 0, 0);
    while done < until {
        while let Some(request) = schedule.begin() {
            let mailbox = open(world, number(request.mailbox())).await;
            running.spawn(async move {
                migration::run(&request, &mailbox, &network()).await.unwrap();
                request.id
            });
        }
        most = most.max(running.len());
        let Some(ended) = running.join_next().await else { break };
        schedule.release(ended.unwrap());
        done += 1;
    }
    running.shutdown().await;
    (done, most)
}

async fn source() -> Source {
    let message = |text: &str| format!("Subject: {text}\r\n\r\n{text}\r\n");
    Source::start(Folder { validity: 1, messages: vec![(1, "", message("one"))] }).await
}

#[tokio::test]
async fn thousands_of_mailboxes_come_over_a_few_at_a_time() {
    let (world, source) = (World::new().await, source().await);
    let requests = &world.requests;
    requests.create_endpoint(endpoint("old", &source.endpoint())).await.unwrap();
    requests.create_batch(batch("All", 0..MAILBOXES)).await.unwrap();
    assert_eq!(work(&world, usize::MAX).await, (0, 0), "nothing before it is started");
    assert_eq!(standing(requests).await.2, BatchStatus::Created);

    requests.start_batch("all").await.unwrap();
    assert_eq!(standing(requests).await.2, BatchStatus::Syncing);
    let all = MAILBOXES as usize;
    // Interrupted on the way, and the rest later.
    let (before, most) = work(&world, all / 3).await;
    assert_eq!((before, most), (all / 3, 3));
    requests.stop_batch("All").await.unwrap();
    let (_, counts, status) = standing(requests).await;
    assert_eq!((status, counts.done + counts.stopped), (BatchStatus::Stopped, all));
    assert_eq!(work(&world, usize::MAX).await.0, 0, "nothing while it is stopped");
    requests.start_batch("All").await.unwrap();
    assert_eq!(work(&world, usize::MAX).await, (all, 3));
    let (_, counts, status) = standing(requests).await;
    assert_eq!((status, counts.done, counts.total), (BatchStatus::Synced, all, all));
    for number in [0, 1, MAILBOXES / 3, MAILBOXES - 1] {
        assert_eq!(octets(&open(&world, number).await).await.len(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_batch_that_is_started_again_brings_what_is_new() {
    let (world, source) = (World::new().await, source().await);
    let requests = &world.requests;
    requests.create_endpoint(endpoint("old", &source.endpoint())).await.unwrap();
    requests.create_batch(NewBatch { started: true, ..batch("All", 0..5) }).await.unwrap();
    assert_eq!(work(&world, usize::MAX).await.0, 5);
    let add = |uid, text: &str| {
        let message = format!("Subject: {text}\r\n\r\n{text}\r\n");
        source.folder.lock().unwrap().messages.push((uid, "", message));
    };
    add(2, "two");
    requests.start_batch("All").await.unwrap();
    assert_eq!(work(&world, usize::MAX).await.0, 5);
    add(3, "three");
    requests.complete_batch("All").await.unwrap();
    assert_eq!(standing(requests).await.2, BatchStatus::Completing);
    // A mailbox of it fails.
    source.answer(|command| {
        command.starts_with("LOGIN").then(|| "{tag} NO [AUTHENTICATIONFAILED] no\r\n".to_owned())
    });
    assert_eq!(work(&world, 1).await.0, 1);
    source.answer(|_| None);
    work(&world, usize::MAX).await;
    let (batch, counts, status) = standing(requests).await;
    assert_eq!((batch.phase, status), (BatchPhase::Completing, BatchStatus::CompletedWithErrors));
    assert!(counts.failed > 0 && counts.done > 0, "{counts:?}");
    let mut kept = Vec::new();
    for number in 0..5 {
        kept.push(octets(&open(&world, number).await).await.len());
    }
    kept.sort_unstable();
    assert_eq!(kept, [vec![2; counts.failed], vec![3; counts.done]].concat());
    let again = requests.start_batch("All").await;
    assert!(matches!(again, Err(MigrationError::BatchStatus("CompletedWithErrors"))), "{again:?}");
    let changed = requests.change_batch("All", BatchChange::default()).await;
    assert!(matches!(changed, Err(MigrationError::BatchStatus("CompletedWithErrors"))));
}

#[tokio::test]
async fn of_a_batch_under_way_those_that_failed_are_tried_again() {
    let (world, source) = (World::new().await, source().await);
    let requests = &world.requests;
    requests.create_endpoint(endpoint("old", &source.endpoint())).await.unwrap();
    requests.create_batch(NewBatch { started: true, ..batch("All", 0..2) }).await.unwrap();
    let none = requests.start_batch("All").await;
    assert!(matches!(none, Err(MigrationError::BatchStatus("Syncing"))), "{none:?}");
    let early = requests.complete_batch("All").await;
    assert!(matches!(early, Err(MigrationError::BatchStatus("Syncing"))), "{early:?}");
    source.answer(|command| {
        command.starts_with("LOGIN").then(|| "{tag} NO [AUTHENTICATIONFAILED] no\r\n".to_owned())
    });
    let first = requests.all().await.unwrap().remove(0).0;
    migration::run(&first, &open(&world, number(first.mailbox())).await, &network()).await.unwrap();
    source.answer(|_| None);
    let (_, counts, status) = standing(requests).await;
    assert_eq!((counts.failed, counts.active, status), (1, 1, BatchStatus::Syncing));
    requests.start_batch("All").await.unwrap();
    assert_eq!(standing(requests).await.1.active, 2);
    work(&world, usize::MAX).await;
    assert_eq!(standing(requests).await.2, BatchStatus::Synced);
    let idle = requests.stop_batch("All").await;
    assert!(matches!(idle, Err(MigrationError::BatchStatus("Synced"))), "{idle:?}");
}

#[tokio::test]
async fn a_batch_is_made_whole_or_not_at_all_and_goes_whole() {
    let (world, source) = (World::new().await, source().await);
    let requests = &world.requests;
    let lost = requests.create_batch(batch("All", 0..2)).await;
    assert!(matches!(lost, Err(MigrationError::NotFound)), "{lost:?}");
    requests.create_endpoint(endpoint("old", &source.endpoint())).await.unwrap();
    let most = MIGRATION_BATCH_USERS_MAX as u32;
    let large = requests.create_batch(batch("All", 0..most + 1)).await;
    assert!(matches!(large, Err(MigrationError::Limit(_))), "{large:?}");
    requests.create_batch(batch("All", 0..most)).await.unwrap();
    let same = requests.create_batch(batch("ALL", most..most + 2)).await;
    assert!(matches!(same, Err(MigrationError::Exists("batch"))), "{same:?}");
    let twice = requests.create_batch(batch("More", most - 1..most + 2)).await;
    assert!(matches!(twice, Err(MigrationError::InBatch(name)) if name == "All"));
    let left = MIGRATION_REQUESTS_MAX as u32 - most;
    requests.create_batch(batch("Rest", most..most + left - 1)).await.unwrap();
    let beyond = requests.create_batch(batch("Two", 90_000..90_002)).await;
    assert!(matches!(beyond, Err(MigrationError::Limit(_))), "{beyond:?}");
    requests.create_batch(batch("One", 90_000..90_001)).await.unwrap();
    assert_eq!(requests.all().await.unwrap().len(), MIGRATION_REQUESTS_MAX);

    requests.remove_batch("rest").await.unwrap();
    requests.remove_batch("One").await.unwrap();
    let (batch, counts, _) = standing(requests).await;
    assert_eq!((batch.name.as_str(), counts.total), ("All", most as usize));
    assert_eq!(requests.all().await.unwrap().len(), most as usize);
    let gone = requests.remove_batch("rest").await;
    assert!(matches!(gone, Err(MigrationError::NotFound)), "{gone:?}");
}

#[tokio::test]
async fn an_endpoint_in_use_stays_where_it_is() {
    let (world, source) = (World::new().await, source().await);
    let (requests, old) = (&world.requests, endpoint("old", &source.endpoint()));
    requests.create_endpoint(old.clone()).await.unwrap();
    let same = requests.create_endpoint(endpoint("OLD", &source.endpoint())).await;
    assert!(matches!(same, Err(MigrationError::Exists("endpoint"))), "{same:?}");
    requests.create_batch(batch("All", 0..1)).await.unwrap();
    let elsewhere = MigrationEndpoint { port: 1, ..old.clone() };
    let moved = requests.change_endpoint(elsewhere.clone()).await;
    assert!(matches!(moved, Err(MigrationError::InUse(name)) if name == "All"));
    assert!(matches!(requests.remove_endpoint("Old").await, Err(MigrationError::InUse(_))));
    requests.change_endpoint(MigrationEndpoint { concurrent_max: 9, ..old }).await.unwrap();
    assert_eq!(requests.endpoints().await.unwrap()[0].concurrent_max, 9);
    requests.remove_batch("All").await.unwrap();
    requests.change_endpoint(elsewhere).await.unwrap();
    assert_eq!(requests.endpoints().await.unwrap()[0].port, 1);
    requests.remove_endpoint("Old").await.unwrap();
    assert!(matches!(requests.remove_endpoint("Old").await, Err(MigrationError::NotFound)));
}

#[tokio::test]
async fn batches_and_endpoints_have_limits() {
    let (world, source) = (World::new().await, source().await);
    let requests = &world.requests;
    requests.create_endpoint(endpoint("old", &source.endpoint())).await.unwrap();
    for number in 1..MIGRATION_ENDPOINTS_MAX {
        let name = number.to_string();
        requests.create_endpoint(endpoint(&name, &source.endpoint())).await.unwrap();
    }
    let more = requests.create_endpoint(endpoint("more", &source.endpoint())).await;
    assert!(matches!(more, Err(MigrationError::Limit(_))), "{more:?}");
    for number in 0..MIGRATION_BATCHES_MAX as u32 {
        requests.create_batch(batch(&number.to_string(), number..number + 1)).await.unwrap();
    }
    let more = requests.create_batch(batch("more", 900..901)).await;
    assert!(matches!(more, Err(MigrationError::Limit(_))), "{more:?}");
}

#[tokio::test]
async fn an_endpoint_is_tried_without_a_login() {
    let source = source().await;
    let plain = endpoint("old", &source.endpoint());
    plain.probe(&network()).await.unwrap();
    let heard = source.heard.lock().unwrap().join(" ");
    assert!(heard.contains("CAPABILITY") && !heard.contains("LOGIN"), "{heard}");
    assert!(!heard.contains("AUTHENTICATE"), "{heard}");
    let secured = MigrationEndpoint { security: Security::StartTls, ..plain.clone() };
    let refused = secured.probe(&network()).await.unwrap_err().to_string();
    assert!(refused.contains("STARTTLS"), "{refused}");
    source.answer(|command| {
        let capabilities = "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n";
        command.starts_with("CAPABILITY").then(|| capabilities.to_owned())
    });
    let disabled = plain.probe(&network()).await.unwrap_err().to_string();
    assert!(disabled.contains("takes no password"), "{disabled}");
}

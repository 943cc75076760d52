//! Mailboxes on servers that behave oddly: everything that is there comes, once.

#![allow(clippy::unwrap_used)]
mod support;

use mailbox::{Flags, Mailbox};
use migration::{ImapEndpoint, Kind, NewRequest, Place, Request, RequestStatus};
use support::source::{CLOSE, Folder, Source};
use support::{World, kept, network, octets, on_place};

fn text(number: u32) -> String {
    format!("Subject: {number}\r\n\r\nText {number}\r\n")
}

/// With gaps between the UIDs.
fn folder(messages: u32) -> Folder {
    let message = |number| (number * 3, "\\Seen", text(number));
    Folder { validity: 1, messages: (1..=messages).map(message).collect() }
}

fn import(mailbox: &Mailbox, endpoint: ImapEndpoint) -> NewRequest {
    on_place(Kind::Import, mailbox, Place::Imap(endpoint))
}

fn expected(numbers: impl IntoIterator<Item = u32>) -> Vec<(String, String)> {
    numbers.into_iter().map(|number| ("Inbox".to_owned(), text(number))).collect()
}

async fn again(world: &World, request: &Request, mailbox: &Mailbox) -> RequestStatus {
    world.requests.resume(request.id).await.unwrap();
    migration::run(request, mailbox, &network()).await.unwrap();
    world.state(request).await.status
}

#[tokio::test]
async fn messages_come_with_flags_and_dates_and_new_ones_later() {
    let mut world = World::new().await;
    let mailbox = world.mailbox().await;
    let source = Source::start(folder(150)).await;
    source.folder.lock().unwrap().messages[4].1 = "\\Answered Work \\Recent";
    source.folder.lock().unwrap().messages[7].1 = "\\Deleted";
    let request = world.request(import(&mailbox, source.endpoint())).await;
    migration::run(&request, &mailbox, &network()).await.unwrap();
    assert_eq!(world.state(&request).await.status, RequestStatus::Completed);
    assert_eq!(octets(&mailbox).await, expected((1..=150).filter(|number| *number != 8)));
    let fifth = kept(&mailbox).await.remove(4);
    assert_eq!(
        (fifth.2, fifth.3, fifth.4),
        (Flags::ANSWERED, vec!["Work".to_owned()], 1_577_836_800)
    );

    source.folder.lock().unwrap().messages.push((999, "", text(151)));
    let before = source.count("UID");
    assert_eq!(again(&world, &request, &mailbox).await, RequestStatus::Completed);
    assert_eq!(octets(&mailbox).await.len(), 150);
    assert_eq!(source.count("UID") - before, 2, "one look, one message");
}

#[tokio::test]
async fn noise_does_not_disturb() {
    let mut world = World::new().await;
    let mailbox = world.mailbox().await;
    let source = Source::start(folder(3)).await;
    let inner = source.folder.lock().unwrap().clone();
    source.answer(move |command| match command {
        "" => None,
        command => Some(format!(
            "* OK [ALERT] {{not a literal}}\r\n* 1 FETCH (FLAGS ())\r\n* 2 EXPUNGE\r\n* X-NEW (\r\n\
             * 9 FETCH (UID 900 BODY[] {{1}}\r\nx)\r\n{}",
            inner.answer(command)
        )),
    });
    let state = world.run(import(&mailbox, source.endpoint()), &mailbox).await;
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    assert_eq!(octets(&mailbox).await, expected(1..=3));
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_nothing_comes_twice() {
    // BYE, a literal that is cut, another command's end: each once, at a FETCH of octets.
    for odd in [
        format!("* BYE maintenance\r\n{CLOSE}"),
        format!("* 1 FETCH (UID 3 FLAGS () BODY[] {{400}}\r\nSubject: 1{CLOSE}"),
        "R99 OK what you did not ask\r\n".to_owned(),
        format!("* 1 FETCH (UID 3 BODY[] \"whole\")\r\n{CLOSE}"),
    ] {
        let mut world = World::new().await;
        let mailbox = world.mailbox().await;
        let source = Source::start(folder(5)).await;
        let mut once = Some(odd.clone());
        source.answer(move |command| match command.contains("BODY.PEEK") {
            true => once.take(),
            false => None,
        });
        let state = world.run(import(&mailbox, source.endpoint()), &mailbox).await;
        assert_eq!(state.status, RequestStatus::Completed, "{odd}: {}", state.message);
        assert_eq!(octets(&mailbox).await, expected(1..=5), "{odd}");
        assert_eq!(source.count("LOGIN"), 2, "{odd}");
    }
}

#[tokio::test]
async fn a_message_that_is_refused_is_a_bad_item() {
    for (limit, status) in
        [(Some(0), RequestStatus::Failed), (Some(1), RequestStatus::CompletedWithWarning)]
    {
        let mut world = World::new().await;
        let mailbox = world.mailbox().await;
        let source = Source::start(folder(5)).await;
        source.answer(|command| {
            let asks =
                command.contains("BODY.PEEK") && command.split([' ', ',']).any(|word| word == "9");
            asks.then(|| "{tag} NO damaged\r\n".to_owned())
        });
        let mut new = import(&mailbox, source.endpoint());
        new.bad_item_limit = limit;
        let state = world.run(new, &mailbox).await;
        assert_eq!(state.status, status);
        assert!(state.message.contains("UID 9"), "{}", state.message);
        if limit == Some(1) {
            assert_eq!(octets(&mailbox).await, expected([1, 2, 4, 5]));
        }
    }
}

#[tokio::test]
async fn messages_that_go_away_meanwhile_are_no_bad_items() {
    let mut world = World::new().await;
    let mailbox = world.mailbox().await;
    let source = Source::start(folder(5)).await;
    let shared = std::sync::Arc::clone(&source.folder);
    source.answer(move |command| {
        if command.contains("BODY.PEEK") {
            shared.lock().unwrap().messages.retain(|(uid, ..)| *uid > 9);
        }
        None
    });
    let state = world.run(import(&mailbox, source.endpoint()), &mailbox).await;
    assert_eq!((state.status, state.bad_items), (RequestStatus::Completed, 0));
    assert_eq!(octets(&mailbox).await, expected(4..=5));
}

#[tokio::test]
async fn new_uids_of_old_messages_bring_only_what_is_new() {
    let mut world = World::new().await;
    let mailbox = world.mailbox().await;
    let source = Source::start(folder(100)).await;
    let request = world.request(import(&mailbox, source.endpoint())).await;
    migration::run(&request, &mailbox, &network()).await.unwrap();
    {
        let mut folder = source.folder.lock().unwrap();
        folder.validity = 2;
        folder.messages.reverse();
        folder.messages.push((0, "", text(101)));
        for (uid, message) in (1..).zip(&mut folder.messages) {
            message.0 = uid;
        }
    }
    assert_eq!(again(&world, &request, &mailbox).await, RequestStatus::Completed);
    assert_eq!(octets(&mailbox).await, expected(1..=101));
    assert_eq!(world.state(&request).await.items, 101);
    // Behind the messages that were renumbered, everything is new.
    source.folder.lock().unwrap().messages.push((500, "", text(1)));
    assert_eq!(again(&world, &request, &mailbox).await, RequestStatus::Completed);
    assert_eq!(octets(&mailbox).await.len(), 102);
}

#[tokio::test]
async fn what_trying_again_does_not_help_fails_at_once() {
    for (odd_command, answer, message) in [
        ("LOGIN", "{tag} NO [AUTHENTICATIONFAILED] wrong\r\n", "refused LOGIN: wrong"),
        ("CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n", "takes no password"),
        ("EXAMINE", "{tag} NO not yours\r\n", "refused EXAMINE: not yours"),
    ] {
        let mut world = World::new().await;
        let mailbox = world.mailbox().await;
        let source = Source::start(folder(1)).await;
        source.answer(move |it| it.starts_with(odd_command).then(|| answer.to_owned()));
        let state = world.run(import(&mailbox, source.endpoint()), &mailbox).await;
        assert_eq!(state.status, RequestStatus::Failed);
        assert!(state.message.contains(message), "{}", state.message);
        assert!(source.count("CAPABILITY") <= 2 && source.count("LOGIN") <= 1, "{odd_command}");
    }
}

#[tokio::test]
async fn starttls_that_is_not_offered_sends_no_password() {
    let mut world = World::new().await;
    let mailbox = world.mailbox().await;
    let source = Source::start(folder(1)).await;
    let mut endpoint = source.endpoint();
    endpoint.security = migration::Security::StartTls;
    let state = world.run(import(&mailbox, endpoint), &mailbox).await;
    assert_eq!(state.status, RequestStatus::Failed);
    assert!(state.message.contains("STARTTLS"), "{}", state.message);
    assert_eq!(*source.heard.lock().unwrap(), ["STARTTLS"]);
}

#[tokio::test]
async fn wide_gaps_between_uids_are_crossed() {
    let mut world = World::new().await;
    let mailbox = world.mailbox().await;
    let uids = [1, 70_000, 4_294_967_290];
    let messages = uids.into_iter().zip(1..).map(|(uid, number)| (uid, "", text(number)));
    let source = Source::start(Folder { validity: 9, messages: messages.collect() }).await;
    let state = world.run(import(&mailbox, source.endpoint()), &mailbox).await;
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    assert_eq!(octets(&mailbox).await, expected(1..=3));
    assert!(source.count("UID") < 60, "{}", source.count("UID"));
}

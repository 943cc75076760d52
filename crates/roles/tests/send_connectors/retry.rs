//! The retry keys of `[TransportService]`, on a running server.

use std::time::Duration;

use transport::QueueInfo;

use crate::next_hop::{NextHop, Script};
use crate::site::{ALICE, Site, Trust, by_mx, own_address, until, zone};

/// The queue after its first connection found nobody.
async fn queue_after_a_failure(keys: &str) -> QueueInfo {
    let (trust, address) = (Trust::new(), own_address());
    let settings = format!("{}[TransportService]\n{keys}\n", by_mx(""));
    let here = Site::sender(zone(&[("mx.there.test", address)]), &trust, &settings).await;
    here.send("hush").await;
    here.waits_because("hush").await;
    let queue = here.queue().await;
    here.server.stop().await;
    queue
}

#[tokio::test]
async fn a_queue_waits_as_its_keys_say() {
    for (keys, secs) in [
        ("", 60),
        ("QueueGlitchRetryInterval = \"00:00:47\"", 47),
        ("QueueGlitchRetryCount = 0", 5 * 60),
        ("QueueGlitchRetryCount = 0\nTransientFailureRetryInterval = \"00:01:11\"", 60 + 11),
        ("QueueGlitchRetryCount = 0\nTransientFailureRetryCount = 0", 10 * 60),
        (
            "QueueGlitchRetryCount = 0\nTransientFailureRetryCount = 0\n\
             OutboundConnectionFailureRetryInterval = \"00:02:13\"",
            2 * 60 + 13,
        ),
    ] {
        let view = queue_after_a_failure(keys).await.view;
        let wait = view.next_retry.unwrap().since(view.last_retry.unwrap());
        assert_eq!((wait, view.retry_count), (Duration::from_secs(secs), 1), "{keys}");
    }
}

#[tokio::test]
async fn a_message_refused_for_now_is_tried_again_then_told_of_then_returned() {
    let (trust, address) = (Trust::new(), own_address());
    let answers = &[("RCPT", Some("451 4.7.1 greylisted"))];
    let hop = NextHop::start(address, Script { answers, ..Script::PLAIN });
    let keys = "[TransportService]\nMessageRetryInterval = \"00:00:01\"\n\
        TransientFailureRetryCount = 0\nDelayNotificationTimeout = \"00:00:02\"\n\
        MessageExpirationTimeout = \"00:00:05\"\n";
    let settings = format!("{}{keys}", by_mx(""));
    let here = Site::sender(zone(&[("mx.there.test", address)]), &trust, &settings).await;
    here.send("hush").await;
    until("a second try", || {
        hop.heard().iter().filter(|line| line.starts_with("RCPT")).count() > 1
    })
    .await;
    let delayed = here.received(ALICE, "\r\nAction: delayed\r\n").await;
    assert!(delayed.contains("\r\nStatus: 4.7.1\r\n"), "{delayed}");
    let failed = here.received(ALICE, "\r\nAction: failed\r\n").await;
    assert!(failed.contains("\r\nStatus: 4.4.7\r\n"), "{failed}");
    here.server.stop().await;
    hop.stop().await;
}

//! Mail that left, as both servers count it.

use admin::api::{Client, SOCKET_NAME};
use admin::exposition::Exposition;

use crate::site::{BOB, Site, Trust, by_mx, own_address, zone};

async fn counts(site: &Site) -> Exposition {
    let client = Client::connect(&site.data.path().join(SOCKET_NAME)).await.unwrap().unwrap();
    Exposition::parse(&client.get("/metrics").await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_message_is_sent_here_and_received_there() {
    let (trust, address) = (Trust::new(), own_address());
    let there = Site::receiver(address, "mx.there.test", &trust).await;
    let here = Site::sender(zone(&[("mx.there.test", address)]), &trust, &by_mx("")).await;
    here.send("counted").await;
    there.received(BOB, "Subject: counted").await;
    // The receiver has it before the sender hears so.
    let sender = loop {
        let counts = counts(&here).await;
        if counts.sum("rialto_messages_sent_total") > 0.0 {
            break counts;
        }
    };
    let receiver = counts(&there).await;
    let sent = |of: &Exposition| of.value("rialto_messages_sent_total", &[("connector", "Out")]);
    assert_eq!(sent(&sender), Some(1.0));
    let from_here = [("connector", "Default Frontend MX")];
    assert_eq!(receiver.value("rialto_messages_received_total", &from_here), Some(1.0));
    assert_eq!(receiver.value("rialto_messages_delivered_total", &[]), Some(1.0));
    assert_eq!((sent(&receiver), sender.sum("rialto_messages_delivered_total")), (None, 0.0));
    here.server.stop().await;
    there.server.stop().await;
}

//! Clocks that are right, and wrong.

use net::testing::TimeServer;
use types::{ManualClock, Timestamp};

use super::super::clock::clock;
use super::*;
use Verdict::{Failed, NotChecked, Ok, Warning};

/// 2026-11-23.
const NOW: Timestamp = Timestamp::from_secs(1_795_400_000);

#[tokio::test]
async fn a_time_server_is_believed() {
    // The answer takes its time: what is between the limits is far from both.
    for (ahead, verdict, words) in [
        (0, Ok, "0."),
        (-60, Warning, "s ahead of time.test:"),
        (150, Warning, "s behind time.test:"),
        (400, Failed, "chrony"),
        (-400, Failed, "s ahead of time.test:"),
    ] {
        let server = TimeServer::ahead_by(NOW, ahead).await.unwrap();
        let world = World::new(Zone::new().a("time.test", "127.0.0.1")).await;
        let target = HostPort::ntp(&format!("time.test:{}", server.address().port())).unwrap();
        let found = clock(&world.resolver(), Some(&target), &ManualClock::new(NOW)).await;
        assert_finding(&[found], "clock", verdict, words);
    }
}

#[tokio::test]
async fn without_an_answer_the_clock_is_not_known_to_be_right() {
    let world = World::new(Zone::new()).await;
    let (resolver, now) = (world.resolver(), ManualClock::new(NOW));
    let unknown = HostPort::ntp("time.test").unwrap();
    let found = clock(&resolver, Some(&unknown), &now).await;
    assert_finding(&[found], "clock", Failed, "does not exist; ask another one");
    assert_finding(&[clock(&resolver, None, &now).await], "clock", NotChecked, "--time-server");
}

//! Messages about quotas: the owner of a mailbox that has reached a limit is told once a day,
//! from the time of day that the settings say. One limit is told of, the severest.
//!
//! A message is put into the Inbox by the transaction that notes it, so it comes once however
//! often the server is restarted. It has no reverse path and does not go through transport: no
//! report, no forwarding and no loop can come of it, and a full mailbox takes it.

mod message;

use std::time::Duration;

use directory::Recipient;
use mailbox::{Change, Fault, Flags, Keywords, Mailbox, NewItem, Quota, Special, View};
use net::Shutdown;
use store::Staged;
use types::{Domain, Timestamp};

use super::{Janitor, report};

const DAY_SECS: i64 = 86_400;
/// Between two looks at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl Janitor {
    /// Works until shutdown. What was missed while the server was down is made up for.
    pub(super) async fn notify_of_quotas(&self, shutdown: &Shutdown) {
        let mut told = None;
        loop {
            let day = self.day_of(self.database.now().secs());
            if told != Some(day) {
                self.notify_all(shutdown).await;
                told = Some(day);
            }
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    pub(super) async fn notify_all(&self, shutdown: &Shutdown) {
        for recipient in self.owners() {
            if shutdown.is_requested() {
                return;
            }
            report(&recipient, "no message about a quota", self.notify(&recipient).await);
        }
    }

    async fn notify(&self, recipient: &Recipient) -> Result<(), Fault> {
        let Some(settings) = recipient.mailbox() else { return Ok(()) };
        let mailbox = self.mailbox(settings);
        let (janitor, now) = (self.clone(), self.database.now());
        let due = mailbox.read(move |view| janitor.due(view, now)).await?;
        let Some(quota) = due else { return Ok(()) };
        let text = message::text(&quota, recipient, &self.sender_domain(), &self.server, now);
        let item = item(&text);
        let staged = mailbox.stage(text).await?;
        self.deliver(&mailbox, staged, item).await
    }

    async fn deliver(&self, mailbox: &Mailbox, staged: Staged, item: NewItem) -> Result<(), Fault> {
        let janitor = self.clone();
        let deliver = move |change: &mut Change<'_, '_>| {
            let now = change.now();
            let due = janitor.due(&change.view()?, now)?;
            let Some(threshold) = due.and_then(|quota| quota.reached()) else { return Ok(()) };
            let mut notices = change.view()?.quota_notices()?;
            notices.note(threshold, now.secs().max(0) as u64);
            change.set_quota_notices(&notices)?;
            change.deliver_notice(change.special_id(Special::Inbox), &staged, &item).map(drop)
        };
        mailbox.write(deliver).await
    }

    /// How full the mailbox is, if its owner is to be told.
    fn due(&self, view: &View<'_>, now: Timestamp) -> Result<Option<Quota>, Fault> {
        view.meta()?;
        let quota = view.quota()?;
        let Some(threshold) = quota.reached() else { return Ok(None) };
        let told = i64::try_from(view.quota_notices()?.of(threshold)).unwrap_or(i64::MAX);
        Ok(self.is_due(told, now.secs()).then_some(quota))
    }

    /// Not yet told today. What lies more than a day ahead was told by a clock that was wrong.
    pub(super) fn is_due(&self, told: i64, now: i64) -> bool {
        told == 0 || self.day_of(now) > self.day_of(told) || told > now.saturating_add(DAY_SECS)
    }

    /// The day a moment belongs to; days begin at the time of notification.
    fn day_of(&self, secs: i64) -> i64 {
        secs.saturating_sub(self.notification.as_secs() as i64).div_euclid(DAY_SECS)
    }

    fn sender_domain(&self) -> Domain {
        self.directory.snapshot().default_domain().unwrap_or(&self.server).clone()
    }
}

fn item(text: &[u8]) -> NewItem {
    NewItem {
        summary: content::derive(text).encode().into(),
        prefix: b"Return-Path: <>\r\n".to_vec(),
        flags: Flags::NONE,
        keywords: Keywords::NONE,
        received: None,
        zone_minutes: 0,
    }
}

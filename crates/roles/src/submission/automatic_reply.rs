//! The automatic reply of a mailbox: what it says, and to whom it is said after all.

use std::sync::Arc;

use content::compose::{self, Item, Options, RecipientKind};
use content::property::{Bag, FileTime, tags};
use directory::Recipient;
use mailbox::automatic_replies::{automatic_replies, is_answered, note_answered};
use mailbox::{
    Access, AutomaticReplies, AutomaticReplyTexts, ExternalAudience, Fault, Mailbox, MailboxNumber,
};
use store::{StoreError, Txn};
use transport::outbox::{self, AutomaticReply, OutboxKey};
use transport::{Claim, Envelope, NetworkMessageId};
use types::{Address, Domain, ReversePath, Timestamp};

use super::{Agent, Ready};
use crate::delivery::{is_internal, owner_of};

/// All bits of PidTagAutoResponseSuppress: nothing is to answer this.
const SUPPRESS_ALL: i32 = -1;

impl Agent {
    /// The reply, ready to be sent; None: none is wanted any more, or not by that sender.
    pub(super) async fn automatic_reply(
        &self,
        key: OutboxKey,
        reply: &AutomaticReply,
    ) -> Result<Option<Ready>, Fault> {
        let snapshot = self.directory.snapshot();
        let Some(owner) = owner_of(&snapshot, key.mailbox) else { return Ok(None) };
        let Some((period, text)) = self.text(key.mailbox, &reply.to).await? else {
            return Ok(None);
        };
        let bytes = message(&owner, reply, &text, &self.server, self.database.now());
        Ok(Some(Ready {
            envelope: Envelope::new(ReversePath::Null, [reply.to.clone()]),
            bytes,
            claim: claim(key, period, reply.to.clone()),
        }))
    }

    /// What is said to that sender now, and in which period.
    async fn text(&self, number: u32, to: &Address) -> Result<Option<(u32, String)>, Fault> {
        let internal = is_internal(&self.directory.snapshot(), to);
        let number = MailboxNumber::new(number);
        let mailbox = Mailbox::open(self.database.clone(), number, Access::System);
        let (now, to) = (self.database.now(), to.clone());
        let read = mailbox.read(move |view| {
            let settings = view.automatic_replies()?;
            let heard = internal || is_heard(&settings, || view.knows_contact(&to))?;
            if !settings.is_active(now) || !heard {
                return Ok(None);
            }
            let AutomaticReplyTexts { internal: inside, external } =
                view.automatic_reply_texts()?;
            Ok(Some((settings.period, if internal { inside } else { external })))
        });
        let found = read.await?;
        Ok(found.filter(|(_, text): &(u32, String)| !text.trim().is_empty()))
    }
}

/// Whether somebody outside the organization gets a reply.
fn is_heard(
    settings: &AutomaticReplies,
    is_known: impl FnOnce() -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    match settings.audience {
        ExternalAudience::None => Ok(false),
        ExternalAudience::Known => is_known(),
        ExternalAudience::All => Ok(true),
    }
}

/// Takes the row and notes the answer, both or, when the sender has been answered meanwhile,
/// the row alone.
fn claim(key: OutboxKey, period: u32, to: Address) -> Claim {
    let number = MailboxNumber::new(key.mailbox);
    Arc::new(move |txn: &mut Txn<'_>| -> Result<bool, StoreError> {
        let due = outbox::take(txn, key)?
            && automatic_replies(txn, number)?.period == period
            && !is_answered(txn, number, period, &to)?;
        if due {
            note_answered(txn, number, period, &to)?;
        }
        Ok(due)
    })
}

/// The whole message. Its null reverse path and its header keep other programs from answering
/// (RFC 3834 sections 3 and 5).
fn message(
    owner: &Recipient,
    reply: &AutomaticReply,
    text: &str,
    server: &Domain,
    now: Timestamp,
) -> Vec<u8> {
    let mut properties = Bag::default();
    properties.set(tags::SENT_REPRESENTING_NAME, owner.display_name.as_str());
    properties.set(tags::SENT_REPRESENTING_SMTP_ADDRESS, owner.primary.to_string());
    properties.set(tags::SUBJECT, format!("Automatic reply: {}", reply.subject));
    properties.set(tags::CLIENT_SUBMIT_TIME, FileTime::from_unix(now.secs()));
    let id = NetworkMessageId::generate();
    properties.set(tags::INTERNET_MESSAGE_ID, format!("<{id}@{}>", server.to_ascii()));
    if !reply.message_id.is_empty() {
        let answered = format!("<{}>", reply.message_id);
        let thread = reply.references.split_ascii_whitespace().map(|id| format!("<{id}>"));
        let thread: Vec<String> = thread.chain([answered.clone()]).collect();
        properties.set(tags::IN_REPLY_TO_ID, answered);
        properties.set(tags::INTERNET_REFERENCES, thread.join(" "));
    }
    properties.set(tags::AUTO_RESPONSE_SUPPRESS, SUPPRESS_ALL);
    body(&mut properties, text);
    let (kind, name) = (RecipientKind::To, String::new());
    let to = compose::Recipient { kind, name, address: reply.to.to_string() };
    let item = Item { properties, recipients: vec![to], attachments: Vec::new() };
    let mut bytes = b"Auto-Submitted: auto-replied\r\n".to_vec();
    bytes.extend(compose::compose(&item, Options::default()));
    bytes
}

/// Both forms of an HTML text, or plain text alone.
fn body(properties: &mut Bag, text: &str) {
    if text.contains('<') {
        properties.set(tags::BODY, content::html::to_text(text));
        properties.set(tags::BODY_HTML, text);
    } else {
        properties.set(tags::BODY, text);
    }
}

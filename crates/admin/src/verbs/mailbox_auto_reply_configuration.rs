//! What a mailbox answers by itself while its owner is away: Get- and
//! Set-MailboxAutoReplyConfiguration. What is stored is `mailbox::AutomaticReplies`.

use mailbox::{AutoReplyState, AutomaticReplies, AutomaticReplyTexts, ExternalAudience};
use types::Timestamp;
use types::limits::AUTOMATIC_REPLY_OCTETS_MAX;

use super::mailbox::{MAILBOX, open, open_to_change};
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Moment, Object, Role, Scalar, Session, Shape, Verb,
    VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetMailboxAutoReplyConfiguration>(),
    Verb::of::<SetMailboxAutoReplyConfiguration>(),
];

object! {
    /// The automatic replies of a mailbox.
    pub struct AutoReplyConfiguration = "MailboxAutoReplyConfiguration" [mailbox_owner_id, auto_reply_state, start_time, end_time] {
        /// The mailbox's alias.
        identity: String,
        /// Whose it is.
        mailbox_owner_id: String,
        /// Disabled, Enabled, or Scheduled: from StartTime to EndTime.
        auto_reply_state: &'static str,
        /// When scheduled replies begin.
        start_time: Option<Moment>,
        /// When they end.
        end_time: Option<Moment>,
        /// Which senders outside the organization get a reply: None, Known (those in the owner's
        /// contacts) or All.
        external_audience: &'static str,
        /// What senders of the organization's own domains get.
        internal_message: String,
        /// What the others get.
        external_message: String,
    }
}

verb! {
    /// Shows the automatic replies of a mailbox.
    pub struct GetMailboxAutoReplyConfiguration = "Get-MailboxAutoReplyConfiguration" (Role::UserOptions, Effect::Read) {
        /// The mailbox.
        identity: Identity = first,
    }
}

verb! {
    /// Sets the automatic replies (out of office) of a mailbox. Each sender gets one until they are
    /// switched on anew.
    pub struct SetMailboxAutoReplyConfiguration = "Set-MailboxAutoReplyConfiguration" (Role::UserOptions, Effect::Change) {
        /// The mailbox.
        identity: Identity = first,
        /// Disabled, Enabled, or Scheduled: from StartTime to EndTime.
        auto_reply_state: Option<ReplyState>,
        /// When scheduled replies begin.
        start_time: Option<Moment>,
        /// When they end.
        end_time: Option<Moment>,
        /// Which senders outside the organization get a reply: None, Known (those in the owner's
        /// contacts) or All.
        external_audience: Option<Audience>,
        /// What senders of the organization's own domains get, as HTML or plain text; nothing is
        /// sent where it is empty.
        internal_message: Option<String>,
        /// What the others get.
        external_message: Option<String>,
    }
}

const STATES: &[(&str, AutoReplyState)] = &[
    ("Disabled", AutoReplyState::Disabled),
    ("Enabled", AutoReplyState::Enabled),
    ("Scheduled", AutoReplyState::Scheduled),
];

const AUDIENCES: &[(&str, ExternalAudience)] = &[
    ("None", ExternalAudience::None),
    ("Known", ExternalAudience::Known),
    ("All", ExternalAudience::All),
];

/// AutoReplyState.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyState(AutoReplyState);

impl Scalar for ReplyState {
    const SHAPE: Shape = Shape::OneOf(&["Disabled", "Enabled", "Scheduled"]);

    fn parse(text: &str) -> Result<Self, Expected> {
        called(STATES, text).map(ReplyState).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// ExternalAudience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience(ExternalAudience);

impl Scalar for Audience {
    const SHAPE: Shape = Shape::OneOf(&["None", "Known", "All"]);

    fn parse(text: &str) -> Result<Self, Expected> {
        called(AUDIENCES, text).map(Audience).ok_or_else(|| Self::SHAPE.expected())
    }
}

fn called<T: Copy>(names: &[(&str, T)], text: &str) -> Option<T> {
    let found = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value)
}

fn name<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, each)| each == value).map_or("", |(name, _)| name)
}

impl Cmdlet for GetMailboxAutoReplyConfiguration {
    type Answer = AutoReplyConfiguration;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        shown(session, &self.identity).await
    }
}

/// The replies of a mailbox as a verb shows them.
async fn shown(
    session: &Session<'_>,
    identity: &Identity,
) -> Result<AutoReplyConfiguration, VerbError> {
    let mailbox = open(session, identity).await?;
    let owner = MAILBOX.find(session, identity)?;
    let read = mailbox.read(|view| Ok((view.automatic_replies()?, view.automatic_reply_texts()?)));
    let (settings, texts) = read.await?;
    let moment = |at: Timestamp| (at != Timestamp::EPOCH).then_some(Moment(at));
    Ok(AutoReplyConfiguration {
        identity: owner.alias.clone(),
        mailbox_owner_id: owner.display_name.clone(),
        auto_reply_state: name(STATES, &settings.state),
        start_time: moment(settings.start),
        end_time: moment(settings.end),
        external_audience: name(AUDIENCES, &settings.audience),
        internal_message: texts.internal,
        external_message: texts.external,
    })
}

impl Cmdlet for SetMailboxAutoReplyConfiguration {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let before = shown(session, &self.identity).await?;
        let mailbox = open_to_change(session, &self.identity).await?;
        let read =
            mailbox.read(|view| Ok((view.automatic_replies()?, view.automatic_reply_texts()?)));
        let (mut settings, mut texts) = read.await?;
        self.apply(&mut settings, &mut texts);
        check(&settings, &texts)?;
        let action = format!("Setting the automatic replies of {}", before.identity);
        if !session.should_process(action) {
            return Ok(());
        }
        mailbox.write(move |change| change.set_automatic_replies(settings, &texts)).await?;
        let after = shown(session, &self.identity).await?;
        let object = before.identity.clone();
        session.modified(object, Some(&Object::of(&before)?), Some(&Object::of(&after)?));
        Ok(())
    }
}

impl SetMailboxAutoReplyConfiguration {
    /// What was said takes the place of what was there.
    fn apply(&self, settings: &mut AutomaticReplies, texts: &mut AutomaticReplyTexts) {
        let Moment(start) = self.start_time.unwrap_or(Moment(settings.start));
        let Moment(end) = self.end_time.unwrap_or(Moment(settings.end));
        *settings = AutomaticReplies {
            state: self.auto_reply_state.map_or(settings.state, |ReplyState(state)| state),
            audience: self.external_audience.map_or(settings.audience, |Audience(all)| all),
            start,
            end,
            period: settings.period,
        };
        if let Some(text) = &self.internal_message {
            texts.internal.clone_from(text);
        }
        if let Some(text) = &self.external_message {
            texts.external.clone_from(text);
        }
    }
}

fn check(settings: &AutomaticReplies, texts: &AutomaticReplyTexts) -> Result<(), VerbError> {
    if settings.state == AutoReplyState::Scheduled && settings.start >= settings.end {
        let why = "StartTime has to be earlier than EndTime; Scheduled needs both";
        return Err(VerbError::Invalid(why.to_owned()));
    }
    for (parameter, text) in
        [("InternalMessage", &texts.internal), ("ExternalMessage", &texts.external)]
    {
        if text.len() > AUTOMATIC_REPLY_OCTETS_MAX {
            return Err(VerbError::TooLong(parameter.to_owned()));
        }
    }
    Ok(())
}

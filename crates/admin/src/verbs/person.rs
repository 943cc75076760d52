//! What is known of people and things besides their mail: Get-, Set- and Remove-User for whoever has an
//! account or a mailbox here, Get- and Set-Contact for mail contacts.

use directory::{Kind, Recipient, Snapshot};

use super::recipient::{AllAttributes, Listing, Noun, PersonalChanges};
use crate::verb::{
    Cmdlet, Effect, Identity, Role, Session, Setting, Verb, VerbError, guid_text, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetUser>(),
    Verb::of::<SetUser>(),
    Verb::of::<RemoveUser>(),
    Verb::of::<GetContact>(),
    Verb::of::<SetContact>(),
];

/// Declares object and verbs of a noun.
macro_rules! persons {
    ($object:ident $noun:literal, $about:literal, $get:ident $get_name:literal, $get_about:literal,
     $set:ident $set_name:literal, $set_about:literal, $constant:ident $what:literal, $is:expr) => {
        object! {
            #[doc = $about]
            pub struct $object = $noun [display_name, department, office, phone] {
                /// The alias.
                identity: String,
                /// For good.
                guid: String,
                /// The name people see.
                display_name: String,
                /// The address it sends from; of a User without mail the login name.
                primary_smtp_address: String,
                /// What it is: UserMailbox, MailContact and so on.
                recipient_type_details: &'static str,
                /// Whom it reports to.
                manager: Option<String>,
                .. attributes: AllAttributes,
            }
        }

        verb! {
            #[doc = $get_about]
            pub struct $get = $get_name (Role::ViewOnlyRecipients, Effect::Read) {
                /// Only this one.
                identity: Option<Identity> = first,
                /// Only those whose name, alias or address begins with this.
                anr: Option<String>,
                /// How many at most; 1000 unless said otherwise.
                result_size: Option<u32>,
            }
        }

        verb! {
            #[doc = $set_about]
            pub struct $set = $set_name (Role::MailRecipients, Effect::Change) {
                /// Who is changed.
                identity: Identity = first,
                /// The name people see.
                display_name: Option<String>,
                /// Whom it reports to.
                manager: Setting<Identity>,
                .. attributes: PersonalChanges,
            }
        }

        pub(super) const $constant: Noun<$object> = Noun {
            what: $what,
            show: |snapshot, recipient| {
                let is: fn(&Kind) -> bool = $is;
                is(&recipient.kind).then(|| $object {
                    identity: recipient.alias.clone(),
                    guid: guid_text(&recipient.id.0),
                    display_name: recipient.display_name.clone(),
                    primary_smtp_address: recipient.primary.to_string(),
                    recipient_type_details: recipient.kind.type_details(),
                    manager: manager(snapshot, recipient),
                    attributes: AllAttributes::of(recipient),
                })
            },
        };

        impl Cmdlet for $get {
            type Answer = Vec<$object>;

            async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
                let $get { identity, anr, result_size } = self;
                $constant.list(session, Listing { identity, anr, result_size })
            }
        }

        impl Cmdlet for $set {
            type Answer = ();

            async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
                let before = $constant.find(session, &self.identity)?;
                let mut edited = Recipient::clone(&before);
                if let Some(name) = self.display_name {
                    edited.display_name = name;
                }
                report_to(session, &mut edited, self.manager)?;
                self.attributes.apply(&mut edited);
                $constant.change(session, &before, edited, None).await
            }
        }
    };
}

persons!(
    UserObject "User", " Somebody with an account or a mailbox here.",
    GetUser "Get-User", " Shows what is known of users besides their mail.",
    SetUser "Set-User", " Changes what is known of a user. What is left out stays.",
    USER "user", |kind| !matches!(kind, Kind::MailContact(_) | Kind::Group(_) | Kind::DynamicGroup(..))
);
persons!(
    ContactObject "Contact", " Somebody elsewhere.",
    GetContact "Get-Contact", " Shows what is known of mail contacts besides their address.",
    SetContact "Set-Contact", " Changes what is known of a mail contact. What is left out stays.",
    CONTACT "contact", |kind| matches!(kind, Kind::MailContact(_))
);

verb! {
    /// Removes the account of a user without mail; who has a mailbox goes by Remove-Mailbox.
    pub struct RemoveUser = "Remove-User" (Role::MailRecipientCreation, Effect::Destroy) {
        /// The user.
        identity: Identity = first,
    }
}

impl Cmdlet for RemoveUser {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let user = USER.find(session, &self.identity)?;
        if !matches!(user.kind, Kind::User(_)) {
            let why = format!("{} has mail: see Remove-Mailbox, Remove-MailUser", user.primary);
            return Err(VerbError::Invalid(why));
        }
        USER.remove(session, &user).await
    }
}

/// The address of whom a recipient reports to.
pub(super) fn manager(snapshot: &Snapshot, recipient: &Recipient) -> Option<String> {
    let manager = snapshot.recipient(recipient.manager?)?;
    Some(manager.primary.to_string())
}

fn report_to(
    session: &Session<'_>,
    edited: &mut Recipient,
    to: Setting<Identity>,
) -> Result<(), VerbError> {
    match to {
        Setting::Keep => {}
        Setting::Clear => edited.manager = None,
        Setting::To(identity) => {
            let manager = session.recipient(&identity, "recipient")?.id;
            if manager == edited.id {
                return Err(VerbError::Invalid("nobody reports to themselves".to_owned()));
            }
            edited.manager = Some(manager);
        }
    }
    Ok(())
}

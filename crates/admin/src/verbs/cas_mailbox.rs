//! Which services an account may come to: Get- and Set-CASMailbox.

use directory::{Account, Recipient, Snapshot};
use types::limits::IMAP_CAPABILITIES_HIDDEN_MAX;

use super::recipient::{Listing, Noun};
use crate::verb::{Cmdlet, Edit, Effect, Identity, Role, Session, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[Verb::of::<GetCasMailbox>(), Verb::of::<SetCasMailbox>()];

object! {
    /// The services of an account with a mailbox.
    pub struct CasMailboxObject = "CASMailbox" [display_name, imap_enabled, pop_enabled] {
        /// The alias.
        identity: String,
        /// The name people see.
        display_name: String,
        /// The address it sends from.
        primary_smtp_address: String,
        /// It may come by IMAP4.
        imap_enabled: bool,
        /// It may come by POP3.
        pop_enabled: bool,
        /// It may not submit mail by SMTP.
        smtp_client_authentication_disabled: bool,
        /// IMAP capabilities that are not offered to it: its program mishandles them.
        imap_capabilities_hidden: Vec<String>,
    }
}

/// The noun.
const CAS_MAILBOX: Noun<CasMailboxObject> = Noun { what: "mailbox", show: shown };

/// How verbs show an account with a mailbox; None, when a recipient is none.
fn shown(_snapshot: &Snapshot, recipient: &Recipient) -> Option<CasMailboxObject> {
    let account = recipient.account().filter(|_| recipient.mailbox().is_some())?;
    Some(CasMailboxObject {
        identity: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        primary_smtp_address: recipient.primary.to_string(),
        imap_enabled: account.protocols.imap,
        pop_enabled: account.protocols.pop,
        smtp_client_authentication_disabled: !account.protocols.smtp,
        imap_capabilities_hidden: account.imap_capabilities_hidden.clone(),
    })
}

verb! {
    /// Shows which services accounts may come to.
    pub struct GetCasMailbox = "Get-CASMailbox" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Says which services an account may come to. Sessions that are open go on.
    pub struct SetCasMailbox = "Set-CASMailbox" (Role::MailRecipients, Effect::Change) {
        /// The account.
        identity: Identity = first,
        /// It may come by IMAP4.
        imap_enabled: Option<bool>,
        /// It may come by POP3.
        pop_enabled: Option<bool>,
        /// It may not submit mail by SMTP.
        smtp_client_authentication_disabled: Option<bool>,
        /// IMAP capabilities that are not offered to it, such as COMPRESS=DEFLATE.
        imap_capabilities_hidden: Edit<String>,
    }
}

impl Cmdlet for GetCasMailbox {
    type Answer = Vec<CasMailboxObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let GetCasMailbox { identity, anr, result_size } = self;
        CAS_MAILBOX.list(session, Listing { identity, anr, result_size })
    }
}

impl Cmdlet for SetCasMailbox {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = CAS_MAILBOX.find(session, &self.identity)?;
        let mut edited = Recipient::clone(&before);
        if let Some(account) = edited.account_mut() {
            self.edit(account)?;
        }
        CAS_MAILBOX.change(session, &before, edited, None).await
    }
}

impl SetCasMailbox {
    fn edit(self, account: &mut Account) -> Result<(), VerbError> {
        let protocols = &mut account.protocols;
        protocols.imap = self.imap_enabled.unwrap_or(protocols.imap);
        protocols.pop = self.pop_enabled.unwrap_or(protocols.pop);
        let disabled = self.smtp_client_authentication_disabled.unwrap_or(!protocols.smtp);
        protocols.smtp = !disabled;
        let upper = self.imap_capabilities_hidden.try_map(capability)?;
        upper.apply(&mut account.imap_capabilities_hidden);
        match account.imap_capabilities_hidden.len() > IMAP_CAPABILITIES_HIDDEN_MAX {
            true => Err(VerbError::TooLong("ImapCapabilitiesHidden".to_owned())),
            false => Ok(()),
        }
    }
}

/// An atom (RFC 9051 section 9, `capability`), in capitals.
fn capability(name: String) -> Result<String, VerbError> {
    let is_atom = |octet: u8| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet);
    match !name.is_empty() && name.bytes().all(is_atom) {
        true => Ok(name.to_ascii_uppercase()),
        false => Err(VerbError::Value {
            parameter: "ImapCapabilitiesHidden".to_owned(),
            expected: "a capability such as COMPRESS=DEFLATE".to_owned(),
        }),
    }
}

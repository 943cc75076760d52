//! MAIL (RFC 5321 section 4.1.1.2) and what its parameters demand.

use types::limits::MESSAGE_OCTETS_CEILING;

use super::super::{Pending, Question, Rights, Server, Transaction, Verdict, replies};
use crate::codec::{MailParams, Reply, SyntaxError};
use types::{BodyType, ReversePath};

impl Server {
    pub(super) fn mail(&mut self, reverse_path: ReversePath, params: MailParams) {
        if let Some(reply) = self.missing_before_mail() {
            return self.protocol_error(reply);
        }
        if self.transaction.is_some() {
            return self.protocol_error(replies::sender_already_given());
        }
        if !self.info.rights.contains(Rights::SUBMIT) {
            return self.refuse(replies::need_authentication());
        }
        if self.asks_for_more(&params) {
            return self.protocol_error(SyntaxError::Parameter.reply());
        }
        if params.size.is_some_and(|size| size > self.message_octets_max()) {
            return self.refuse(replies::message_too_large());
        }
        let question = Question::MailFrom(reverse_path.clone(), params.clone());
        self.ask(question, Pending::Mail(reverse_path, params));
    }

    pub(in super::super) fn mail_decided(
        &mut self,
        reverse_path: ReversePath,
        params: MailParams,
        verdict: Verdict,
    ) {
        if let Verdict::Refuse(reply) = verdict {
            return self.refuse(reply);
        }
        self.transaction = Some(Transaction { reverse_path, params, recipients: Vec::new() });
        self.say(replies::sender_ok());
    }

    /// True when a parameter belongs to an extension that is not offered now.
    fn asks_for_more(&self, params: &MailParams) -> bool {
        let extensions = &self.policy.extensions;
        let require_tls = extensions.require_tls && self.info.tls.is_some();
        let binary = extensions.binary_mime && extensions.chunking;
        (params.body == Some(BodyType::BinaryMime) && !binary)
            || (params.body == Some(BodyType::EightBitMime) && !extensions.eight_bit_mime)
            || (params.smtputf8 && !extensions.smtp_utf8)
            || (params.requiretls && !require_tls)
            || ((params.ret.is_some() || params.envid.is_some()) && !extensions.dsn)
    }

    /// MaxMessageSize, unless the peer is above it.
    pub(super) fn message_octets_max(&self) -> u64 {
        if self.info.rights.contains(Rights::BYPASS_MESSAGE_SIZE_LIMIT) {
            MESSAGE_OCTETS_CEILING as u64
        } else {
            self.policy.limits.message_octets_max
        }
    }

    /// Why RCPT, DATA and BDAT must wait.
    pub(super) fn missing_transaction(&self) -> Option<Reply> {
        let need_mail = || self.transaction.is_none().then(replies::need_mail);
        self.missing_before_mail().or_else(need_mail)
    }
}

//! RCPT (RFC 5321 section 4.1.1.3).

use types::limits::SMTP_STRANGER_LOCAL_PART_OCTETS_MAX;
use types::{Address, LocalPart};

use super::super::{Pending, Question, Server, Verdict, replies};
use crate::codec::{ForwardPath, RcptParams, Reply, SyntaxError};

impl Server {
    pub(super) fn rcpt(&mut self, forward_path: ForwardPath, params: RcptParams) {
        if let Some(reply) = self.missing_transaction() {
            return self.protocol_error(reply);
        }
        if self.body.is_some() {
            return self.protocol_error(replies::bad_sequence());
        }
        if params != RcptParams::default() && !self.policy.extensions.dsn {
            return self.protocol_error(SyntaxError::Parameter.reply());
        }
        let Some(address) = self.recipient(forward_path) else {
            return self.protocol_error(SyntaxError::Recipient.reply());
        };
        if let Some(reply) = self.over_recipient_limit() {
            return self.say(reply);
        }
        self.ask(Question::RcptTo(address.clone(), params.clone()), Pending::Rcpt(address, params));
    }

    /// The address, with a domain for the bare Postmaster. `None` when it is longer than
    /// strangers may write; inside the organization Exchange's longer ones are known.
    fn recipient(&self, forward_path: ForwardPath) -> Option<Address> {
        let address = match forward_path {
            ForwardPath::Address(address) => address,
            ForwardPath::Postmaster => Address {
                local: LocalPart::parse("postmaster").ok()?,
                domain: self.policy.default_domain.clone(),
            },
        };
        let length = address.local.as_str().len();
        (length <= SMTP_STRANGER_LOCAL_PART_OCTETS_MAX || !self.is_stranger()).then_some(address)
    }

    /// A stranger's server sends the rest in another transaction; a user must be told.
    fn over_recipient_limit(&self) -> Option<Reply> {
        let accepted = self.transaction.as_ref().map_or(0, |under_way| under_way.recipients.len());
        if accepted < self.policy.limits.recipients_max {
            None
        } else if self.is_stranger() {
            Some(replies::too_many_recipients())
        } else {
            Some(replies::recipients_over_limit())
        }
    }

    pub(in super::super) fn rcpt_decided(
        &mut self,
        address: Address,
        params: RcptParams,
        verdict: Verdict,
    ) {
        if let Verdict::Refuse(reply) = verdict {
            return self.refuse(reply);
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.recipients.push((address, params));
        }
        self.say(replies::recipient_ok());
    }
}

//! One message: as many transactions as the server's limits ask for, one result for each
//! recipient.

use std::collections::HashSet;
use std::time::Instant;

use types::ReversePath;

use super::{
    Action, Client, Command, ContentInfo, Envelope, Expect, Fault, Framing, Offer, Outcome, Phase,
    RecipientResult, Reply, Stage, Unsupported,
};
use crate::codec::{Enhanced, ForwardPath, MailParams, RcptParams};
use types::BodyType;

/// The message under way.
#[derive(Debug)]
pub(super) struct Delivery {
    envelope: Envelope,
    results: Vec<Option<RecipientResult>>,
    /// The server has taken MAIL: it has a transaction to forget.
    mail_accepted: bool,
    /// Recipients of this transaction that the server has taken.
    accepted: Vec<usize>,
}

impl Delivery {
    fn new(envelope: Envelope) -> Self {
        let results = vec![None; envelope.recipients.len()];
        Delivery { envelope, results, mail_accepted: false, accepted: Vec::new() }
    }

    pub(super) fn accepted(&self) -> &[usize] {
        &self.accepted
    }

    /// Recipients without a result, by index.
    fn unsettled(&self) -> Vec<usize> {
        (0..self.results.len()).filter(|&index| self.results[index].is_none()).collect()
    }

    fn settle(&mut self, index: usize, result: RecipientResult) {
        self.results[index].get_or_insert(result);
    }

    fn fail(&mut self, indices: &[usize], fault: &Fault) {
        for &index in indices {
            self.settle(index, RecipientResult::Failed(fault.clone()));
        }
    }

    /// The recipients of the next transaction: as many as the server takes at a time.
    fn next_recipients(&self, offer: &Offer) -> Vec<usize> {
        let most = |limit: Option<u32>| limit.map_or(usize::MAX, |limit| limit as usize);
        let domains_max = most(offer.limits.rcpt_domain_max);
        let mut domains = HashSet::new();
        let mut chosen = self.unsettled();
        chosen.retain(|&index| {
            let domain = &self.envelope.recipients[index].address.domain;
            domains.contains(domain) || (domains.len() < domains_max && domains.insert(domain))
        });
        chosen.truncate(most(offer.limits.rcpt_max));
        chosen
    }

    /// What the whole message needs and the server lacks.
    fn unsupported(&self, offer: &Offer, secured: bool) -> Option<Unsupported> {
        let envelope = &self.envelope;
        let sender_utf8 = envelope.reverse_path.address().is_some_and(|from| from.needs_smtputf8());
        let too_large = match (envelope.content.octets, offer.size_max) {
            (Some(octets), Some(max)) => octets > max,
            _ => false,
        };
        let lacks_require_tls = match envelope.reverse_path {
            // A report is not lost because the next hop cannot promise (RFC 8689 section 5).
            ReversePath::Null => !secured,
            ReversePath::Address(_) => !(secured && offer.require_tls),
        };
        if envelope.require_tls && lacks_require_tls {
            Some(Unsupported::RequireTls)
        } else if too_large {
            Some(Unsupported::Size)
        } else if sender_utf8 && !offer.smtp_utf8 {
            Some(Unsupported::Utf8Address)
        } else if envelope.content.utf8_header && !offer.smtp_utf8 {
            Some(Unsupported::Utf8Header)
        } else {
            None
        }
    }

    /// Recipients that only SMTPUTF8 can name.
    fn utf8_recipients(&self) -> Vec<usize> {
        let needs = |&index: &usize| self.envelope.recipients[index].address.needs_smtputf8();
        (0..self.results.len()).filter(needs).collect()
    }

    /// True when only BDAT carries the content unharmed.
    fn needs_bdat(&self, offer: &Offer) -> bool {
        let content = &self.envelope.content;
        content.body == BodyType::BinaryMime || (content.bare_newlines && offer.takes_binary())
    }

    fn mail_params(&self, offer: &Offer, recipients: &[usize]) -> MailParams {
        let envelope = &self.envelope;
        let utf8_recipients = self.utf8_recipients();
        let needs_utf8 = envelope.content.utf8_header
            || envelope.reverse_path.address().is_some_and(|from| from.needs_smtputf8())
            || recipients.iter().any(|index| utf8_recipients.contains(index));
        MailParams {
            size: envelope.content.octets.filter(|_| offer.size),
            body: self.body_param(offer),
            smtputf8: needs_utf8 && offer.smtp_utf8,
            ret: envelope.ret.filter(|_| offer.dsn),
            envid: envelope.envid.clone().filter(|_| offer.dsn),
            auth: None,
            requiretls: envelope.require_tls && offer.require_tls,
        }
    }

    fn body_param(&self, offer: &Offer) -> Option<BodyType> {
        if self.needs_bdat(offer) {
            return Some(BodyType::BinaryMime);
        }
        Some(self.envelope.content.body).filter(|body| *body != BodyType::SevenBit)
    }

    fn rcpt(&self, offer: &Offer, index: usize) -> Command {
        let recipient = &self.envelope.recipients[index];
        let params = if offer.dsn { recipient.params.clone() } else { RcptParams::default() };
        Command::Rcpt { forward_path: ForwardPath::Address(recipient.address.clone()), params }
    }
}

impl Client {
    /// Sends a message. Its outcome comes as [`Action::Done`], also when this connection
    /// cannot take it any more.
    pub fn deliver(&mut self, now: Instant, envelope: Envelope) {
        self.touch(now);
        let idle = self.phase == Phase::Ready;
        self.delivery = Some(Delivery::new(envelope));
        if !idle {
            return self.settle_all(&Fault::Disconnected(Stage::Idle));
        }
        self.phase = Phase::Busy;
        self.plan();
    }

    /// The answer to [`Action::Downgrade`]: what the content is now, or that it cannot be
    /// converted.
    pub fn downgraded(&mut self, now: Instant, content: Option<ContentInfo>) {
        self.touch(now);
        let Some(delivery) = &mut self.delivery else { return };
        match content.filter(|content| content.body <= self.offer.body()) {
            Some(content) => {
                delivery.envelope.content = content;
                self.plan();
            }
            None => {
                self.settle_all(&Unsupported::Conversion.into());
                self.go_on();
            }
        }
    }

    /// Gives all that is unsettled the same fault.
    pub(super) fn settle_all(&mut self, fault: &Fault) {
        if let Some(delivery) = &mut self.delivery {
            delivery.fail(&delivery.unsettled(), fault);
        }
        self.report();
    }

    /// Reports the message once every recipient has a result.
    fn report(&mut self) {
        let Some(delivery) = self.delivery.take_if(|delivery| delivery.unsettled().is_empty())
        else {
            return;
        };
        let recipients = delivery.results.into_iter().flatten().collect();
        self.actions.push_back(Action::Done(Outcome { recipients }));
    }

    /// Compares what the message needs with what the server offers.
    fn plan(&mut self) {
        let Some(delivery) = &mut self.delivery else { return };
        if let Some(missing) = delivery.unsupported(&self.offer, self.secured) {
            self.settle_all(&missing.into());
            return self.go_on();
        }
        if !self.offer.smtp_utf8 {
            delivery.fail(&delivery.utf8_recipients(), &Unsupported::Utf8Address.into());
        }
        if delivery.envelope.content.body > self.offer.body() {
            self.actions.push_back(Action::Downgrade(self.offer.body()));
            return;
        }
        self.report();
        self.go_on();
    }

    /// The next transaction of the message, or the next message.
    fn go_on(&mut self) {
        let mail_max = self.offer.limits.mail_max.unwrap_or(u32::MAX);
        if self.delivery.is_some() && self.transactions >= mail_max {
            self.settle_all(&Fault::MailMax);
        }
        match self.delivery.take() {
            Some(delivery) => self.begin_transaction(delivery),
            None => self.be_ready(),
        }
    }

    /// MAIL, RCPT and, where replies need not be awaited, DATA.
    fn begin_transaction(&mut self, mut delivery: Delivery) {
        let recipients = delivery.next_recipients(&self.offer);
        let reverse_path = delivery.envelope.reverse_path.clone();
        let params = delivery.mail_params(&self.offer, &recipients);
        self.command(Command::Mail { reverse_path, params }, Expect::Mail);
        for index in recipients {
            self.command(delivery.rcpt(&self.offer, index), Expect::Rcpt(index));
        }
        if self.offer.pipelining && !delivery.needs_bdat(&self.offer) {
            self.command(Command::Data, Expect::Data);
        }
        delivery.accepted.clear();
        delivery.mail_accepted = false;
        self.delivery = Some(delivery);
    }

    pub(super) fn mail_replied(&mut self, reply: Reply) {
        let Some(delivery) = &mut self.delivery else { return };
        delivery.mail_accepted = reply.is_completion();
        if !reply.is_completion() {
            let fault = Fault::Refused(Stage::Mail, reply);
            delivery.fail(&delivery.unsettled(), &fault);
            self.unsent.clear();
        }
        self.envelope_continues();
    }

    pub(super) fn rcpt_replied(&mut self, index: usize, reply: Reply) {
        let Some(delivery) = &mut self.delivery else { return };
        let settled = delivery.results[index].is_some();
        if reply.is_completion() && !settled {
            delivery.accepted.push(index);
        } else if !is_too_many(&reply) || delivery.accepted.is_empty() {
            delivery.fail(&[index], &Fault::Refused(Stage::Rcpt, reply));
        }
        self.envelope_continues();
    }

    /// After the last reply to MAIL and RCPT content may follow, if anybody gets it.
    fn envelope_continues(&mut self) {
        let Some(delivery) = &self.delivery else { return };
        if !self.expected.is_empty() || !self.unsent.is_empty() {
            return;
        }
        if delivery.accepted.is_empty() {
            self.transaction_over(!delivery.mail_accepted);
        } else if delivery.needs_bdat(&self.offer) {
            self.begin_content(Framing::Bdat);
        } else {
            self.command(Command::Data, Expect::Data);
        }
    }

    pub(super) fn data_replied(&mut self, reply: Reply) {
        let Some(delivery) = &self.delivery else { return };
        match (reply.code, delivery.accepted.is_empty()) {
            (354, false) => self.begin_content(Framing::data()),
            // The server wants content that nobody gets (RFC 2920 section 3.1).
            (354, true) => {
                self.output.extend_from_slice(b".\r\n");
                self.expected.push_back(Expect::Nothing);
            }
            (_, true) => self.transaction_over(!delivery.mail_accepted),
            (400.., false) => self.accepted_refused(Fault::Refused(Stage::Data, reply)),
            (_, false) => self.fail(Fault::Protocol(Stage::Data)),
        }
    }

    /// No content for those who were accepted.
    pub(super) fn accepted_refused(&mut self, fault: Fault) {
        if let Some(delivery) = &mut self.delivery {
            let accepted = std::mem::take(&mut delivery.accepted);
            delivery.fail(&accepted, &fault);
        }
        self.transaction_over(false);
    }

    /// The verdict on the content, for one recipient or for all.
    pub(super) fn final_replied(&mut self, index: Option<usize>, reply: Reply) {
        let passed_dsn = self.offer.dsn;
        let result = match reply.is_completion() {
            true => RecipientResult::Taken { reply, passed_dsn },
            false => RecipientResult::Failed(Fault::Refused(Stage::EndOfData, reply)),
        };
        if let Some(delivery) = &mut self.delivery {
            let accepted = std::mem::take(&mut delivery.accepted);
            for &each in accepted.iter().filter(|&&each| index.is_none_or(|index| index == each)) {
                delivery.settle(each, result.clone());
            }
            delivery.accepted = accepted;
        }
        if self.expected.is_empty() {
            self.transaction_over(true);
        }
    }

    /// The server is done with the transaction, or must be told to forget it.
    pub(super) fn transaction_over(&mut self, clean: bool) {
        self.transactions += 1;
        self.report();
        if clean {
            self.go_on();
        } else {
            self.command(Command::Rset, Expect::Rset);
        }
    }

    pub(super) fn rset_replied(&mut self, reply: Reply) {
        if reply.is_completion() {
            self.go_on();
        } else {
            self.fail(Fault::Refused(Stage::Reset, reply));
        }
    }
}

/// "Too many recipients", which means: these now, the others in another transaction
/// (RFC 5321 section 4.5.3.1.10; 552 is what old servers say).
fn is_too_many(reply: &Reply) -> bool {
    let stated = |status: Enhanced| (status.1, status.2) == (5, 3);
    matches!(reply.code, 452 | 552) && reply.enhanced.is_none_or(stated)
}

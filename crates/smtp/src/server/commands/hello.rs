//! The greeting, HELO, EHLO (RFC 5321 section 4.1.1.1) and LHLO (RFC 2033).

use types::Timestamp;

use super::super::{
    AuthMechanisms, Hello, Pending, Protocol, Question, Server, SizeEnabled, Verdict, replies,
};
use crate::codec::{Keyword, Reply, ServerLimits};

impl Server {
    /// Greets, unless the peer is not welcome or did not wait.
    pub(in super::super) fn connect_decided(&mut self, verdict: Verdict) {
        if let Verdict::Refuse(reply) = verdict {
            self.say(reply);
            return self.close();
        }
        if self.peer_waited() {
            self.say(Reply::plain(220, &self.banner()));
        }
    }

    /// Exchange's form of the greeting.
    fn banner(&self) -> String {
        match &self.policy.banner {
            Some(banner) => banner.clone(),
            None => format!(
                "{} Rialto ESMTP MAIL Service ready at {}",
                self.policy.fqdn,
                date_time(self.info.connected_at)
            ),
        }
    }

    pub(super) fn ehlo(&mut self, name: String) {
        self.hello(Protocol::Smtp, Hello { extended: true, name });
    }

    pub(super) fn helo(&mut self, name: String) {
        self.hello(Protocol::Smtp, Hello { extended: false, name });
    }

    pub(super) fn lhlo(&mut self, name: String) {
        self.hello(Protocol::Lmtp, Hello { extended: true, name });
    }

    fn hello(&mut self, protocol: Protocol, hello: Hello) {
        if protocol != self.policy.protocol {
            return self.protocol_error(replies::unknown_command());
        }
        if hello.name.is_empty() && self.policy.require_ehlo_domain {
            return self.protocol_error(replies::bad_hello_name());
        }
        self.ask(Question::Hello(hello.name.clone()), Pending::Hello(hello));
    }

    /// Welcomes, or not. Either way what was under way is over.
    pub(in super::super) fn hello_decided(&mut self, hello: Hello, verdict: Verdict) {
        self.drop_transaction();
        if let Verdict::Refuse(reply) = verdict {
            return self.refuse(reply);
        }
        let extended = hello.extended;
        self.info.hello = Some(hello);
        if self.peer_waited() {
            self.say(if extended { self.extended_welcome() } else { self.welcome() });
        }
    }

    /// `250 <fqdn> Hello [<ip>]`
    fn welcome(&self) -> Reply {
        Reply::plain(250, &format!("{} Hello [{}]", self.policy.fqdn, self.info.peer.ip()))
    }

    /// The same with a line per keyword.
    fn extended_welcome(&self) -> Reply {
        let mut reply = self.welcome();
        reply.lines.extend(self.keywords().iter().map(Keyword::to_string));
        reply
    }

    /// What is offered now, in Exchange's order.
    fn keywords(&self) -> Vec<Keyword> {
        let extensions = &self.policy.extensions;
        let secured = self.info.tls.is_some();
        let mechanisms = self.offered_mechanisms();
        let offers = [
            (extensions.size != SizeEnabled::Disabled, Keyword::Size(self.stated_size())),
            (extensions.pipelining, Keyword::Pipelining),
            (extensions.dsn, Keyword::Dsn),
            (extensions.enhanced_status_codes, Keyword::EnhancedStatusCodes),
            (!secured && self.policy.auth.contains(AuthMechanisms::TLS), Keyword::StartTls),
            (!mechanisms.is_empty(), Keyword::Auth(mechanisms)),
            (extensions.eight_bit_mime, Keyword::EightBitMime),
            (extensions.binary_mime && extensions.chunking, Keyword::BinaryMime),
            (extensions.chunking, Keyword::Chunking),
            (extensions.smtp_utf8, Keyword::SmtpUtf8),
            (extensions.require_tls && secured, Keyword::RequireTls),
            (extensions.limits, Keyword::Limits(self.enforced_limits())),
        ];
        offers.into_iter().filter(|(offered, _)| *offered).map(|(_, keyword)| keyword).collect()
    }

    fn stated_size(&self) -> Option<u64> {
        let stated = self.policy.extensions.size == SizeEnabled::Enabled;
        stated.then_some(self.policy.limits.message_octets_max)
    }

    fn enforced_limits(&self) -> ServerLimits {
        let rcpt_max = u32::try_from(self.policy.limits.recipients_max).ok();
        ServerLimits { rcpt_max, ..ServerLimits::default() }
    }
}

/// `Fri, 20 Nov 2026 10:15:30 +0000`
fn date_time(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(at.secs()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::fmt::strtime::format("%a, %-d %b %Y %H:%M:%S +0000", at).unwrap_or_default()
}

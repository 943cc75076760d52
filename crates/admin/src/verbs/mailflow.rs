//! Whether mail flows: Test-Mailflow.
//!
//! What it is not: a look into the target's mailbox. Mail for a mailbox of this server has flowed
//! when it is in there; for any other, when the next hop has taken it.
//!
//! Exchange sends between system mailboxes. There are none here: the message comes from
//! postmaster, with the null reverse path so that no report comes back, and goes to an address
//! that the caller names.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use transport::firewall::HeaderRights;
use transport::header::header_len;
use transport::received::Stamp;
use transport::tracking::{EventId, TrackingRecord};
use transport::{
    Accepted, Envelope, HopLimits, IntakePolicy, InternalMessageId, NetworkMessageId, Origin,
    RecipientRights, Refused, Source, Submission, SubmissionPolicy, Transport, prepare_header,
};
use types::limits::{MAILFLOW_SECS_DEFAULT, MAILFLOW_SECS_MAX};
use types::{Address, Domain, ReversePath, Timestamp};

use super::message_tracking_log::records;
use crate::verb::{Cmdlet, Effect, Role, Session, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[Verb::of::<TestMailflow>()];

/// Between two looks whether the message is still in a queue.
const LOOK_EVERY: Duration = Duration::from_millis(200);

object! {
    /// What became of a test message.
    pub struct MailflowObject = "Mailflow" [
        test_mailflow_result, message_latency_time_in_milliseconds, is_remote_test, error,
    ] {
        /// Success, or *FAILURE*.
        test_mailflow_result: &'static str,
        /// From the moment it was handed in until it was delivered or given up.
        message_latency_time_in_milliseconds: u64,
        /// False when it went into a mailbox of this server.
        is_remote_test: bool,
        /// Its number in the message tracking log.
        internal_message_id: String,
        /// Why it was not delivered.
        error: Option<String>,
    }
}

verb! {
    /// Sends a small message from postmaster and waits until it is delivered. One that is not
    /// delivered in time stays in its queue.
    pub struct TestMailflow = "Test-Mailflow" (Role::Monitoring, Effect::Change) {
        /// Who gets it: a mailbox here, or an address elsewhere.
        target_email_address: Address = first,
        /// Seconds to wait, 3600 at most; 240 unless said otherwise.
        execution_timeout: Option<u32>,
    }
}

impl Cmdlet for TestMailflow {
    type Answer = Vec<MailflowObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let (to, patience) = (self.target_email_address, patience(self.execution_timeout)?);
        let transport = &session.organization.transport;
        let rights =
            RecipientRights { accept_any_recipient: true, authenticated: true, octets: None };
        transport.check_recipient(&to, None, rights).map_err(invalid)?;
        let trial = Trial::new(session, &to)?;
        if !session.should_process(format!("Sending a test message to {to}")) {
            return Ok(Vec::new());
        }
        session.modified(to.to_string(), None, None);
        Ok(vec![trial.run(session, Instant::now() + patience).await?])
    }
}

fn patience(asked: Option<u32>) -> Result<Duration, VerbError> {
    match asked.unwrap_or(MAILFLOW_SECS_DEFAULT) {
        secs if secs <= MAILFLOW_SECS_MAX => Ok(Duration::from_secs(secs.into())),
        _ => Err(VerbError::Value {
            parameter: "ExecutionTimeout".to_owned(),
            expected: format!("{MAILFLOW_SECS_MAX} at most"),
        }),
    }
}

fn invalid(error: impl ToString) -> VerbError {
    VerbError::Invalid(error.to_string())
}

/// One message on its way.
struct Trial<'t> {
    transport: &'t Transport,
    id: InternalMessageId,
    to: &'t Address,
    /// The domain of postmaster.
    domain: Domain,
    server: Domain,
    began: Timestamp,
    clock: Instant,
}

impl<'t> Trial<'t> {
    /// Errors: Invalid, when there is no domain to send from.
    fn new(session: &Session<'t>, to: &'t Address) -> Result<Self, VerbError> {
        let (organization, snapshot) = (session.organization, session.snapshot());
        let domain = snapshot.default_domain().cloned();
        let domain = domain.ok_or_else(|| invalid("there is no accepted domain to send from"))?;
        let server = Domain::parse(&organization.settings.server_name);
        Ok(Trial {
            transport: &organization.transport,
            id: organization.transport.next_id(),
            to,
            server: server.unwrap_or_else(|_| domain.clone()),
            domain,
            began: organization.clock.now(),
            clock: Instant::now(),
        })
    }

    /// Sends it and waits.
    async fn run(
        &self,
        session: &Session<'_>,
        deadline: Instant,
    ) -> Result<MailflowObject, VerbError> {
        match self.submit().await {
            Err(refused) => Ok(self.result(true, Err(refused.to_string()))),
            Ok(accepted) if accepted.delivered > 0 => Ok(self.result(false, Ok(()))),
            Ok(_) if !self.left_its_queue(deadline).await? => {
                Ok(self.result(true, Err("it is still in its queue".to_owned())))
            }
            Ok(_) => {
                let fate = self.fate(session).await?;
                Ok(self.result(!fate.is_here, fate.outcome))
            }
        }
    }

    async fn submit(&self) -> Result<Accepted, Refused> {
        let (id, origin) = (self.id, Origin::own(Source::Admin));
        let content = self.transport.content(self.message(&origin)?).await?;
        let envelope = Envelope::new(ReversePath::Null, vec![self.to.clone()]);
        let network_id = NetworkMessageId::generate();
        self.transport.submit(Submission { id, network_id, envelope, origin, content }).await
    }

    fn message(&self, origin: &Origin) -> Result<Vec<u8>, Refused> {
        let text = self.text();
        let (header, body) = text.split_at(header_len(&text));
        let stamp = Stamp {
            origin,
            server: &self.server,
            id: self.id,
            recipient: Some(self.to),
            smtputf8: false,
            now: self.began,
        };
        let submission = SubmissionPolicy { message_id_domain: &self.server, sender: None };
        let policy = IntakePolicy {
            rights: HeaderRights::NONE,
            hops: HopLimits::NONE,
            submission: Some(submission),
        };
        Ok([&prepare_header(header, &stamp, &policy)?, body].concat())
    }

    /// It answers nothing and wants no answer (RFC 3834).
    fn text(&self) -> Vec<u8> {
        let (domain, to, id) = (self.domain.to_ascii(), self.to, self.id);
        format!(
            "From: Postmaster <postmaster@{domain}>\r\n\
             To: <{to}>\r\n\
             Subject: Test-Mailflow {id}\r\n\
             Auto-Submitted: auto-generated\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=us-ascii\r\n\
             \r\n\
             An administrator tests whether mail arrives. Nothing needs to be done.\r\n"
        )
        .into_bytes()
    }

    /// False when it is there at the deadline.
    async fn left_its_queue(&self, deadline: Instant) -> Result<bool, VerbError> {
        loop {
            match self.transport.message(self.id.into()).await {
                Err(transport::VerbError::NoMessage(_)) => return Ok(true),
                waiting => drop(waiting?),
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// What message tracking says of a message that is in no queue any more.
    async fn fate(&self, session: &Session<'_>) -> Result<Fate, VerbError> {
        let id = self.id.to_string();
        let span = self.began..=Timestamp::from_micros(i64::MAX);
        let is_ours = move |record: &TrackingRecord| record.internal_message_id == id;
        Ok(Fate::of(&records(session, span, FATE_RECORDS_MAX, is_ours).await?))
    }

    fn result(&self, is_remote_test: bool, outcome: Result<(), String>) -> MailflowObject {
        let took = self.clock.elapsed().as_millis();
        MailflowObject {
            test_mailflow_result: if outcome.is_ok() { "Success" } else { "*FAILURE*" },
            message_latency_time_in_milliseconds: u64::try_from(took).unwrap_or(u64::MAX),
            is_remote_test,
            internal_message_id: self.id.to_string(),
            error: outcome.err(),
        }
    }
}

/// More than one message to one address has.
const FATE_RECORDS_MAX: usize = 1_000;

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fate {
    /// In a mailbox of this server.
    is_here: bool,
    outcome: Result<(), String>,
}

impl Fate {
    /// By its records.
    fn of(records: &[TrackingRecord]) -> Self {
        let find = |event: EventId| {
            let name = event.to_string();
            records.iter().find(move |record| record.event_id == name)
        };
        let is_here = find(EventId::Deliver).is_some();
        let outcome = match find(EventId::Fail) {
            Some(failed) => Err(failed.recipient_status.clone()),
            None if is_here || find(EventId::Send).is_some() => Ok(()),
            None => Err("message tracking does not say what became of it".to_owned()),
        };
        Fate { is_here, outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event: EventId, recipient_status: &str) -> TrackingRecord {
        TrackingRecord {
            event_id: event.to_string(),
            recipient_status: recipient_status.to_owned(),
            ..TrackingRecord::default()
        }
    }

    #[test]
    fn the_records_say_how_a_message_ended() {
        let received = record(EventId::Receive, "");
        let told = |event, status| {
            let fate = Fate::of(&[received.clone(), record(event, status)]);
            (fate.is_here, fate.outcome)
        };
        assert_eq!(told(EventId::Send, "250 2.0.0"), (false, Ok(())));
        assert_eq!(told(EventId::Deliver, ""), (true, Ok(())));
        assert_eq!(told(EventId::Fail, "550 5.1.1"), (false, Err("550 5.1.1".to_owned())));
        let unknown = told(EventId::Defer, "");
        assert!(unknown.1.is_err(), "{unknown:?}");
    }

    #[test]
    fn patience_has_an_end() {
        assert_eq!(patience(None).ok(), Some(Duration::from_secs(MAILFLOW_SECS_DEFAULT.into())));
        assert!(patience(Some(MAILFLOW_SECS_MAX)).is_ok());
        assert!(matches!(patience(Some(MAILFLOW_SECS_MAX + 1)), Err(VerbError::Value { .. })));
    }
}

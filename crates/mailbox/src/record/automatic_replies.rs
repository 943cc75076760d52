//! What a mailbox answers by itself while its owner is away, and to whom it has.

use store::{Corrupt, Record};
use types::Timestamp;
use types::wire::{Reader, Truncated, put_bytes, put_int, put_uint};

/// AutoReplyState, [MS-OXWOOF] OofState.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AutoReplyState {
    /// No replies.
    #[default]
    Disabled,
    /// Replies until it is switched off.
    Enabled,
    /// Replies from the start to the end.
    Scheduled,
}

/// ExternalAudience: which senders outside the organization are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExternalAudience {
    /// None.
    None,
    /// Those in the owner's contacts.
    Known,
    /// All (the default).
    #[default]
    All,
}

/// When and to whom a mailbox replies by itself. The texts stand in a row of their own, since
/// every delivery reads this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AutomaticReplies {
    /// Off, on, or on for a time.
    pub state: AutoReplyState,
    /// Begin of a scheduled time.
    pub start: Timestamp,
    /// Its end; that moment is not in it.
    pub end: Timestamp,
    /// Who outside is answered.
    pub audience: ExternalAudience,
    /// Counts how often the replies were switched on: every sender is answered once in each.
    pub period: u32,
}

impl AutomaticReplies {
    /// Whether replies are sent at that time.
    pub fn is_active(&self, now: Timestamp) -> bool {
        match self.state {
            AutoReplyState::Disabled => false,
            AutoReplyState::Enabled => true,
            AutoReplyState::Scheduled => self.start <= now && now < self.end,
        }
    }
}

impl Record for AutomaticReplies {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.state as u8);
        out.push(self.audience as u8);
        put_int(out, self.start.micros());
        put_int(out, self.end.micros());
        put_uint(out, u64::from(self.period));
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        settings(payload).map_err(|_| Corrupt("automatic replies"))
    }
}

fn settings(payload: &[u8]) -> Result<AutomaticReplies, Truncated> {
    let mut reader = Reader::new(payload);
    let state = match reader.octet()? {
        0 => AutoReplyState::Disabled,
        1 => AutoReplyState::Enabled,
        2 => AutoReplyState::Scheduled,
        _ => return Err(Truncated),
    };
    let audience = match reader.octet()? {
        0 => ExternalAudience::None,
        1 => ExternalAudience::Known,
        2 => ExternalAudience::All,
        _ => return Err(Truncated),
    };
    let mut moment = || reader.int().map(Timestamp::from_micros);
    let (start, end) = (moment()?, moment()?);
    Ok(AutomaticReplies { state, start, end, audience, period: reader.uint32()? })
}

/// What is answered: HTML, or plain text without any tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutomaticReplyTexts {
    /// InternalMessage: to senders of the organization's own domains.
    pub internal: String,
    /// ExternalMessage: to all others.
    pub external: String,
}

impl Record for AutomaticReplyTexts {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.internal.as_bytes());
        put_bytes(out, self.external.as_bytes());
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut text = || reader.text().map(str::to_owned);
        let texts =
            text().and_then(|internal| Ok(AutomaticReplyTexts { internal, external: text()? }));
        texts.map_err(|_: Truncated| Corrupt("texts of automatic replies"))
    }
}

/// How many senders were answered in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered(pub u64);

impl Record for Answered {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.0);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        Reader::new(payload).uint().map(Answered).map_err(|_| Corrupt("answered senders"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(state: AutoReplyState) -> AutomaticReplies {
        AutomaticReplies {
            state,
            start: Timestamp::from_secs(100),
            end: Timestamp::from_secs(200),
            audience: ExternalAudience::Known,
            period: 7,
        }
    }

    #[test]
    fn a_scheduled_time_begins_at_its_start_and_is_over_at_its_end() {
        let at = |state, secs| settings(state).is_active(Timestamp::from_secs(secs));
        let scheduled: Vec<bool> =
            [99, 100, 199, 200].map(|secs| at(AutoReplyState::Scheduled, secs)).into();
        assert_eq!(scheduled, [false, true, true, false]);
        assert!(at(AutoReplyState::Enabled, 5) && !at(AutoReplyState::Disabled, 150));
    }

    #[test]
    fn rows_come_back() {
        for state in [AutoReplyState::Disabled, AutoReplyState::Enabled, AutoReplyState::Scheduled]
        {
            let mut row = Vec::new();
            settings(state).encode(&mut row);
            assert_eq!(AutomaticReplies::decode(1, &row), Ok(settings(state)));
            assert!(AutomaticReplies::decode(1, &row[..row.len() - 1]).is_err());
        }
        assert!(AutomaticReplies::decode(1, &[3, 0, 0, 0, 0]).is_err());
        assert!(AutomaticReplies::decode(1, &[0, 3, 0, 0, 0]).is_err());
        let texts = AutomaticReplyTexts { internal: "in".into(), external: "aus\u{e9}".into() };
        let mut row = Vec::new();
        texts.encode(&mut row);
        assert_eq!(AutomaticReplyTexts::decode(1, &row), Ok(texts));
    }
}

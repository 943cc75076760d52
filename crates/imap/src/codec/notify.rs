//! NOTIFY (RFC 5465 section 8).

use super::fetch::FetchItem;
use super::parser::{Bad, Parsed, Parser};

/// `notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-groups / "NONE")`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// Send the STATUS of every mailbox concerned at once.
    pub status: bool,
    /// Empty for `NONE`.
    pub groups: Vec<EventGroup>,
}

/// `event-group = "(" filter-mailboxes SP events ")"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// Which mailboxes.
    pub filter: MailboxFilter,
    /// What of them.
    pub events: Events,
}

/// `filter-mailboxes`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxFilter {
    /// The selected one, at once.
    Selected,
    /// The selected one; expunges only when a command allows them.
    SelectedDelayed,
    /// Where mail is delivered.
    Inboxes,
    /// All of the personal namespace.
    Personal,
    /// The subscribed ones.
    Subscribed,
    /// These and all below.
    Subtree(Vec<String>),
    /// These.
    Mailboxes(Vec<String>),
}

/// `events = ("(" event *(SP event) ")") / "NONE"`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// `MessageNew`
    pub message_new: bool,
    /// What to FETCH of a new message in the selected mailbox.
    pub fetch: Vec<FetchItem>,
    /// `MessageExpunge`
    pub message_expunge: bool,
    /// `FlagChange`
    pub flag_change: bool,
    /// `MailboxName`
    pub mailbox_name: bool,
    /// `SubscriptionChange`
    pub subscription_change: bool,
}

impl Parser<'_> {
    /// `notify`
    pub fn notify(&mut self) -> Parsed<Notify> {
        match self.sp()?.word()?.as_str() {
            "NONE" => Ok(Notify::default()),
            "SET" => {
                let status = self.eat_text(" STATUS ");
                if !status {
                    self.sp()?;
                }
                Ok(Notify { status, groups: self.spaced(Parser::event_group)? })
            }
            _ => Err(Bad::Syntax("Expected SET or NONE")),
        }
    }

    fn event_group(&mut self) -> Parsed<EventGroup> {
        self.expect(b'(', "Expected an event group")?;
        let filter = self.filter_mailboxes()?;
        let events = self.sp()?.events()?;
        self.expect(b')', "Expected a closing parenthesis")?;
        let of_selected =
            matches!(filter, MailboxFilter::Selected | MailboxFilter::SelectedDelayed);
        if !of_selected && !events.fetch.is_empty() {
            return Err(Bad::Syntax("Only a selected mailbox can fetch new messages"));
        }
        if events.message_new != events.message_expunge
            || (events.flag_change && !events.message_new)
        {
            return Err(Bad::Syntax("MessageNew and MessageExpunge come together"));
        }
        Ok(EventGroup { filter, events })
    }

    fn filter_mailboxes(&mut self) -> Parsed<MailboxFilter> {
        Ok(match self.word()?.as_str() {
            "SELECTED" => MailboxFilter::Selected,
            "SELECTED-DELAYED" => MailboxFilter::SelectedDelayed,
            "INBOXES" => MailboxFilter::Inboxes,
            "PERSONAL" => MailboxFilter::Personal,
            "SUBSCRIBED" => MailboxFilter::Subscribed,
            "SUBTREE" => MailboxFilter::Subtree(self.sp()?.one_or_more_mailbox()?),
            "MAILBOXES" => MailboxFilter::Mailboxes(self.sp()?.one_or_more_mailbox()?),
            _ => return Err(Bad::Syntax("Unknown mailbox filter")),
        })
    }

    /// `one-or-more-mailbox = mailbox / many-mailboxes`
    fn one_or_more_mailbox(&mut self) -> Parsed<Vec<String>> {
        if self.peek() == Some(b'(') {
            return self.list(Parser::mailbox);
        }
        Ok(vec![self.mailbox()?])
    }

    fn events(&mut self) -> Parsed<Events> {
        let mut events = Events::default();
        if !self.eat_word("NONE") {
            self.list(|p| p.event(&mut events))?;
        }
        Ok(events)
    }

    /// `event`; the events of annotations and metadata are unknown here: RFC 5465 wants
    /// `NO [BADEVENT]` for them.
    fn event(&mut self, events: &mut Events) -> Parsed<()> {
        match self.word()?.as_str() {
            "MESSAGENEW" => {
                events.message_new = true;
                if self.eat_text(" (") {
                    events.fetch = self.spaced(Parser::fetch_att)?;
                    self.expect(b')', "Expected a closing parenthesis")?;
                }
            }
            "MESSAGEEXPUNGE" => events.message_expunge = true,
            "FLAGCHANGE" => events.flag_change = true,
            "MAILBOXNAME" => events.mailbox_name = true,
            "SUBSCRIPTIONCHANGE" => events.subscription_change = true,
            _ => return Err(Bad::Unsupported("BADEVENT")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Parsed<Notify> {
        let mut parser = Parser::new(text.as_bytes(), false);
        let notify = parser.notify()?;
        parser.end().map(|()| notify)
    }

    #[test]
    fn groups() {
        let notify = parse(
            " SET STATUS (selected (MessageNew (uid body.peek[header.fields (from)]) MessageExpunge))",
        );
        let notify = notify.unwrap();
        assert!(notify.status);
        assert_eq!(notify.groups[0].events.fetch.len(), 2);
        let two = " SET (personal (MessageNew MessageExpunge)) (subtree (a b/c) none)";
        assert_eq!(parse(two).unwrap().groups.len(), 2);
        assert_eq!(parse(" NONE").unwrap(), Notify::default());
    }

    #[test]
    fn refusals() {
        assert_eq!(parse(" SET (personal (AnnotationChange))"), Err(Bad::Unsupported("BADEVENT")));
        for text in [" SET", " SET (personal (MessageNew))", " FOO", " SET (nowhere none)"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! States of a server's components (Set-ServerComponentState): maintenance mode.
//!
//! Several requesters may say how a component is to be; it is active only while all of them say
//! so, and while the whole server is (ServerWideOffline).

use std::fmt;
use std::str::FromStr;

use crate::kind::{Held, Kind, words};
use crate::section::section;
use crate::{Settings, text};

words! {
    /// The components that this server has.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum ServerComponent {
        /// All of them.
        ServerWideOffline,
        /// The queues, and whatever brings mail into them.
        HubTransport,
        /// SMTP from clients and other servers.
        FrontendTransport,
        /// IMAP4 for clients.
        ImapProxy,
        /// POP3 for clients.
        PopProxy,
    }
}

impl ServerComponent {
    /// All of them.
    pub const ALL: [ServerComponent; 5] = [
        ServerComponent::ServerWideOffline,
        ServerComponent::HubTransport,
        ServerComponent::FrontendTransport,
        ServerComponent::ImapProxy,
        ServerComponent::PopProxy,
    ];

    /// Exchange's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            ServerComponent::ServerWideOffline => "ServerWideOffline",
            ServerComponent::HubTransport => "HubTransport",
            ServerComponent::FrontendTransport => "FrontendTransport",
            ServerComponent::ImapProxy => "ImapProxy",
            ServerComponent::PopProxy => "PopProxy",
        }
    }
}

/// How a component is, or is to be; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComponentState {
    /// It works.
    Active,
    /// It takes nothing new and goes on with what it has.
    Draining,
    /// It does not work.
    Inactive,
}

impl ComponentState {
    /// Its words.
    pub const NAMES: &'static [&'static str] = &["Active", "Draining", "Inactive"];

    /// Exchange's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            ComponentState::Active => "Active",
            ComponentState::Draining => "Draining",
            ComponentState::Inactive => "Inactive",
        }
    }

    /// The state of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        use ComponentState::{Active, Draining, Inactive};
        [Active, Draining, Inactive].into_iter().find(|one| one.name().eq_ignore_ascii_case(name))
    }
}

/// Who wants a component to be in a state.
pub const REQUESTERS: &[&str] =
    &["HealthAPI", "Maintenance", "Sidelined", "Functional", "Deployment"];

/// `Maintenance:Inactive`: how one requester wants a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedState {
    /// One of [`REQUESTERS`].
    pub requester: &'static str,
    /// How it is to be.
    pub state: ComponentState,
}

impl fmt::Display for RequestedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.requester, self.state.name())
    }
}

/// A text that is no requested state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("REQUESTER:STATE, such as Maintenance:Inactive")]
pub struct NoRequestedState;

impl FromStr for RequestedState {
    type Err = NoRequestedState;

    fn from_str(text: &str) -> Result<Self, NoRequestedState> {
        let (requester, state) = text.split_once(':').ok_or(NoRequestedState)?;
        let mut known = REQUESTERS.iter();
        let requester = known.find(|known| known.eq_ignore_ascii_case(requester));
        Ok(RequestedState {
            requester: requester.ok_or(NoRequestedState)?,
            state: ComponentState::named(state).ok_or(NoRequestedState)?,
        })
    }
}

impl Held for RequestedState {
    const KIND: Kind = Kind::Text;
}

section! {
    /// The state of a component, for maintenance; written by Set-ServerComponentState.
    #[serde(rename_all = "PascalCase")]
    pub struct ServerComponentState {
        /// ServerWideOffline, HubTransport, FrontendTransport, ImapProxy or PopProxy.
        name: String = String::new(),
        /// Who wants it how, such as "Maintenance:Inactive".
        #[serde(with = "text::list")]
        requests: Vec<RequestedState> = Vec::new(),
    }
}

impl Settings {
    /// Who wants a component how.
    pub fn component_requests(&self, component: ServerComponent) -> &[RequestedState] {
        let mut stored = self.server_component_state.iter();
        let stored = stored.find(|stored| stored.name.eq_ignore_ascii_case(component.name()));
        stored.map_or(&[], |stored| &stored.requests)
    }

    /// How a component is to be: as whoever wants it worst says, of it or of the whole server.
    pub fn component_state(&self, component: ServerComponent) -> ComponentState {
        let whole = self.component_requests(ServerComponent::ServerWideOffline).iter();
        let requests = whole.chain(self.component_requests(component));
        requests.map(|request| request.state).max().unwrap_or(ComponentState::Active)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(states: &[(&str, &[&str])]) -> Settings {
        let stored = states.iter().map(|(name, requests)| ServerComponentState {
            name: (*name).to_owned(),
            requests: requests.iter().map(|text| text.parse().unwrap()).collect(),
        });
        Settings { server_component_state: stored.collect(), ..Settings::default() }
    }

    #[test]
    fn the_worst_that_anybody_wants_holds() {
        use ComponentState::{Active, Draining, Inactive};
        use ServerComponent::{HubTransport, ImapProxy};
        let of =
            |states: &[(&str, &[&str])], component| settings(states).component_state(component);
        assert_eq!(of(&[], ImapProxy), Active);
        let one: &[(&str, &[&str])] =
            &[("imapproxy", &["Maintenance:Active", "Functional:Inactive"])];
        assert_eq!((of(one, ImapProxy), of(one, HubTransport)), (Inactive, Active));
        let whole: &[(&str, &[&str])] = &[
            ("ServerWideOffline", &["Maintenance:Inactive"]),
            ("HubTransport", &["Maintenance:Draining"]),
        ];
        assert_eq!((of(whole, ImapProxy), of(whole, HubTransport)), (Inactive, Inactive));
        assert_eq!(of(&whole[1..], HubTransport), Draining);
    }

    #[test]
    fn requests_are_texts() {
        let request: RequestedState = "maintenance:DRAINING".parse().unwrap();
        assert_eq!(request.to_string(), "Maintenance:Draining");
        for text in ["", "Maintenance", "Nobody:Active", "Maintenance:Asleep"] {
            assert!(text.parse::<RequestedState>().is_err(), "{text}");
        }
    }
}

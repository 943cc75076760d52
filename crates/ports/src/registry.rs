//! What this server has really opened, and the state of every row that follows from it.
//!
//! The roles tell the registry what the binary can open (`built`), what is open (`register`)
//! and what works besides ports (`capability`). Nobody tells it the state of a row.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

pub use file::{FILE_NAME, RegistryError};

use crate::listeners::serving;
use crate::{CAPABILITIES, Capability, LISTENERS, Listener, Role, Row};

/// Whether a row is true on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Everything the row needs is open and on.
    Working,
    /// The binary can do it; this server has it switched off, or plays another role.
    Off,
    /// Something the row needs does not exist, or no test shows it.
    NotBuilt,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Working => "working",
            State::Off => "off",
            State::NotBuilt => "not-built",
        })
    }
}

/// The text names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state is working, off or not-built")]
pub struct NotAState;

impl std::str::FromStr for State {
    type Err = NotAState;

    fn from_str(text: &str) -> Result<Self, NotAState> {
        [State::Working, State::Off, State::NotBuilt]
            .into_iter()
            .find(|state| text.eq_ignore_ascii_case(&state.to_string()))
            .ok_or(NotAState)
    }
}

/// One address on which a listener is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenListener {
    /// Which listener.
    pub listener: &'static Listener,
    /// The address it is really bound to.
    pub address: SocketAddr,
}

/// What the binary says about one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Built {
    implementation: String,
    addresses: Vec<SocketAddr>,
}

/// What the binary says about one capability.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Switch {
    implementation: String,
    on: bool,
}

/// What one running server has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    server: String,
    roles: Vec<Role>,
    process: u32,
    listeners: BTreeMap<&'static str, Built>,
    capabilities: BTreeMap<&'static str, Switch>,
}

impl Registry {
    /// A server of this process that plays these roles and has opened nothing yet.
    pub fn new(server: impl Into<String>, roles: &[Role]) -> Self {
        Registry {
            server: server.into(),
            roles: roles.to_vec(),
            process: std::process::id(),
            listeners: BTreeMap::new(),
            capabilities: BTreeMap::new(),
        }
    }

    /// The server's name, as connectors carry it.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The roles this server plays.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The process that opened the listeners; a file outlives it when the process is killed.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// The binary can open this listener; `implementation` names the code that serves it.
    pub fn built(&mut self, listener: &'static Listener, implementation: &str) {
        let built = Built { implementation: implementation.to_owned(), addresses: Vec::new() };
        self.listeners.entry(listener.id).or_insert(built);
    }

    /// The listener is open on this address. A second address is added to the first.
    pub fn register(
        &mut self,
        listener: &'static Listener,
        address: SocketAddr,
        implementation: &str,
    ) {
        self.built(listener, implementation);
        if let Some(built) = self.listeners.get_mut(listener.id)
            && !built.addresses.contains(&address)
        {
            built.addresses.push(address);
        }
    }

    /// The listener is closed again; it stays built.
    pub fn closed(&mut self, listener: &'static Listener) {
        if let Some(built) = self.listeners.get_mut(listener.id) {
            built.addresses.clear();
        }
    }

    /// The listener is closed on this address again.
    pub fn closed_at(&mut self, listener: &'static Listener, address: SocketAddr) {
        if let Some(built) = self.listeners.get_mut(listener.id) {
            built.addresses.retain(|open| *open != address);
        }
    }

    /// The process is gone: everything is closed and off, and stays built.
    pub fn stopped(&mut self) {
        self.listeners.values_mut().for_each(|built| built.addresses.clear());
        self.capabilities.values_mut().for_each(|switch| switch.on = false);
    }

    /// The binary has this capability, and it is on or off.
    pub fn capability(&mut self, capability: &'static Capability, on: bool, implementation: &str) {
        let switch = Switch { implementation: implementation.to_owned(), on };
        self.capabilities.insert(capability.id, switch);
    }

    /// Every open address, in the order of [`LISTENERS`].
    pub fn open(&self) -> impl Iterator<Item = OpenListener> {
        LISTENERS.into_iter().flat_map(|listener| {
            self.addresses(listener).iter().map(move |&address| OpenListener { listener, address })
        })
    }

    /// The addresses of one listener; none while it is closed.
    pub fn addresses(&self, listener: &Listener) -> &[SocketAddr] {
        self.listeners.get(listener.id).map_or(&[], |built| &built.addresses)
    }

    /// The connector's name, if the listener has one: on another role's server we do not know
    /// which, and the placeholder stays.
    pub fn connector_name(&self, listener: &Listener) -> Option<String> {
        if self.plays_any(listener.roles) {
            listener.connector_name(&self.server)
        } else {
            listener.connector.map(str::to_owned)
        }
    }

    /// The addresses of every listener that the row needs.
    pub fn addresses_of(&self, row: &Row) -> impl Iterator<Item = OpenListener> {
        self.open().filter(|open| open.listener.rows.contains(&row.id))
    }

    /// Whether the row is true on this server.
    pub fn state(&self, row: &Row) -> State {
        let needs: Vec<Need> = self.needs(row).collect();
        if !is_complete(row, &needs) || needs.iter().any(|need| need.state == State::NotBuilt) {
            return State::NotBuilt;
        }
        if self.plays_any(row.roles) && self.ours(&needs).all(|need| need.state == State::Working) {
            State::Working
        } else {
            State::Off
        }
    }

    fn needs(&self, row: &Row) -> impl Iterator<Item = Need> {
        let listeners = serving(row)
            .map(|listener| Need { roles: listener.roles, state: self.listener_state(listener) });
        let capabilities = CAPABILITIES
            .iter()
            .filter(|capability| capability.rows.contains(&row.id))
            .map(|it| Need { roles: it.roles, state: self.capability_state(it) });
        listeners.chain(capabilities)
    }

    /// The needs that concern a role of this server; the other end of a path has the others.
    fn ours<'a>(&self, needs: &'a [Need]) -> impl Iterator<Item = &'a Need> {
        needs.iter().filter(|need| self.plays_any(need.roles))
    }

    fn plays_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    fn listener_state(&self, listener: &Listener) -> State {
        match self.listeners.get(listener.id) {
            None => State::NotBuilt,
            Some(built) if built.addresses.is_empty() => State::Off,
            Some(_) => State::Working,
        }
    }

    fn capability_state(&self, capability: &Capability) -> State {
        match self.capabilities.get(capability.id) {
            None => State::NotBuilt,
            Some(switch) if switch.on => State::Working,
            Some(_) => State::Off,
        }
    }
}

/// A listener or a capability that a row needs.
struct Need {
    roles: &'static [Role],
    state: State,
}

/// Statements need a test; everything else needs something that can be open or on.
fn is_complete(row: &Row, needs: &[Need]) -> bool {
    if row.kind.is_statement() { row.shown_by.is_some() } else { !needs.is_empty() }
}

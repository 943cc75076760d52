//! What the states of components mean for a running server (Set-ServerComponentState):
//!
//! | Component | Draining | Inactive |
//! |---|---|---|
//! | ImapProxy, PopProxy | new connections are refused | the same |
//! | FrontendTransport | SMTP connections are refused with 421 | the same |
//! | HubTransport | the same; queues go on | and nothing is sent any more |
//!
//! Sessions that are open go on in any case.

use std::sync::Arc;

use config::Settings;
use config::component_state::ComponentState::{Active, Inactive};
use config::component_state::ServerComponent;
use net::Gate;
use transport::Transport;

/// What a running server opens and closes by the states of its components.
pub(crate) struct Components {
    pub imap: Arc<Gate>,
    pub pop: Arc<Gate>,
    pub smtp: Arc<Gate>,
    pub transport: Transport,
}

impl Components {
    /// Brings the states of these settings about.
    pub(crate) fn apply(&self, settings: &Settings) {
        let state = |component| settings.component_state(component);
        let hub = state(ServerComponent::HubTransport);
        let frontend = state(ServerComponent::FrontendTransport).max(hub);
        for (gate, state) in [
            (&self.imap, state(ServerComponent::ImapProxy)),
            (&self.pop, state(ServerComponent::PopProxy)),
            (&self.smtp, frontend),
        ] {
            gate.set_closed(state != Active);
        }
        self.transport.set_paused(hub == Inactive);
    }
}

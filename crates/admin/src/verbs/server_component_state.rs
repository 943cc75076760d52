//! Maintenance mode: Get- and Set-ServerComponentState. What a state means for a running server
//! is in crate `roles` (`components`).

use ::config::Settings;
use ::config::component_state::{
    ComponentState, REQUESTERS, RequestedState, ServerComponent, ServerComponentState,
};
use ::config::object::{ObjectKind, ServerComponentStates, document};
use directory::ConfigurationObject;

use super::configured::put;
use crate::verb::{
    Cmdlet, Effect, Expected, Object, Role, Scalar, Session, Shape, Verb, VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<GetServerComponentState>(), Verb::of::<SetServerComponentState>()];

object! {
    /// The state of a component of the server.
    pub struct ServerComponentStateObject = "ServerComponentState" [component, state, requests] {
        /// The server.
        identity: String,
        /// The component.
        component: &'static str,
        /// Active, Draining (takes nothing new) or Inactive; the worst that anybody wants.
        state: &'static str,
        /// Who wants it how: `Maintenance:Inactive`.
        requests: Vec<String>,
    }
}

verb! {
    /// Shows the states of the components of this server.
    pub struct GetServerComponentState = "Get-ServerComponentState" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// The server; without it this one.
        identity: Option<String> = first,
        /// Only this component.
        component: Option<Component>,
    }
}

verb! {
    /// Says how a component of this server is to be: maintenance mode. Sessions that are open go
    /// on.
    pub struct SetServerComponentState = "Set-ServerComponentState" (Role::ExchangeServers, Effect::Change) {
        /// The server.
        identity: String = first,
        /// The component; ServerWideOffline is all of them.
        component: Component,
        /// Active, Draining (takes nothing new) or Inactive.
        state: State,
        /// Who wants it; a component is active while nobody wants it otherwise.
        requester: Requester,
    }
}

/// A component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component(ServerComponent);

impl Scalar for Component {
    const SHAPE: Shape = Shape::OneOf(&[
        "ServerWideOffline",
        "HubTransport",
        "FrontendTransport",
        "ImapProxy",
        "PopProxy",
    ]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let mut all = ServerComponent::ALL.into_iter();
        let found = all.find(|one| one.name().eq_ignore_ascii_case(text));
        found.map(Component).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// A state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(ComponentState);

impl Scalar for State {
    const SHAPE: Shape = Shape::OneOf(ComponentState::NAMES);

    fn parse(text: &str) -> Result<Self, Expected> {
        ComponentState::named(text).map(State).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// A requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requester(&'static str);

impl Scalar for Requester {
    const SHAPE: Shape = Shape::OneOf(REQUESTERS);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = REQUESTERS.iter().find(|known| known.eq_ignore_ascii_case(text));
        found.map(|known| Requester(known)).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetServerComponentState {
    type Answer = Vec<ServerComponentStateObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if let Some(server) = &self.identity {
            check_server(session, server)?;
        }
        let settings = settings(session)?;
        let wanted = |component: &ServerComponent| {
            self.component.is_none_or(|Component(only)| only == *component)
        };
        let all = ServerComponent::ALL.into_iter().filter(wanted);
        Ok(all.map(|component| shown(session, &settings, component)).collect())
    }
}

impl Cmdlet for SetServerComponentState {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        check_server(session, &self.identity)?;
        let (Component(component), State(state)) = (self.component, self.state);
        let Requester(requester) = self.requester;
        let mut settings = settings(session)?;
        let before = shown(session, &settings, component);
        let mut requests = settings.component_requests(component).to_vec();
        requests.retain(|request| request.requester != requester);
        if state != ComponentState::Active {
            requests.push(RequestedState { requester, state });
        }
        let value = ServerComponentState { name: component.name().to_owned(), requests };
        ServerComponentStates::put(&mut settings, component.name(), value.clone());
        let after = Object::of(&shown(session, &settings, component))?;
        let before = Object::of(&before)?;
        let name = component.name();
        let object =
            ConfigurationObject::new(ServerComponentStates::NAME, name, document::write(&value));
        let called = format!("{}\\{name}", session.organization.server);
        put(session, "Changing", object, called, (Some(&before), &after)).await.map(drop)
    }
}

fn settings(session: &Session<'_>) -> Result<Settings, VerbError> {
    let settings = session.organization.settings_now();
    settings.map_err(|error| VerbError::Invalid(error.to_string()))
}

/// Each server has states of its own.
fn check_server(session: &Session<'_>, server: &str) -> Result<(), VerbError> {
    let this = &session.organization.server;
    match server.split('.').next().is_some_and(|short| short.eq_ignore_ascii_case(this)) {
        true => Ok(()),
        false => {
            let why = format!("{server} is another server: run the verb there; this one is {this}");
            Err(VerbError::Unavailable(why))
        }
    }
}

fn shown(
    session: &Session<'_>,
    settings: &Settings,
    component: ServerComponent,
) -> ServerComponentStateObject {
    let requests = settings.component_requests(component);
    ServerComponentStateObject {
        identity: session.organization.server.clone(),
        component: component.name(),
        state: settings.component_state(component).name(),
        requests: requests.iter().map(ToString::to_string).collect(),
    }
}

//! Whether the services of this server run: Test-ServiceHealth.

use crate::monitor::{Component, ComponentState, ServerRole, Service};
use crate::verb::{Cmdlet, Effect, Role, Session, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[Verb::of::<TestServiceHealth>()];

object! {
    /// The services of a server role.
    pub struct ServiceHealthObject = "ServiceHealth" [
        role, required_services_running, services_running, services_not_running,
    ] {
        /// The server role.
        role: &'static str,
        /// True when all that must run do.
        required_services_running: bool,
        /// Those that run, under the names that Exchange's have.
        services_running: Vec<&'static str>,
        /// Those that must run and do not. GET /health/components tells why.
        services_not_running: Vec<&'static str>,
    }
}

verb! {
    /// Tests whether the services of this server run that must.
    pub struct TestServiceHealth = "Test-ServiceHealth" (Role::Monitoring, Effect::Read) {}
}

impl Cmdlet for TestServiceHealth {
    type Answer = Vec<ServiceHealthObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let monitor = session.organization.monitor.as_ref();
        let components = monitor.map(|monitor| monitor.components()).unwrap_or_default();
        Ok(ServerRole::ALL.iter().filter_map(|role| health(*role, &components)).collect())
    }
}

/// None where the role has no services here.
fn health(role: ServerRole, components: &[Component]) -> Option<ServiceHealthObject> {
    let has = |service: &&Service| {
        let mut parts = components.iter();
        service.is_always_there() || parts.any(|part| part.service == Some(**service))
    };
    let of_role = Service::ALL.iter().filter(|service| service.role() == role).filter(has);
    let (running, not_running): (Vec<Service>, Vec<Service>) =
        of_role.partition(|service| runs(**service, components));
    let names = |services: &[Service]| services.iter().map(|service| service.name()).collect();
    let there = !(running.is_empty() && not_running.is_empty());
    there.then(|| ServiceHealthObject {
        role: role.name(),
        required_services_running: not_running.is_empty(),
        services_running: names(&running),
        services_not_running: names(&not_running),
    })
}

/// A service runs when it has parts and all of them work.
fn runs(service: Service, components: &[Component]) -> bool {
    let mut parts = components.iter().filter(|part| part.service == Some(service)).peekable();
    parts.peek().is_some() && parts.all(|part| part.state < ComponentState::Unhealthy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::ComponentKind;

    fn part(service: Service, state: ComponentState) -> Component {
        Component::healthy(ComponentKind::Listener, "any").but(state, "why").of(Some(service))
    }

    #[test]
    fn a_service_runs_when_all_its_parts_do() {
        let good = part(Service::Imap4, ComponentState::Healthy);
        let worn = part(Service::Imap4, ComponentState::Degraded);
        let bad = part(Service::Pop3, ComponentState::Unhealthy);
        let health = |parts: &[Component]| {
            health(ServerRole::ClientAccess, parts).map(|health| {
                (
                    health.required_services_running,
                    health.services_running,
                    health.services_not_running,
                )
            })
        };
        assert_eq!(health(&[]), None, "none is switched on");
        let imap4 = vec!["MSExchangeIMAP4"];
        assert_eq!(health(&[good.clone(), worn]), Some((true, imap4.clone(), vec![])));
        assert_eq!(health(&[good, bad.clone()]), Some((false, imap4, vec!["MSExchangePOP3"])));
        let half = part(Service::Pop3, ComponentState::Healthy);
        assert_eq!(health(&[half, bad]), Some((false, vec![], vec!["MSExchangePOP3"])));
    }

    #[test]
    fn what_must_be_there_and_is_not_does_not_run() {
        let health =
            health(ServerRole::HubTransport, &[]).map(|health| health.services_not_running);
        assert_eq!(health, Some(vec!["MSExchangeTransport", "MSExchangeFrontEndTransport"]));
    }
}

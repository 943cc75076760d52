//! What a server with these settings will open, before it does: the same table as `rialto ports`.

use config::{Endpoint, EndpointError, Settings};
use ports::Registry;

use crate::built::{built_for, serves};

/// The registry such a server would leave.
pub(super) fn registry(settings: &Settings) -> Result<Registry, EndpointError> {
    let mut registry = built_for(&settings.short_name());
    for Endpoint { listener, bindings, .. } in opened(settings)? {
        bindings
            .iter()
            .for_each(|binding| registry.register(listener, binding.socket_address(), ""));
    }
    Ok(registry)
}

/// The listeners that are switched on and that this program has.
pub(super) fn opened(settings: &Settings) -> Result<Vec<Endpoint>, EndpointError> {
    let endpoints = settings.endpoints()?.into_iter();
    Ok(endpoints.filter(|endpoint| endpoint.enabled && serves(endpoint.listener)).collect())
}

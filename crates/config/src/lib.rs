//! Settings: the configuration file, and connectors as an administrator of Exchange knows them.
//!
//! [`Settings`] is what the file says (TOML); unknown keys are errors. Our own settings have
//! names of ours in `snake_case`. Connectors have Exchange's property names, values and
//! defaults, so that what `Get-ReceiveConnector` printed can be typed in.
//!
//! What it is not: no sockets, no clock, no directory. Everything here is a value or a pure
//! function of values, except [`Settings::load`], which reads one file.
//!
//! Invariants: settings that passed [`Settings::validate`] contradict neither themselves nor
//! each other; [`Port`](types::Port) values that no document names are made only here.

mod acme;
pub mod address_list;
pub mod binding;
pub mod component_state;
pub mod email_address_policy;
pub mod endpoint;
pub mod file;
pub mod host_port;
pub mod kind;
mod linked_directory;
mod log;
pub mod not_built;
pub mod object;
pub mod port_offset;
pub mod receive;
pub mod sample;
pub mod section;
pub mod send;
pub mod settings;
mod starter;
mod telemetry;
pub mod text;
mod throttling_policy;
mod transport_config;
pub mod transport_service;
pub mod value;

pub use acme::{Acme, AcmeChallenge, UnknownChallenge};
pub use address_list::AddressList;
pub use binding::Binding;
pub use email_address_policy::EmailAddressPolicy;
pub use endpoint::{Endpoint, EndpointError};
pub use file::ConfigError;
pub use host_port::{HostPort, HostPortError};
pub use linked_directory::{LinkedDirectory, LinkedDirectorySecurity, LinkedName};
pub use log::{Log, LogFormat, LogLevel};
pub use not_built::Warning;
pub use port_offset::{OffsetError, offset_port};
pub use receive::{ReceiveConnector, default_receive_connectors, select};
pub use sample::sample;
pub use send::SendConnector;
pub use settings::{Invalid, Settings};
pub use starter::starter;
pub use telemetry::Telemetry;
pub use throttling_policy::{GLOBAL_THROTTLING_POLICY, ThrottlingPolicy, ThrottlingPolicyScope};
pub use transport_config::TransportConfig;
pub use transport_service::TransportService;
pub use value::{ByteQuantity, TimeSpan, Unlimited};

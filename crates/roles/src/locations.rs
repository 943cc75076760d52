//! Which server has a mailbox: what the settings say of its owner (`location.users`), else
//! what the directory says. Sessions and deliveries ask here, so that they never disagree.

use std::collections::HashMap;
use std::sync::Arc;

use config::Settings;
use directory::{Mailbox, Recipient};
use types::Address;

/// Where mailboxes are, as seen from this server.
#[derive(Debug)]
pub(crate) struct Locations {
    server: String,
    /// Short name of the server, by address as it compares.
    of_users: HashMap<String, String>,
}

impl Locations {
    pub(crate) fn new(settings: &Settings) -> Arc<Self> {
        let location = |user: &String| {
            let address = Address::parse(user).ok()?;
            Some((address.folded(), settings.location_of(user)?.short_name()))
        };
        let of_users = settings.location.users.keys().filter_map(location).collect();
        Arc::new(Locations { server: settings.short_name(), of_users })
    }

    /// The short name of the other server that has the mailbox; none when it is this one.
    pub(crate) fn elsewhere<'a>(
        &'a self,
        owner: &'a Recipient,
        mailbox: &'a Mailbox,
    ) -> Option<&'a str> {
        let configured = owner.smtp_addresses().find_map(|a| self.of_users.get(&a.folded()));
        let server = configured.unwrap_or(&mailbox.location.server);
        (!server.eq_ignore_ascii_case(&self.server)).then_some(server)
    }

    /// This server's short name.
    pub(crate) fn this_server(&self) -> &str {
        &self.server
    }
}

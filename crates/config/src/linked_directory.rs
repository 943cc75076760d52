//! `New-LinkedDirectory` and its kin: other directories that say whether a password is right, by
//! LDAP. In Exchange all directories are Active Directory, and a mailbox whose account is in another
//! forest is a linked mailbox (`LinkedDomainController`, `LinkedMasterAccount`); names here follow
//! that.
//!
//! What it is not: nothing but passwords comes from there. Recipients are those of our own
//! directory.

use std::net::IpAddr;
use std::path::PathBuf;

use filter::LdapFilter;
use filter::ldap::NameTemplate;
use types::{Domain, Port};

use crate::host_port::HostPort;
use crate::kind::words;
use crate::section::section;
use crate::{Invalid, Settings, text};

words! {
    /// How connections to another directory are protected.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum LinkedDirectorySecurity {
        /// TLS from the first octet; port 636.
        Tls,
        /// StartTLS, and nothing before it; port 389.
        StartTls,
        /// In the clear, to this host alone; port 389.
        None,
    }
}

section! {
    /// Another directory that says whether a password is right, by LDAP.
    #[serde(rename_all = "PascalCase")]
    pub struct LinkedDirectory {
        /// Its name, which no other has.
        name: String = String::new(),
        /// False: it is not asked, and whoever has no password here does not get in.
        enabled: bool = true,
        /// Its servers, `HOST` or `HOST:PORT`; the first that answers is asked.
        linked_domain_controllers: Vec<String> = Vec::new(),
        /// "Tls" (port 636), "StartTls" (port 389), or "None" to an address of this host.
        security: LinkedDirectorySecurity = LinkedDirectorySecurity::Tls,
        /// Takes any certificate.
        accept_untrusted_certificates: bool = false,
        /// Whom it is asked about: who has no password here and an address in one of these
        /// domains. Empty: in any.
        #[serde(with = "text::list")]
        domains: Vec<Domain> = Vec::new(),
        /// How an account is called there: `%s` is its address, `%u` what is before the `@`, `%d`
        /// the domain. "%s" and "CONTOSO\%u" suit Active Directory,
        /// "uid=%u,ou=people,dc=contoso,dc=com" others. Not with SearchBase.
        bind_name: String = "%s".to_owned(),
        /// Below which entry the account is looked for; empty: BindName is its name.
        search_base: String = String::new(),
        /// Which entry it is, with the same places as in BindName.
        search_filter: String = "(mail=%s)".to_owned(),
        /// Who looks for it; empty: nobody in particular.
        search_bind_name: String = String::new(),
        /// File with the password of who looks for it.
        search_password_file: Option<PathBuf> = None,
    }
}

const LDAP: Port = Port::new(389);
const LDAPS: Port = Port::new(636);

/// How the account is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkedName {
    /// It is called that.
    Bind(NameTemplate),
    /// It is the one entry for which this holds.
    Search(LdapFilter),
}

impl LinkedDirectory {
    /// Its servers.
    pub fn servers(&self) -> Result<Vec<HostPort>, &'static str> {
        let port = match self.security {
            LinkedDirectorySecurity::Tls => LDAPS,
            LinkedDirectorySecurity::StartTls | LinkedDirectorySecurity::None => LDAP,
        };
        let server = |text: &String| HostPort::ldap(text, port);
        let all = self.linked_domain_controllers.iter().map(server).collect();
        let all: Vec<HostPort> = Result::map_err(
            all,
            |_| "LinkedDomainControllers are HOST or HOST:PORT, such as dc1.contoso.com",
        )?;
        match all.is_empty() {
            true => Err("LinkedDomainControllers is empty"),
            false => Ok(all),
        }
    }

    /// How accounts are found.
    pub fn names(&self) -> Result<LinkedName, &'static str> {
        if self.search_base.is_empty() {
            let name = NameTemplate::parse(&self.bind_name);
            return name.map(LinkedName::Bind).ok_or("BindName has no %s or %u, or another %");
        }
        let Ok(filter) = LdapFilter::parse(&self.search_filter) else {
            return Err("SearchFilter is no filter as RFC 4515 has it, such as (mail=%s)");
        };
        let mut places = false;
        filter.each_value(&mut |value| {
            places |=
                std::str::from_utf8(value).is_ok_and(|text| NameTemplate::parse(text).is_some());
        });
        places.then_some(LinkedName::Search(filter)).ok_or("SearchFilter has no %s or %u")
    }

    /// Whether it is asked about accounts with addresses in a domain.
    pub fn is_for(&self, domain: &Domain) -> bool {
        self.enabled && (self.domains.is_empty() || self.domains.contains(domain))
    }

    fn check(&self) -> Result<(), &'static str> {
        let servers = self.servers()?;
        self.names()?;
        let is_here = |server: &HostPort| {
            let address = server.host.parse::<IpAddr>();
            server.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
        };
        let in_clear = self.security == LinkedDirectorySecurity::None;
        match (self.search_bind_name.is_empty(), &self.search_password_file) {
            (false, None) => Err("SearchBindName needs a SearchPasswordFile"),
            (true, Some(_)) => Err("SearchPasswordFile needs a SearchBindName"),
            _ if in_clear && !servers.iter().all(is_here) => {
                Err("Security None sends passwords in the clear, and is for localhost alone")
            }
            _ => Ok(()),
        }
    }
}

impl Settings {
    /// The other directory that knows the password of an account with an address in that domain,
    /// where it has none here.
    pub fn linked_directory_of(&self, domain: &Domain) -> Option<&LinkedDirectory> {
        // One that names the domain counts more than one for all.
        let for_it = || self.linked_directory.iter().filter(|one| one.is_for(domain));
        for_it().find(|one| !one.domains.is_empty()).or_else(|| for_it().next())
    }

    /// Whether any password is known to another directory alone.
    pub fn has_linked_directories(&self) -> bool {
        self.linked_directory.iter().any(|one| one.enabled)
    }

    pub(crate) fn check_linked_directories(&self) -> Result<(), Invalid> {
        let invalid =
            |one: &LinkedDirectory, rule| Invalid::LinkedDirectory(one.name.clone(), rule);
        let check = |one| LinkedDirectory::check(one).map_err(|rule| invalid(one, rule));
        self.linked_directory.iter().try_for_each(check)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn linked(change: impl FnOnce(&mut LinkedDirectory)) -> LinkedDirectory {
        let mut linked = LinkedDirectory {
            name: "AD".to_owned(),
            linked_domain_controllers: vec!["dc1.a.test".to_owned()],
            ..LinkedDirectory::default()
        };
        change(&mut linked);
        linked
    }

    fn fault(change: impl FnOnce(&mut LinkedDirectory)) -> String {
        let linked_directory = vec![linked(change)];
        Settings { linked_directory, ..Settings::default() }.validate().unwrap_err().to_string()
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        use LinkedDirectorySecurity::None as Clear;
        assert!(fault(|one| one.linked_domain_controllers.clear()).contains("is empty"));
        assert!(fault(|one| one.linked_domain_controllers[0] = "a b".to_owned()).contains("HOST"));
        assert!(fault(|one| one.bind_name = "cn=admin".to_owned()).contains("BindName"));
        assert!(fault(|one| one.security = Clear).contains("in the clear"));
        assert!(fault(|one| one.search_bind_name = "cn=x".to_owned()).contains("PasswordFile"));
        assert!(fault(|one| one.search_password_file = Some("/x".into())).contains("BindName"));
        let searching = |filter: &str| {
            fault(|one| (one.search_base, one.search_filter) = ("dc=x".into(), filter.into()))
        };
        assert!(searching("mail=%s").contains("RFC 4515"));
        assert!(searching("(mail=a)").contains("no %s"));
        let here = |one: &mut LinkedDirectory| {
            one.security = Clear;
            one.linked_domain_controllers = vec!["127.0.0.1:3890".into(), "localhost".into()];
        };
        let linked_directory = vec![linked(|_| ()), linked(here)];
        Settings { linked_directory, ..Settings::default() }.validate().unwrap();
    }

    #[test]
    fn ports_follow_from_the_security() {
        let port = |security| linked(|one| one.security = security).servers().unwrap()[0].port;
        assert_eq!(port(LinkedDirectorySecurity::Tls), LDAPS);
        assert_eq!(port(LinkedDirectorySecurity::StartTls), LDAP);
    }

    #[test]
    fn one_that_names_the_domain_counts_more() {
        let domain = |text: &str| Domain::parse(text).unwrap();
        let named = |name: &str, domains: &[&str], enabled| {
            linked(|one| {
                one.name = name.to_owned();
                one.domains = domains.iter().map(|name| domain(name)).collect();
                one.enabled = enabled;
            })
        };
        let linked_directory = vec![
            named("all", &[], true),
            named("off", &["b.test"], false),
            named("c", &["c.test"], true),
        ];
        let settings = Settings { linked_directory, ..Settings::default() };
        let of = |name| settings.linked_directory_of(&domain(name)).unwrap().name.clone();
        assert_eq!([of("a.test"), of("b.test"), of("c.test")], ["all", "all", "c"]);
        assert!(settings.has_linked_directories());
        assert!(Settings::default().linked_directory_of(&domain("a.test")).is_none());
    }
}

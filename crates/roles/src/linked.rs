//! Passwords asked of other directories by LDAP, as the objects `LinkedDirectory` say.
//!
//! What it is not: it counts no guesses, remembers no answers and lets as many ask as come; crate
//! `auth` does that.
//!
//! Invariants: nothing takes longer than [`types::limits::LINKED_CHECK_SECS_MAX`], all servers
//! together. No password is logged.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use auth::Password;
use config::{HostPort, LinkedDirectorySecurity, LinkedName, Settings};
use directory::{LinkedCheck, LinkedDirectories, LinkedDirectory};
use filter::ldap::NameTemplate;
use ldap::{Bound, Connection, LdapError};
use net::connect::Rules;
use net::tls::{Roots, RootsError};
use net::{ClientTls, Connector, ReachError, Resolver, reach};
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};
use types::limits::{LINKED_CHECK_SECS_MAX, PASSWORD_OCTETS_MAX};
use types::{Address, Domain};

use crate::outbound::send::trusted_roots;

/// The linked directories as verbs have made them.
pub(crate) struct Linked {
    now: RwLock<Arc<Now>>,
    way: Arc<Way>,
}

/// All of them, ready to be asked.
struct Now {
    settings: Settings,
    asked: Vec<Arc<Asked>>,
}

/// How they are reached.
struct Way {
    connector: Connector,
    resolver: Resolver,
}

impl Linked {
    pub(crate) fn new(settings: &Settings, resolver: Resolver) -> Arc<Self> {
        let connector = Connector::new(Rules {
            allow_loopback: settings.resolver.allow_loopback,
            ..Rules::default()
        });
        let way = Arc::new(Way { connector, resolver });
        let now = RwLock::new(Arc::new(Now::new(settings, &[], &way)));
        Arc::new(Linked { now, way })
    }

    /// From now on those of these settings are asked.
    pub(crate) fn reload(&self, settings: &Settings) {
        let new = Arc::new(Now::new(settings, &self.now().asked, &self.way));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    fn now(&self) -> Arc<Now> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Now {
    /// Those that stay as they are keep what they have read.
    fn new(settings: &Settings, old: &[Arc<Asked>], way: &Arc<Way>) -> Self {
        let roots = trusted_roots(settings);
        let asked = settings.linked_directory.iter().map(|one| {
            let same = old.iter().find(|it| it.settings == *one && it.roots == roots);
            same.cloned().unwrap_or_else(|| Arc::new(Asked::new(one, &roots, way)))
        });
        Now { asked: asked.collect(), settings: settings.clone() }
    }
}

impl LinkedDirectories for Linked {
    fn of(&self, domain: &Domain) -> Option<Arc<dyn LinkedDirectory>> {
        let now = self.now();
        let found = now.settings.linked_directory_of(domain)?;
        let asked = now.asked.iter().find(|asked| asked.settings == *found)?;
        Some(Arc::clone(asked) as Arc<dyn LinkedDirectory>)
    }

    fn is_empty(&self) -> bool {
        !self.now().settings.has_linked_directories()
    }
}

/// One of them, as it is to be asked.
struct Asked {
    settings: config::LinkedDirectory,
    place: String,
    roots: Roots,
    /// Once it is needed: the roots are many, and stand in a file.
    tls: OnceCell<ClientTls>,
    way: Arc<Way>,
}

/// Why it could not be asked.
#[derive(Debug, thiserror::Error)]
enum NotAsked {
    #[error(transparent)]
    Reach(#[from] ReachError),
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Ldap(#[from] LdapError),
    #[error("{0}")]
    Settings(&'static str),
    #[error("interrupted: {0}")]
    Interrupted(#[from] JoinError),
    #[error("SearchPasswordFile: {0}")]
    PasswordFile(std::io::Error),
    #[error("it does not let SearchBindName in: result code {code} {diagnostic:?}")]
    Searcher { code: u32, diagnostic: String },
    #[error("no answer in {LINKED_CHECK_SECS_MAX} s")]
    Late,
}

impl LinkedDirectory for Asked {
    fn place(&self) -> &str {
        &self.place
    }

    fn check<'a>(&'a self, account: &'a Address, password: &'a Password) -> LinkedCheck<'a> {
        Box::pin(async move {
            let limit = Duration::from_secs(LINKED_CHECK_SECS_MAX);
            let checked = tokio::time::timeout(limit, self.ask(account, password)).await;
            match checked.unwrap_or(Err(NotAsked::Late)) {
                Ok(right) => Some(right),
                Err(error) => {
                    let directory = &self.settings.name;
                    tracing::error!(directory, %account, %error, "a linked directory cannot be asked");
                    None
                }
            }
        })
    }
}

impl Asked {
    fn new(settings: &config::LinkedDirectory, roots: &Roots, way: &Arc<Way>) -> Self {
        Asked {
            place: format!("{settings:?}"),
            settings: settings.clone(),
            roots: roots.clone(),
            tls: OnceCell::new(),
            way: Arc::clone(way),
        }
    }

    async fn ask(&self, account: &Address, password: &Password) -> Result<bool, NotAsked> {
        let mut connection = self.connect().await?;
        let right = self.bind(&mut connection, account, password).await?;
        connection.close().await;
        Ok(right)
    }

    /// To the first server that answers and is who it should be.
    async fn connect(&self) -> Result<Connection, NotAsked> {
        let mut last = NotAsked::Settings("LinkedDomainControllers is empty");
        for server in self.settings.servers().map_err(NotAsked::Settings)? {
            match self.connect_to(&server).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    tracing::warn!(directory = self.settings.name, %server, %error, "not reached");
                    last = error;
                }
            }
        }
        Err(last)
    }

    async fn connect_to(&self, server: &HostPort) -> Result<Connection, NotAsked> {
        let Way { connector, resolver } = &*self.way;
        let (host, port) = (&*server.host, server.port.number());
        let mut connection = Connection::new(reach(connector, resolver, host, port).await?);
        match self.settings.security {
            LinkedDirectorySecurity::Tls => connection.tls(host, self.tls().await?).await?,
            LinkedDirectorySecurity::StartTls => {
                connection.start_tls(host, self.tls().await?).await?;
            }
            LinkedDirectorySecurity::None => {}
        }
        Ok(connection)
    }

    /// Read at the first need; a fault is not kept.
    async fn tls(&self) -> Result<&ClientTls, NotAsked> {
        let (any, roots) = (self.settings.accept_untrusted_certificates, self.roots.clone());
        let read = move || match any {
            true => Ok(ClientTls::opportunistic()?),
            false => ClientTls::verified(&roots),
        };
        self.tls.get_or_try_init(async || Ok(spawn_blocking(read).await??)).await
    }

    async fn bind(
        &self,
        connection: &mut Connection,
        account: &Address,
        password: &Password,
    ) -> Result<bool, NotAsked> {
        let address = account.to_string();
        let found = match self.settings.names().map_err(NotAsked::Settings)? {
            LinkedName::Bind(template) => Some(template.of(&address)),
            LinkedName::Search(filter) => {
                let put = |value: &[u8]| put(value, &address);
                self.find(connection, &filter.map_values(&put)).await?
            }
        };
        // Nobody takes as long as somebody.
        let name = found.as_deref().unwrap_or(&self.settings.search_base);
        match connection.bind(name, password.as_bytes()).await? {
            Bound::Accepted => Ok(found.is_some()),
            Bound::Refused { code, diagnostic } => {
                let directory = &self.settings.name;
                tracing::info!(
                    directory,
                    name,
                    code,
                    diagnostic,
                    "a linked directory refuses a login"
                );
                Ok(false)
            }
        }
    }

    /// The name of the one entry for which the filter holds.
    async fn find(
        &self,
        connection: &mut Connection,
        filter: &filter::LdapFilter,
    ) -> Result<Option<String>, NotAsked> {
        let searcher = &self.settings.search_bind_name;
        let password = match &self.settings.search_password_file {
            Some(path) => password_of(path).await?,
            None => String::new(),
        };
        if !searcher.is_empty()
            && let Bound::Refused { code, diagnostic } =
                connection.bind(searcher, password.as_bytes()).await?
        {
            return Err(NotAsked::Searcher { code, diagnostic });
        }
        let mut found = connection.find(&self.settings.search_base, filter).await?;
        if found.len() > 1 {
            tracing::warn!(
                directory = self.settings.name,
                ?found,
                "SearchFilter holds for several"
            );
            return Ok(None);
        }
        Ok(found.pop())
    }
}

/// A value of a filter, with the account's address where it has a place for it.
fn put(value: &[u8], address: &str) -> Vec<u8> {
    let template = std::str::from_utf8(value).ok().and_then(NameTemplate::parse);
    template.map_or_else(|| value.to_vec(), |template| template.plain(address).into_bytes())
}

/// The first line of the file.
async fn password_of(path: &Path) -> Result<String, NotAsked> {
    let file = tokio::fs::File::open(path).await.map_err(NotAsked::PasswordFile)?;
    let mut text = String::new();
    let mut start = file.take(PASSWORD_OCTETS_MAX as u64);
    start.read_to_string(&mut text).await.map_err(NotAsked::PasswordFile)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use net::Listener;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_given_up() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let linked = config::LinkedDirectory {
            linked_domain_controllers: vec![listener.local().to_string()],
            security: LinkedDirectorySecurity::None,
            ..config::LinkedDirectory::default()
        };
        let settings = Settings { linked_directory: vec![linked], ..Settings::default() };
        let resolver = Resolver::with_server("127.0.0.1:9".parse().unwrap()).unwrap();
        let linked = Linked::new(&settings, resolver);
        let account = Address::parse("alice@a.test").unwrap();
        let directory = linked.of(&account.domain).unwrap();
        let begun = tokio::time::Instant::now();
        let password = Password::new("right").unwrap();
        assert_eq!(directory.check(&account, &password).await, None);
        assert_eq!(begun.elapsed().as_secs(), LINKED_CHECK_SECS_MAX);
        linked.reload(&Settings::default());
        assert!(linked.is_empty() && linked.of(&account.domain).is_none());
    }

    #[tokio::test]
    async fn the_password_of_who_looks_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "first\r\nsecond\n").unwrap();
        assert_eq!(password_of(&path).await.unwrap(), "first");
        std::fs::write(&path, "x".repeat(2 * PASSWORD_OCTETS_MAX)).unwrap();
        assert_eq!(password_of(&path).await.unwrap().len(), PASSWORD_OCTETS_MAX);
        assert!(password_of(&folder.path().join("none")).await.is_err());
    }
}

//! `rialto demo`: a server to try out.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use admin::Outcome;
use clap::Args;
use net::shutdown::Signals;
use roles::demo::{self, Options, Ports};
use types::Domain;

use super::name;
use super::serve::until_terminated;
use crate::error::Error;

/// What the directory takes in one transaction.
const USERS_MAX: i64 = 10_000;

/// Run a whole server with users and mail in it, for trying out
#[derive(Debug, Args)]
pub struct Demo {
    /// Where its data is kept; made if it is not there
    #[arg(long = "dir", value_name = "DIR")]
    directory: PathBuf,
    /// The users' domain
    #[arg(long, default_value = "example.test", value_parser = name)]
    domain: Domain,
    /// Users u000, u001 and so on beside alice, bob and carol
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u16).range(..=USERS_MAX))]
    users: u16,
    /// Everybody's password
    #[arg(long, default_value = "demo")]
    password: String,
    /// Added to the documented ports (taken off above 45535); `any` takes whatever is free
    #[arg(long, value_name = "N", default_value = "20000")]
    port_offset: Ports,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// The only name server to ask
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Option<SocketAddr>,
    /// No rate and connection limits, passwords also in the clear; on loopback addresses only
    #[arg(long)]
    unthrottled: bool,
}

impl Demo {
    /// Serves until SIGTERM or SIGINT.
    pub async fn run(self) -> Result<Outcome, Error> {
        let signals = Signals::install().map_err(Error::Signals)?;
        let demo = demo::Demo::start(self.options()).await?;
        let told = tell(&demo);
        if told.is_ok() {
            until_terminated(demo.server(), signals).await;
        }
        demo.stop().await;
        told?;
        Ok(Outcome::Good)
    }

    fn options(self) -> Options {
        Options {
            directory: self.directory,
            domain: self.domain,
            address: self.address,
            ports: self.port_offset,
            numbered_users: self.users,
            password: self.password,
            resolver: self.resolver,
            unthrottled: self.unthrottled,
        }
    }
}

/// The line `ready` comes last, for programs that wait for it.
fn tell(demo: &demo::Demo) -> io::Result<()> {
    let mut output = io::stdout();
    write!(output, "{}\nready\n", demo.welcome())?;
    output.flush()
}

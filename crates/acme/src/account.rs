//! The account with an authority, kept in a file: its key, its URL, whose it is.

use std::fs;
use std::io;
use std::path::Path;

use instant_acme::{Account, AccountCredentials, NewAccount};
use net::tls::{Readable, write_atomically};

use crate::{AcmeError, Authority, Network};

/// The account of the file, if it is with this authority; else a new one.
pub(crate) async fn open(authority: &Authority, network: &Network) -> Result<Account, AcmeError> {
    let file = &authority.account_file;
    match read(file, &authority.directory_url).map_err(at(file))? {
        Some(credentials) => {
            let builder = Account::builder_with_http(Box::new(network.clone()));
            Ok(builder.from_credentials(credentials).await?)
        }
        None => create(authority, network).await,
    }
}

/// A new account, in the file before anything is ordered with it.
pub(crate) async fn create(authority: &Authority, network: &Network) -> Result<Account, AcmeError> {
    let contact = authority.contact.as_ref().map(|address| format!("mailto:{address}"));
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contact,
        // Its own setting; nothing begins without it.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let builder = Account::builder_with_http(Box::new(network.clone()));
    let (account, credentials) =
        builder.create(&new, authority.directory_url.clone(), None).await?;
    write(&authority.account_file, &credentials).map_err(at(&authority.account_file))?;
    Ok(account)
}

/// None: there is no file, or its account is with another authority.
fn read(file: &Path, directory_url: &str) -> io::Result<Option<AccountCredentials>> {
    let text = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let kept: serde_json::Value = serde_json::from_slice(&text)?;
    match kept.get("directory").and_then(|url| url.as_str()) == Some(directory_url) {
        true => Ok(Some(serde_json::from_value(kept)?)),
        false => Ok(None),
    }
}

fn write(file: &Path, credentials: &AccountCredentials) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    write_atomically(file, &serde_json::to_vec_pretty(credentials)?, Readable::ByOwner)
}

fn at(path: &Path) -> impl Fn(io::Error) -> AcmeError {
    let path = path.to_owned();
    move |source| AcmeError::Account { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_account_with_another_authority_is_none_and_a_damaged_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("account.json");
        assert!(read(&file, "https://a.test/dir").unwrap().is_none());
        fs::write(&file, r#"{"id":"1","directory":"https://b.test/dir"}"#).unwrap();
        assert!(read(&file, "https://a.test/dir").unwrap().is_none());
        for damaged in ["{", r#"{"id":"1","directory":"https://a.test/dir"}"#] {
            fs::write(&file, damaged).unwrap();
            assert!(read(&file, "https://a.test/dir").is_err(), "{damaged}");
        }
    }
}

//! DKIM keys in the data directory: `dkim/DOMAIN.SELECTOR.ALGORITHM`, private keys in DER.
//!
//! Keys are made by setup or a verb, not at start: signing with a key that is not in DNS
//! makes mail look forged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::Settings;
use transport::dkim::{Algorithm, SelectorKey, Signers};
use types::Domain;

use crate::private;
use crate::server::StartError;
use crate::whole_file::{self, FileError};

/// Where they are, in the data directory.
pub(crate) const FOLDER: &str = "dkim";

/// What signs, with all keys there are. Errors: a file that is no key.
pub(crate) fn load(settings: &Settings) -> Result<Arc<Signers>, StartError> {
    let mut signers = Signers::default();
    for path in files(&settings.data_directory)? {
        let (domain, key) = read(&path)?;
        let added = signers.add(&domain, &key);
        added.map_err(|error| StartError::DkimKey { path, what: error.to_string() })?;
    }
    Ok(Arc::new(signers))
}

/// The keys of one domain, by selector. Errors: a file that is no key.
pub(crate) fn of_domain(data: &Path, domain: &Domain) -> Result<Vec<SelectorKey>, StartError> {
    let keys = files(data)?.into_iter().map(|path| read(&path));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    let own = keys.into_iter().filter(|(of, _)| of == domain);
    let mut own: Vec<_> = own.map(|(_, key)| key).collect();
    own.sort_by(|a, b| a.selector.cmp(&b.selector));
    Ok(own)
}

/// Keeps a key, for its owner's eyes only. A server signs with it from its next start on.
pub(crate) fn save(data: &Path, domain: &Domain, key: &SelectorKey) -> Result<(), FileError> {
    let folder = data.join(FOLDER);
    private::create_folder(&folder).map_err(|source| FileError { path: folder.clone(), source })?;
    let algorithm = algorithm_name(key.algorithm);
    let name = format!("{}.{}.{algorithm}", domain.to_ascii(), key.selector);
    whole_file::write(&folder.join(name), &key.private_der)
}

fn files(data: &Path) -> Result<Vec<PathBuf>, StartError> {
    let path = data.join(FOLDER);
    let fault = |source| StartError::Folder { path: path.clone(), source };
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fault)?,
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(fault)).collect()
}

fn read(path: &Path) -> Result<(Domain, SelectorKey), StartError> {
    let fault = |what: String| StartError::DkimKey { path: path.to_path_buf(), what };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (domain, selector, algorithm) =
        parse_name(name).ok_or_else(|| fault("is not named DOMAIN.SELECTOR.ALGORITHM".into()))?;
    let private_der = fs::read(path).map_err(|error| fault(error.to_string()))?;
    Ok((domain, SelectorKey { selector, algorithm, private_der }))
}

fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa => "rsa",
        Algorithm::Ed25519 => "ed25519",
    }
}

fn parse_name(name: &str) -> Option<(Domain, String, Algorithm)> {
    let (rest, algorithm) = name.rsplit_once('.')?;
    let (domain, selector) = rest.rsplit_once('.')?;
    let algorithm = match algorithm {
        "rsa" => Algorithm::Rsa,
        "ed25519" => Algorithm::Ed25519,
        _ => return None,
    };
    Some((Domain::parse(domain).ok()?, selector.to_owned(), algorithm))
}

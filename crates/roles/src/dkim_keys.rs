//! DKIM keys in the data directory: `dkim/DOMAIN.SELECTOR.ALGORITHM`, private keys in DER.
//!
//! Keys are made by setup or a verb, not at start: signing with a key that is not in DNS
//! makes mail look forged.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use config::Settings;
use transport::dkim::{Algorithm, SelectorKey, Signers};
use types::Domain;

use crate::server::StartError;

/// All keys there are. Errors: a file that is no key.
pub(crate) fn load(settings: &Settings) -> Result<Arc<Signers>, StartError> {
    let path = settings.data_directory.join("dkim");
    let mut signers = Signers::default();
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::new(signers)),
        entries => entries.map_err(|source| StartError::Folder { path: path.clone(), source })?,
    };
    for entry in entries {
        let entry = entry.map_err(|source| StartError::Folder { path: path.clone(), source })?;
        add(&mut signers, &entry.path())?;
    }
    Ok(Arc::new(signers))
}

fn add(signers: &mut Signers, path: &Path) -> Result<(), StartError> {
    let fault = |what: String| StartError::DkimKey { path: path.to_path_buf(), what };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (domain, selector, algorithm) =
        parse_name(name).ok_or_else(|| fault("is not named DOMAIN.SELECTOR.ALGORITHM".into()))?;
    let private_der = fs::read(path).map_err(|error| fault(error.to_string()))?;
    let key = SelectorKey { selector, algorithm, private_der };
    signers.add(&domain, &key).map_err(|error| fault(error.to_string()))
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

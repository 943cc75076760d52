//! EmailAddresses: all addresses of a recipient, one of them the primary one.

use directory::{ProxyAddress, Recipient};

use crate::verb::{Edit, Expected, Scalar, Shape, VerbError};

/// An entry of EmailAddresses.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailAddress {
    primary: bool,
    proxy: ProxyAddress,
}

impl Scalar for EmailAddress {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let wrong = || Expected("SMTP:address, smtp:address or X500:name".to_owned());
        let (kind, value) = text.split_once(':').unwrap_or(("smtp", text));
        let proxy = match kind.to_ascii_lowercase().as_str() {
            "smtp" => ProxyAddress::Smtp(value.parse().map_err(|_| wrong())?),
            "x500" => ProxyAddress::X500(value.to_owned()),
            _ => return Err(wrong()),
        };
        Ok(EmailAddress { primary: kind == "SMTP", proxy })
    }
}

/// Replaces or edits the addresses; one of them must be the primary one.
pub(in crate::verbs) fn edit_addresses(
    recipient: &mut Recipient,
    edit: Edit<EmailAddress>,
) -> Result<(), VerbError> {
    let entry = |primary| move |proxy| EmailAddress { primary, proxy };
    let others = recipient.proxies.iter().cloned().map(entry(false));
    let mut entries: Vec<_> =
        others.chain([ProxyAddress::Smtp(recipient.primary.clone())].map(entry(true))).collect();
    let replaced = matches!(edit, Edit::Replace(_));
    match edit {
        Edit::Keep => return Ok(()),
        Edit::AddRemove { add, remove } => {
            let gone = |entry: &EmailAddress| remove.iter().any(|each| each.proxy == entry.proxy);
            entries.retain(|entry| !gone(entry));
            for new in add {
                entries.retain(|entry| entry.proxy != new.proxy);
                entries.iter_mut().for_each(|entry| entry.primary &= !new.primary);
                entries.push(new);
            }
        }
        Edit::Replace(new) => entries = new,
    }
    let several = entries.iter().filter(|entry| entry.primary).count() > 1;
    let primary = entries.iter().position(|entry| entry.primary).or(replaced.then_some(0));
    let primary = primary.filter(|at| !several && *at < entries.len()).map(|at| entries.remove(at));
    let Some(EmailAddress { proxy: ProxyAddress::Smtp(primary), .. }) = primary else {
        return Err(VerbError::Invalid("one SMTP address must be the primary one".to_owned()));
    };
    recipient.primary = primary;
    recipient.proxies = entries.into_iter().map(|entry| entry.proxy).collect();
    Ok(())
}

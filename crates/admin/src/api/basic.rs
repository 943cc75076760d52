//! Basic authentication (RFC 7617), for streams inside TLS.

use std::net::IpAddr;

use auth::{Attempt, Authenticator, ClientInfo, Mechanism, Principal, Protocol};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use directory::Directory;
use zeroize::Zeroizing;

use super::failure::Failure;
use crate::verb::Caller;

/// Who sent a request with this `Authorization` field.
pub(super) async fn caller(
    authenticator: &dyn Authenticator,
    directory: &Directory,
    ip: IpAddr,
    authorization: Option<&str>,
) -> Result<Caller, Failure> {
    let (user, password) = authorization.and_then(credentials).ok_or_else(Failure::unauthorized)?;
    let attempt = Attempt::password(Mechanism::Plain, "", &user, &password)
        .map_err(|failure| Failure::from(auth::AuthFailure::Exchange(failure)))?;
    let client = ClientInfo { ip, protocol: Protocol::Admin };
    let Principal { recipient, primary, .. } = authenticator.verify(attempt, client).await?;
    Ok(Caller::account(&directory.snapshot(), recipient, primary.to_string()))
}

/// `Basic` and the octets of `user:password` in base64.
fn credentials(authorization: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, token) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let octets = Zeroizing::new(BASE64_STANDARD.decode(token.trim()).ok()?);
    let (user, password) = std::str::from_utf8(&octets).ok()?.split_once(':')?;
    Some((user.to_owned(), Zeroizing::new(password.to_owned())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn credentials_as_rfc_7617_has_them() {
        let (user, password) = credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("Aladdin", "open sesame"));
        assert_eq!(credentials("basic YTpiOmM=").unwrap().1.as_str(), "b:c");
        for wrong in ["Basic", "Bearer YTpi", "Basic YTpi!", "Basic YWI=", "Basic /w=="] {
            assert!(credentials(wrong).is_none(), "{wrong}");
        }
    }
}

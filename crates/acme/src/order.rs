//! One order (RFC 8555 section 7.4): from names to the chain that carries them.

use std::path::PathBuf;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationHandle, AuthorizationStatus, Error, Identifier, NewOrder, Order,
    OrderStatus, Problem, RetryPolicy,
};
use net::tls::Issued;
use types::limits::ACME_ORDER_SECS_MAX;
use types::{Address, Domain};

use crate::proof::Shown;
use crate::{AcmeError, Network, Proof, account};

/// What the authority says of an account it does not know (RFC 8555 section 6.7).
const NO_SUCH_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";
/// How often an authority is asked whether it is done: soon at first, then less.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(250))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

/// A certificate authority, and whose account it has.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its directory (RFC 8555 section 7.1.1).
    pub directory_url: String,
    /// Where it writes to.
    pub contact: Option<Address>,
    /// The file with the account; made when it is missing.
    pub account_file: PathBuf,
}

/// A new certificate for all these names, with a new key. The first is its common one.
pub async fn obtain(
    authority: &Authority,
    network: &Network,
    names: &[Domain],
    proof: &Proof,
) -> Result<Issued, AcmeError> {
    let mut shown = Vec::new();
    let issued = in_time(run(authority, network, names, proof, &mut shown)).await;
    for each in shown {
        each.hide().await;
    }
    issued
}

async fn in_time<T>(order: impl Future<Output = Result<T, AcmeError>>) -> Result<T, AcmeError> {
    let limit = Duration::from_secs(ACME_ORDER_SECS_MAX);
    let issued = tokio::time::timeout(limit, order).await;
    issued.unwrap_or(Err(AcmeError::Timeout(ACME_ORDER_SECS_MAX)))
}

async fn run(
    authority: &Authority,
    network: &Network,
    names: &[Domain],
    proof: &Proof,
    shown: &mut Vec<Shown>,
) -> Result<Issued, AcmeError> {
    let mut order = order(authority, network, names).await?;
    prove(&mut order, proof, shown).await?;
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => {}
        other => return Err(refusal(&mut order, other.err()).await),
    }
    let key_pem = order.finalize().await?;
    let chain_pem = order.poll_certificate(&PATIENCE).await?;
    Ok(Issued { chain_pem, key_pem })
}

/// An order of the account, or of a new one where the authority has forgotten it.
async fn order(
    authority: &Authority,
    network: &Network,
    names: &[Domain],
) -> Result<Order, AcmeError> {
    let names: Vec<_> = names.iter().map(|name| Identifier::Dns(name.to_ascii())).collect();
    let new = async |account: Account| account.new_order(&NewOrder::new(&names)).await;
    match new(account::open(authority, network).await?).await {
        Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_SUCH_ACCOUNT) => {
            Ok(new(account::create(authority, network).await?).await?)
        }
        order => Ok(order?),
    }
}

/// Shows what each name asks for, and lets the authority look.
async fn prove(order: &mut Order, proof: &Proof, shown: &mut Vec<Shown>) -> Result<(), AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let authorization = authorization?;
        // An authority remembers for a while what was proven.
        if authorization.status != AuthorizationStatus::Valid {
            prove_one(authorization, proof, shown).await?;
        }
    }
    Ok(())
}

async fn prove_one(
    mut authorization: AuthorizationHandle<'_>,
    proof: &Proof,
    shown: &mut Vec<Shown>,
) -> Result<(), AcmeError> {
    let name = name_of(&mut authorization);
    let not_offered = || AcmeError::NotOffered { challenge: proof.name(), name: name.clone() };
    let mut challenge = authorization.challenge(proof.challenge()).ok_or_else(not_offered)?;
    shown.push(proof.show(&name, &challenge).await?);
    Ok(challenge.set_ready().await?)
}

/// What the authority says of the first name it does not believe; else the order's own error.
async fn refusal(order: &mut Order, error: Option<Error>) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let name = name_of(&mut authorization);
        let Ok(state) = authorization.refresh().await else { continue };
        if let Some(problem) = state.challenges.iter().find_map(|each| each.error.as_ref()) {
            return AcmeError::NotProven { name, reason: reason(problem) };
        }
    }
    error.unwrap_or(Error::Str("a reason for the refusal")).into()
}

fn reason(problem: &Problem) -> String {
    let said = problem.detail.as_ref().or(problem.r#type.as_ref());
    said.cloned().unwrap_or_else(|| "no reason given".to_owned())
}

/// Orders are for DNS names only.
fn name_of(authorization: &mut AuthorizationHandle<'_>) -> String {
    match authorization.identifier().identifier {
        Identifier::Dns(name) => name.clone(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_order_takes_at_most_acme_order_secs_max() {
        let begun = tokio::time::Instant::now();
        let late = in_time(std::future::pending::<Result<(), AcmeError>>()).await.unwrap_err();
        assert!(matches!(late, AcmeError::Timeout(_)), "{late}");
        assert_eq!(begun.elapsed().as_secs(), ACME_ORDER_SECS_MAX);
    }

    #[test]
    fn a_refusal_says_what_the_authority_says() {
        let problem = |text: &str| serde_json::from_str::<Problem>(text).unwrap();
        let both = problem(r#"{"type":"urn:x","detail":"No A record"}"#);
        assert_eq!(reason(&both), "No A record");
        assert_eq!(reason(&problem(r#"{"type":"urn:x"}"#)), "urn:x");
        assert_eq!(reason(&problem("{}")), "no reason given");
    }
}

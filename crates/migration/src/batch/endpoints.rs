//! The endpoints of a server: made, listed, changed, removed.

use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt};
use types::limits::MIGRATION_ENDPOINTS_MAX;

use super::batches::batches;
use super::endpoint::MigrationEndpoint;
use crate::error::MigrationError;
use crate::keys;
use crate::record::Json;
use crate::requests::{Requests, TOPIC};

impl Requests {
    /// All endpoints, by name.
    pub async fn endpoints(&self) -> Result<Vec<MigrationEndpoint>, MigrationError> {
        self.database().read(|snapshot| endpoints(snapshot)).await
    }

    /// Makes an endpoint. Errors: EndpointInUse; Limit.
    pub async fn create_endpoint(&self, new: MigrationEndpoint) -> Result<(), MigrationError> {
        self.database()
            .write(move |txn| {
                if endpoint(&*txn, &new.name)?.is_some() {
                    return Err(MigrationError::Exists("endpoint"));
                }
                if endpoints(&*txn)?.len() >= MIGRATION_ENDPOINTS_MAX {
                    return Err(MigrationError::Limit("migration endpoints"));
                }
                Ok(txn.put_record(&keys::endpoint(&new.name), &Json(new.clone()))?)
            })
            .await
    }

    /// Changes the endpoint of that name. Errors: NotFound; InUse, when connections would go
    /// elsewhere and a batch has it.
    pub async fn change_endpoint(&self, changed: MigrationEndpoint) -> Result<(), MigrationError> {
        self.database()
            .write(move |txn| {
                let before = endpoint(&*txn, &changed.name)?.ok_or(MigrationError::NotFound)?;
                if !changed.is_as(&before) {
                    check_unused(&*txn, &changed.name)?;
                }
                txn.put_record(&keys::endpoint(&changed.name), &Json(changed.clone()))?;
                txn.wake(TOPIC);
                Ok(())
            })
            .await
    }

    /// Forgets an endpoint. Errors: NotFound; InUse, when a batch has it.
    pub async fn remove_endpoint(&self, name: &str) -> Result<(), MigrationError> {
        let name = name.to_owned();
        self.database()
            .write(move |txn| {
                endpoint(&*txn, &name)?.ok_or(MigrationError::NotFound)?;
                check_unused(&*txn, &name)?;
                Ok(txn.delete(&keys::endpoint(&name))?)
            })
            .await
    }
}

/// The endpoint of that name, in capitals or not.
pub(super) fn endpoint(
    read: &dyn Read,
    name: &str,
) -> Result<Option<MigrationEndpoint>, MigrationError> {
    let found: Option<Json<MigrationEndpoint>> = read.record(&keys::endpoint(name))?;
    Ok(found.map(|Json(endpoint)| endpoint))
}

fn endpoints(read: &dyn Read) -> Result<Vec<MigrationEndpoint>, MigrationError> {
    let range = keys::endpoints();
    let mut all = Vec::new();
    let visit = &mut |_: &[u8], Json(endpoint): Json<MigrationEndpoint>| {
        all.push(endpoint);
        ControlFlow::Continue(())
    };
    read.records(&range.start, &range.end, Direction::Forward, visit)?;
    Ok(all)
}

fn check_unused(read: &dyn Read, name: &str) -> Result<(), MigrationError> {
    let users = batches(read)?;
    match users.into_iter().find(|batch| keys::folded(&batch.endpoint) == keys::folded(name)) {
        Some(batch) => Err(MigrationError::InUse(batch.name)),
        None => Ok(()),
    }
}

//! Delivery queues as rows: each [`NextHopSolutionKey`] in use has a number, which is what
//! index keys and operators name it by. Numbers are never given out twice.

use store::{Corrupt, Read, ReadExt, Record, StoreError, Txn};
use types::wire::{Reader, Truncated};

use crate::queue::keys::{self, HopNumber};
use crate::queue::message::row;
use crate::record::{Field, stored_enum, stored_newtype, stored_struct};
use crate::route::{DeliveryType, NextHopSolutionKey};

/// The row of a delivery queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopRecord {
    /// Where it leads.
    pub key: NextHopSolutionKey,
    /// An operator has stopped it; messages enter and none leaves.
    pub suspended: bool,
}

stored_enum!(DeliveryType: DnsConnectorDelivery = 0, SmartHostConnectorDelivery = 1,
    SmtpDeliveryToMailbox = 2);

stored_struct!(NextHopSolutionKey { delivery_type, next_hop_domain, next_hop_connector });
stored_struct!(HopRecord { key, suspended });

/// A hop number as a row of its own.
#[derive(Clone, Copy)]
struct NumberRow(u32);

stored_newtype!(NumberRow);
row!(HopRecord, version 1);
row!(NumberRow, version 1);

/// The number of the queue with that key; the queue is made when it does not exist.
pub(crate) fn number_of(
    txn: &mut Txn<'_>,
    key: &NextHopSolutionKey,
) -> Result<HopNumber, StoreError> {
    let by_key = row_by_key(key);
    if let Some(NumberRow(number)) = txn.record(&by_key)? {
        return Ok(HopNumber(number));
    }
    let NumberRow(last) = txn.record(&keys::hop_counter())?.unwrap_or(NumberRow(0));
    let number = NumberRow(last + 1);
    txn.put_record(&keys::hop_counter(), &number)?;
    txn.put_record(&by_key, &number)?;
    let hop = HopNumber(number.0);
    txn.put_record(&keys::hop(hop), &HopRecord { key: key.clone(), suspended: false })?;
    Ok(hop)
}

/// Removes a queue that is empty and not suspended; true when it is gone.
pub(crate) fn retire(txn: &mut Txn<'_>, hop: HopNumber) -> Result<bool, StoreError> {
    let Some(record) = txn.record::<HopRecord>(&keys::hop(hop))? else { return Ok(true) };
    if record.suspended || !is_empty(txn, hop)? {
        return Ok(false);
    }
    txn.delete(&row_by_key(&record.key))?;
    txn.delete(&keys::hop(hop))?;
    Ok(true)
}

/// Changes the suspension; false when there is no such queue.
pub(crate) fn set_suspended(
    txn: &mut Txn<'_>,
    hop: HopNumber,
    suspended: bool,
) -> Result<bool, StoreError> {
    let Some(record) = txn.record::<HopRecord>(&keys::hop(hop))? else { return Ok(false) };
    txn.put_record(&keys::hop(hop), &HopRecord { suspended, ..record })?;
    Ok(true)
}

fn row_by_key(key: &NextHopSolutionKey) -> Vec<u8> {
    let mut encoded = Vec::new();
    key.put(&mut encoded);
    keys::hop_by_key(&encoded)
}

fn is_empty(read: &impl Read, hop: HopNumber) -> Result<bool, StoreError> {
    Ok(super::rows::first_key(read, &keys::due_of(hop))?.is_none())
}

//! What is written to properties, made ready before the write: long values staged, limits
//! checked, MIME composed.

use content::compose::{self, Item, Options};
use content::property::{PropertyKey, PropertyType, Value, tags};
use content::{Bag, Summary};
use store::Staged;
use types::limits::{
    PROPERTY_INLINE_OCTETS_MAX, PROPERTY_STREAMS_MAX, PROPERTY_STREAMS_OCTETS_MAX,
};

use crate::change::{NewItem, is_settable};
use crate::fault::Fault;
use crate::flags::{Flags, Keywords};
use crate::id::Guid;
use crate::key::List;
use crate::mailbox::Mailbox;

/// Properties to be set and deleted. A key should be named once.
#[derive(Clone, Default)]
pub struct PropertyChange {
    /// Values of at most `PROPERTY_INLINE_OCTETS_MAX` octets each.
    pub sets: Bag,
    /// Longer values.
    pub streams: Vec<StagedProperty>,
    /// What the item shall not have.
    pub deletes: Vec<PropertyKey>,
}

/// A long value whose octets are staged.
#[derive(Clone)]
pub struct StagedProperty {
    /// Which property.
    pub key: PropertyKey,
    /// Type of the value.
    pub property_type: PropertyType,
    /// Its octets, see [`Value::into_stream`].
    pub staged: Staged,
    /// How many on MAPI's wire.
    pub wire_octets: u64,
}

/// A new item that is made of properties.
#[derive(Clone)]
pub struct NewProperties {
    /// Those that the message below does not give.
    pub(crate) overlay: PropertyChange,
    pub(crate) flags: Flags,
    /// The message; associated items have none.
    pub(crate) message: Option<(Staged, NewItem)>,
}

impl PropertyChange {
    /// Nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.streams.is_empty() && self.deletes.is_empty()
    }

    /// Keys of all that is set.
    pub fn set_keys(&self) -> impl Iterator<Item = &PropertyKey> {
        let small = self.sets.iter().map(|(key, _)| key);
        small.chain(self.streams.iter().map(|stream| &stream.key))
    }

    /// What a write relies on. Errors: Limit.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if !self.sets.is_within_limits() || self.deletes.len() > types::limits::BAG_PROPERTIES_MAX {
            return Err(Fault::Limit("properties of an item"));
        }
        if self.sets.iter().any(|(_, value)| is_long(value)) {
            return Err(Fault::Limit("octets of a property that is not a stream"));
        }
        let octets: u64 = self.streams.iter().map(|stream| stream.staged.len()).sum();
        if self.streams.len() > PROPERTY_STREAMS_MAX || octets > PROPERTY_STREAMS_OCTETS_MAX {
            return Err(Fault::Limit("long properties of an item"));
        }
        Ok(())
    }
}

fn is_long(value: &Value) -> bool {
    value.wire_octets() > PROPERTY_INLINE_OCTETS_MAX as u64
}

impl Mailbox {
    /// Stages the long ones of these values.
    pub async fn stage_properties(
        &self,
        sets: Bag,
        deletes: Vec<PropertyKey>,
    ) -> Result<PropertyChange, Fault> {
        let mut change = PropertyChange { deletes, ..PropertyChange::default() };
        for (key, value) in &sets {
            if !is_long(value) {
                change.sets.set(key.clone(), value.clone());
                continue;
            }
            let (property_type, wire_octets) = (value.property_type(), value.wire_octets());
            let staged = self.stage(value.clone().into_stream()).await?;
            change.streams.push(StagedProperty {
                key: key.clone(),
                property_type,
                staged,
                wire_octets,
            });
        }
        Ok(change)
    }

    /// Makes a new item ready for [`crate::Change::create_item`]. In the list of ordinary items
    /// every item has its size in its entry, so the message is composed now and frozen; what it
    /// does not say is kept as properties. An associated item is nothing but properties.
    pub async fn prepare_item(
        &self,
        list: List,
        mut item: Item,
        class: &str,
        flags: Flags,
    ) -> Result<NewProperties, Fault> {
        item.properties.set(tags::MESSAGE_CLASS, class);
        content::settle_subject(&mut item.properties, &Bag::default());
        let (base, message) = match list {
            List::Associated => (Bag::default(), None),
            List::Items => {
                let (summary, message) = self.freeze(&item, flags).await?;
                (summary.base_properties(), Some(message))
            }
        };
        let rest = item.properties.iter().filter(|(key, value)| {
            base.get((*key).clone()) != Some(value) && is_settable(key, message.is_some())
        });
        let rest = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
        let overlay = self.stage_properties(rest, Vec::new()).await?;
        overlay.check()?;
        Ok(NewProperties { overlay, flags, message })
    }

    async fn freeze(
        &self,
        item: &Item,
        flags: Flags,
    ) -> Result<(Summary, (Staged, NewItem)), Fault> {
        let Guid(random) = Guid::random().map_err(|_| Fault::Invalid("no randomness"))?;
        let seed = u64::from_be_bytes(std::array::from_fn(|at| random[at]));
        let bytes = compose::compose(item, Options { seed, with_bcc: true });
        let summary = content::derive(&bytes);
        let new = NewItem {
            summary: summary.encode().into(),
            prefix: Vec::new(),
            flags,
            keywords: Keywords::NONE,
            received: None,
            zone_minutes: 0,
        };
        Ok((summary, (self.stage(bytes).await?, new)))
    }
}

//! Configuration objects: connectors and service settings that verbs change. The directory
//! keeps their documents and does not read them (crate `config` does).

use std::sync::Arc;

use types::limits::{CONFIGURATION_OBJECT_OCTETS_MAX, CONFIGURATION_OBJECTS_MAX};

use crate::directory::Directory;
use crate::error::DirectoryError;
use crate::recipient::ChangeNumber;
use crate::snapshot::{Edit, Snapshot};

/// A configuration object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationObject {
    /// What it is: `ReceiveConnector`.
    pub kind: String,
    /// Its name, which no other of its kind has, compared without case. Empty where there is
    /// one of a kind.
    pub name: String,
    /// What it says.
    pub document: String,
    /// The change that wrote it.
    pub changed: ChangeNumber,
}

impl ConfigurationObject {
    /// A new one.
    pub fn new(kind: &str, name: &str, document: String) -> Self {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        ConfigurationObject { kind, name, document, changed: ChangeNumber(0) }
    }

    pub(crate) fn identity(&self) -> ObjectIdentity {
        ObjectIdentity::new(&self.kind, &self.name)
    }
}

/// Kind and folded name, by which snapshot and store know an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectIdentity {
    pub kind: String,
    pub name: String,
}

impl ObjectIdentity {
    fn new(kind: &str, name: &str) -> Self {
        ObjectIdentity { kind: kind.to_owned(), name: name.to_lowercase() }
    }
}

impl Snapshot {
    /// All configuration objects, by kind and name.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = &Arc<ConfigurationObject>> {
        self.objects.values()
    }

    /// The object of that kind and name.
    pub fn object(&self, kind: &str, name: &str) -> Option<&Arc<ConfigurationObject>> {
        self.objects.get(&ObjectIdentity::new(kind, name))
    }
}

/// A change of one configuration object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectChange {
    /// Written, new or in place of the one there is.
    Put(ConfigurationObject),
    /// Removed.
    Remove {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
}

impl Directory {
    /// Writes a configuration object, new or changed, unless `check` finds fault with all
    /// objects as they would be.
    pub async fn put_object(
        &self,
        object: ConfigurationObject,
        check: impl FnOnce(&Snapshot) -> Result<(), String> + Send + 'static,
    ) -> Result<(), DirectoryError> {
        self.change_objects(vec![ObjectChange::Put(object)], check).await
    }

    /// Removes a configuration object, unless `check` finds fault with what remains.
    pub async fn remove_object(
        &self,
        kind: &str,
        name: &str,
        check: impl FnOnce(&Snapshot) -> Result<(), String> + Send + 'static,
    ) -> Result<(), DirectoryError> {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.change_objects(vec![ObjectChange::Remove { kind, name }], check).await
    }

    /// Makes all of these changes or none: `check` sees the objects as they would be.
    pub async fn change_objects(
        &self,
        changes: Vec<ObjectChange>,
        check: impl FnOnce(&Snapshot) -> Result<(), String> + Send + 'static,
    ) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            let mut after = draft.base().clone();
            let changed = draft.settings().change;
            for change in changes {
                let edit = edit(&after, change, changed)?;
                after.apply(edit.clone());
                draft.edit(edit);
            }
            check(&after).map_err(DirectoryError::Configuration)
        })
        .await
    }
}

fn edit(
    now: &Snapshot,
    change: ObjectChange,
    changed: ChangeNumber,
) -> Result<Edit, DirectoryError> {
    match change {
        ObjectChange::Put(object) => {
            check_size(&object)?;
            check_room(now, &object)?;
            Ok(Edit::PutObject(Arc::new(ConfigurationObject { changed, ..object })))
        }
        ObjectChange::Remove { kind, name } => {
            let identity = ObjectIdentity::new(&kind, &name);
            match now.objects.contains_key(&identity) {
                true => Ok(Edit::RemoveObject(identity)),
                false => Err(DirectoryError::NoObject(kind, name)),
            }
        }
    }
}

fn check_room(now: &Snapshot, object: &ConfigurationObject) -> Result<(), DirectoryError> {
    let is_new = now.object(&object.kind, &object.name).is_none();
    match is_new && now.objects().len() >= CONFIGURATION_OBJECTS_MAX {
        true => Err(DirectoryError::TooMany {
            what: "configuration objects",
            max: CONFIGURATION_OBJECTS_MAX,
        }),
        false => Ok(()),
    }
}

fn check_size(object: &ConfigurationObject) -> Result<(), DirectoryError> {
    let octets = object.name.len() + object.document.len();
    match octets > CONFIGURATION_OBJECT_OCTETS_MAX {
        true => Err(DirectoryError::TooMany {
            what: "octets of a configuration object",
            max: CONFIGURATION_OBJECT_OCTETS_MAX,
        }),
        false => Ok(()),
    }
}

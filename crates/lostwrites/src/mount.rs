//! A mounted model, and its end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fuser::{BackgroundSession, MountOption};
use rustix::mount::UnmountFlags;
use tempfile::TempDir;

use crate::adapter::Adapter;
use crate::backing;
use crate::model::{Loss, Model, Tree};

/// The files while there is power; `None` afterwards.
pub(crate) type Powered = Arc<Mutex<Option<Model>>>;

/// What the disk makes of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// What was synced is durable.
    Honest,
    /// It says so and does nothing: nothing is ever durable.
    Lying,
}

/// Files of a directory under a mount point. Dropped without [`Mount::cut`] or
/// [`Mount::unmount`] it is unmounted, and the directory is as it was before.
#[derive(Debug)]
pub struct Mount {
    backing: PathBuf,
    model: Powered,
    session: Option<BackgroundSession>,
    point: TempDir,
}

impl Mount {
    /// Mounts the files of `backing`. While it is mounted the directory is not touched.
    ///
    /// # Errors
    /// When this machine does not let us mount (no `/dev/fuse`, no permission), or the directory
    /// cannot be read.
    pub fn over(backing: impl Into<PathBuf>, disk: Disk) -> io::Result<Mount> {
        let backing = backing.into();
        let point = tempfile::Builder::new().prefix("lostwrites-").tempdir()?;
        let model = Arc::new(Mutex::new(Some(Model::new(backing::read(&backing)?))));
        let adapter = Adapter::new(model.clone(), &backing, disk)?;
        let mut config = fuser::Config::default();
        config.mount_options =
            vec![MountOption::FSName("lostwrites".into()), MountOption::DefaultPermissions];
        let session = fuser::spawn_mount(adapter, point.path(), &config)?;
        Ok(Mount { backing, model, session: Some(session), point })
    }

    /// The mount point.
    pub fn path(&self) -> &Path {
        self.point.path()
    }

    /// Takes the power away. From now on every access fails; the directory holds what the disk
    /// holds. End the processes that use the mount before, or they keep it alive.
    pub fn cut(mut self, loss: Loss) -> io::Result<()> {
        let tree = self.power_off().map(|model| model.after(loss));
        self.end()?;
        self.leave(tree)
    }

    /// Ends in order: the directory holds everything that was written.
    pub fn unmount(mut self) -> io::Result<()> {
        self.end()?;
        let tree = self.power_off().map(|model| model.live());
        self.leave(tree)
    }

    fn power_off(&self) -> Option<Model> {
        lock(&self.model).take()
    }

    fn leave(&self, tree: Option<Tree>) -> io::Result<()> {
        tree.map_or(Ok(()), |tree| backing::replace(&self.backing, &tree))
    }

    /// Unmounts. When somebody still uses the mount it only goes out of sight, and ends with them.
    fn end(&mut self) -> io::Result<()> {
        let Some(session) = self.session.take() else { return Ok(()) };
        match session.umount_and_join() {
            Ok(()) => Ok(()),
            Err(_) => Ok(rustix::mount::unmount(self.point.path(), UnmountFlags::DETACH)?),
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{} is still mounted: {error}", self.point.path().display());
        }
    }
}

pub(crate) fn lock(model: &Powered) -> MutexGuard<'_, Option<Model>> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

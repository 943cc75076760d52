//! The mount as programs see it, and what is left behind it.

#![allow(clippy::unwrap_used)]

mod mounts;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use lostwrites::{Disk, Loss, Mount};
use tempfile::TempDir;

/// A mount over an empty directory; `None` where nothing can be mounted.
fn mounted() -> Option<(TempDir, Mount)> {
    mounts::are_possible().then(|| {
        let backing = tempfile::tempdir().unwrap();
        let mount = mounts::over(backing.path());
        (backing, mount)
    })
}

fn sync(path: &Path) {
    File::open(path).unwrap().sync_all().unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn programs_see_what_they_wrote() {
    let Some((_backing, mount)) = mounted() else { return };
    let (one, two) = (mount.path().join("one"), mount.path().join("directory/two"));
    fs::create_dir(two.parent().unwrap()).unwrap();
    fs::write(&one, vec![7; 300_000]).unwrap();
    let file = File::options().read(true).write(true).open(&one).unwrap();
    file.write_all_at(b"middle", 100_000).unwrap();
    file.set_len(200_000).unwrap();
    fs::rename(&one, &two).unwrap();
    let data = fs::read(&two).unwrap();
    assert_eq!((data.len(), &data[100_000..100_006]), (200_000, &b"middle"[..]));
    assert_eq!(names(mount.path()), ["directory"]);
    fs::remove_dir_all(mount.path().join("directory")).unwrap();
    assert!(names(mount.path()).is_empty());
}

#[test]
fn directories_of_many_files_are_listed_and_emptied() {
    let Some((_backing, mount)) = mounted() else { return };
    let directory = mount.path().join("directory");
    fs::create_dir(&directory).unwrap();
    for number in 0..1_000 {
        fs::write(directory.join(format!("a name that is not short {number:04}")), b"").unwrap();
    }
    assert_eq!(names(&directory).len(), 1_000);
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_cut_leaves_what_was_synced() {
    let Some((backing, mount)) = mounted() else { return };
    let root = mount.path().to_owned();
    for name in ["synced", "unsynced", "renamed", "removed"] {
        fs::write(root.join(name), name).unwrap();
    }
    for name in ["synced", "renamed", "removed", ""] {
        sync(&root.join(name));
    }
    fs::write(root.join("nameless"), b"synced, but not its name").unwrap();
    sync(&root.join("nameless"));
    fs::rename(root.join("renamed"), root.join("other")).unwrap();
    fs::remove_file(root.join("removed")).unwrap();
    File::options().append(true).open(root.join("synced")).unwrap().write_all(b" no").unwrap();
    mount.cut(Loss::AllUnsynced).unwrap();
    assert_eq!(names(backing.path()), ["removed", "renamed", "synced", "unsynced"]);
    assert_eq!(fs::read(backing.path().join("synced")).unwrap(), b"synced");
    assert_eq!(fs::read(backing.path().join("unsynced")).unwrap(), b"", "only its name");
    assert!(!root.exists(), "the mount point is gone");
}

#[test]
fn writes_of_a_file_opened_for_synchronous_writing_are_durable() {
    use std::os::unix::fs::OpenOptionsExt;
    let Some((backing, mount)) = mounted() else { return };
    let flags = (rustix::fs::OFlags::SYNC.bits()).cast_signed();
    let mut options = File::options();
    let options = options.write(true).create(true).custom_flags(flags);
    options.open(mount.path().join("file")).unwrap().write_all(b"durable").unwrap();
    sync(mount.path());
    mount.cut(Loss::AllUnsynced).unwrap();
    assert_eq!(fs::read(backing.path().join("file")).unwrap(), b"durable");
}

#[test]
fn what_a_cut_left_can_be_mounted_again() {
    let Some((backing, mount)) = mounted() else { return };
    fs::create_dir(mount.path().join("directory")).unwrap();
    fs::write(mount.path().join("directory/file"), b"first").unwrap();
    for path in ["", "directory", "directory/file"] {
        sync(&mount.path().join(path));
    }
    mount.cut(Loss::SomeUnsynced { seed: 1 }).unwrap();
    let mount = mounts::over(backing.path());
    assert_eq!(fs::read(mount.path().join("directory/file")).unwrap(), b"first");
}

#[test]
fn an_orderly_end_keeps_all_and_a_dropped_mount_nothing() {
    let Some((backing, mount)) = mounted() else { return };
    fs::write(mount.path().join("kept"), b"kept").unwrap();
    mount.unmount().unwrap();
    let mount = mounts::over(backing.path());
    let point = mount.path().to_owned();
    fs::write(point.join("dropped"), b"dropped").unwrap();
    drop(mount);
    assert_eq!(names(backing.path()), ["kept"]);
    assert_eq!(fs::read(backing.path().join("kept")).unwrap(), b"kept");
    assert!(!point.exists());
}

#[test]
fn an_open_file_does_not_keep_the_mount() {
    let Some((backing, mount)) = mounted() else { return };
    let point = mount.path().to_owned();
    let mut file = File::create(point.join("open")).unwrap();
    mount.cut(Loss::AllUnsynced).unwrap();
    assert!(file.write_all(b"too late").is_err());
    assert!(!point.exists());
    assert!(names(backing.path()).is_empty());
}

#[test]
fn a_lying_disk_keeps_nothing() {
    if !mounts::are_possible() {
        return;
    }
    let backing = tempfile::tempdir().unwrap();
    let mount = Mount::over(backing.path(), Disk::Lying).unwrap();
    fs::write(mount.path().join("file"), b"data").unwrap();
    sync(&mount.path().join("file"));
    sync(mount.path());
    mount.cut(Loss::AllUnsynced).unwrap();
    assert!(names(backing.path()).is_empty());
}

//! Backups of real databases that are in use, and what is restored of them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use backup::{
    BackupError, Extra, Progress, Report, Repository, Silent, Source, Step, Taken, restore, take,
    verify,
};
use store::{Database, Options, StoreError, verify_directory};
use tempfile::TempDir;
use types::Timestamp;
use types::limits::{BACKUP_CHUNK_OCTETS, BACKUP_ROWS_CHUNK_OCTETS};

const LONG: usize = 100_000;

struct World {
    folder: TempDir,
    database: Database,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let database = Database::open(Options::sqlite(data.join("mailboxes"))).unwrap();
        drop(Database::open(Options::sqlite(data.join("directory"))).unwrap());
        fs::create_dir_all(data.join("dkim")).unwrap();
        fs::create_dir_all(data.join("logs")).unwrap();
        fs::write(data.join("dkim/key"), "a key").unwrap();
        fs::write(data.join("logs/log"), "a line").unwrap();
        fs::write(folder.path().join("rialto.toml"), "settings").unwrap();
        World { folder, database }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self) -> Source {
        let data = self.path("data");
        Source {
            databases: ["mailboxes", "directory"].map(|name| data.join(name)).to_vec(),
            data,
            without: vec!["logs".into()],
            extras: vec![Extra(self.path("rialto.toml"))],
        }
    }

    fn take(&self, progress: &mut dyn Progress) -> Result<Taken, BackupError> {
        let mut repository = Repository::create(&self.path("repository"))?;
        take(&mut repository, &self.source(), Timestamp::from_secs(1_795_458_600), progress)
    }

    fn repository(&self) -> Repository {
        Repository::open(&self.path("repository")).unwrap()
    }

    fn restore(&self, id: &str, to: &str) -> Result<PathBuf, BackupError> {
        let repository = self.repository();
        let to = self.path(to);
        restore(&repository, &repository.manifest(id)?, &to, &mut Silent)?;
        Ok(to)
    }

    fn verify(&self) -> Report {
        verify(&self.repository(), &mut Silent).unwrap()
    }

    fn objects(&self) -> Vec<PathBuf> {
        let within = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        within(self.path("repository/objects")).flat_map(within).collect()
    }
}

fn put(database: &Database, octet: u8) {
    let staged = database.stage_blocking(vec![octet; LONG]).unwrap();
    database.write_blocking(move |txn| txn.adopt(&staged).map(drop)).unwrap();
}

/// The blobs of a database that nothing has open, as verification counts them.
fn blobs(data: &Path) -> u64 {
    let report = verify_directory(&data.join("mailboxes")).unwrap();
    assert!(report.is_good(), "{report:?}");
    assert!(verify_directory(&data.join("directory")).unwrap().is_good());
    report.segment_blobs
}

/// Changes a database as often as it hears of a backup.
struct Busy<'d> {
    database: &'d Database,
    steps: BTreeMap<u8, u32>,
}

impl Progress for Busy<'_> {
    fn tell(&mut self, step: Step, done: u64, all: u64) {
        assert!(done <= all, "{step:?}: {done} of {all}");
        put(self.database, 9);
        *self.steps.entry(step as u8).or_default() += 1;
    }
}

#[test]
fn a_backup_has_the_state_of_its_beginning_while_mail_arrives() {
    let world = World::new();
    (0..20).for_each(|octet| put(&world.database, octet));
    let mut busy = Busy { database: &world.database, steps: BTreeMap::new() };
    let taken = world.take(&mut busy).unwrap();
    assert_eq!(busy.steps.keys().count(), 2, "rows and files: {:?}", busy.steps);
    assert_eq!(taken.id, "20261123T183000Z");
    let to = world.restore(&taken.id, "restored").unwrap();
    assert_eq!(blobs(&to), 20);
    assert_eq!(fs::read(to.join("dkim/key")).unwrap(), b"a key");
    let settings = to.join("elsewhere").join(world.path("rialto.toml").strip_prefix("/").unwrap());
    assert_eq!(fs::read(settings).unwrap(), b"settings");
    assert!(!to.join("logs").exists() && !to.join("unfinished-restore").exists());
    let restored = Database::open(Options::sqlite(to.join("mailboxes"))).unwrap();
    put(&restored, 1);
    drop(restored);
    assert_eq!(blobs(&to), 21);
}

#[test]
fn a_second_backup_stores_only_what_is_new() {
    let world = World::new();
    let file = |octet: u8| {
        [vec![octet; BACKUP_CHUNK_OCTETS], vec![octet + 1; BACKUP_CHUNK_OCTETS], vec![octet; 100]]
    };
    fs::write(world.path("data/large"), file(1).concat()).unwrap();
    let first = world.take(&mut Silent).unwrap();
    let before = world.objects().len();
    let second = world.take(&mut Silent).unwrap();
    assert_eq!((second.octets, second.new_octets), (first.octets, 0));
    assert_eq!((second.id.as_str(), world.objects().len()), ("20261123T183000Z-002", before));
    let grown = [file(1).concat(), vec![7; 100]].concat();
    fs::write(world.path("data/large"), &grown).unwrap();
    let third = world.take(&mut Silent).unwrap();
    assert_eq!(third.new_octets, 200, "the last chunk");
    let to = world.restore(&third.id, "third").unwrap();
    assert!(fs::read(to.join("large")).unwrap() == grown);
    let to = world.restore(&first.id, "first").unwrap();
    assert!(fs::read(to.join("large")).unwrap() == file(1).concat());
    assert!(world.verify().findings.is_empty());
}

#[test]
fn of_the_rows_only_what_has_changed_is_stored_again() {
    const SHORT: usize = 8 * 1024;
    let world = World::new();
    let put = |count: u8| {
        let staged = (0..count).map(|octet| world.database.stage_blocking(vec![octet; SHORT]));
        let staged: Vec<_> = staged.collect::<Result<_, _>>().unwrap();
        let adopt = move |txn: &mut store::Txn<'_>| {
            staged.iter().try_for_each(|staged| txn.adopt(staged).map(drop))
        };
        world.database.write_blocking(adopt).unwrap();
    };
    (0..4).for_each(|_| put(250));
    let first = world.take(&mut Silent).unwrap();
    assert!(first.octets > 40 * BACKUP_ROWS_CHUNK_OCTETS as u64, "{first:?}");
    put(1);
    let second = world.take(&mut Silent).unwrap();
    assert!(second.new_octets < 10 * BACKUP_ROWS_CHUNK_OCTETS as u64, "{second:?}");
    let to = world.restore(&second.id, "restored").unwrap();
    assert!(verify_directory(&to.join("mailboxes")).unwrap().is_good());
}

#[test]
fn damage_is_found_and_not_restored() {
    let world = World::new();
    put(&world.database, 1);
    let taken = world.take(&mut Silent).unwrap();
    let good = world.verify();
    assert_eq!((good.backups, good.findings.len()), (1, 0));
    assert_eq!(good.chunks, world.objects().len() as u64);
    for object in world.objects() {
        let octets = fs::read(&object).unwrap();
        let mut damaged = octets.clone();
        damaged[octets.len() / 2] ^= 1;
        for wrong in [Some(damaged), Some(octets[..octets.len() - 1].to_vec()), None] {
            match wrong {
                Some(wrong) => fs::write(&object, wrong).unwrap(),
                None => fs::remove_file(&object).unwrap(),
            }
            assert_eq!(world.verify().findings.len(), 1);
            let refused = world.restore(&taken.id, "restored");
            assert!(matches!(refused, Err(BackupError::Chunk { .. })), "{refused:?}");
            assert_eq!(fs::read_dir(world.path("restored")).unwrap().count(), 0);
        }
        fs::write(&object, octets).unwrap();
    }
    world.restore(&taken.id, "restored").unwrap();
}

#[test]
fn a_damaged_manifest_is_found_and_not_restored() {
    let world = World::new();
    let taken = world.take(&mut Silent).unwrap();
    let path = world.path("repository/manifests").join(format!("{}.json", taken.id));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("dkim/key", "dkim/kez")).unwrap();
    assert!(matches!(world.verify().findings[..], [BackupError::Manifest { .. }]));
    let refused = world.restore(&taken.id, "restored");
    assert!(matches!(refused, Err(BackupError::Manifest { .. })), "{refused:?}");
}

#[test]
fn only_an_empty_folder_is_restored_into() {
    let world = World::new();
    let taken = world.take(&mut Silent).unwrap();
    let refused = world.restore(&taken.id, "data");
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))), "{refused:?}");
    assert_eq!(fs::read(world.path("data/dkim/key")).unwrap(), b"a key");
    fs::create_dir(world.path("empty")).unwrap();
    world.restore(&taken.id, "empty").unwrap();
}

#[test]
fn a_repository_is_not_in_what_it_keeps() {
    let world = World::new();
    let mut inside = Repository::create(&world.path("data/repository")).unwrap();
    let refused = take(&mut inside, &world.source(), Timestamp::EPOCH, &mut Silent);
    assert!(matches!(refused, Err(BackupError::Inside(_))), "{refused:?}");
    assert!(inside.list().unwrap().is_empty());
}

#[test]
fn what_cannot_be_read_is_no_backup() {
    let world = World::new();
    fs::remove_file(world.path("data/directory/store.sqlite")).unwrap();
    let failed = world.take(&mut Silent);
    assert!(
        matches!(&failed, Err(BackupError::Store { source: StoreError::Engine(_), .. })),
        "{failed:?}"
    );
    assert!(world.repository().list().unwrap().is_empty());
    assert!(!world.path("repository/unfinished").exists());
}

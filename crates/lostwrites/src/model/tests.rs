//! The model against one that keeps whole copies.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::survival::{SECTOR_OCTETS, survivors};
use super::*;

fn place(directory: Inode, name: &str) -> Place {
    Place { directory, name: name.into() }
}

fn model_with(names: &[(&str, &[u8])]) -> Model {
    let file = |data: &[u8]| Entry::File { mode: 0o600, data: data.to_vec() };
    Model::new(names.iter().map(|(name, data)| ((*name).into(), file(data))).collect())
}

/// Names of the files in a tree, with their data, by path.
fn files(tree: &Tree) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for (name, entry) in tree {
        let name = name.to_str().unwrap();
        match entry {
            Entry::File { data, .. } => drop(found.insert(name.to_owned(), data.clone())),
            Entry::Directory { entries, .. } => {
                found.extend(files(entries).into_iter().map(|(k, v)| (format!("{name}/{k}"), v)));
            }
        }
    }
    found
}

fn names(tree: &Tree) -> Vec<String> {
    files(tree).into_keys().collect()
}

fn synced(model: &Model) -> Tree {
    model.after(Loss::AllUnsynced)
}

#[test]
fn data_needs_a_sync_of_the_file_and_a_name_one_of_the_directory() {
    let mut model = model_with(&[]);
    let file = model.make_file(place(ROOT, "f"), 0o600).unwrap().inode;
    model.write(file, 0, b"data").unwrap();
    model.sync_file(file).unwrap();
    assert!(synced(&model).is_empty(), "no name yet");
    model.sync_directory(ROOT).unwrap();
    model.write(file, 4, b" more").unwrap();
    assert_eq!(files(&synced(&model))["f"], b"data");
    assert_eq!(files(&model.live())["f"], b"data more");
}

#[test]
fn removed_and_renamed_names_come_back_without_a_sync() {
    let mut model = model_with(&[("a", b"a"), ("b", b"b"), ("c", b"c")]);
    model.remove_file(place(ROOT, "a")).unwrap();
    model.rename(place(ROOT, "b"), place(ROOT, "c")).unwrap();
    assert_eq!(files(&model.live()), BTreeMap::from([("c".into(), b"b".to_vec())]));
    assert_eq!(names(&synced(&model)), ["a", "b", "c"]);
    model.sync_directory(ROOT).unwrap();
    assert_eq!(files(&synced(&model)), BTreeMap::from([("c".into(), b"b".to_vec())]));
}

#[test]
fn a_directory_without_a_durable_name_is_lost_with_all_in_it() {
    let mut model = model_with(&[]);
    let directory = model.make_directory(place(ROOT, "d"), 0o700).unwrap().inode;
    model.make_file(place(directory, "f"), 0o600).unwrap();
    model.sync_directory(directory).unwrap();
    assert!(synced(&model).is_empty());
    model.sync_directory(ROOT).unwrap();
    assert_eq!(names(&synced(&model)), ["d/f"]);
}

#[test]
fn a_rename_between_directories_is_all_or_nothing() {
    for side in 0..2 {
        let mut model = model_with(&[("before", b"")]);
        let directory = model.make_directory(place(ROOT, "d"), 0o700).unwrap().inode;
        model.sync_directory(ROOT).unwrap();
        model.make_file(place(ROOT, "new"), 0o600).unwrap();
        model.rename(place(ROOT, "before"), place(directory, "after")).unwrap();
        model.make_file(place(directory, "later"), 0o600).unwrap();
        assert_eq!(names(&synced(&model)), ["before"]);
        model.sync_directory([ROOT, directory][side]).unwrap();
        let expected = [&["d/after", "new"][..], &["d/after", "d/later", "new"]][side];
        assert_eq!(names(&synced(&model)), expected);
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let mut model = model_with(&[("f", b"")]);
    let (f, d) = (place(ROOT, "f"), place(ROOT, "d"));
    let directory = model.make_directory(d.clone(), 0o700).unwrap().inode;
    let inner = place(directory, "inner");
    model.make_directory(inner.clone(), 0o700).unwrap();
    let file = model.lookup(&f).unwrap().inode;
    assert_eq!(model.make_file(f.clone(), 0), Err(Refused::Exists));
    assert_eq!(model.make_file(place(file, "x"), 0), Err(Refused::NotDirectory));
    assert_eq!(model.lookup(&place(ROOT, "x")), Err(Refused::NotFound));
    assert_eq!(model.remove_file(d.clone()), Err(Refused::IsDirectory));
    assert_eq!(model.remove_directory(f.clone()), Err(Refused::NotDirectory));
    assert_eq!(model.remove_directory(d.clone()), Err(Refused::NotEmpty));
    assert_eq!(model.rename(f, d.clone()), Err(Refused::IsDirectory));
    assert_eq!(model.rename(inner, place(ROOT, "i")), Err(Refused::AcrossDirectories));
    assert_eq!(model.write(directory, 0, b"x"), Err(Refused::IsDirectory));
    assert_eq!(model.write(file, FILE_OCTETS_MAX, b"x"), Err(Refused::TooLong));
    assert_eq!(model.status(Inode(0)), Err(Refused::NotFound));
}

#[test]
fn a_seed_decides_what_survives() {
    let mut model = model_with(&[("f", &[b'o'; 3 * BLOCK_OCTETS])]);
    let file = model.lookup(&place(ROOT, "f")).unwrap().inode;
    model.write(file, 0, &[b'n'; 3 * BLOCK_OCTETS]).unwrap();
    let after = |seed| files(&model.after(Loss::SomeUnsynced { seed })).remove("f").unwrap();
    let states: BTreeSet<Vec<u8>> = (0..100).map(after).collect();
    assert_eq!(after(7), after(7));
    assert!(states.len() > 20, "only {} states", states.len());
    let is_mixed = |block: &[u8]| block.contains(&b'o') && block.contains(&b'n');
    assert!(states.iter().any(|state| state.chunks(BLOCK_OCTETS).any(is_mixed)), "none torn");
    assert!(states.iter().all(|state| state.len() == 3 * BLOCK_OCTETS));
}

#[test]
fn octets_given_up_do_not_come_back() {
    let mut file = File::durable(vec![b'o'; 2 * BLOCK_OCTETS]);
    file.resize(0).unwrap();
    file.write(0, &[b'n'; BLOCK_OCTETS]).unwrap();
    let after = |seed| file.survivors(&mut Chance::new(seed));
    let lengths: BTreeSet<usize> = (0..200).map(|seed| after(seed).len()).collect();
    assert_eq!(lengths, BTreeSet::from([0, BLOCK_OCTETS, 2 * BLOCK_OCTETS]));
    for state in (0..200).map(after) {
        let is_before = state.len() == 2 * BLOCK_OCTETS;
        let allowed = |octet: &u8| if is_before { *octet == b'o' } else { b"\0n".contains(octet) };
        assert!(state.iter().all(allowed));
    }
}

/// Something done to a file, or a sync of it.
#[derive(Clone, Debug)]
enum Act {
    Write(u16, u16, u8),
    Resize(u16),
    Sync,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..30_000u16, 1..9_000u16, any::<u8>()).prop_map(|(o, n, f)| Act::Write(o, n, f)),
        1 => (0..30_000u16).prop_map(Act::Resize),
        1 => Just(Act::Sync),
    ]
}

fn perform(file: &mut File, act: &Act) {
    match act {
        Act::Write(offset, octets, fill) => {
            file.write((*offset).into(), &vec![*fill; (*octets).into()]).unwrap();
        }
        Act::Resize(octets) => file.resize((*octets).into()).unwrap(),
        Act::Sync => file.sync(),
    }
}

/// The naive file: a copy after everything that was done.
fn perform_naively(image: &mut Vec<u8>, act: &Act) {
    match act {
        Act::Write(offset, octets, fill) => {
            let end = usize::from(*offset) + usize::from(*octets);
            image.resize(image.len().max(end), 0);
            image[(*offset).into()..end].fill(*fill);
        }
        Act::Resize(octets) => image.resize((*octets).into(), 0),
        Act::Sync => {}
    }
}

/// Octets of an image in a range, zeros beyond its end.
fn part(image: &[u8], start: usize, octets: usize) -> Vec<u8> {
    let known = image.get(start..).unwrap_or_default();
    let mut part = known[..known.len().min(octets)].to_vec();
    part.resize(octets, 0);
    part
}

/// Whether each piece of `kept` is as in one of `states`; the pieces that are not.
fn strangers(kept: &[u8], states: &[Vec<u8>], piece: usize) -> usize {
    let is_known = |(number, octets): &(usize, &[u8])| {
        states.iter().any(|state| part(state, number * piece, octets.len()) == *octets)
    };
    kept.chunks(piece).enumerate().filter(|piece| !is_known(piece)).count()
}

proptest! {
    #[test]
    fn a_file_is_as_synced_or_in_states_it_went_through(
        acts in vec(act(), 1..20),
        seed: u64,
    ) {
        let mut file = File::default();
        let mut states = vec![Vec::new()];
        for act in &acts {
            perform(&mut file, act);
            let mut next = states.last().unwrap().clone();
            perform_naively(&mut next, act);
            if matches!(act, Act::Sync) {
                states.clear();
            }
            states.push(next);
            prop_assert_eq!(file.live(), &states.last().unwrap()[..]);
            prop_assert_eq!(file.synced(), &states[0][..]);
        }
        let kept = file.survivors(&mut Chance::new(seed));
        prop_assert!(states.iter().any(|state| state.len() == kept.len()));
        prop_assert_eq!(strangers(&kept, &states, SECTOR_OCTETS), 0);
        prop_assert!(strangers(&kept, &states, BLOCK_OCTETS) <= 1, "more than one block is torn");
        file.sync();
        let mut chance = Chance::new(seed);
        prop_assert_eq!(survivors(file.synced(), &[], &mut chance), file.live());
    }
}

/// Something done to one of two directories, with names 0 to 3.
#[derive(Clone, Debug)]
enum Deed {
    Make(usize, u8),
    Remove(usize, u8),
    Rename(usize, u8, u8),
    Sync(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let (directory, name) = (0..2usize, 0..4u8);
    prop_oneof![
        (directory.clone(), name.clone()).prop_map(|(d, n)| Deed::Make(d, n)),
        (directory.clone(), name.clone()).prop_map(|(d, n)| Deed::Remove(d, n)),
        (directory.clone(), name.clone(), name).prop_map(|(d, n, m)| Deed::Rename(d, n, m)),
        directory.prop_map(Deed::Sync),
    ]
}

type Listing = BTreeMap<String, Inode>;

/// Does it to the model and, where the model does not refuse, to the naive listing.
fn do_deed(
    model: &mut Model,
    directories: [Inode; 2],
    deed: &Deed,
    states: &mut [Vec<Listing>; 2],
) {
    let at = |directory: usize, name: &u8| place(directories[directory], &name.to_string());
    let (directory, done) = match deed {
        Deed::Make(d, name) => {
            let made = model.make_file(at(*d, name), 0o600);
            (*d, made.map(|status| Some((name, status.inode))))
        }
        Deed::Remove(d, name) => (*d, model.remove_file(at(*d, name)).map(|()| None)),
        Deed::Rename(d, from, to) if from == to => (*d, Err(Refused::Exists)),
        Deed::Rename(d, from, to) => {
            let moved = model.lookup(&at(*d, from));
            let done = model.rename(at(*d, from), at(*d, to));
            (*d, done.and(moved).map(|status| Some((to, status.inode))))
        }
        Deed::Sync(d) => {
            model.sync_directory(directories[*d]).unwrap();
            let last = states[*d].last().unwrap().clone();
            states[*d] = vec![last];
            return;
        }
    };
    let Ok(put) = done else { return };
    let mut next = states[directory].last().unwrap().clone();
    if let Deed::Remove(_, gone) | Deed::Rename(_, gone, _) = deed {
        next.remove(&gone.to_string());
    }
    next.extend(put.map(|(name, inode)| (name.to_string(), inode)));
    states[directory].push(next);
}

fn listing(directories: &Directories, directory: Inode) -> Listing {
    let entries = directories.get(&directory).into_iter().flatten();
    let files = entries.map(|(name, inode)| (name.to_str().unwrap().to_owned(), *inode));
    files.filter(|(name, _)| name != "d").collect()
}

proptest! {
    #[test]
    fn a_directory_is_as_synced_or_in_states_it_went_through(
        deeds in vec(deed(), 1..40),
        seed: u64,
    ) {
        let mut model = model_with(&[]);
        let inner = model.make_directory(place(ROOT, "d"), 0o700).unwrap().inode;
        model.sync_directory(ROOT).unwrap();
        let directories = [ROOT, inner];
        let mut states = [vec![Listing::new()], vec![Listing::new()]];
        for deed in &deeds {
            do_deed(&mut model, directories, deed, &mut states);
        }
        let survivors = model.names.survivors(&mut Chance::new(seed));
        for (directory, states) in directories.into_iter().zip(&states) {
            prop_assert_eq!(&listing(model.names.live(), directory), states.last().unwrap());
            prop_assert_eq!(&listing(model.names.synced(), directory), &states[0]);
            prop_assert!(states.contains(&listing(&survivors, directory)));
        }
    }
}

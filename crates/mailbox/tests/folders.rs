//! Folders: the default set, names, moves, deletion, permissions, annotations.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::{
    Access, Change, Fault, FolderId, Grantee, Guid, Mailbox, MailboxNumber, Rights, Special,
};
use support::{Fixture, fixture};

#[tokio::test]
async fn a_new_mailbox_has_the_default_set() {
    let f = fixture().await;
    let folders = f.read(|view| view.folders()).await;
    let shown: Vec<_> = folders.iter().map(|f| (f.name.as_str(), f.class.as_str())).collect();
    for expected in [
        ("Inbox", "IPF.Note"),
        ("Sent Items", "IPF.Note"),
        ("Calendar", "IPF.Appointment"),
        ("Contacts", "IPF.Contact"),
        ("Notes", "IPF.StickyNote"),
    ] {
        assert!(shown.contains(&expected), "{expected:?}");
    }
    assert!(folders.iter().all(|f| !f.name.contains("Recoverable")));
}

#[tokio::test]
async fn rename_and_move_keep_the_id_and_the_messages() {
    let f = fixture().await;
    let a = f.write(|c| c.create_path(&["A"])).await;
    f.append(a.id, "m").await;
    let b = f.write(|c| c.create_path(&["B", "C"])).await;
    let moved = f.write(move |c| c.rename_folder(a.id, b.id, "A2")).await;
    assert_eq!((moved.id, moved.uid_validity), (a.id, a.uid_validity));
    assert_eq!(f.read(move |view| view.path(a.id)).await, ["B", "C", "A2"]);
    assert_eq!(f.uids(a.id).await, [1]);
}

#[tokio::test]
async fn names_are_unique_without_case_and_checked() {
    let f = fixture().await;
    f.write(|c| c.create_path(&["Work"])).await;
    for (name, fault) in [
        ("WORK", "exists"),
        ("inbox", "exists"),
        ("", "invalid"),
        (" a", "invalid"),
        ("a\u{7}", "invalid"),
    ] {
        let root = f.special(Special::Root).await;
        let result = f.mailbox.write(move |c| c.create_folder(root, name, None, None)).await;
        let matches = match fault {
            "exists" => matches!(result, Err(Fault::Exists)),
            _ => matches!(result, Err(Fault::Invalid(_))),
        };
        assert!(matches, "{name:?}");
    }
}

#[tokio::test]
async fn a_folder_cannot_move_below_itself() {
    let f = fixture().await;
    let child = f.write(|c| c.create_path(&["A", "B"])).await;
    let result = f.mailbox.write(move |c| c.rename_folder(child.parent, child.id, "X")).await;
    assert!(matches!(result, Err(Fault::Invalid(_))));
}

#[tokio::test]
async fn default_folders_stay() {
    let f = fixture().await;
    let sent = f.special(Special::SentItems).await;
    assert!(f.mailbox.write(move |c| c.delete_folder(sent)).await.is_err());
    let root = f.special(Special::Root).await;
    assert!(f.mailbox.write(move |c| c.rename_folder(sent, root, "Gone")).await.is_err());
}

#[tokio::test]
async fn deleting_a_folder_keeps_its_items_recoverable() {
    let f = fixture().await;
    let folder = f.write(|c| c.create_path(&["A"])).await;
    f.append_many(folder.id, "m", 3).await;
    f.write(move |c| c.delete_folder(folder.id)).await;
    let gone = f.mailbox.read(move |view| view.folder(folder.id)).await;
    assert!(matches!(gone, Err(Fault::NotFound(_))));
    let deletions = f.special(Special::Deletions).await;
    assert_eq!(f.uids(deletions).await.len(), 3);
    let again = f.write(|c| c.create_path(&["A"])).await;
    assert!(again.uid_validity > folder.uid_validity);
}

#[tokio::test]
async fn renaming_the_inbox_moves_its_messages() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let root = f.special(Special::Root).await;
    f.append_many(inbox, "m", 2).await;
    let (commits, folder) = f.commits_of(f.write(move |c| c.rename_inbox(root, "Old"))).await;
    assert_eq!(commits, 1);
    assert_eq!(f.uids(inbox).await.len(), 0);
    assert_eq!(f.uids(folder.id).await.len(), 2);
}

/// So many messages in the Inbox, on the way to a new folder.
async fn renamed_inbox(f: &Fixture, thousands: usize) -> FolderId {
    let (inbox, root) = (f.inbox().await, f.special(Special::Root).await);
    let work = f.large_folder("Work", 1000).await;
    for _ in 0..thousands {
        f.write(move |c| c.copy(work, &mailbox::UidSet::all(), inbox)).await;
    }
    f.write(move |c| c.rename_inbox(root, "Old")).await.id
}

#[tokio::test]
async fn a_crash_while_a_large_inbox_is_renamed_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let f = support::fixture_on_disk(directory.path()).await;
    let folder = renamed_inbox(&f, 20).await;
    assert!(!f.mailbox.write_slice(|c| c.continue_moves()).await.unwrap());
    let f = f.reopened(directory.path()).await;
    let inbox = f.inbox().await;
    let (here, there) = (f.uids(inbox).await.len(), f.uids(folder).await.len());
    assert!(here > 0 && there > 0 && here + there == 20_000, "{here} and {there}");
    let came_later = f.append(inbox, "later").await.uid;
    f.mailbox.finish_moves().await.unwrap();
    assert_eq!(f.uids(inbox).await, [came_later.get()]);
    f.check_folder(folder, 20_000).await;
    assert_eq!(f.read(|view| view.pending_move()).await, None);
}

#[tokio::test]
async fn deleting_the_folder_of_a_renamed_inbox_leaves_the_rest_in_the_inbox() {
    let f = fixture().await;
    let folder = renamed_inbox(&f, 1).await;
    f.write(move |c| c.delete_folder(folder)).await;
    f.mailbox.finish_moves().await.unwrap();
    f.check_folder(f.inbox().await, 1000).await;
}

#[tokio::test]
async fn a_delegate_sees_and_does_what_is_granted() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append(inbox, "m").await;
    let other = Guid([5; 16]);
    let delegate =
        Mailbox::open(f.mailbox.database().clone(), f.mailbox.number(), Access::Delegate(other));
    assert!(delegate.read(|view| view.folders()).await.unwrap().is_empty());
    let hidden = delegate.read(move |view| view.status(inbox)).await;
    assert!(matches!(hidden, Err(Fault::NotFound(_))));
    let grantee = Grantee::Recipient(other);
    f.write(move |c| c.set_acl(inbox, grantee, Some(Rights::ROLE_REVIEWER))).await;
    assert_eq!(delegate.read(move |view| view.status(inbox)).await.unwrap().exists, 1);
    let refused = delegate.write(move |c| c.expunge(inbox, &mailbox::UidSet::all(), false)).await;
    assert!(matches!(refused, Err(Fault::Denied)));
}

#[tokio::test]
async fn private_annotations_belong_to_one_principal() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let other = Guid([5; 16]);
    f.write(move |c| {
        c.set_acl(inbox, Grantee::Recipient(other), Some(Rights::ROLE_REVIEWER))?;
        c.annotate(Some(inbox), "/private/comment", Some(b"mine"))?;
        c.annotate(Some(inbox), "/shared/comment", Some(b"ours"))
    })
    .await;
    let delegate =
        Mailbox::open(f.mailbox.database().clone(), f.mailbox.number(), Access::Delegate(other));
    let names = |annotations: std::collections::BTreeMap<String, Vec<u8>>| {
        annotations.into_keys().collect::<Vec<_>>()
    };
    let mine = f.read(move |view| view.annotations(Some(inbox))).await;
    assert_eq!(names(mine), ["/private/comment", "/shared/comment"]);
    let theirs = delegate.read(move |view| view.annotations(Some(inbox))).await.unwrap();
    assert_eq!(names(theirs), ["/shared/comment"]);
}

#[tokio::test]
async fn a_deep_tree_is_not_moved_below_a_deep_folder() {
    let f = fixture().await;
    let (upper, lower) = (vec!["u"; 40], vec!["l"; 40]);
    let bottom = f.write(move |c| c.create_path(&upper)).await.id;
    f.write(move |c| c.create_path(&lower)).await;
    let top = f.read(|view| Ok(view.folder_by_path(&["l"])?.unwrap().id)).await;
    let refused = f.mailbox.write(move |c| c.rename_folder(top, bottom, "l")).await;
    assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    f.read(|view| view.folders()?.iter().try_for_each(|folder| view.path(folder.id).map(drop)))
        .await;
}

#[tokio::test]
async fn a_delegate_fills_its_own_annotations_and_nobody_elses() {
    let f = fixture().await;
    let (inbox, bob) = (f.special(Special::Inbox).await, Guid([9; 16]));
    f.write(move |c| c.set_acl(inbox, Grantee::Recipient(bob), Some(Rights::ROLE_REVIEWER))).await;
    let delegate =
        Mailbox::open(f.mailbox.database().clone(), f.mailbox.number(), Access::Delegate(bob));
    let fill = |c: &mut mailbox::Change<'_, '_>, inbox| {
        (0..20).try_for_each(|n| {
            c.annotate(Some(inbox), &format!("/private/{n}"), Some(&[b'x'; 8 * 1024]))
        })
    };
    let full = delegate.write(move |c| fill(c, inbox)).await;
    assert!(matches!(full, Err(Fault::Limit(_))), "{full:?}");
    let most = delegate.write(move |c| {
        (0..10).try_for_each(|n| {
            c.annotate(Some(inbox), &format!("/private/{n}"), Some(&[b'x'; 8 * 1024]))
        })
    });
    most.await.unwrap();
    let big = [b'x'; 8 * 1024];
    f.write(move |c| {
        c.annotate(Some(inbox), "/private/mine", Some(&big))?;
        c.annotate(Some(inbox), "/shared/ours", Some(&big))
    })
    .await;
    let shared = delegate.write(move |c| c.annotate(Some(inbox), "/shared/theirs", Some(b"x")));
    assert!(matches!(shared.await, Err(Fault::Denied)), "reads and may not write");
    let of_mailbox = delegate.write(move |c| c.annotate(None, "/private/x", Some(b"x")));
    assert!(matches!(of_mailbox.await, Err(Fault::Denied)));
}

#[tokio::test]
async fn annotations_go_with_their_folder() {
    let f = fixture().await;
    let folder = f.write(|c| c.create_path(&["Work"])).await.id;
    f.write(move |c| {
        c.annotate(Some(folder), "/private/a", Some(b"x"))?;
        c.annotate(Some(folder), "/shared/a", Some(b"x"))
    })
    .await;
    f.write(move |c| c.delete_folder(folder)).await;
    assert!(f.read(move |view| view.annotations(Some(folder))).await.is_empty());
}

#[tokio::test]
async fn the_index_of_grants_follows_the_lists() {
    let f = fixture().await;
    let (owner, bob) = (Guid([9; 16]), Guid([5; 16]));
    let granted = || mailbox::granted(f.mailbox.database(), bob, 10);
    let a = f.write(|c| c.create_path(&["A"])).await.id;
    let b = f.write(|c| c.create_path(&["B"])).await.id;
    let set = |id, grantee, rights| f.mailbox.write(move |c| c.set_acl(id, grantee, rights));
    let me = Grantee::Recipient(bob);
    set(a, me, Some(Rights::CREATE)).await.unwrap();
    assert_eq!(granted().await.unwrap(), [], "not to be seen");
    set(a, me, Some(Rights::ROLE_REVIEWER)).await.unwrap();
    set(b, me, Some(Rights::ROLE_REVIEWER)).await.unwrap();
    assert_eq!(granted().await.unwrap(), [owner]);
    set(a, me, None).await.unwrap();
    assert_eq!(granted().await.unwrap(), [owner]);
    f.write(move |c| c.delete_folder(b)).await;
    assert_eq!(granted().await.unwrap(), []);
    set(a, Grantee::Default, Some(Rights::ROLE_REVIEWER)).await.unwrap();
    assert_eq!(granted().await.unwrap(), [owner]);
    assert_eq!(mailbox::granted(f.mailbox.database(), bob, 0).await.unwrap(), []);
}

#[tokio::test]
async fn so_many_mailboxes_are_found_by_name_and_by_default_each() {
    let f = fixture().await;
    let bob = Guid([5; 16]);
    for number in 1..=3 {
        let (number, owner) = (MailboxNumber::new(100 + number), Guid([number as u8; 16]));
        Mailbox::create(f.mailbox.database(), number, owner).await.unwrap();
        let mailbox = Mailbox::open(f.mailbox.database().clone(), number, Access::System);
        let share = |c: &mut Change<'_, '_>| {
            let inbox = FolderId::new(Special::Inbox as u64);
            for grantee in [Grantee::Recipient(Guid([5; 16])), Grantee::Default] {
                c.set_acl(inbox, grantee, Some(Rights::ROLE_REVIEWER))?;
            }
            Ok(())
        };
        mailbox.write(share).await.unwrap();
    }
    for (most, found) in [(1, 2), (2, 4), (3, 6), (4, 6)] {
        let granted = mailbox::granted(f.mailbox.database(), bob, most).await.unwrap();
        assert_eq!(granted.len(), found, "{most}");
    }
}

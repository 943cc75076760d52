//! Properties: what clients write over what the content gives, and items made of properties.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use content::Bag;
use content::compose::{Item, Recipient, RecipientKind};
use content::property::{PropertyKey, PropertyName, PropertyTag, Value, names, tags};
use content::search::Needle;
use mailbox::key::List;
use mailbox::search::Criteria;
use mailbox::{
    Access, Change, ChangeNumber, Entry, EventKind, Fault, FlagChange, FlagOp, Flags, FolderId,
    ItemProperties, Keywords, Mid, PropertyChange, QuotaLimits, Special, UidSet, visit_blobs,
};
use support::{Fixture, engines, fixture};
use types::limits::{
    PROPERTY_COMPARED_OCTETS_MAX, PROPERTY_INLINE_OCTETS_MAX, PROPERTY_STREAMS_MAX,
    PROPERTY_STREAMS_OCTETS_MAX,
};

fn categories() -> PropertyKey {
    PropertyName::string(names::PS_PUBLIC_STRINGS, "Keywords").into()
}

fn custom(name: &str) -> PropertyKey {
    PropertyName::string(names::PS_PUBLIC_STRINGS, name).into()
}

fn texts(list: &[(PropertyTag, &str)]) -> Bag {
    list.iter().copied().collect()
}

async fn set(f: &Fixture, folder: FolderId, entry: &Entry, sets: Bag) -> Entry {
    change(f, folder, entry, sets, Vec::new()).await
}

async fn change(
    f: &Fixture,
    folder: FolderId,
    entry: &Entry,
    sets: Bag,
    deletes: Vec<PropertyKey>,
) -> Entry {
    let wanted = f.mailbox.stage_properties(sets, deletes).await.unwrap();
    let uid = entry.uid;
    f.write(move |c| c.set_properties(folder, List::Items, uid, &wanted)).await
}

async fn properties(f: &Fixture, entry: &Entry) -> ItemProperties {
    let entry = entry.clone();
    f.read(move |view| view.properties(&entry, List::Items)).await
}

async fn try_set(f: &Fixture, folder: FolderId, entry: &Entry, sets: Bag) -> Result<Entry, Fault> {
    let (wanted, uid) = (PropertyChange { sets, ..Default::default() }, entry.uid);
    f.mailbox.write(move |c| c.set_properties(folder, List::Items, uid, &wanted)).await
}

async fn blobs(f: &Fixture) -> usize {
    let count = f.mailbox.database().read(|snapshot| {
        let mut count = 0;
        visit_blobs(snapshot, &[], &mut |_| count += 1).map_err(Fault::from)?;
        Ok::<_, Fault>(count)
    });
    count.await.unwrap()
}

#[tokio::test]
async fn what_clients_write_wins_over_what_the_message_says() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let entry = f.append(inbox, "hello").await;
        let before = properties(&f, &entry).await.bag;
        assert_eq!(before.text(tags::SUBJECT), Some("hello"));
        let mut sets = texts(&[(tags::SUBJECT, "RE: other")]);
        sets.set(custom("Colour"), "green");
        let deletes = vec![tags::INTERNET_MESSAGE_ID.into(), tags::SENSITIVITY.into()];
        let changed = change(&f, inbox, &entry, sets, deletes).await;
        assert!(changed.cn_other > entry.cn_created && changed.overlaid);
        assert_eq!(
            (changed.uid, changed.mid, changed.content),
            (entry.uid, entry.mid, entry.content)
        );
        let after = properties(&f, &changed).await.bag;
        assert_eq!(after.text(tags::SUBJECT), Some("RE: other"));
        assert_eq!(after.text(tags::NORMALIZED_SUBJECT), Some("other"));
        assert_eq!(after.text(custom("Colour")), Some("green"));
        assert_eq!(after.text(tags::MESSAGE_CLASS), Some("IPM.Note"));
        assert_eq!(after.get(tags::INTERNET_MESSAGE_ID), None);
        let back = vec![custom("Colour"), tags::SUBJECT.into(), tags::NORMALIZED_SUBJECT.into()];
        let again = change(&f, inbox, &changed, Bag::default(), back).await;
        assert_eq!(properties(&f, &again).await.bag.get(tags::SUBJECT), None);
    }
}

#[tokio::test]
async fn what_is_so_already_takes_no_change_number() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let entry = set(&f, inbox, &entry, texts(&[(tags::SUBJECT, "x")])).await;
    let again = set(&f, inbox, &entry, texts(&[(tags::SUBJECT, "x")])).await;
    assert_eq!(again, entry);
    let events = f.read(move |view| view.events_after(entry.modseq(), 9)).await;
    assert_eq!(events.events, []);
}

#[tokio::test]
async fn a_written_subject_is_searched_and_counts_as_a_change() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let old = f.append(inbox, "plain").await;
        f.append(inbox, "other").await;
        loop {
            use mailbox::fulltext::{Progress, index_pass};
            let pass = index_pass(f.mailbox.database(), f.mailbox.number()).await.unwrap();
            if pass == Progress::UpToDate {
                break;
            }
        }
        let subject = |text| Criteria::Header("Subject".into(), Needle::new(text));
        set(&f, inbox, &old, texts(&[(tags::SUBJECT, "Quarterly")])).await;
        for (criteria, expected) in [
            (subject("quarterly"), vec![1]),
            (subject("plain"), vec![]),
            (subject("other"), vec![2]),
            (Criteria::Text(Needle::new("quarterly")), vec![1]),
            (Criteria::Body(Needle::new("plain")), vec![1]),
            (Criteria::Not(Box::new(subject("quarterly"))), vec![2]),
        ] {
            assert_eq!(f.search(inbox, criteria.clone()).await, expected, "{criteria:?}");
        }
    }
}

#[tokio::test]
async fn categories_flags_and_verbs_reach_the_entry() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let mut sets = Bag::default();
    sets.set(categories(), vec!["Work".to_owned(), "Red category".to_owned()]);
    sets.set(tags::FLAG_STATUS, 2);
    sets.set(tags::LAST_VERB_EXECUTED, 103);
    let entry = set(&f, inbox, &entry, sets).await;
    assert_eq!(entry.keywords.bits().count(), 1);
    assert_eq!(entry.flags, Flags::FLAGGED | Flags::ANSWERED);
    let bag = properties(&f, &entry).await.bag;
    let both = Value::MultipleString(vec!["Work".into(), "Red category".into()]);
    assert_eq!(bag.get(categories()), Some(&both));
    assert_eq!(bag.integer(tags::LAST_VERB_EXECUTED), Some(103));
    let unflag = FlagChange { op: FlagOp::Remove, flags: Flags::FLAGGED, keywords: Keywords::NONE };
    let stored = f.write(move |c| c.store_flags(inbox, &UidSet::all(), &unflag, None)).await;
    let bag = properties(&f, &stored.changed[0]).await.bag;
    assert_eq!(bag.get(tags::FLAG_STATUS), None);
    let entry = change(&f, inbox, &entry, Bag::default(), vec![categories()]).await;
    assert_eq!(entry.keywords, Keywords::NONE);
    assert_eq!(properties(&f, &entry).await.bag.get(categories()), None);
}

#[tokio::test]
async fn what_the_entry_or_the_octets_say_is_not_written_over() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let mut read = Bag::default();
    read.set(tags::READ, true);
    for sets in [read, texts(&[(tags::BODY, "x")]), texts(&[(tags::DISPLAY_TO, "x")])] {
        let fault = try_set(&f, inbox, &entry, sets).await;
        assert!(matches!(fault, Err(Fault::Invalid(_))), "{fault:?}");
    }
    let long = texts(&[(tags::SUBJECT, &"x".repeat(2000))]);
    assert!(matches!(try_set(&f, inbox, &entry, long).await, Err(Fault::Limit(_))));
    let mut many = Bag::default();
    (0..40).for_each(|at| {
        many.set(custom(&at.to_string()), "x".repeat(1000));
    });
    assert!(try_set(&f, inbox, &entry, many.clone()).await.is_ok());
    let more: Bag = (40..80).map(|at| (custom(&at.to_string()), "x".repeat(1000))).collect();
    assert!(matches!(try_set(&f, inbox, &entry, more).await, Err(Fault::Limit(_))));
}

#[tokio::test]
async fn long_values_are_streams_that_copies_share() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let archive = f.special(Special::Archive).await;
        let entry = f.append(inbox, "m").await;
        let long = "\u{fc}".repeat(40_000);
        let mut sets = Bag::default();
        sets.set(custom("Long"), long.as_str());
        sets.set(custom("Short"), "s");
        let entry = set(&f, inbox, &entry, sets).await;
        let item = properties(&f, &entry).await;
        let stream = item.streams[&custom("Long")];
        assert_eq!((stream.octets, stream.wire_octets), (80_000, 80_002));
        assert_eq!(item.bag.get(custom("Long")), None);
        let part = f.read(move |view| view.property_stream(&stream, 79_998..90_000)).await;
        assert_eq!(part, "\u{fc}".as_bytes());
        let loaded = f
            .read(move |view| {
                let mut item = item;
                view.load_properties(&entry, &[&custom("Long")], &mut item)?;
                Ok(item.bag)
            })
            .await;
        assert_eq!(loaded.text(custom("Long")), Some(long.as_str()));

        f.write(move |c| c.copy(inbox, &UidSet::all(), archive)).await;
        assert_eq!(blobs(&f).await, 3, "one content, and two overlays with one stream");
        f.write(move |c| c.move_items(inbox, &UidSet::all(), archive)).await;
        for uid in [1, 2] {
            let uid = mailbox::Uid::new(uid);
            let entry = f.read(move |view| view.entry(archive, uid)).await.unwrap();
            let item = properties(&f, &entry).await;
            assert_eq!((item.streams.len(), item.bag.text(custom("Short"))), (1, Some("s")));
        }
    }
}

#[tokio::test]
async fn long_values_have_limits() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let bag = |values: Vec<Value>| {
        let mut bag = Bag::default();
        for (number, value) in values.into_iter().enumerate() {
            bag.set(custom(&number.to_string()), value);
        }
        bag
    };
    let binary = |octets: usize| Value::Binary(vec![0; octets]);
    let text = |chars: usize| Value::String("x".repeat(chars));
    // UTF-16 and its end.
    let short = PROPERTY_INLINE_OCTETS_MAX / 2 - 1;
    let staged = f.mailbox.stage_properties(bag(vec![text(short), text(short + 1)]), vec![]).await;
    let staged = staged.unwrap();
    assert_eq!((staged.sets.len(), staged.streams.len()), (1, 1));
    let unstaged = try_set(&f, inbox, &entry, bag(vec![text(short + 1)])).await;
    assert!(matches!(unstaged, Err(Fault::Limit(_))));
    let all = PROPERTY_STREAMS_OCTETS_MAX as usize;
    for (values, is_good) in [
        (vec![text(short + 1); PROPERTY_STREAMS_MAX], true),
        (vec![text(short + 1); PROPERTY_STREAMS_MAX + 1], false),
        (vec![binary(all)], true),
        (vec![binary(all), binary(PROPERTY_INLINE_OCTETS_MAX + 10)], false),
    ] {
        let wanted = f.mailbox.stage_properties(bag(values), vec![]).await.unwrap();
        let (entry, wanted) = (f.append(inbox, "m").await, wanted);
        let uid = entry.uid;
        let write = f.mailbox.write(move |c| c.set_properties(inbox, List::Items, uid, &wanted));
        assert_eq!(write.await.is_ok(), is_good);
    }
}

#[tokio::test]
async fn the_beginning_of_a_long_value_is_compared() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let mut sets = Bag::default();
    let long = PROPERTY_COMPARED_OCTETS_MAX as usize;
    sets.set(custom("Long"), Value::Binary(vec![7; long + 10]));
    let entry = set(&f, inbox, &entry, sets).await;
    let loaded = f.read(move |view| {
        let mut item = view.properties(&entry, List::Items)?;
        view.load_properties(&entry, &[&custom("Long")], &mut item)?;
        Ok(item.bag)
    });
    assert_eq!(loaded.await.get(custom("Long")), Some(&Value::Binary(vec![7; long])));
}

#[tokio::test]
async fn what_is_written_counts_in_the_quota() {
    let f = fixture().await;
    let (inbox, archive) = (f.inbox().await, f.special(Special::Archive).await);
    let entry = f.append(inbox, "m").await;
    let long: Bag = [(custom("Long"), "x".repeat(5000))].into_iter().collect();
    let written = set(&f, inbox, &entry, long.clone()).await;
    assert!(written.size == entry.size && written.overlay_octets > 5000);
    let octets = |f: &Fixture| {
        let mailbox = f.mailbox.clone();
        async move { mailbox.read(|view| Ok(view.counters()?.octets)).await.unwrap() }
    };
    assert_eq!(octets(&f).await, written.octets());
    let status = f.read(move |view| view.status(inbox)).await;
    assert_eq!(status.octets, u64::from(entry.size));
    f.write(move |c| c.copy(inbox, &UidSet::all(), archive)).await;
    f.write(move |c| c.move_items(inbox, &UidSet::all(), archive)).await;
    assert_eq!(octets(&f).await, 2 * written.octets());
    let limits = QuotaLimits {
        prohibit_send_receive: Some(2 * written.octets() + 100),
        ..QuotaLimits::default()
    };
    f.write(move |c| c.set_quota(&limits)).await;
    let more = f
        .mailbox
        .stage_properties([(custom("More"), "x".repeat(5000))].into_iter().collect(), vec![]);
    let more = more.await.unwrap();
    let uid = mailbox::Uid::new(1);
    let refused =
        f.mailbox.write(move |c| c.set_properties(archive, List::Items, uid, &more)).await;
    assert!(matches!(refused, Err(Fault::OverQuota)));
    let entry = f.read(move |view| view.entry(archive, uid)).await.unwrap();
    change(&f, archive, &entry, Bag::default(), vec![custom("Long")]).await;
    f.write(move |c| c.expunge(archive, &UidSet::all(), false)).await;
    assert_eq!(octets(&f).await, 0);
}

#[tokio::test]
async fn the_overlay_goes_with_the_item() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let long: Bag = [(custom("Long"), "x".repeat(5000))].into_iter().collect();
    set(&f, inbox, &entry, long).await;
    f.write(move |c| c.expunge(inbox, &UidSet::all(), false)).await;
    f.sweep_contents().await;
    assert_eq!(blobs(&f).await, 2, "it is recoverable");
    let deletions = f.special(Special::Deletions).await;
    let number = f.mailbox.number();
    let purge = f.mailbox.database().write(move |txn| {
        let mut change = Change::begin(txn, number, Access::System)?;
        change.expunge(deletions, &UidSet::all(), false)?;
        change.finish()
    });
    purge.await.unwrap();
    f.sweep_contents().await;
    assert_eq!(blobs(&f).await, 0);
}

#[tokio::test]
async fn new_octets_keep_the_mid_and_what_they_do_not_say() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let entry = f.append(inbox, "old").await;
        let mut sets = texts(&[(tags::SUBJECT, "written over")]);
        sets.set(custom("Colour"), "green");
        let entry = set(&f, inbox, &entry, sets).await;
        let since = entry.modseq();
        let bytes = support::message("new");
        let item = support::new_item(&bytes);
        let staged = f.mailbox.stage(bytes).await.unwrap();
        let new = f.write(move |c| c.replace(inbox, entry.uid, &staged, &item)).await;
        assert_eq!((new.mid, new.item), (entry.mid, entry.item));
        assert!(new.uid > entry.uid && new.content > entry.content);
        let bag = properties(&f, &new).await.bag;
        assert_eq!(
            (bag.text(tags::SUBJECT), bag.text(custom("Colour"))),
            (Some("new"), Some("green"))
        );
        let (found, gone) = f
            .read(move |view| {
                Ok((view.find(inbox, entry.mid)?, view.vanished_since(inbox, since)?))
            })
            .await;
        assert_eq!(found.map(|(at, entry)| (at, entry.uid)), Some((inbox, new.uid)));
        assert!(gone.uids.contains(entry.uid));
    }
}

#[tokio::test]
async fn a_mid_that_lives_on_is_not_among_the_tombstones() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "old").await;
    let bytes = support::message("new");
    let item = support::new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    f.write(move |c| c.replace(inbox, entry.uid, &staged, &item)).await;
    let other = f.append(inbox, "gone").await;
    f.write(move |c| c.expunge(inbox, &UidSet::from_iter([other.uid]), false)).await;
    let gone = f.read(move |view| view.departed_since(inbox, ChangeNumber::default())).await;
    assert_eq!(gone, Some(vec![other.mid]));
}

#[tokio::test]
async fn an_item_made_of_properties_is_a_message() {
    for f in engines().await {
        let tasks = f.special(Special::Tasks).await;
        let mut properties_of = texts(&[(tags::SUBJECT, "Paint"), (tags::BODY, "the fence")]);
        properties_of.set(custom("Colour"), "green");
        properties_of.set(categories(), vec!["Home".to_owned()]);
        let recipient =
            Recipient { kind: RecipientKind::To, name: "A".into(), address: "a@b".into() };
        let item = Item {
            properties: properties_of,
            recipients: vec![recipient],
            attachments: Vec::new(),
        };
        let new = f.mailbox.prepare_item(List::Items, item, "IPM.Task", Flags::SEEN).await.unwrap();
        let entry = f.write(move |c| c.create_item(tasks, List::Items, &new)).await;
        let item = properties(&f, &entry).await;
        for (tag, expected) in
            [(tags::SUBJECT, "Paint"), (tags::MESSAGE_CLASS, "IPM.Task"), (tags::DISPLAY_TO, "A")]
        {
            assert_eq!(item.bag.text(tag), Some(expected));
        }
        assert_eq!(item.bag.text(custom("Colour")), Some("green"));
        assert_eq!(entry.keywords.bits().count(), 1);
        let (text, status) = f
            .read(move |view| {
                let content = view.content(entry.content)?;
                assert_eq!(content.octets(), u64::from(entry.size));
                Ok((String::from_utf8(view.message(&content)?).unwrap(), view.status(tasks)?))
            })
            .await;
        assert!(text.contains("Subject: Paint\r\n") && text.contains("the fence"), "{text}");
        assert_eq!((status.exists, status.unseen), (1, 0));
        let events = f.read(|view| view.events_after(ChangeNumber::default(), 99)).await;
        let last = &events.events.last().unwrap().event;
        assert_eq!((last.kind, last.folder), (EventKind::Created, tasks));
    }
}

#[tokio::test]
async fn old_ids_lead_to_where_the_item_is() {
    for f in engines().await {
        let (inbox, archive) = (f.inbox().await, f.special(Special::Archive).await);
        let entry = f.append(inbox, "m").await;
        let mut mids = vec![(inbox, entry.mid)];
        for (from, to) in [(inbox, archive), (archive, inbox), (inbox, archive)] {
            f.write(move |c| c.move_items(from, &UidSet::all(), to)).await;
            let mut now = Vec::new();
            f.read(move |view| {
                view.entries(to, &UidSet::all(), &mut |entry| {
                    now.push((to, entry.mid));
                    std::ops::ControlFlow::Continue(())
                })?;
                Ok(now)
            })
            .await
            .into_iter()
            .for_each(|at| mids.push(at));
        }
        for (folder, mid) in mids.clone() {
            let (at, found) = f.read(move |view| view.find(folder, mid)).await.unwrap();
            assert_eq!((at, found.item), (archive, entry.item), "{mid}");
        }
        let unknown = f.read(move |view| view.find(inbox, Mid::new(1 << 40))).await;
        assert_eq!(unknown, None);
        f.write(move |c| c.expunge(archive, &UidSet::all(), false)).await;
        let (folder, mid) = mids[0];
        assert_eq!(f.read(move |view| view.find(folder, mid)).await, None);
    }
}

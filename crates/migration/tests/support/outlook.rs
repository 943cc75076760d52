//! What Outlook would have put into a PST file.

use content::property::{FileTime, Guid, names};
use testkit::pst::{Attached, Folder, Item, Name, Named, Property, Value};

pub const RECEIVED: i64 = 1_700_000_000;

pub fn time(seconds: i64) -> Value {
    Value::Time(FileTime::from_unix(seconds).0)
}

pub fn named(set: Guid, name: Name, value: Value) -> Named {
    Named { set: set.0, name, value }
}

pub fn lid(set: Guid, lid: u32, value: impl Into<Value>) -> Named {
    named(set, Name::Id(lid), value.into())
}

pub fn folder(name: &str, class: &str, items: Vec<Item>) -> Folder {
    let class = Some(class.to_owned()).filter(|class| !class.is_empty());
    Folder { name: name.to_owned(), class, items, folders: Vec::new() }
}

pub fn recipient(kind: i32, name: &str, address: &str) -> Vec<Property> {
    vec![
        (0x0C15, Value::Integer(kind)),
        (0x3001, name.into()),
        (0x3002, "SMTP".into()),
        (0x3003, address.into()),
    ]
}

/// A plain message that was read.
pub fn mail(subject: &str, body: &str) -> Item {
    Item {
        properties: vec![
            (0x001A, "IPM.Note".into()),
            (0x0037, subject.into()),
            (0x0039, time(RECEIVED - 60)),
            (0x0C1A, "B\u{f6}ss, The".into()),
            (0x0C1E, "SMTP".into()),
            (0x0C1F, "boss@x.example".into()),
            (0x0E06, time(RECEIVED)),
            (0x0E07, Value::Integer(1)),
            (0x1000, body.into()),
            (0x1035, Value::Text(format!("<{subject}@x.example>"))),
        ],
        recipients: vec![
            recipient(1, "Alice", "alice@y.example"),
            recipient(2, "'bob@y.example'", "bob@y.example"),
        ],
        ..Item::default()
    }
}

pub fn with(mut item: Item, properties: Vec<Property>) -> Item {
    item.properties.retain(|(id, _)| properties.iter().all(|(other, _)| other != id));
    item.properties.extend(properties);
    item
}

pub fn file(name: &str, octets: Vec<u8>) -> (Vec<Property>, Attached) {
    let properties = vec![
        (0x3705, Value::Integer(1)),
        (0x3707, name.into()),
        (0x370E, "application/pdf".into()),
    ];
    (properties, Attached::File(octets))
}

pub fn embedded(item: Item) -> (Vec<Property>, Attached) {
    (vec![(0x3705, Value::Integer(5)), (0x3001, "attached".into())], Attached::Item(item))
}

pub fn categories(names: &[&str]) -> Named {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    named(names::PS_PUBLIC_STRINGS, Name::Text("Keywords".into()), Value::Texts(names))
}

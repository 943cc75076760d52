//! PST files for tests ([MS-PST]): folders, items, recipients, attachments, named properties; ANSI
//! and Unicode. Everything is written so that `readpst` reads it as well. Not written is what only
//! who writes to the file needs: allocation maps, tables of folders.

mod file;
mod heap;

use file::{File, Node};
use heap::{Heap, Row};

/// A value of a property.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, in the way of the file; windows-1252 in ANSI files.
    Text(String),
    /// Integer32.
    Integer(i32),
    /// Boolean.
    Boolean(bool),
    /// Time: 100 ns since 1601.
    Time(u64),
    /// Floating64.
    Double(f64),
    /// Octets.
    Binary(Vec<u8>),
    /// Several texts.
    Texts(Vec<String>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

/// A property: id and value.
pub type Property = (u16, Value);

/// A name in a set of names: a number, or a text.
#[derive(Clone, Debug)]
pub struct Named {
    /// The GUID of the set, in its octets.
    pub set: [u8; 16],
    /// The name within it.
    pub name: Name,
    /// The value.
    pub value: Value,
}

/// The second half of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A LID.
    Id(u32),
    /// A text.
    Text(String),
}

/// What is attached.
#[derive(Clone, Debug)]
pub enum Attached {
    /// A file.
    File(Vec<u8>),
    /// An item.
    Item(Item),
}

/// An item.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Its properties.
    pub properties: Vec<Property>,
    /// Its named properties.
    pub named: Vec<Named>,
    /// Its recipients, by their properties.
    pub recipients: Vec<Vec<Property>>,
    /// Its attachments, with their properties.
    pub attachments: Vec<(Vec<Property>, Attached)>,
}

/// A folder below another one.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// PidTagDisplayName.
    pub name: String,
    /// PidTagContainerClass.
    pub class: Option<String>,
    /// Folders in it.
    pub folders: Vec<Folder>,
    /// Items in it.
    pub items: Vec<Item>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Ids of 32 bits, text of 8 bits.
    Ansi,
    /// Ids of 64 bits, text in UTF-16.
    Unicode,
}

/// The file with these folders below its top. The folder called Deleted Items is the one that
/// the store says is it.
pub fn write(format: Format, folders: &[Folder]) -> Vec<u8> {
    let mut writer =
        Writer { file: File::new(format), names: Vec::new(), folders: 0x410, items: 0x1_0000 };
    let mut own = vec![
        (0x0FF9, Value::Binary(vec![7; 16])),
        (0x3001, "old mail".into()),
        (0x35DF, Value::Integer(0x89)),
        (0x35E0, entry_id(TOP)),
    ];
    writer.folder_node(ROOT, ROOT, &[(0x3001, "".into())]);
    writer.folder_node(TOP, ROOT, &[(0x3001, "Top of Outlook data file".into())]);
    for folder in folders {
        let id = writer.folder(folder, TOP);
        if folder.name == "Deleted Items" {
            own.push((0x35E3, entry_id(id)));
        }
    }
    writer.plain_node(0x21, 0, &own);
    let map = writer.name_map();
    writer.plain_node(0x61, 0, &map);
    writer.file.finish()
}

const ROOT: u32 = 0x122;
const TOP: u32 = 0x8022;

fn entry_id(node: u32) -> Value {
    Value::Binary([&[0; 4][..], &[7; 16], &node.to_le_bytes()].concat())
}

struct Writer {
    file: File,
    names: Vec<(u8, [u8; 16], Name)>,
    folders: u32,
    items: u32,
}

impl Writer {
    fn plain_node(&mut self, id: u32, parent: u32, properties: &[Property]) {
        let (data, subnodes) = self.properties(properties, Vec::new());
        self.file.node(id, parent, data, subnodes);
    }

    fn folder_node(&mut self, id: u32, parent: u32, properties: &[Property]) {
        self.plain_node(id, parent, properties);
    }

    fn folder(&mut self, folder: &Folder, parent: u32) -> u32 {
        self.folders += 1;
        let id = self.folders << 5 | 0x02;
        let mut properties = vec![
            (0x3001, Value::Text(folder.name.clone())),
            (0x3602, Value::Integer(folder.items.len() as i32)),
            (0x3603, Value::Integer(0)),
            (0x360A, Value::Boolean(!folder.folders.is_empty())),
        ];
        let class = folder.class.clone().map(|class| (0x3613, Value::Text(class)));
        properties.extend(class);
        self.folder_node(id, parent, &properties);
        for item in &folder.items {
            let (data, subnodes) = self.item(item);
            self.items += 1;
            self.file.node(self.items << 5 | 0x04, id, data, subnodes);
        }
        for below in &folder.folders {
            self.folder(below, id);
        }
        id
    }

    /// Data and subnodes of an item.
    fn item(&mut self, item: &Item) -> (u64, u64) {
        let mut subnodes = Vec::new();
        let recipients: Vec<Row> = item
            .recipients
            .iter()
            .enumerate()
            .map(|(at, cells)| Row { id: at as u32 + 1, cells: cells.clone() })
            .collect();
        subnodes.push((0x692, self.table(&recipients)));
        let mut listed = Vec::new();
        for (at, (properties, attached)) in item.attachments.iter().enumerate() {
            let id = (at as u32 + 0x400) << 5 | 0x05;
            let cells = properties.iter().filter(|(id, _)| *id == 0x3705).cloned().collect();
            listed.push(Row { id, cells });
            subnodes.push((id, self.attachment(properties, attached)));
        }
        subnodes.push((0x671, self.table(&listed)));
        let mut properties = item.properties.clone();
        for named in &item.named {
            properties.push((self.named(named), named.value.clone()));
        }
        self.properties(&properties, subnodes)
    }

    fn attachment(&mut self, properties: &[Property], attached: &Attached) -> Node {
        let mut properties = properties.to_vec();
        let (data, subnodes) = match attached {
            Attached::File(octets) => {
                properties.push((0x3701, Value::Binary(octets.clone())));
                self.properties(&properties, Vec::new())
            }
            Attached::Item(item) => {
                const EMBEDDED: u32 = 0x20_0024;
                let (data, subnodes) = self.item(item);
                let mut heap = Heap::new(&self.file);
                for (id, value) in &properties {
                    heap.property(&mut self.file, *id, value);
                }
                heap.object(0x3701, EMBEDDED);
                heap.finish_properties(&mut self.file, vec![(EMBEDDED, Node { data, subnodes })])
            }
        };
        Node { data, subnodes }
    }

    fn properties(&mut self, properties: &[Property], subnodes: Vec<(u32, Node)>) -> (u64, u64) {
        let mut heap = Heap::new(&self.file);
        for (id, value) in properties {
            heap.property(&mut self.file, *id, value);
        }
        heap.finish_properties(&mut self.file, subnodes)
    }

    fn table(&mut self, rows: &[Row]) -> Node {
        let (data, subnodes) = Heap::new(&self.file).finish_table(&mut self.file, rows);
        Node { data, subnodes }
    }

    /// The id of a named property.
    fn named(&mut self, named: &Named) -> u16 {
        let wanted = (0, named.set, named.name.clone());
        let known = self.names.iter().position(|known| *known == wanted);
        let at = known.unwrap_or_else(|| {
            self.names.push(wanted);
            self.names.len() - 1
        });
        0x8000 + at as u16
    }

    fn name_map(&self) -> Vec<Property> {
        let (mut guids, mut entries, mut strings) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (_, set, name)) in self.names.iter().enumerate() {
            let (number, text) = match name {
                Name::Id(id) => (*id, 0),
                Name::Text(text) => {
                    let at = strings.len() as u32;
                    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    strings.extend((octets.len() as u32).to_le_bytes());
                    strings.extend(&octets);
                    strings.resize(strings.len().next_multiple_of(4), 0);
                    (at, 1)
                }
            };
            let guid = (guids.len() / 16 + 3) as u16;
            guids.extend(set);
            entries.extend(number.to_le_bytes());
            entries.extend((guid << 1 | text).to_le_bytes());
            entries.extend((at as u16).to_le_bytes());
        }
        vec![
            (0x0001, Value::Integer(251)),
            (0x0002, Value::Binary(guids)),
            (0x0003, Value::Binary(entries)),
            (0x0004, Value::Binary(strings)),
        ]
    }
}

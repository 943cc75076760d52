//! Property contexts and tables ([MS-PST] section 2.3.3 and 2.3.4) as bags.

use content::Bag;
use content::charset;
use content::property::{FileTime, Guid, PropertyKey, PropertyTag, PropertyType, Value, tags};

use super::error::PstError;
use super::file::{Budget, Node, PART_COST, PstFile};
use super::heap::{Heap, PROPERTIES, TABLE};
use super::names::Names;
use super::octets::{long, number, part, short, utf16};

/// A property as it stands in the file.
struct Raw {
    id: u16,
    kind: u16,
    octets: Vec<u8>,
}

/// The properties of an object, not decoded yet.
pub(super) struct RawBag(Vec<Raw>);

/// How text of 8 bits is read, and what ids from 0x8000 on mean.
#[derive(Clone, Copy)]
pub(super) struct Reading<'n> {
    pub names: &'n Names,
    /// The code page of the store.
    pub codepage: i32,
}

/// PidTagAttachDataObject has an object: the subnode that it is.
pub(super) const OBJECT: u16 = 0x000D;

/// Reads the property context of a node.
pub(super) fn read<'f>(
    file: &'f PstFile,
    node: Node,
    budget: &mut Budget,
) -> Result<(Heap<'f>, RawBag), PstError> {
    let heap = Heap::open(file, node, PROPERTIES, budget)?;
    let mut all = Vec::new();
    for (key, data) in heap.tree(heap.root()?, 2)? {
        let (id, kind, field) = (short(key, 0)?, short(data, 0)?, part(data, 2, 4)?);
        if PropertyType::from_code(kind).is_none() {
            continue;
        }
        let octets = match inline_octets(kind) {
            Some(length) if length <= 4 => field[..length].to_vec(),
            _ => heap.value(long(field, 0)?, budget)?,
        };
        budget.pay(PART_COST)?;
        all.push(Raw { id, kind, octets });
    }
    Ok((heap, RawBag(all)))
}

/// Reads the rows of the table that a node holds, in their order in it.
pub(super) fn rows(
    file: &PstFile,
    node: Node,
    budget: &mut Budget,
) -> Result<Vec<RawBag>, PstError> {
    let heap = Heap::open(file, node, TABLE, budget)?;
    let info = heap.get(heap.root()?)?;
    let row = usize::from(short(info, 8)?);
    let existence = usize::from(short(info, 6)?);
    let columns = columns(info)?;
    let matrix = long(info, 14)?;
    if matrix == 0 || row == 0 {
        return Ok(Vec::new());
    }
    // Rows do not reach from one block into the next.
    let blocks = heap.blocks(matrix, budget)?;
    let all: Vec<&[u8]> = blocks.iter().flat_map(|block| block.chunks_exact(row)).collect();
    let mut found = Vec::new();
    for index in row_numbers(&heap, long(info, 10)?)? {
        let octets = all.get(index).ok_or(PstError::Damaged("a row is missing"))?;
        let mut cells = Vec::new();
        for column in &columns {
            cells.extend(cell(&heap, octets, existence, column, budget)?);
        }
        budget.pay((cells.len() + 1) * PART_COST)?;
        found.push(RawBag(cells));
    }
    Ok(found)
}

/// The numbers of the rows that there are, by the row index: TCROWIDs.
fn row_numbers(heap: &Heap<'_>, index: u32) -> Result<Vec<usize>, PstError> {
    let records = heap.tree(index, 4)?;
    let numbers = records.iter().map(|(_, data)| number(data, 0, data.len().min(4)));
    let mut numbers: Vec<usize> =
        numbers.map(|found| found.map(|at| at as usize)).collect::<Result<_, _>>()?;
    numbers.sort_unstable();
    Ok(numbers)
}

/// TCOLDESC.
struct Column {
    id: u16,
    kind: u16,
    at: usize,
    bit: usize,
}

fn columns(info: &[u8]) -> Result<Vec<Column>, PstError> {
    let count = number(info, 1, 1)? as usize;
    let column = |at: usize| {
        let description = part(info, 22 + 8 * at, 8)?;
        Ok(Column {
            kind: short(description, 0)?,
            id: short(description, 2)?,
            at: short(description, 4)?.into(),
            bit: number(description, 7, 1)? as usize,
        })
    };
    (0..count).map(column).collect()
}

/// What a row has in a column.
fn cell(
    heap: &Heap<'_>,
    row: &[u8],
    existence: usize,
    column: &Column,
    budget: &mut Budget,
) -> Result<Option<Raw>, PstError> {
    let bits = number(row, existence + column.bit / 8, 1)?;
    if bits & 0x80 >> (column.bit % 8) == 0 {
        return Ok(None);
    }
    let octets = match inline_octets(column.kind) {
        Some(length) => part(row, column.at, length)?.to_vec(),
        None => heap.value(long(row, column.at)?, budget)?,
    };
    Ok(Some(Raw { id: column.id, kind: column.kind, octets }))
}

/// Octets of a value whose type has always as many.
fn inline_octets(kind: u16) -> Option<usize> {
    match PropertyType::from_code(kind)? {
        PropertyType::Boolean => Some(1),
        PropertyType::Integer16 => Some(2),
        PropertyType::Integer32 | PropertyType::Floating32 | PropertyType::ErrorCode => Some(4),
        PropertyType::Floating64
        | PropertyType::Currency
        | PropertyType::FloatingTime
        | PropertyType::Integer64
        | PropertyType::Time => Some(8),
        _ => None,
    }
}

impl RawBag {
    /// The subnode of an object property, and what it says its length is.
    pub(super) fn object(&self, id: u16) -> Option<u32> {
        let raw = self.0.iter().find(|raw| raw.id == id && raw.kind == OBJECT)?;
        long(&raw.octets, 0).ok()
    }

    /// The bag. Properties of types that a bag does not hold, or whose octets do not fit their
    /// type, are left out.
    pub(super) fn decode(self, reading: Reading<'_>) -> Bag {
        let integer = |tag: PropertyTag| {
            let raw = self.0.iter().find(|raw| raw.id == tag.id() && raw.kind == tag.0 as u16)?;
            Some(long(&raw.octets, 0).ok()? as i32)
        };
        let codepage = integer(tags::MESSAGE_CODEPAGE)
            .or_else(|| integer(tags::INTERNET_CODEPAGE))
            .filter(|page| charset::of_codepage(*page).is_some())
            .unwrap_or(reading.codepage);
        let text = Text { charset: charset::of_codepage(codepage) };
        let mut bag = Bag::default();
        for raw in self.0 {
            let key = match raw.id {
                0x8000.. => reading.names.key(raw.id),
                id => tag(id, raw.kind).map(PropertyKey::from),
            };
            if let Some((key, value)) = key.zip(text.value(raw.kind, raw.octets)) {
                bag.set(key, value);
            }
        }
        bag
    }
}

fn tag(id: u16, kind: u16) -> Option<PropertyTag> {
    Some(PropertyTag::new(id, PropertyType::from_code(kind)?))
}

/// How text of 8 bits is read.
struct Text {
    charset: Option<&'static str>,
}

impl Text {
    fn eight_bit(&self, octets: &[u8]) -> String {
        let end = octets.iter().rposition(|octet| *octet != 0).map_or(0, |at| at + 1);
        charset::to_utf8(self.charset, &octets[..end])
    }

    fn unicode(octets: &[u8]) -> String {
        utf16(octets).trim_end_matches('\0').to_owned()
    }

    fn value(&self, kind: u16, octets: Vec<u8>) -> Option<Value> {
        use PropertyType::*;
        let kind = PropertyType::from_code(kind)?;
        Some(match kind {
            String => Value::String(Self::unicode(&octets)),
            String8 => Value::String(self.eight_bit(&octets)),
            Binary => Value::Binary(octets),
            MultipleString => Value::MultipleString(each(&octets, Self::unicode)?),
            MultipleString8 => Value::MultipleString(each(&octets, |part| self.eight_bit(part))?),
            MultipleBinary => Value::MultipleBinary(each(&octets, <[u8]>::to_vec)?),
            _ => scalar(kind, &octets).or_else(|| multiple(kind, &octets))?,
        })
    }
}

fn scalar(kind: PropertyType, octets: &[u8]) -> Option<Value> {
    use PropertyType::*;
    let wide = |octets: &[u8]| number(octets, 0, 8).ok();
    Some(match kind {
        Boolean => Value::Boolean(*octets.first()? != 0),
        Integer16 => Value::Integer16(short(octets, 0).ok()? as i16),
        Integer32 => Value::Integer32(long(octets, 0).ok()? as i32),
        ErrorCode => Value::ErrorCode(long(octets, 0).ok()?),
        Floating32 => Value::Floating32(f32::from_bits(long(octets, 0).ok()?)),
        Floating64 => Value::Floating64(f64::from_bits(wide(octets)?)),
        FloatingTime => Value::FloatingTime(f64::from_bits(wide(octets)?)),
        Currency => Value::Currency(wide(octets)? as i64),
        Integer64 => Value::Integer64(wide(octets)? as i64),
        Time => Value::Time(FileTime(wide(octets)?)),
        Guid => Value::Guid(self::Guid(octets.try_into().ok()?)),
        _ => return None,
    })
}

/// Values of equal length one behind the other.
fn multiple(kind: PropertyType, octets: &[u8]) -> Option<Value> {
    use PropertyType::*;
    let wide = || octets.chunks_exact(8).filter_map(|part| number(part, 0, 8).ok());
    Some(match kind {
        MultipleInteger16 => Value::MultipleInteger16(
            octets.chunks_exact(2).filter_map(|part| Some(short(part, 0).ok()? as i16)).collect(),
        ),
        MultipleInteger32 => Value::MultipleInteger32(
            octets.chunks_exact(4).filter_map(|part| Some(long(part, 0).ok()? as i32)).collect(),
        ),
        MultipleInteger64 => Value::MultipleInteger64(wide().map(|it| it as i64).collect()),
        MultipleTime => Value::MultipleTime(wide().map(FileTime).collect()),
        MultipleGuid => Value::MultipleGuid(
            octets
                .chunks_exact(16)
                .filter_map(|it| Some(self::Guid(it.try_into().ok()?)))
                .collect(),
        ),
        _ => return None,
    })
}

/// Values of any length: a count, where each begins, and they themselves ([MS-PST] section
/// 2.3.3.4.2).
fn each<T>(octets: &[u8], read: impl Fn(&[u8]) -> T) -> Option<Vec<T>> {
    let count = long(octets, 0).ok()? as usize;
    if count > octets.len() / 4 {
        return None;
    }
    let mut bounds: Vec<usize> = Vec::with_capacity(count + 1);
    for at in 0..count {
        bounds.push(long(octets, 4 + 4 * at).ok()? as usize);
    }
    bounds.push(octets.len());
    // No octet counts twice.
    let ordered = bounds.windows(2).all(|pair| pair[0] <= pair[1]);
    let parts = bounds.windows(2).map(|pair| octets.get(pair[0]..pair[1]).map(&read));
    if ordered { parts.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_length_stand_behind_their_bounds() {
        let octets = [2, 0, 0, 0, 12, 0, 0, 0, 13, 0, 0, 0, b'a', b'b', b'c'];
        assert_eq!(each(&octets, <[u8]>::to_vec), Some(vec![b"a".to_vec(), b"bc".to_vec()]));
        let mut back = octets;
        back[8] = 11;
        assert_eq!(each(&back, <[u8]>::to_vec), None);
        assert_eq!(each(&[0xff; 12], <[u8]>::to_vec), None);
    }
}

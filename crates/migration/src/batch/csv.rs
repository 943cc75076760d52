//! The CSV file of a migration batch (RFC 4180), as Exchange's IMAP migration has it: the header
//! `EmailAddress,UserName,Password`, maybe `UserRoot`, in any order, and a row for each mailbox.
//!
//! What it is not: who has an address is not known here. No text of the file stands in an error:
//! it has passwords, and may be another file altogether.

use csv::{ByteRecord, ReaderBuilder};
use types::Address;
use types::limits::{MIGRATION_BATCH_USERS_MAX, MIGRATION_CSV_FIELD_OCTETS_MAX};

use crate::imap_source::Secret;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvRow {
    /// The line that it begins in; the header is in the first.
    pub line: u64,
    /// EmailAddress: the mailbox here.
    pub address: Address,
    /// UserName: who logs in at the source.
    pub user: String,
    /// Password there.
    pub password: Secret,
    /// UserRoot: the folder of the source that counts as its top.
    pub root: String,
}

/// A row that cannot be worked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line that it begins in.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// Why a file is none of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// Other columns, or one of them twice.
    #[error("the first line must be EmailAddress,UserName,Password or have UserRoot besides")]
    Header,
    /// No row.
    #[error("the file names no mailbox")]
    Empty,
    /// Beyond the limit.
    #[error("the file has more than {MIGRATION_BATCH_USERS_MAX} rows: make several batches")]
    Rows,
}

/// The rows of a file, and those that are bad.
pub fn csv_rows(octets: &[u8]) -> Result<(Vec<CsvRow>, Vec<BadRow>), CsvError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(octets);
    let columns = Columns::of(reader.byte_headers().map_err(|_| CsvError::Header)?)?;
    let (mut lines, mut rows, mut bad) = (Lines::of(octets), Vec::new(), Vec::new());
    for record in reader.byte_records() {
        // Reading octets in memory in rows of any length does not fail.
        let Ok(record) = record else { break };
        if rows.len() + bad.len() == MIGRATION_BATCH_USERS_MAX {
            return Err(CsvError::Rows);
        }
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        match columns.row(line, &record) {
            Ok(row) => rows.push(row),
            Err(why) => bad.push(BadRow { line, why: why.to_owned() }),
        }
    }
    match rows.is_empty() && bad.is_empty() {
        true => Err(CsvError::Empty),
        false => Ok((rows, bad)),
    }
}

/// Which column is where.
struct Columns {
    count: usize,
    address: usize,
    user: usize,
    password: usize,
    root: Option<usize>,
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, CsvError> {
        let place = |name: &str| {
            let is_it = |field: &[u8]| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
            header.iter().position(is_it)
        };
        let needed = |name: &str| place(name).ok_or(CsvError::Header);
        let columns = Columns {
            count: header.len(),
            address: needed("EmailAddress")?,
            user: needed("UserName")?,
            password: needed("Password")?,
            root: place("UserRoot"),
        };
        // More of them are others, or some of these again.
        let known = 3 + usize::from(columns.root.is_some());
        (columns.count == known).then_some(columns).ok_or(CsvError::Header)
    }

    fn row(&self, line: u64, record: &ByteRecord) -> Result<CsvRow, &'static str> {
        if record.len() != self.count {
            return Err("it has not as many fields as the header");
        }
        let address = field(record, self.address)?.trim().parse();
        let root = self.root.map_or(Ok(""), |root| field(record, root))?.trim();
        let row = CsvRow {
            line,
            address: address.map_err(|_| "EmailAddress is no mail address")?,
            user: field(record, self.user)?.trim().to_owned(),
            password: Secret::new(field(record, self.password)?.to_owned()),
            root: root.to_owned(),
        };
        match (row.user.is_empty(), row.password.reveal().is_empty()) {
            (true, _) => Err("UserName is empty"),
            (_, true) => Err("Password is empty"),
            _ => Ok(row),
        }
    }
}

/// A field as text of one line.
fn field(record: &ByteRecord, at: usize) -> Result<&str, &'static str> {
    let octets = record.get(at).unwrap_or_default();
    if octets.len() > MIGRATION_CSV_FIELD_OCTETS_MAX {
        return Err("a field is too long");
    }
    let text = std::str::from_utf8(octets).map_err(|_| "it is not in UTF-8")?;
    match text.contains(char::is_control) {
        true => Err("a field has a line end or another control character"),
        false => Ok(text),
    }
}

/// Lines by place in the file; empty lines and line ends before a record do not belong to it.
struct Lines<'o> {
    octets: &'o [u8],
    at: usize,
    line: u64,
}

impl<'o> Lines<'o> {
    fn of(octets: &'o [u8]) -> Self {
        Lines { octets, at: 0, line: 1 }
    }

    /// The line of a record that begins there; asked in rising order.
    fn at(&mut self, place: u64) -> u64 {
        let is_end = |octet: &u8| matches!(octet, b'\r' | b'\n');
        let from = usize::try_from(place).unwrap_or(usize::MAX).clamp(self.at, self.octets.len());
        let ends = self.octets[from..].iter().take_while(|octet| is_end(octet)).count();
        let passed = &self.octets[self.at..from + ends];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.at = from + ends;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "EmailAddress,UserName,Password\n";

    type Shown = (u64, String, String, String, String);

    fn shown(row: &CsvRow) -> Shown {
        let password = row.password.reveal().to_owned();
        (row.line, row.address.to_string(), row.user.clone(), password, row.root.clone())
    }

    fn bad(text: &[u8]) -> Vec<(u64, String)> {
        let (_, bad) = csv_rows(text).unwrap();
        bad.into_iter().map(|row| (row.line, row.why)).collect()
    }

    #[test]
    fn rows_are_read_with_their_lines() {
        let text = "\u{feff}UserName, EmailAddress ,Password,UserRoot\r\n\
            \r\n\
            master*a, a@x.test ,\" p,\"\"w \",\r\n\
            b,b@x.test,pw,\"/Old, b\"\r\n";
        let (rows, bad) = csv_rows(text.as_bytes()).unwrap();
        assert_eq!(bad, []);
        let expected =
            [(3, "a@x.test", "master*a", " p,\"w ", ""), (4, "b@x.test", "b", "pw", "/Old, b")];
        let texts = |(line, address, user, password, root): (u64, &str, &str, &str, &str)| {
            (line, address.to_owned(), user.to_owned(), password.to_owned(), root.to_owned())
        };
        assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), expected.map(texts));
    }

    #[test]
    fn bad_rows_are_told_by_their_lines_and_without_what_they_say() {
        let rows: [(&[u8], &str); 8] = [
            (b"a@x.test,a", "it has not as many fields as the header"),
            (b"a@x.test,a,p,more", "it has not as many fields as the header"),
            (b"nobody,a,p", "EmailAddress is no mail address"),
            (b"a@x.test, ,p", "UserName is empty"),
            (b"a@x.test,a,", "Password is empty"),
            (b"a@x.test,a,\"p\nq\"", "a field has a line end or another control character"),
            (b"a@x.test,\xff,p", "it is not in UTF-8"),
            (b"a@x.test,a,\"p", "a field has a line end or another control character"),
        ];
        let mut text = HEADER.as_bytes().to_vec();
        let (mut expected, mut line) = (Vec::new(), 2);
        for (row, why) in rows {
            text.extend_from_slice(row);
            text.push(b'\n');
            expected.push((line, why.to_owned()));
            line += memchr::memchr_iter(b'\n', row).count() as u64 + 1;
        }
        assert_eq!(bad(&text), expected);
    }

    #[test]
    fn other_headers_and_files_without_rows_are_refused() {
        for header in [
            "",
            "EmailAddress,UserName",
            "EmailAddress,UserName,Password,Phone",
            "EmailAddress,UserName,Password,Password",
            "EmailAddress;UserName;Password",
        ] {
            assert_eq!(csv_rows(header.as_bytes()), Err(CsvError::Header), "{header}");
        }
        assert_eq!(csv_rows(HEADER.as_bytes()), Err(CsvError::Empty));
    }

    #[test]
    fn rows_and_fields_have_limits() {
        let field = |octets: usize| format!("{HEADER}a@x.test,a,{}\n", "p".repeat(octets));
        assert_eq!(bad(field(MIGRATION_CSV_FIELD_OCTETS_MAX).as_bytes()), []);
        let long = bad(field(MIGRATION_CSV_FIELD_OCTETS_MAX + 1).as_bytes());
        assert_eq!(long, [(2, "a field is too long".to_owned())]);
        let rows = |count| HEADER.to_owned() + &"a@x.test,a,p\n".repeat(count);
        let most = csv_rows(rows(MIGRATION_BATCH_USERS_MAX).as_bytes()).unwrap();
        assert_eq!(most.0.len(), MIGRATION_BATCH_USERS_MAX);
        let more = csv_rows(rows(MIGRATION_BATCH_USERS_MAX + 1).as_bytes());
        assert_eq!(more, Err(CsvError::Rows));
    }
}

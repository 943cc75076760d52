//! Answers as people or programs read them.

use serde_json::{Map, Value};

use crate::AdminError;
use crate::verb::{Object, ObjectType, Octets, Property, Shape};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The most telling properties, one object a line.
    Table,
    /// All properties, one a line.
    List,
    /// A JSON list of objects.
    Json,
}

/// The answer as text, with its line ends; octets of files as they are.
pub(super) fn render(
    answers: &ObjectType,
    objects: Vec<Map<String, Value>>,
    format: Format,
) -> Result<Vec<u8>, AdminError> {
    if format == Format::Json {
        return Ok((serde_json::to_string_pretty(&objects)? + "\n").into_bytes());
    }
    let file = file(answers).filter(|_| format == Format::Table);
    let objects: Vec<Object> = objects.into_iter().map(Object).collect();
    Ok(match (file, format) {
        _ if objects.is_empty() => Vec::new(),
        (Some(file), _) => octets(file, &objects),
        (None, Format::List) => list_all(answers, &objects).into_bytes(),
        (None, _) => table(answers, &objects).into_bytes(),
    })
}

/// The property that is a file and stands for the whole object; None: the answer is text.
pub(super) fn file(answers: &ObjectType) -> Option<&'static Property> {
    answers.shown().find(|property| property.shape == Shape::Octets)
}

fn octets(file: &Property, objects: &[Object]) -> Vec<u8> {
    let name = file.name();
    objects.iter().filter_map(|object| Octets::decode(object.0.get(&name)?)).flatten().collect()
}

fn list_all(answers: &ObjectType, objects: &[Object]) -> String {
    objects.iter().map(|object| list(answers, object)).collect()
}

/// `Name : value` lines and an empty one.
fn list(answers: &ObjectType, object: &Object) -> String {
    let names = answers.properties.iter().map(Property::name);
    let width = names.map(|name| name.len()).max().unwrap_or_default();
    let line =
        |property: &Property| format!("{:<width$} : {}\n", property.name(), cell(object, property));
    answers.properties.iter().map(line).collect::<String>() + "\n"
}

/// Columns under their names.
fn table(answers: &ObjectType, objects: &[Object]) -> String {
    let columns: Vec<&Property> = answers.shown().collect();
    let head: Vec<String> = columns.iter().map(|column| column.name()).collect();
    let rule = head.iter().map(|name| "-".repeat(name.len())).collect();
    let row = |object: &Object| columns.iter().map(|column| cell(object, column)).collect();
    let rows: Vec<Vec<String>> = [head, rule].into_iter().chain(objects.iter().map(row)).collect();
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

/// What a stranger wrote must not move the terminal's cursor.
fn cell(object: &Object, property: &Property) -> String {
    object.text(property).chars().filter(|letter| !letter.is_control()).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
}

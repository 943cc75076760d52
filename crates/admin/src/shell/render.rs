//! Answers as people or programs read them.

use serde_json::{Map, Value};

use crate::AdminError;
use crate::verb::{Object, ObjectType, Property};

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

/// The answer as text, with its line ends.
pub(super) fn render(
    answers: &ObjectType,
    objects: Vec<Map<String, Value>>,
    format: Format,
) -> Result<String, AdminError> {
    if format == Format::Json {
        return Ok(serde_json::to_string_pretty(&objects)? + "\n");
    }
    let objects: Vec<Object> = objects.into_iter().map(Object).collect();
    Ok(match format {
        _ if objects.is_empty() => String::new(),
        Format::List => objects.iter().map(|object| list(answers, object)).collect(),
        _ => table(answers, &objects),
    })
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

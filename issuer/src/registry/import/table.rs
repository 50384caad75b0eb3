//! A file as a table: headings are known columns, blank rows are gone, every row knows where it stood.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::column::{Column, is_ours};
use super::{FILE_LIMIT, ROW_LIMIT, encoding, sheet};
use crate::registry::safe_csv::unguarded;

/// Beyond this many columns nothing is read.
pub(super) const WIDTH: usize = 64;
/// The longest text of a cell, in characters; what is longer fits no column.
pub(super) const CELL_LIMIT: usize = 1000;

/// A table of pupils.
#[derive(Clone, Serialize, Deserialize)]
pub struct Table {
    /// Its columns, as they stand from the left.
    pub columns: Vec<Column>,
    /// Headings that name no column we know: what stands below them is not read.
    pub unread: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands in the file; the first line is 1.
    pub line: u32,
    /// Its cells, one for each column.
    pub cells: Vec<String>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Pupils stand in it.
        write!(f, "Table({} columns, {} rows)", self.columns.len(), self.rows.len())
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({})", self.line)
    }
}

impl Table {
    /// Reads a CSV (comma, semicolon or tab; UTF-8 or windows-1250) or XLSX file. Computes for a while on a large
    /// one: keep it off the threads that answer requests.
    ///
    /// # Errors
    /// Why it is no table of pupils.
    pub fn read(bytes: &[u8]) -> Result<Self, TableRefusal> {
        if bytes.len() > FILE_LIMIT {
            return Err(TableRefusal::TooLarge);
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return Self::of_lines(sheet::lines(bytes)?);
        }
        // The old Excel format.
        if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(TableRefusal::OldExcel);
        }
        Self::of_lines(csv_lines(&encoding::decode(bytes).ok_or(TableRefusal::NotATable)?)?)
    }

    fn of_lines(lines: Vec<(u32, Vec<String>)>) -> Result<Self, TableRefusal> {
        let mut lines = lines.into_iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
        let (_, headings) = lines.next().ok_or(TableRefusal::Empty)?;
        let (mut columns, mut places, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        for (place, heading) in headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
            match Column::of_heading(heading) {
                Some(column) if columns.contains(&column) => return Err(TableRefusal::Twice(column)),
                Some(column) => {
                    columns.push(column);
                    places.push(place);
                }
                None if is_ours(heading) => {}
                None => unread.push(heading.chars().take(60).collect()),
            }
        }
        let present: BTreeSet<Column> = columns.iter().copied().collect();
        let mut missing: Vec<Column> =
            Column::ALL.iter().copied().filter(|c| c.is_needed() && !present.contains(c)).collect();
        if !present.contains(&Column::Pesel) && !present.contains(&Column::OtherDocument) {
            missing.push(Column::Pesel);
        }
        if !missing.is_empty() {
            return Err(TableRefusal::Missing(missing));
        }
        let cell = |cells: &[String], place: usize| cells.get(place).cloned().unwrap_or_default();
        let rows: Vec<Row> = lines
            .map(|(line, cells)| Row { line, cells: places.iter().map(|at| cell(&cells, *at)).collect() })
            .filter(|row| row.cells.iter().any(|cell| !cell.is_empty()))
            .take(ROW_LIMIT + 1)
            .collect();
        match rows.len() {
            0 => Err(TableRefusal::Empty),
            n if n > ROW_LIMIT => Err(TableRefusal::TooManyRows),
            _ => Ok(Self { columns, unread, rows }),
        }
    }

    /// The cell of a row in a column; empty without the column.
    pub fn cell<'a>(&self, row: &'a Row, column: Column) -> &'a str {
        let place = self.columns.iter().position(|known| *known == column);
        place.and_then(|place| row.cells.get(place)).map_or("", String::as_str)
    }
}

fn csv_lines(text: &str) -> Result<Vec<(u32, Vec<String>)>, TableRefusal> {
    // The reader would count a line feed after a carriage return to the line after it.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // Excel understands a first line that names the separator.
    let (named, body) = match text.split_once('\n') {
        Some((first, rest)) if first.trim_end().strip_prefix("sep=").is_some_and(|s| s.len() == 1) => {
            (first.trim_end().bytes().last(), rest)
        }
        _ => (None, text.as_str()),
    };
    let skipped = u64::from(named.is_some());
    let separator = named.unwrap_or_else(|| separator_of(body));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(body.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| TableRefusal::NotATable)?;
        if lines.len() > 2 * ROW_LIMIT {
            return Err(TableRefusal::TooManyRows);
        }
        let line = record.position().map_or(0, csv::Position::line) + skipped;
        let cells = record.iter().take(WIDTH).map(clean).collect();
        lines.push((u32::try_from(line).unwrap_or(u32::MAX), cells));
    }
    Ok(lines)
}

/// The separator that stands most often in the first line that is not blank, outside of quotes.
fn separator_of(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b';', 0), (b',', 0), (b'\t', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == byte && !quoted) {
            *count += 1;
        }
    }
    // Of equals the first: Polish Excel writes semicolons.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b';', |(separator, _)| *separator)
}

/// A cell without blanks at its ends, as one line, without the apostrophe of our own files.
pub(super) fn clean(cell: &str) -> String {
    let text = unguarded(cell.trim_matches([' ', '\u{a0}', '\u{feff}'])).trim();
    let short: String = text.chars().take(CELL_LIMIT).collect();
    short.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a file is no table of pupils. Messages complete "cannot read the table: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableRefusal {
    /// Neither CSV nor XLSX, or damaged.
    #[error("it is neither a CSV nor an XLSX file")]
    NotATable,
    /// An XLS file.
    #[error("it is of the old Excel format")]
    OldExcel,
    /// More than [`FILE_LIMIT`], or much more once it is unpacked.
    #[error("it is too large")]
    TooLarge,
    /// More than [`ROW_LIMIT`].
    #[error("it has too many rows")]
    TooManyRows,
    /// Not even one row.
    #[error("no pupil stands in it")]
    Empty,
    /// Needed columns that it does not have.
    #[error("columns are missing")]
    Missing(Vec<Column>),
    /// A column that stands there more than once.
    #[error("a column stands there twice")]
    Twice(Column),
}

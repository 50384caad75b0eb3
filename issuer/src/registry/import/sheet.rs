//! XLSX files: hostile ones are refused before they are unpacked into memory.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use jiff::civil::Date;

use super::ROW_LIMIT;
use super::table::{TableRefusal, WIDTH, clean};

/// All that a file may hold once it is unpacked, in bytes.
const UNPACKED_LIMIT: u64 = 64 * 1024 * 1024;
/// The most files within a file.
const PARTS_LIMIT: usize = 500;
/// How many shared texts a part announces.
const ANNOUNCED: &[u8] = b"uniqueCount";
/// All text of the cells together, in bytes: one long text may stand in many cells.
const TEXT_LIMIT: usize = 16 * 1024 * 1024;

/// The rows of the first sheet with their places, cells as text; days as `YYYY-MM-DD`.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, TableRefusal> {
    weigh(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| TableRefusal::NotATable)?;
    let first = book.sheet_names().first().cloned().ok_or(TableRefusal::Empty)?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| TableRefusal::NotATable)?;
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut text_left = TEXT_LIMIT;
    while let Some(cell) = cells.next_cell().map_err(|_| TableRefusal::NotATable)? {
        let (row, column) = cell.get_position();
        let text = clean(&text(cell.get_value()));
        let (row, column) = (row as usize, column as usize);
        if text.is_empty() || column >= WIDTH {
            continue;
        }
        // A cell may name any place; the table is no larger than what it may hold.
        if row > 2 * ROW_LIMIT {
            return Err(TableRefusal::TooManyRows);
        }
        text_left = text_left.checked_sub(text.len()).ok_or(TableRefusal::TooLarge)?;
        if lines.len() <= row {
            lines.resize_with(row + 1, Vec::new);
        }
        if let Some(line) = lines.get_mut(row) {
            if line.len() <= column {
                line.resize_with(column + 1, String::new);
            }
            if let Some(place) = line.get_mut(column) {
                *place = text;
            }
        }
    }
    Ok((1..).zip(lines).collect())
}

/// Unpacks everything once, one part at a time: what a file says of its own size may be a lie.
fn weigh(bytes: &[u8]) -> Result<(), TableRefusal> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| TableRefusal::NotATable)?;
    if parts.len() > PARTS_LIMIT {
        return Err(TableRefusal::TooLarge);
    }
    let mut left = UNPACKED_LIMIT;
    let mut unpacked = Vec::new();
    for part in 0..parts.len() {
        let part = parts.by_index(part).map_err(|_| TableRefusal::NotATable)?;
        let name = part.name().map_err(|_| TableRefusal::NotATable)?;
        let is_text = name.to_ascii_lowercase().ends_with(".xml");
        unpacked.clear();
        part.take(left + 1).read_to_end(&mut unpacked).map_err(|_| TableRefusal::NotATable)?;
        left = left.checked_sub(unpacked.len() as u64).ok_or(TableRefusal::TooLarge)?;
        if is_text {
            no_promises(&unpacked)?;
        }
    }
    Ok(())
}

/// Refuses a part that announces more shared texts than it can hold. Whoever reads it takes memory for as many as
/// it announces, and a program that asks for more memory than there is ends at once.
fn no_promises(part: &[u8]) -> Result<(), TableRefusal> {
    // In an encoding of other bytes than ASCII's the announcement could not be seen. No spreadsheet writes one.
    if part.iter().any(|byte| matches!(byte, 0 | 0x1b)) {
        return Err(TableRefusal::NotATable);
    }
    // `<si/>` is the shortest.
    let most = part.len() / 5;
    let mut rest = part;
    while let Some(at) = rest.windows(ANNOUNCED.len()).position(|name| name == ANNOUNCED) {
        rest = rest.get(at + ANNOUNCED.len()..).unwrap_or_default();
        let value = rest.trim_ascii_start().strip_prefix(b"=").unwrap_or_default().trim_ascii_start();
        let figures =
            value.iter().skip(1).skip_while(|byte| **byte == b'+').take_while(|b| b.is_ascii_digit());
        let count = figures
            .fold(0_usize, |count, figure| count.saturating_mul(10).saturating_add((*figure - b'0').into()));
        if count > most {
            return Err(TableRefusal::TooLarge);
        }
    }
    Ok(())
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
            let date = date.and_then(|((year, month), day)| Date::new(year, month, day).ok());
            date.map(|date| date.to_string()).unwrap_or_default()
        }
        DataRef::DateTime(duration) => number_text(duration.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Bool(_) | DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Whole numbers without a point: classes, house numbers, and PESELs that lost their leading noughts.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

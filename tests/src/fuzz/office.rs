//! What comes to a school's office: photos, lists of pupils, letters.

use issuer::registry::import::{FILE_LIMIT, ROW_LIMIT, Table, judge};
use issuer::registry::line::Email;
use issuer::registry::photo::{PhotoRefusal, accept, examine, without_whereabouts};
use issuer::registry::photo_inbox::letter::{Letter, MAX_PICTURES};
use issuer::registry::safe_csv::SafeCsv;
use shared::photo_rule::PhotoRule;

use super::known;

/// A photo: it passes and fails the same without what a camera writes beside it, and what is made of it for the card keeps
/// the card's own rule.
pub fn photo(bytes: &[u8]) {
    let rule = PhotoRule::legacy_source();
    let look = |bytes: &[u8]| examine(bytes, &rule).map(|photo| (photo.size(), photo.quality()));
    let seen = look(bytes);
    let bare = without_whereabouts(bytes.to_vec());
    assert!(bare.len() <= bytes.len());
    if !matches!(seen, Err(PhotoRefusal::TooManyBytes { .. })) {
        assert_eq!(look(&bare).map_err(|error| error.to_string()), seen.map_err(|error| error.to_string()));
    }
    let derived = PhotoRule::derived();
    if let Ok(accepted) = accept(bytes, &rule, &derived, true, None) {
        let card = examine(accepted.derived_jpeg(), &derived);
        assert!(card.is_ok(), "the card's own picture is refused: {:?}", card.err());
    }
}

/// A list of pupils, CSV or XLSX: bounded, judged whole, and the same when it is handed back as a file of ours.
pub fn table(bytes: &[u8]) {
    let Ok(table) = Table::read(bytes) else { return };
    assert!(table.rows.len() <= ROW_LIMIT);
    let judged = judge(&table, known::now().to_zoned(jiff::tz::TimeZone::UTC).date());
    assert_eq!(judged.len(), table.rows.len(), "every row is judged");
    let mut file = SafeCsv::default();
    file.row(table.columns.iter().map(|column| column.heading_pl()));
    table.rows.iter().for_each(|row| file.row(&row.cells));
    let file = file.finish();
    if file.len() <= FILE_LIMIT {
        let again = Table::read(file.as_bytes()).expect("our own file is read");
        assert_eq!(again.columns, table.columns);
        let cells = |table: &Table| table.rows.iter().map(|row| row.cells.clone()).collect::<Vec<_>>();
        assert_eq!(cells(&again), cells(&table));
    }
}

/// A letter as a mail program saves it: bounded, and its sender is an address to which one can answer.
pub fn letter(bytes: &[u8]) {
    let Some(letter) = Letter::read(bytes) else { return };
    assert!(letter.pictures.len() <= MAX_PICTURES);
    let unpacked: usize = letter.pictures.iter().map(|picture| picture.bytes.len()).sum();
    assert!(unpacked <= bytes.len(), "{unpacked} bytes of pictures out of {}", bytes.len());
    if let Some(address) = &letter.sender_address {
        assert!(Email::parse(address).is_ok(), "an address that cannot be answered");
        assert_eq!(*address, address.to_lowercase());
    }
    for line in [&letter.sender, &letter.subject].into_iter().flatten() {
        assert!(!line.contains(['\r', '\n']), "a line of several");
    }
    let _ = letter.purpose();
}

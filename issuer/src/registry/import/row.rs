//! What a row says, and what is wrong with it: by the same forms as one pupil at a time.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::column::Column;
use super::table::{Row, Table};
use crate::registry::base_card::{BaseCardForm, NewBaseCard};
use crate::registry::fault::{FaultCode, Faults};
use crate::registry::guardian::{GuardianForm, NewGuardian};
use crate::registry::pupil::{Identity, NewPupil, PupilForm};
use crate::registry::school::AddressForm;
use crate::registry::sorting::folded;
use crate::store::tables::base_card::Form;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFault {
    /// In which column.
    pub column: Column,
    /// The word of a [`FaultCode`].
    word: String,
}

impl RowFault {
    pub(super) fn new(column: Column, code: FaultCode) -> Self {
        Self { column, word: code.word().to_owned() }
    }

    /// What is wrong; none for a word that an earlier version knew.
    pub fn code(&self) -> Option<FaultCode> {
        FaultCode::ALL.iter().copied().find(|code| code.word() == self.word)
    }
}

/// A row that can be entered.
#[derive(Clone)]
pub struct NewRow {
    pub(super) pupil: NewPupil,
    pub(super) guardians: Vec<NewGuardian>,
    pub(super) card: Option<NewBaseCard>,
}

impl std::fmt::Debug for NewRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewRow(…)")
    }
}

/// A row, and what came of looking at it.
#[derive(Clone)]
pub struct Judged {
    /// Where it stands in the file.
    pub line: u32,
    /// Its cells, as they stand in the file.
    pub cells: Vec<String>,
    /// What would be entered, or everything that is wrong with it.
    pub outcome: Result<NewRow, Vec<RowFault>>,
}

impl std::fmt::Debug for Judged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A pupil stands in its cells.
        write!(f, "Judged({}, {:?})", self.line, self.outcome.as_ref().err())
    }
}

/// Judges every row by itself and against those above it; `today` in Warsaw. The books are not asked.
pub fn judge(table: &Table, today: Date) -> Vec<Judged> {
    let mut met = Met::default();
    let judged = table.rows.iter().map(|row| {
        let mut outcome = read(table, row, today);
        if let Ok(new) = &outcome {
            let faults = met.again(new);
            if !faults.is_empty() {
                outcome = Err(faults);
            }
        }
        Judged { line: row.line, cells: row.cells.clone(), outcome }
    });
    judged.collect()
}

/// Who and what stood further up.
#[derive(Default)]
struct Met {
    pupils: BTreeSet<String>,
    cards: BTreeSet<(u16, u32)>,
}

impl Met {
    fn again(&mut self, row: &NewRow) -> Vec<RowFault> {
        let mut faults = Vec::new();
        let (key, column) = match row.pupil.identity() {
            Identity::Pesel(pesel) => (pesel.as_str().to_owned(), Column::Pesel),
            Identity::OtherDocument(document) => (folded(document.as_str()), Column::OtherDocument),
        };
        if !self.pupils.insert(key) {
            faults.push(RowFault::new(column, FaultCode::RowTwice));
        }
        let number = row.card.as_ref().and_then(NewBaseCard::number);
        if number.is_some_and(|number| !self.cards.insert((number.year(), number.number()))) {
            faults.push(RowFault::new(Column::CardNumber, FaultCode::CardNumberTaken));
        }
        faults
    }
}

fn read(table: &Table, row: &Row, today: Date) -> Result<NewRow, Vec<RowFault>> {
    let mut faults = Vec::new();
    let mut note = |places: &dyn Fn(&str) -> Column, wrong: Faults| {
        faults.extend(wrong.0.iter().map(|fault| RowFault::new(places(&fault.field), fault.code)));
    };
    let cell = |column: Column| table.cell(row, column);
    let some = |column: Column| Some(cell(column).to_owned()).filter(|text| !text.is_empty());
    let form = PupilForm {
        given_names: cell(Column::GivenNames).to_owned(),
        surname: cell(Column::Surname).to_owned(),
        pesel: some(Column::Pesel).map(|text| pesel(&text)),
        other_document: some(Column::OtherDocument),
        birth_date: day(cell(Column::BirthDate)),
        address: AddressForm {
            street_line: cell(Column::StreetLine).to_owned(),
            postal_code: postal_code(cell(Column::PostalCode)),
            city: cell(Column::City).to_owned(),
        },
        class_name: cell(Column::ClassName).to_owned(),
    };
    let pupil = form.parse(today).map_err(|wrong| note(&pupil_column, wrong)).ok();
    let mut guardians = Vec::new();
    for [given_names, surname, email] in [
        [Column::GuardianGivenNames, Column::GuardianSurname, Column::GuardianEmail],
        [Column::Guardian2GivenNames, Column::Guardian2Surname, Column::Guardian2Email],
    ] {
        if [given_names, surname, email].iter().all(|column| cell(*column).is_empty()) {
            continue;
        }
        let form = GuardianForm {
            given_names: cell(given_names).to_owned(),
            surname: cell(surname).to_owned(),
            email: some(email),
        };
        let place = |field: &str| match field {
            "given_names" => given_names,
            "surname" => surname,
            _ => email,
        };
        match form.parse() {
            Ok(guardian) => guardians.push(guardian),
            Err(wrong) => note(&place, wrong),
        }
    }
    let card = match card_form(cell(Column::CardForm)) {
        Ok(None) => {
            let others = [Column::CardNumber, Column::CardIssuedOn, Column::CardValidUntil];
            if others.iter().any(|column| !cell(*column).is_empty()) {
                note(&|_| Column::CardForm, Faults::one("form", FaultCode::CardIncomplete));
            }
            None
        }
        Ok(Some(form)) => {
            let form = BaseCardForm {
                number: some(Column::CardNumber),
                form,
                issued_on: some(Column::CardIssuedOn).map(|text| day(&text)),
                valid_until: some(Column::CardValidUntil).map(|text| day(&text)),
                duplicate_of: None,
            };
            form.parse(today).map_err(|wrong| note(&card_column, wrong)).ok()
        }
        Err(code) => {
            note(&|_| Column::CardForm, Faults::one("form", code));
            None
        }
    };
    match pupil {
        Some(pupil) if faults.is_empty() => Ok(NewRow { pupil, guardians, card }),
        Some(_) | None => Err(faults),
    }
}

fn pupil_column(field: &str) -> Column {
    match field {
        "given_names" => Column::GivenNames,
        "pesel" => Column::Pesel,
        "other_document" => Column::OtherDocument,
        "birth_date" => Column::BirthDate,
        "class_name" => Column::ClassName,
        "address.street_line" => Column::StreetLine,
        "address.postal_code" => Column::PostalCode,
        "address.city" => Column::City,
        _ => Column::Surname,
    }
}

fn card_column(field: &str) -> Column {
    match field {
        "issued_on" => Column::CardIssuedOn,
        "valid_until" => Column::CardValidUntil,
        _ => Column::CardNumber,
    }
}

fn card_form(text: &str) -> Result<Option<Form>, FaultCode> {
    match folded(text).as_str() {
        "" => Ok(None),
        "papierowa" | "papier" | "paper" => Ok(Some(Form::Paper)),
        "plastikowa" | "plastik" | "plastic" | "e-legitymacja" => Ok(Some(Form::Plastic)),
        _ => Err(FaultCode::FormWord),
    }
}

/// A PESEL whose leading noughts a spreadsheet has eaten gets them back. Checksum and birth date must still fit.
fn pesel(text: &str) -> String {
    let eaten = (8..11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if eaten { format!("{text:0>11}") } else { text.to_owned() }
}

/// `42200` is `42-200`, and `950` what a spreadsheet leaves of `00-950`.
fn postal_code(text: &str) -> String {
    let bare = (3..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !bare {
        return text.to_owned();
    }
    let full = format!("{text:0>5}");
    let (area, place) = full.split_at(2);
    format!("{area}-{place}")
}

/// `1.9.2012`, `01-09-2012`, `1/09/2012` and a number of days since 1900 as `2012-09-01`; anything else as it is.
pub(super) fn day(text: &str) -> String {
    let text = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = text.split(['.', '-', '/']).collect();
    let number = |part: &str| part.parse::<i16>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
    let date = match parts.as_slice() {
        [day, month, year] if year.len() == 4 && day.len() <= 2 => Some((year, month, day)),
        [year, month, day] if year.len() == 4 && day.len() <= 2 => Some((year, month, day)),
        _ => None,
    };
    let date =
        match date {
            Some((year, month, day)) => {
                number(year).zip(number(month)).zip(number(day)).and_then(|((year, month), day)| {
                    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
                })
            }
            // Excel counts days from the eve of 1900, and believes in 29 February 1900.
            None => text.parse::<i32>().ok().filter(|days| (61..80_000).contains(days)).and_then(|days| {
                jiff::civil::date(1899, 12, 30).checked_add(jiff::Span::new().days(days)).ok()
            }),
        };
    date.map_or_else(|| text.to_owned(), |date| date.to_string())
}

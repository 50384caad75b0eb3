//! How imports are shown, and the files to download.

use crate::pages::frame::capital;
use crate::pages::words::Lang;
use crate::registry::fault::FaultCode;
use crate::registry::import::{Column, ImportFile, REASON, ROW, RowFault, TableRefusal};
use crate::registry::safe_csv::SafeCsv;
use crate::store::tables::import_batch::ImportBatch;

/// A column, for the description of the file.
pub(super) struct ColumnLine {
    pub(super) heading: &'static str,
    pub(super) needed: bool,
    pub(super) example: &'static str,
}

impl ColumnLine {
    pub(super) fn all(lang: Lang) -> Vec<Self> {
        let line = |column: &Column| Self {
            heading: heading(*column, lang),
            needed: column.is_needed(),
            example: column.example(),
        };
        Column::ALL.iter().map(line).collect()
    }
}

/// An import, for the list.
pub(super) struct BatchLine {
    pub(super) href: String,
    pub(super) at: String,
    pub(super) file_name: String,
    pub(super) state: String,
    pub(super) kind: &'static str,
    pub(super) accepted: u32,
    pub(super) rejected: u32,
}

impl BatchLine {
    pub(super) fn of(batch: &ImportBatch, lang: Lang) -> Self {
        use crate::store::tables::import_batch::ImportState::{Done, Expired, Preview, Running, Stopped};
        Self {
            href: format!("{}/{}", super::PLACE, batch.id),
            at: lang.instant(batch.created_at),
            file_name: batch.file_name.clone(),
            state: lang.word("import-state", batch.state.word()),
            kind: match batch.state {
                Done => "good",
                Running => "info",
                Stopped => "bad",
                Preview => "warn",
                Expired => "plain",
            },
            accepted: batch.accepted,
            rejected: batch.rejected,
        }
    }
}

/// A rejected row.
pub(super) struct RejectLine {
    pub(super) line: u32,
    pub(super) name: String,
    pub(super) reasons: Vec<String>,
}

impl RejectLine {
    pub(super) fn all(file: &ImportFile, lang: Lang) -> Vec<Self> {
        let cell = |cells: &[String], column: Column| {
            let place = file.columns.iter().position(|known| *known == column);
            place.and_then(|place| cells.get(place)).cloned().unwrap_or_default()
        };
        let line = |(line, cells, faults): &(u32, Vec<String>, Vec<RowFault>)| Self {
            line: *line,
            name: format!("{} {}", cell(cells, Column::Surname), cell(cells, Column::GivenNames)),
            reasons: reasons(faults, lang),
        };
        file.rejects.iter().map(line).collect()
    }
}

fn reasons(faults: &[RowFault], lang: Lang) -> Vec<String> {
    let told = |code: FaultCode| capital(lang.pick(code.message_pl(), code.message_en()));
    let reason = |fault: &RowFault| {
        let message = fault.code().map_or_else(|| lang.t("import-fault-unknown"), told);
        format!("{}: {message}", heading(fault.column, lang))
    };
    faults.iter().map(reason).collect()
}

fn heading(column: Column, lang: Lang) -> &'static str {
    lang.pick(column.heading_pl(), column.heading_en())
}

/// The headings of these columns.
pub(super) fn headings(columns: &[Column], lang: Lang) -> Vec<&'static str> {
    columns.iter().map(|column| heading(*column, lang)).collect()
}

/// A file with every heading and one row of nobody's.
pub(super) fn template_csv(lang: Lang) -> String {
    let mut csv = SafeCsv::default();
    csv.row(headings(Column::ALL, lang));
    csv.row(Column::ALL.iter().map(|column| column.example()));
    csv.finish()
}

/// The rejected rows as they stood in the file, with why, to be mended and sent again.
pub(crate) fn rejected_csv(file: &ImportFile, lang: Lang) -> String {
    let mut csv = SafeCsv::default();
    let own = [lang.pick(REASON.0, REASON.1), lang.pick(ROW.0, ROW.1)];
    csv.row(headings(&file.columns, lang).into_iter().chain(own));
    for (line, cells, faults) in &file.rejects {
        let (reasons, line) = (reasons(faults, lang).join(" "), line.to_string());
        csv.row(cells.iter().map(String::as_str).chain([reasons.as_str(), line.as_str()]));
    }
    csv.finish()
}

/// What is wrong with a file as a whole.
pub(crate) fn refusal_text(refusal: &TableRefusal, lang: Lang) -> String {
    match refusal {
        TableRefusal::NotATable => lang.t("import-not-a-table"),
        TableRefusal::OldExcel => lang.t("import-old-excel"),
        TableRefusal::TooLarge => lang.t("import-too-large"),
        TableRefusal::TooManyRows => lang.t1("import-too-many-rows", "n", super::ROW_LIMIT),
        TableRefusal::Empty => lang.t("import-empty"),
        TableRefusal::Missing(columns) => {
            lang.t1("import-missing", "columns", headings(columns, lang).join(", "))
        }
        TableRefusal::Twice(column) => lang.t1("import-twice", "column", heading(*column, lang)),
    }
}

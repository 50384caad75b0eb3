//! Many pupils from one file: sent, looked at, confirmed, entered in the background.

mod view;

#[cfg(test)]
mod tests;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use shared::validity::warsaw_date;

use self::view::{BatchLine, ColumnLine, RejectLine, template_csv};
pub(crate) use self::view::{refusal_text, rejected_csv};
use super::{Office, done};
use crate::pages::form::{Fields, Sent, SentFiles, Typed};
use crate::pages::frame::{Page, render, render_as};
use crate::pages::{PageFailure, Pages};
use crate::registry::import::{
    self, ConfirmImport, FILE_LIMIT, ImportFile, ListImports, ROW_LIMIT, ReadImport, StopImport, TakeIn,
};
use crate::registry::rights::Right;
use crate::store::id::ImportId;
use crate::store::tables::import_batch::{ImportBatch, ImportState};

/// Where imports are.
const PLACE: &str = "/office/pupils/import";
/// So many rows are shown of a table.
const SHOWN_ROWS: usize = 8;
/// So many rejected rows are shown; all of them stand in the file to download.
const SHOWN_REJECTS: u32 = 100;

pub(super) fn routes() -> Router<Pages> {
    // A file and its form's other fields.
    let limit = DefaultBodyLimit::max(FILE_LIMIT + 64 * 1024);
    Router::new()
        .route(PLACE, get(show_form).post(send).layer(limit))
        .route("/office/pupils/import/template.csv", get(template))
        .route("/office/pupils/import/{id}", get(show))
        .route("/office/pupils/import/{id}/confirm", post(confirm))
        .route("/office/pupils/import/{id}/stop", post(stop))
        .route("/office/pupils/import/{id}/rejected.csv", get(rejected))
}

#[derive(Template)]
#[template(path = "office/import.html")]
struct FormPage {
    page: Page,
    fields: Fields,
    columns: Vec<ColumnLine>,
    batches: Vec<BatchLine>,
    rows: usize,
}

#[derive(Template)]
#[template(path = "office/import_batch.html")]
struct BatchPage {
    page: Page,
    batch: ImportBatch,
    columns: Vec<&'static str>,
    rows: Vec<(u32, Vec<String>)>,
    unread: Vec<String>,
    rejects: Vec<RejectLine>,
    more_rejects: u32,
}

impl BatchPage {
    fn is(&self, state: &str) -> bool {
        self.batch.state.word() == state
    }

    /// Whether there are rejected rows to download.
    fn has_rejects(&self) -> bool {
        !self.rejects.is_empty()
    }
}

async fn show_form(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    form_page(&pages, &office, Fields::default()).await
}

async fn form_page(pages: &Pages, office: &Office, fields: Fields) -> Result<Response, PageFailure> {
    let batches = pages.issuance.store.read(ListImports(office.school.id.clone())).await?;
    let status = fields.status();
    let page = FormPage {
        page: office.page("/office/pupils", "import-title"),
        fields,
        columns: ColumnLine::all(office.lang),
        batches: batches.iter().map(|batch| BatchLine::of(batch, office.lang)).collect(),
        rows: ROW_LIMIT,
    };
    Ok(render_as(status, &page))
}

async fn send(State(pages): State<Pages>, office: Office, sent: SentFiles) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    let SentFiles { sent, files } = sent;
    let refuse = async |message: String| {
        let fields = Fields::of(Typed::default()).with_fault("file", message);
        form_page(&pages, &office, fields).await
    };
    let Some(file) = files.into_iter().find(|file| file.field == "file") else {
        return refuse(office.lang.t("import-no-file")).await;
    };
    let today = warsaw_date(pages.now());
    let reading = import::read_and_judge(file.bytes, today);
    let (table, rows) = match reading.await.map_err(|error| PageFailure::ours(&error))? {
        Ok(read) => read,
        Err(refusal) => return refuse(refusal_text(&refusal, office.lang)).await,
    };
    let entropy = &*pages.issuance.entropy;
    let (school, staff) = (office.school.id.clone(), Some(office.staff.id.clone()));
    let verb = TakeIn::new(school, staff, &file.file_name, &table, rows, office.act(), entropy);
    let place = |batch: &ImportBatch| format!("{PLACE}/{}", batch.id);
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(_) => Err(PageFailure::NotFound),
    }
}

async fn template(office: Office) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    Ok(csv_file("uczniowie-wzor.csv", template_csv(office.lang)))
}

/// A file to download.
fn csv_file(name: &str, content: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, content).into_response()
}

async fn read(pages: &Pages, office: &Office, id: &str, rejects: u32) -> Result<ImportFile, PageFailure> {
    office.must(Right::EditPupils)?;
    let import = ImportId::parse(id).ok_or(PageFailure::NotFound)?;
    let read = ReadImport { import, school: office.school.id.clone(), rejects };
    pages.issuance.store.read(read).await?.ok_or(PageFailure::NotFound)
}

async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id, SHOWN_REJECTS).await?;
    let shown = u32::try_from(file.rejects.len()).unwrap_or(u32::MAX);
    let more_rejects = file.batch.rejected.saturating_sub(shown);
    let (rows, unread) = match &file.table {
        Some(table) => {
            let first = table.rows.iter().take(SHOWN_ROWS);
            (first.map(|row| (row.line, row.cells.clone())).collect(), table.unread.clone())
        }
        None => (Vec::new(), Vec::new()),
    };
    let rejects = RejectLine::all(&file, office.lang);
    let mut page = office.page("/office/pupils", "import-batch-title");
    // The page looks for itself again while rows are entered: what was done stands there once.
    page.path = format!("{PLACE}/{}", file.batch.id);
    Ok(render(&BatchPage {
        page,
        columns: view::headings(&file.columns, office.lang),
        rows,
        unread,
        rejects,
        more_rejects: if shown == 0 { 0 } else { more_rejects },
        batch: file.batch,
    }))
}

async fn confirm(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    let import = ImportId::parse(&id).ok_or(PageFailure::NotFound)?;
    let verb = ConfirmImport { import: import.clone(), school: office.school.id.clone(), act: office.act() };
    let place = |batch: &ImportBatch| format!("{PLACE}/{}", batch.id);
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((batch, place)) => {
            if batch.is_some_and(|batch| batch.state == ImportState::Running) {
                import::start(&pages.issuance, import);
            }
            Ok(Redirect::to(&place).into_response())
        }
        // The page says how it stands.
        Err(import::ImportRefusal::Over) => Ok(Redirect::to(&format!("{PLACE}/{import}")).into_response()),
        Err(import::ImportRefusal::Unknown) => Err(PageFailure::NotFound),
    }
}

async fn stop(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    let import = ImportId::parse(&id).ok_or(PageFailure::NotFound)?;
    let verb = StopImport { import, school: office.school.id.clone(), act: office.act() };
    let place = |batch: &ImportBatch| match batch.state {
        ImportState::Expired => done(PLACE, "import-dropped"),
        _ => format!("{PLACE}/{}", batch.id),
    };
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(_) => Err(PageFailure::NotFound),
    }
}

async fn rejected(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id, u32::MAX).await?;
    if file.rejects.is_empty() {
        return Err(PageFailure::NotFound);
    }
    Ok(csv_file("uczniowie-odrzuceni.csv", rejected_csv(&file, office.lang)))
}

//! All that is kept on a pupil, as a file.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Office;
use super::erase::{Reached, reach};
use crate::pages::form::Sent;
use crate::pages::frame::{Page, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::export::ExportPupil;
use crate::registry::rights::Right;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/pupils/{id}/export", get(ask).post(export))
}

#[derive(Template)]
#[template(path = "office/export.html")]
struct ExportPage {
    page: Page,
    id: String,
    name: String,
}

async fn ask(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let Reached { pupil, .. } = reach(&pages, &office, Right::ExportPupils, &id).await?;
    let name = format!("{} {}", pupil.given_names, pupil.surname);
    let page = office.page("/office/pupils", "export-title");
    Ok(render(&ExportPage { page, id, name }))
}

/// Answers with the file itself; each time is recorded.
async fn export(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    _: Sent,
) -> Result<Response, PageFailure> {
    let Reached { pupil, .. } = reach(&pages, &office, Right::ExportPupils, &id).await?;
    let verb = ExportPupil { pupil: pupil.id.clone(), act: office.act() };
    let all = pages.issuance.store.write(verb).await?.ok_or(PageFailure::NotFound)?;
    let text = serde_json::to_string_pretty(&all).map_err(|error| PageFailure::ours(&error))?;
    // The name of a file is seen by many: it has the id alone.
    let disposition = format!("attachment; filename=\"uczen-{}.json\"", pupil.id);
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, text).into_response())
}

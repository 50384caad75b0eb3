//! The page of a print job: how far it is, and its sheets, once.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::NAV;
use crate::pages::form::Sent;
use crate::pages::frame::{Page, capital, render_as};
use crate::pages::office::Office;
use crate::pages::office::orders::segment;
use crate::pages::print::job::{Progress, Stage, Taken};
use crate::pages::print::pdf_response;
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;

#[derive(Template)]
#[template(path = "print/job.html")]
struct JobPage {
    page: Page,
    action: String,
    /// The class in an address, if it is for a whole one.
    class_link: Option<String>,
    stage: &'static str,
    progress: Progress,
    done: usize,
    /// Pupils for whom there is no slip, and why.
    refused: Vec<(String, String)>,
    /// Whether somebody asked for sheets that were handed out before.
    again: bool,
}

/// A stage in the word by which the page, its script and its texts know it.
fn word(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(Stage::InWork) => "working",
        Some(Stage::Ready) => "ready",
        Some(Stage::HandedOut) => "printed",
        Some(Stage::Spoilt) => "spoilt",
        Some(Stage::Empty) => "empty",
        None => "gone",
    }
}

fn page_of(pages: &Pages, office: &Office, job: &str, again: bool) -> Response {
    let look = pages.print_jobs().look(job, &office.session().hash, pages.now());
    let (stage, progress) = look.map_or((None, Progress::default()), |(stage, job)| (Some(stage), job));
    let status = match stage {
        None => StatusCode::GONE,
        Some(_) if again => StatusCode::CONFLICT,
        Some(_) => StatusCode::OK,
    };
    let refused = progress.refused.iter();
    let refused = refused
        .map(|(pupil, code)| (pupil.clone(), capital(office.lang.pick(code.message_pl(), code.message_en()))))
        .collect();
    let page = office.page(NAV, "job-title");
    let page = match &progress.class_name {
        Some(class) => page.named(office.lang.t1("job-title-class", "class", class)),
        None => page,
    };
    render_as(
        status,
        &JobPage {
            page,
            class_link: progress.class_name.as_deref().map(segment),
            action: format!("{}/sheets", super::make::print_place(job)),
            stage: word(stage),
            done: progress.made.len() + progress.refused.len(),
            progress,
            refused,
            again,
        },
    )
}

pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(job): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::MakeSlips)?;
    Ok(page_of(&pages, &office, &job, false))
}

/// Hands the sheets out. A form, not a link: nothing that fetches ahead or fetches again may use them up.
pub(super) async fn hand_out(
    State(pages): State<Pages>,
    office: Office,
    Path(job): Path<String>,
    _sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::MakeSlips)?;
    match pages.print_jobs().take(&job, &office.session().hash, pages.now()) {
        Taken::Sheets(sheets) => {
            // No name of a pupil: file names are seen by more eyes than files.
            let name = format!("kody-mlegitymacja-{}", pages.today());
            Ok(pdf_response(sheets.to_vec(), &name, true))
        }
        Taken::Nothing => Ok(page_of(&pages, &office, &job, true)),
    }
}

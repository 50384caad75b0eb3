//! An application's page: what it says, and what becomes of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;

use super::{NAV, badge, deadline};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::application::{CompletionForm, JudgeApplication, ReasonForm, Verdict};
use crate::registry::fault::Faults;
use crate::registry::issue_book::application::{ApplicationFile, ReadApplication};
use crate::registry::rights::Right;
use crate::store::id::ApplicationId;
use crate::store::tables::pupil::{Application, ApplicationState};

/// The usual reasons to send an application back.
const PRESETS: [&str; 4] = ["bad_photo", "data_differ", "no_signature", "other"];

#[derive(Template)]
#[template(path = "office/application.html")]
struct ShowPage {
    page: Page,
    fields: Fields,
    file: ApplicationFile,
    badge: &'static str,
    deadline: Option<Date>,
    open: bool,
    complete: bool,
    objection: bool,
    presets: [&'static str; 4],
}

#[derive(Template)]
#[template(path = "office/application_objection.html")]
struct ObjectionPage {
    page: Page,
    fields: Fields,
    file: ApplicationFile,
}

pub(super) async fn read(pages: &Pages, office: &Office, id: &str) -> Result<ApplicationFile, PageFailure> {
    office.must(Right::JudgeApplications)?;
    let application = ApplicationId::parse(id).ok_or(PageFailure::NotFound)?;
    let file = pages.issuance.store.read(ReadApplication { application, now: pages.now() }).await?;
    let file = file.ok_or(PageFailure::NotFound)?;
    office.must_reach(Right::JudgeApplications, &file.pupil)?;
    Ok(file)
}

fn page_of(office: &Office, file: ApplicationFile, fields: Fields) -> Response {
    let state = file.application.state;
    let title = if state == ApplicationState::Objection { "objection-title" } else { "application-title" };
    render_as(
        fields.status(),
        &ShowPage {
            page: office.page(NAV, title),
            fields,
            badge: badge(state),
            deadline: deadline(&file.application, &file.profile),
            open: matches!(state, ApplicationState::Received | ApplicationState::SentBack),
            complete: state == ApplicationState::Complete,
            objection: state == ApplicationState::Objection,
            presets: PRESETS,
            file,
        },
    )
}

pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id).await?;
    let day = file.application.correct_since(pages.today());
    let fields = Fields::of(Typed::of([("completed_on", day.to_string())]));
    Ok(page_of(&office, file, fields))
}

/// Does what was decided and goes back to the application; else shows the form again by `again`.
async fn decide(
    pages: &Pages,
    office: &Office,
    sent: &Sent,
    file: ApplicationFile,
    verdict: Result<Verdict, Faults>,
    again: fn(&Office, ApplicationFile, Fields) -> Response,
) -> Result<Response, PageFailure> {
    let verdict = match verdict {
        Ok(verdict) => verdict,
        Err(faults) => return Ok(again(office, file, Fields::faulty(&sent.typed, &faults, office.lang))),
    };
    let told = match verdict {
        Verdict::Complete(_) => "application-completed",
        Verdict::SentBack(_) => "application-sent-back",
        Verdict::Objection(_) => "objection-registered",
    };
    let verb = JudgeApplication { application: file.application.id.clone(), verdict, act: office.act() };
    let to = done(&format!("{NAV}/{}", file.application.id), told);
    let place = move |_: &Application| to.clone();
    match office.try_once(pages, sent, verb, place).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => Ok(again(office, file, Fields::refused(&sent.typed, &refusal, office.lang))),
    }
}

pub(super) async fn complete(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id).await?;
    let form = CompletionForm { completed_on: sent.typed.some("completed_on") };
    decide(&pages, &office, &sent, file, form.parse(pages.today()), page_of).await
}

pub(super) async fn send_back(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id).await?;
    let verdict = ReasonForm { reason: reason(&sent.typed) }.parse().map(Verdict::SentBack);
    decide(&pages, &office, &sent, file, verdict, page_of).await
}

/// The chosen reason and what was added to it. The books are in Polish, whoever's browser is not.
fn reason(typed: &Typed) -> String {
    let own = typed.text("reason");
    match PRESETS.iter().find(|preset| **preset == typed.text("preset") && **preset != "other") {
        None => own.to_owned(),
        Some(preset) => {
            let chosen = Lang::Pl.word("application-reason", preset);
            if own.is_empty() { chosen } else { format!("{chosen}: {own}") }
        }
    }
}

fn objection_page(office: &Office, file: ApplicationFile, fields: Fields) -> Response {
    let page = office.page(NAV, "application-objection-title");
    render_as(fields.status(), &ObjectionPage { page, fields, file })
}

pub(super) async fn objection_form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id).await?;
    Ok(objection_page(&office, file, Fields::default()))
}

pub(super) async fn object(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, &id).await?;
    let reason = sent.typed.text("reason").to_owned();
    let verdict = ReasonForm { reason }.parse().map(Verdict::Objection);
    decide(&pages, &office, &sent, file, verdict, objection_page).await
}

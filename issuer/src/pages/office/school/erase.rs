//! Erasing a pupil: what will happen and to how many devices, then the act.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::Office;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::done;
use crate::pages::{PageFailure, Pages};
use crate::registry::erasure::{ErasePupil, Erased, ErasureOutlook, ErasureReason, ForeseeErasure};
use crate::registry::rights::Right;
use crate::store::id::PupilId;
use crate::store::tables::device::EndReason;
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/pupils/{id}/erase", get(ask).post(erase))
}

/// A pupil whom the right of whoever is signed in reaches.
pub(super) struct Reached {
    pub(super) pupil: Pupil,
    pub(super) outlook: ErasureOutlook,
}

pub(super) async fn reach(
    pages: &Pages,
    office: &Office,
    right: Right,
    id: &str,
) -> Result<Reached, PageFailure> {
    office.must(right)?;
    let id = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
    let found = pages.issuance.store.read(ForeseeErasure(id)).await?;
    let (pupil, outlook) = found.ok_or(PageFailure::NotFound)?;
    office.must_reach(right, &pupil)?;
    Ok(Reached { pupil, outlook })
}

#[derive(Template)]
#[template(path = "office/export_erase.html")]
struct ErasePage {
    page: Page,
    fields: Fields,
    id: String,
    name: String,
    class: String,
    outlook: ErasureOutlook,
    reasons: Vec<&'static str>,
}

fn form(office: &Office, reached: Reached, fields: Fields) -> Response {
    let Reached { pupil, outlook } = reached;
    let status = fields.status();
    let page = ErasePage {
        page: office.page("/office/pupils", "erase-title"),
        fields,
        id: pupil.id.as_str().to_owned(),
        name: format!("{} {}", pupil.given_names, pupil.surname),
        class: pupil.class_name,
        outlook,
        reasons: ErasureReason::ALL.map(EndReason::word).to_vec(),
    };
    render_as(status, &page)
}

async fn ask(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let reached = reach(&pages, &office, Right::ErasePupils, &id).await?;
    Ok(form(&office, reached, Fields::default()))
}

async fn erase(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::ErasePupils)?;
    let place = done("/office/pupils", "pupil-erased");
    // Sent twice: the pupil is not there any more, the answer is the same.
    let reached = match reach(&pages, &office, Right::ErasePupils, &id).await {
        Err(PageFailure::NotFound) if already(&pages, &office, &id).await? => {
            return Ok(Redirect::to(&place).into_response());
        }
        reached => reached?,
    };
    let reason = sent.typed.word::<EndReason>("reason").and_then(ErasureReason::new);
    let Some(reason) = reason else { return Err(PageFailure::Unreadable) };
    if !sent.typed.ticked("sure") {
        let fields = Fields::of(sent.typed.clone()).with_fault("sure", office.lang.t("erase-not-sure"));
        return Ok(form(&office, reached, fields));
    }
    let verb = ErasePupil { pupil: reached.pupil.id.clone(), reason, act: office.act() };
    match office.try_once(&pages, &sent, verb, move |_: &Erased| place.clone()).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(_) => Err(PageFailure::NotFound),
    }
}

/// Whether a pupil of this school was erased before.
async fn already(pages: &Pages, office: &Office, id: &str) -> Result<bool, PageFailure> {
    let Some(id) = PupilId::parse(id) else { return Ok(false) };
    let found = pages.issuance.store.read(ForeseeErasure(id)).await?;
    Ok(found.is_some_and(|(pupil, _)| pupil.school_id == office.school.id && pupil.erased_at.is_some()))
}

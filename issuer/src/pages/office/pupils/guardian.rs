//! Entering a guardian, and taking one off a pupil.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::{file_path, full_name, named_pupil};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::guardian::{EnterGuardian, GuardianForm};
use crate::registry::guardian_removal::{ForeseeRemoval, RemovalOutlook, RemoveGuardian, RemovedGuardian};
use crate::registry::rights::Right;
use crate::store::id::GuardianId;
use crate::store::tables::pupil::{Guardian, Pupil};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/pupils/{id}/guardians/new", get(new).post(enter))
        .route("/office/pupils/{id}/guardians/{guardian}/remove", get(ask).post(remove))
}

#[derive(Template)]
#[template(path = "office/pupil_guardian.html")]
struct GuardianPage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
}

impl GuardianPage {
    fn show(office: &Office, pupil: &Pupil, fields: Fields) -> Response {
        let page = office.page("/office/pupils", "pupil-guardian-title");
        let (back, name) = (file_path(&pupil.id), full_name(pupil));
        render_as(fields.status(), &Self { page, fields, back, name })
    }
}

async fn new(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::EditPupils, &id).await?;
    Ok(GuardianPage::show(&office, &pupil, Fields::default()))
}

async fn enter(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::EditPupils, &id).await?;
    let form = GuardianForm {
        given_names: sent.typed.text("given_names").to_owned(),
        surname: sent.typed.text("surname").to_owned(),
        email: sent.typed.some("email"),
    };
    let guardian = match form.parse() {
        Ok(guardian) => guardian,
        Err(faults) => {
            return Ok(GuardianPage::show(
                &office,
                &pupil,
                Fields::faulty(&sent.typed, &faults, office.lang),
            ));
        }
    };
    let verb = EnterGuardian::new(pupil.id.clone(), guardian, office.act(), &*pages.issuance.entropy);
    let place = |guardian: &Guardian| done(&file_path(&guardian.pupil_id), "guardian-entered");
    office
        .act_once(&pages, &sent, verb, place, async |fields| Ok(GuardianPage::show(&office, &pupil, fields)))
        .await
}

#[derive(Template)]
#[template(path = "office/pupil_guardian_remove.html")]
struct RemovePage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    guardian: String,
    outlook: RemovalOutlook,
    may_revoke: bool,
}

/// A guardian of a pupil who is at hand, and what taking that person off will do; no outlook if somebody else did
/// it before.
async fn foresee(
    pages: &Pages,
    pupil: &Pupil,
    guardian: &str,
) -> Result<Option<RemovalOutlook>, PageFailure> {
    let guardian = GuardianId::parse(guardian).ok_or(PageFailure::NotFound)?;
    let foresee = ForeseeRemoval { guardian, pupil: pupil.id.clone() };
    Ok(pages.issuance.store.read(foresee).await?)
}

/// Back to the pupil, where it is said that the guardian is not there any more.
fn gone(pupil: &Pupil) -> Response {
    Redirect::to(&done(&file_path(&pupil.id), "guardian-gone")).into_response()
}

fn remove_page(office: &Office, pupil: &Pupil, outlook: RemovalOutlook, fields: Fields) -> Response {
    let guardian = format!("{} {}", outlook.guardian.given_names, outlook.guardian.surname);
    let title = office.lang.t1("pupil-guardian-remove-title", "name", &guardian);
    let page = office.page("/office/pupils", "pupil-guardian-title").named(title);
    let (back, name) = (file_path(&pupil.id), full_name(pupil));
    let may_revoke = office.may(Right::RevokeCards);
    render_as(fields.status(), &RemovePage { page, fields, back, name, guardian, outlook, may_revoke })
}

async fn ask(
    State(pages): State<Pages>,
    office: Office,
    Path((id, guardian)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::EditPupils, &id).await?;
    let outlook = foresee(&pages, &pupil, &guardian).await?.ok_or(PageFailure::NotFound)?;
    Ok(remove_page(&office, &pupil, outlook, Fields::default()))
}

async fn remove(
    State(pages): State<Pages>,
    office: Office,
    Path((id, guardian)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::EditPupils, &id).await?;
    if let Some(before) = office.before(&pages, &sent).await? {
        return Ok(before);
    }
    let Some(outlook) = foresee(&pages, &pupil, &guardian).await? else { return Ok(gone(&pupil)) };
    let verb = RemoveGuardian { guardian: outlook.guardian.id.clone(), act: office.act() };
    let place = |removed: &RemovedGuardian| done(&file_path(&removed.pupil), "guardian-removed");
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        // By another clerk, between our look and our act.
        Err(_) => Ok(gone(&pupil)),
    }
}

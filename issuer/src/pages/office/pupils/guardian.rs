//! Entering a guardian.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{file_path, full_name, named_pupil};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::guardian::{EnterGuardian, GuardianForm};
use crate::registry::rights::Right;
use crate::store::tables::pupil::{Guardian, Pupil};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/pupils/{id}/guardians/new", get(new).post(enter))
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

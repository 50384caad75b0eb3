//! Registering an application or an objection that came on paper, or filling one in at the desk.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::NAV;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::application::{ApplicationForm, ObjectionForm, RegisterApplication};
use crate::registry::issue_book::application::{Applicants, ReadApplicants};
use crate::registry::rights::Right;
use crate::store::id::{GuardianId, PupilId};
use crate::store::tables::pupil::{Applicant, Application, Guardian, Pupil};

/// How the list of applicants names the pupil.
const PUPIL: &str = "pupil";

#[derive(Template)]
#[template(path = "office/application_new.html")]
struct NewPage {
    page: Page,
    fields: Fields,
    pupil: Pupil,
    guardians: Vec<Guardian>,
    of_age: bool,
    /// Whether the pupil may be the applicant.
    pupil_may_apply: bool,
    objection: bool,
    /// What the field of a day says in its tag.
    days: String,
    action: String,
}

async fn read(pages: &Pages, office: &Office, id: &str) -> Result<Applicants, PageFailure> {
    office.must(Right::JudgeApplications)?;
    let pupil = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
    let found = pages.issuance.store.read(ReadApplicants { pupil, now: pages.now() }).await?;
    let found = found.ok_or(PageFailure::NotFound)?;
    office.must_reach(Right::JudgeApplications, &found.pupil)?;
    Ok(found)
}

fn show(pages: &Pages, office: &Office, found: Applicants, fields: Fields, objection: bool) -> Response {
    let (title, last) = if objection {
        ("objection-new-title", "objections")
    } else {
        ("application-new-title", "applications")
    };
    render_as(
        fields.status(),
        &NewPage {
            page: office.page(NAV, title),
            fields,
            pupil_may_apply: found.of_age && found.profile.applicants.contains(&Applicant::Pupil),
            of_age: found.of_age,
            guardians: found.guardians,
            objection,
            days: format!("max=\"{}\" required", pages.today()),
            action: format!("/office/pupils/{}/{last}/new", found.pupil.id),
            pupil: found.pupil,
        },
    )
}

fn empty(pages: &Pages) -> Fields {
    Fields::of(Typed::of([("received_on", pages.today().to_string())]))
}

/// Who applied, as the forms of the books want it.
fn applicant(typed: &Typed) -> (Applicant, Option<GuardianId>) {
    match typed.text("guardian_id") {
        PUPIL => (Applicant::Pupil, None),
        id => (Applicant::Guardian, GuardianId::parse(id)),
    }
}

pub(super) async fn form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let found = read(&pages, &office, &id).await?;
    Ok(show(&pages, &office, found, empty(&pages), false))
}

pub(super) async fn objection_form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let found = read(&pages, &office, &id).await?;
    Ok(show(&pages, &office, found, empty(&pages), true))
}

pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let found = read(&pages, &office, &id).await?;
    let (applicant, guardian_id) = applicant(&sent.typed);
    let form = ApplicationForm {
        applicant,
        guardian_id,
        received_on: sent.typed.some("received_on"),
        minor_may_collect: Some(sent.typed.ticked("minor_may_collect")),
    };
    let application = match form.parse(pages.today()) {
        Ok(application) => application,
        Err(faults) => {
            return Ok(show(
                &pages,
                &office,
                found,
                Fields::faulty(&sent.typed, &faults, office.lang),
                false,
            ));
        }
    };
    let pupil = found.pupil.id.clone();
    let verb = RegisterApplication::new(pupil, application, office.act(), &*pages.issuance.entropy);
    let place = |made: &Application| done(&format!("{NAV}/{}", made.id), "application-registered");
    let refused = async |fields| Ok(show(&pages, &office, found, fields, false));
    office.act_once(&pages, &sent, verb, place, refused).await
}

pub(super) async fn object(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let found = read(&pages, &office, &id).await?;
    let (applicant, guardian_id) = applicant(&sent.typed);
    let form = ObjectionForm {
        applicant,
        guardian_id,
        received_on: sent.typed.some("received_on"),
        reason: sent.typed.text("reason").to_owned(),
    };
    let objection = match form.parse(pages.today()) {
        Ok(objection) => objection,
        Err(faults) => {
            return Ok(show(&pages, &office, found, Fields::faulty(&sent.typed, &faults, office.lang), true));
        }
    };
    let pupil = found.pupil.id.clone();
    let verb = RegisterApplication::objection(pupil, objection, office.act(), &*pages.issuance.entropy);
    let place = |made: &Application| done(&format!("{NAV}/{}", made.id), "objection-registered");
    let refused = async |fields| Ok(show(&pages, &office, found, fields, true));
    office.act_once(&pages, &sent, verb, place, refused).await
}

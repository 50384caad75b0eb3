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

/// What is registered: an application (wniosek)…
pub(super) const APPLICATION: bool = false;
/// …or an objection (sprzeciw).
pub(super) const OBJECTION: bool = true;

/// The pupil whom an address names, with all that is to be known before something is registered or ordered.
pub(in crate::pages::office) async fn applicants(
    pages: &Pages,
    office: &Office,
    right: Right,
    id: &str,
) -> Result<Applicants, PageFailure> {
    office.must(right)?;
    let pupil = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
    let found = pages.issuance.store.read(ReadApplicants { pupil, now: pages.now() }).await?;
    let found = found.ok_or(PageFailure::NotFound)?;
    office.must_reach(right, &found.pupil)?;
    Ok(found)
}

fn show(pages: &Pages, office: &Office, found: Applicants, fields: Fields, objection: bool) -> Response {
    let (title, folder) = if objection {
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
            action: format!("/office/pupils/{}/{}/new", found.pupil.id, folder),
            pupil: found.pupil,
        },
    )
}

/// Who applied, as the forms of the books want it.
fn applicant(typed: &Typed) -> (Applicant, Option<GuardianId>) {
    match typed.text("guardian_id") {
        PUPIL => (Applicant::Pupil, None),
        id => (Applicant::Guardian, GuardianId::parse(id)),
    }
}

pub(super) async fn form<const OBJECTS: bool>(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let found = applicants(&pages, &office, Right::JudgeApplications, &id).await?;
    let fields = Fields::of(Typed::of([("received_on", pages.today().to_string())]));
    Ok(show(&pages, &office, found, fields, OBJECTS))
}

pub(super) async fn send<const OBJECTS: bool>(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let found = applicants(&pages, &office, Right::JudgeApplications, &id).await?;
    let typed = &sent.typed;
    let (applicant, guardian_id) = applicant(typed);
    let (received_on, today) = (typed.some("received_on"), pages.today());
    let (pupil, act, entropy) = (found.pupil.id.clone(), office.act(), &*pages.issuance.entropy);
    let verb = if OBJECTS {
        let reason = typed.text("reason").to_owned();
        let form = ObjectionForm { applicant, guardian_id, received_on, reason };
        let new = |objection| RegisterApplication::objection(pupil, objection, act, entropy);
        form.parse(today).map(new)
    } else {
        let minor_may_collect = Some(typed.ticked("minor_may_collect"));
        let form = ApplicationForm { applicant, guardian_id, received_on, minor_may_collect };
        let new = |application| RegisterApplication::new(pupil, application, act, entropy);
        form.parse(today).map(new)
    };
    let verb = match verb {
        Ok(verb) => verb,
        Err(faults) => {
            return Ok(show(&pages, &office, found, Fields::faulty(typed, &faults, office.lang), OBJECTS));
        }
    };
    let place = |made: &Application| {
        let told = if OBJECTS { "objection-registered" } else { "application-registered" };
        done(&format!("{NAV}/{}", made.id), told)
    };
    let refused = async |fields| Ok(show(&pages, &office, found, fields, OBJECTS));
    office.act_once(&pages, &sent, verb, place, refused).await
}

//! The application on paper: blank, or as it stands in the books. The sheet is Polish, as the school's papers are.

use axum::extract::{Path, State};
use axum::response::Response;

use super::judge;
use crate::pages::office::Office;
use crate::pages::print::{ApplicationSheet, application_pdf, pdf_response};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::store::tables::pupil::Applicant;
use crate::store::tables::school::School;

pub(super) async fn blank(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::JudgeApplications)?;
    let sheet = ApplicationSheet {
        school: office.school.name.clone(),
        school_address: address_of(&office.school),
        ..ApplicationSheet::default()
    };
    answer(&pages, sheet, "wniosek").await
}

pub(super) async fn filled(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = judge::read(&pages, &office, &id).await?;
    let (pupil, application) = (&file.pupil, &file.application);
    let pupil_name = pupil.full_name();
    let guardian = file.guardian.as_ref().map(|one| format!("{} {}", one.given_names, one.surname));
    let sheet = ApplicationSheet {
        school: file.school.name.clone(),
        school_address: address_of(&file.school),
        class_name: pupil.class_name.clone(),
        birth_date: Lang::Pl.date(pupil.birth_date),
        pesel: pupil.pesel.clone().unwrap_or_default(),
        address: format!("{}, {} {}", pupil.street_line, pupil.postal_code, pupil.city),
        applicant: match application.applicant {
            Applicant::Pupil => pupil_name.clone(),
            Applicant::Guardian => guardian.unwrap_or_default(),
        },
        by_pupil: Some(application.applicant == Applicant::Pupil),
        minor_may_collect: application.minor_may_collect,
        received_on: Lang::Pl.date(application.received_on),
        reference: application.id.to_string(),
        pupil: pupil_name,
    };
    answer(&pages, sheet, "wniosek").await
}

async fn answer(pages: &Pages, sheet: ApplicationSheet, name: &str) -> Result<Response, PageFailure> {
    let now = pages.now();
    let made = tokio::task::spawn_blocking(move || application_pdf(&sheet, Lang::Pl, now)).await;
    let pdf = made.map_err(|error| PageFailure::ours(&error))?.map_err(|error| PageFailure::ours(&error))?;
    Ok(pdf_response(pdf, name, false))
}

fn address_of(school: &School) -> String {
    format!("{}, {} {}", school.street_line, school.postal_code, school.city)
}

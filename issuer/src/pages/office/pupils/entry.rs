//! Entering a pupil, and correcting the entry.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{file_path, full_name, named_pupil};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::correction::{CorrectPupil, CorrectionForm};
use crate::registry::desk::FindPupil;
use crate::registry::fault::{FaultCode, Faults};
use crate::registry::pupil::{EnterPupil, PupilForm};
use crate::registry::rights::Right;
use crate::registry::school::AddressForm;
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/pupils/new", get(new).post(enter))
        .route("/office/pupils/{id}/correct", get(correction).post(correct))
}

/// The fields of the form, in its order, with the keys of their labels.
const FIELDS: [(&str, &str); 9] = [
    ("surname", "pupil-surname"),
    ("given_names", "pupil-given-names"),
    ("class_name", "pupil-class"),
    ("birth_date", "pupil-birth-date"),
    ("pesel", "pupil-pesel"),
    ("other_document", "pupil-other-document"),
    ("address.street_line", "pupil-street"),
    ("address.postal_code", "pupil-postal-code"),
    ("address.city", "pupil-city"),
];

#[derive(Template)]
#[template(path = "office/pupil_new.html")]
struct NewPage {
    page: Page,
    fields: Fields,
}

impl NewPage {
    fn show(office: &Office, fields: Fields) -> Response {
        let page = office.page("/office/pupils", "pupil-new-title");
        render_as(fields.status(), &Self { page, fields })
    }
}

/// A field that somebody else has changed meanwhile.
struct Conflict {
    label: String,
    present: String,
    typed: String,
}

#[derive(Template)]
#[template(path = "office/pupil_correct.html")]
struct CorrectPage {
    page: Page,
    fields: Fields,
    back: String,
    version: i64,
    conflicts: Vec<Conflict>,
}

impl CorrectPage {
    fn show(office: &Office, pupil: &Pupil, fields: Fields) -> Response {
        Self::show_with(office, pupil, fields, Vec::new(), pupil.version)
    }

    fn show_with(
        office: &Office,
        pupil: &Pupil,
        fields: Fields,
        conflicts: Vec<Conflict>,
        version: i64,
    ) -> Response {
        let name = full_name(pupil);
        let page =
            office.page("/office/pupils", "").named(office.lang.t1("pupil-correct-title", "name", name));
        let back = file_path(&pupil.id);
        render_as(fields.status(), &Self { page, fields, back, version, conflicts })
    }
}

async fn new(State(_): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    Ok(NewPage::show(&office, Fields::default()))
}

fn address(typed: &Typed) -> AddressForm {
    AddressForm {
        street_line: typed.text("address.street_line").to_owned(),
        postal_code: typed.text("address.postal_code").to_owned(),
        city: typed.text("address.city").to_owned(),
    }
}

async fn enter(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditPupils)?;
    let typed = &sent.typed;
    let form = PupilForm {
        given_names: typed.text("given_names").to_owned(),
        surname: typed.text("surname").to_owned(),
        pesel: typed.some("pesel"),
        other_document: typed.some("other_document"),
        birth_date: typed.text("birth_date").to_owned(),
        address: address(typed),
        class_name: typed.text("class_name").to_owned(),
    };
    let pupil = match form.parse(pages.today()) {
        Ok(pupil) => pupil,
        Err(faults) => return Ok(NewPage::show(&office, Fields::faulty(typed, &faults, office.lang))),
    };
    let verb = EnterPupil::new(office.school.id.clone(), pupil, office.act(), &*pages.issuance.entropy);
    let place = |pupil: &Pupil| done(&file_path(&pupil.id), "pupil-entered");
    office.act_once(&pages, &sent, verb, place, async |fields| Ok(NewPage::show(&office, fields))).await
}

/// What the books hold, as it would be typed.
fn as_typed(pupil: &Pupil) -> Typed {
    let values = [
        pupil.surname.clone(),
        pupil.given_names.clone(),
        pupil.class_name.clone(),
        pupil.birth_date.to_string(),
        pupil.pesel.clone().unwrap_or_default(),
        pupil.other_document.clone().unwrap_or_default(),
        pupil.street_line.clone(),
        pupil.postal_code.clone(),
        pupil.city.clone(),
    ];
    Typed::of(FIELDS.iter().map(|(name, _)| *name).zip(values))
}

async fn correction(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::EditPupils, &id).await?;
    Ok(CorrectPage::show(&office, &pupil, Fields::of(as_typed(&pupil))))
}

async fn correct(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::EditPupils, &id).await?;
    let typed = &sent.typed;
    let version = typed.text("version").parse().map_err(|_| PageFailure::Unreadable)?;
    let form = CorrectionForm {
        version,
        given_names: Some(typed.text("given_names").to_owned()),
        surname: Some(typed.text("surname").to_owned()),
        pesel: typed.some("pesel"),
        other_document: typed.some("other_document"),
        birth_date: Some(typed.text("birth_date").to_owned()),
        address: Some(address(typed)),
        class_name: Some(typed.text("class_name").to_owned()),
    };
    let correction = match checked(&form) {
        Ok(correction) => correction,
        Err(faults) => {
            // The version stays the one that was read: a fault is no reason to lose what others did.
            let fields = Fields::faulty(typed, &faults, office.lang);
            return Ok(CorrectPage::show_with(&office, &pupil, fields, Vec::new(), version));
        }
    };
    let verb = CorrectPupil { pupil: pupil.id.clone(), correction, act: office.act() };
    let place = |pupil: &Pupil| done(&file_path(&pupil.id), "pupil-corrected");
    let refused = async |fields: Fields| {
        let find = FindPupil(pupil.id.clone());
        let present = pages.issuance.store.read(find).await?.ok_or(PageFailure::NotFound)?;
        let meanwhile = present.version != version;
        let conflicts = if meanwhile { conflicts(&office, &present, &fields) } else { Vec::new() };
        // Whoever has seen both may send the form again, and then it holds.
        Ok(CorrectPage::show_with(&office, &present, fields, conflicts, present.version))
    };
    office.act_once(&pages, &sent, verb, place, refused).await
}

/// As the form checks it; an identity that was emptied is missing, since here every field is shown.
fn checked(form: &CorrectionForm) -> Result<crate::registry::correction::Correction, Faults> {
    let parsed = form.parse();
    if form.pesel.is_some() || form.other_document.is_some() {
        return parsed;
    }
    let mut faults = Faults::one("pesel", FaultCode::IdentityMissing);
    if let Err(Faults(others)) = parsed {
        faults.0.extend(others);
    }
    Err(faults)
}

/// Where the books and what was typed differ.
fn conflicts(office: &Office, present: &Pupil, fields: &Fields) -> Vec<Conflict> {
    let books = as_typed(present);
    let differing = FIELDS.iter().filter(|(name, _)| books.text(name) != fields.value(name));
    differing
        .map(|(name, key)| Conflict {
            label: office.lang.t(key),
            present: books.text(name).to_owned(),
            typed: fields.value(name).to_owned(),
        })
        .collect()
}

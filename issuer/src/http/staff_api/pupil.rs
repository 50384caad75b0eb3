//! `/schools/{id}/pupils` and `/pupils/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shared::validity::is_of_age;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::application::ApplicationView;
use super::audit::EntryView;
use super::base_card::BaseCardView;
use super::card::CardView;
use super::guardian::GuardianView;
use super::idempotent::Reply;
use super::order::OrderView;
use super::problems::problems;
use super::request::{Asked, Caller, Named, Posted};
use super::view::AddressView;
use crate::http::failure::{Code, Failure};
use crate::issuance::reissue::TransferPupil;
use crate::registry::correction::{CorrectPupil, CorrectionForm};
use crate::registry::pupil::{EnterPupil, ListPupils, PupilForm, TransferForm};
use crate::registry::pupil_file::ReadPupil;
use crate::store::id::{PhotoId, PupilId, SchoolId};
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, enter)).routes(routes!(show, correct)).routes(routes!(transfer))
}

/// A pupil.
#[derive(Serialize, ToSchema)]
pub(super) struct PupilView {
    id: PupilId,
    /// Present school.
    school_id: SchoolId,
    given_names: String,
    surname: String,
    pesel: Option<String>,
    /// Another identity document, where there is no PESEL.
    other_document: Option<String>,
    birth_date: Date,
    /// Whether the pupil is of age today, in Warsaw.
    of_age: bool,
    address: AddressView,
    class_name: String,
    /// To be sent with a correction.
    version: i64,
    created_at: Timestamp,
}

impl PupilView {
    pub(super) fn of(pupil: &Pupil, today: Date) -> Self {
        Self {
            id: pupil.id.clone(),
            school_id: pupil.school_id.clone(),
            given_names: pupil.given_names.clone(),
            surname: pupil.surname.clone(),
            pesel: pupil.pesel.clone(),
            other_document: pupil.other_document.clone(),
            birth_date: pupil.birth_date,
            of_age: is_of_age(pupil.birth_date, today),
            address: AddressView::new(&pupil.street_line, &pupil.postal_code, &pupil.city),
            class_name: pupil.class_name.clone(),
            version: pupil.version,
            created_at: pupil.created_at,
        }
    }
}

/// Which pupils to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PupilQuery {
    /// Only those whose surname begins so.
    #[param(min_length = 1, max_length = 64)]
    surname: Option<String>,
    /// Only those of this class.
    #[param(min_length = 1, max_length = 16)]
    class: Option<String>,
    /// Only those after this one: `next` of the page before.
    after: Option<PupilId>,
    /// How many at most; 50 unless said otherwise.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// The largest page.
const PAGE_LIMIT: u32 = 500;

impl PupilQuery {
    fn parse(self, school: SchoolId) -> Result<ListPupils, Failure> {
        let limit = self.limit.unwrap_or(50);
        let fits = |text: &Option<String>, most: usize| {
            text.as_ref().is_none_or(|text| (1..=most).contains(&text.chars().count()))
        };
        if !(1..=PAGE_LIMIT).contains(&limit) || !fits(&self.surname, 64) || !fits(&self.class, 16) {
            return Err(Failure::of(Code::QueryInvalid));
        }
        Ok(ListPupils { school, surname: self.surname, class_name: self.class, after: self.after, limit })
    }
}

/// A page of pupils, by surname and given names.
#[derive(Serialize, ToSchema)]
struct PupilPage {
    pupils: Vec<PupilView>,
    /// What to ask for in `after` to get the next page; none on the last one.
    next: Option<PupilId>,
}

/// All that the books hold on a pupil.
#[derive(Serialize, ToSchema)]
struct PupilFileView {
    pupil: PupilView,
    guardians: Vec<GuardianView>,
    /// Applications and objections, oldest first.
    applications: Vec<ApplicationView>,
    /// The photo that cards show, if one was accepted.
    photo_id: Option<PhotoId>,
    base_cards: Vec<BaseCardView>,
    orders: Vec<OrderView>,
    /// Mobile cards with their slips and devices.
    cards: Vec<CardView>,
    /// What was done, oldest first.
    timeline: Vec<EntryView>,
}

problems! {
    ListProblems: UnknownSchool, UnknownPupil, QueryInvalid;
    EnterProblems: UnknownSchool, PeselTaken, FieldsInvalid;
    ShowProblems: UnknownPupil;
    CorrectProblems: UnknownPupil, PeselTaken, ChangedMeanwhile, FieldsInvalid;
    TransferProblems: UnknownPupil, UnknownSchool, SameSchool, FieldsInvalid;
}

/// List a school's pupils
///
/// By surname and given names, a page at a time. A tutor sees their own class.
#[utoipa::path(get, path = "/schools/{id}/pupils", operation_id = "list_pupils", tag = "Pupils",
    params(("id" = SchoolId, Path, description = "The school"), PupilQuery),
    responses((status = 200, body = PupilPage, description = "A page of pupils"), ListProblems))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Named(school): Named<SchoolId>,
    Asked(query): Asked<PupilQuery>,
) -> Result<Json<PupilPage>, Failure> {
    let mut verb = query.parse(school)?;
    if let Some(own) = caller.only_class {
        if verb.class_name.as_ref().is_some_and(|wanted| *wanted != own) {
            return Ok(Json(PupilPage { pupils: Vec::new(), next: None }));
        }
        verb.class_name = Some(own);
    }
    let limit = verb.limit as usize;
    // One more than is shown tells whether there is a next page.
    verb.limit += 1;
    let mut found = api.read(verb).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more { found.last().map(|pupil| pupil.id.clone()) } else { None };
    let pupils = found.iter().map(|pupil| PupilView::of(pupil, api.today())).collect();
    Ok(Json(PupilPage { pupils, next }))
}

/// Enter a pupil
///
/// PESEL and birth date must agree, and the age must be a pupil's. A pupil without a PESEL may be entered with
/// another document, and hold a base card, but no mobile one.
#[utoipa::path(post, path = "/schools/{id}/pupils", operation_id = "enter_pupil", tag = "Pupils",
    params(("id" = SchoolId, Path, description = "The school")), request_body = PupilForm,
    responses((status = 201, body = PupilView, description = "The pupil"), EnterProblems))]
async fn enter(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
    posted: Posted<PupilForm>,
) -> Result<Reply, Failure> {
    let today = api.today();
    let pupil = posted.form.parse(today)?;
    let verb = EnterPupil::new(school, pupil, api.act_of(&posted.caller), &*api.issuance.entropy);
    api.answer(posted.once, StatusCode::CREATED, verb, move |pupil| PupilView::of(pupil, today)).await
}

/// Show a pupil's file
///
/// The pupil with guardians, applications, cards, slips, devices and a timeline.
#[utoipa::path(get, path = "/pupils/{id}", operation_id = "show_pupil", tag = "Pupils",
    params(("id" = PupilId, Path, description = "The pupil")),
    responses((status = 200, body = PupilFileView, description = "The file"), ShowProblems))]
async fn show(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
) -> Result<Json<PupilFileView>, Failure> {
    let now = api.issuance.now();
    let file = api.read(ReadPupil { pupil, now }).await?;
    Ok(Json(PupilFileView {
        pupil: PupilView::of(&file.pupil, api.today()),
        guardians: file.guardians.iter().map(GuardianView::from).collect(),
        applications: file.applications.iter().map(ApplicationView::from).collect(),
        photo_id: file.photo,
        base_cards: file.base_cards.iter().map(BaseCardView::from).collect(),
        orders: file.orders.iter().map(OrderView::from).collect(),
        cards: file.cards.iter().map(|card| CardView::of(card, now)).collect(),
        timeline: file.timeline.iter().map(EntryView::from).collect(),
    }))
}

/// Correct a pupil's entry
///
/// Cards on phones keep showing the old data until they are issued again: a card's file tells which are not
/// `current`.
#[utoipa::path(patch, path = "/pupils/{id}", operation_id = "correct_pupil", tag = "Pupils",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = CorrectionForm,
    responses((status = 200, body = PupilView, description = "The corrected pupil"), CorrectProblems))]
async fn correct(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<CorrectionForm>,
) -> Result<Json<PupilView>, Failure> {
    let correction = posted.form.parse()?;
    let verb = CorrectPupil { pupil, correction, act: api.act_of(&posted.caller) };
    let pupil = api.issuance.store.write(verb).await??;
    Ok(Json(PupilView::of(&pupil, api.today())))
}

/// Transfer a pupil to another school
///
/// Ex officio: base cards of the old school are voided, mobile ones revoked, open orders withdrawn.
#[utoipa::path(post, path = "/pupils/{id}/transfer", operation_id = "transfer_pupil", tag = "Pupils",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = TransferForm,
    responses((status = 200, body = PupilView, description = "The pupil at the new school"), TransferProblems))]
async fn transfer(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<TransferForm>,
) -> Result<Reply, Failure> {
    let (to, class_name) = posted.form.parse()?;
    let today = api.today();
    let class_name = class_name.as_str().to_owned();
    let verb = TransferPupil { pupil, to, class_name, act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, move |pupil| PupilView::of(pupil, today)).await
}

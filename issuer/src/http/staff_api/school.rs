//! `/schools`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::agreement::AgreementView;
use super::idempotent::Reply;
use super::problems::problems;
use super::profile::ProfileView;
use super::request::{Caller, Named, Posted};
use super::view::AddressView;
use crate::http::failure::Failure;
use crate::registry::school::{EnterSchool, ListSchools, ReadSchool, SchoolForm};
use crate::store::id::SchoolId;
use crate::store::tables::school::{School, SchoolKind, SchoolRights, Term};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, enter)).routes(routes!(show))
}

/// A school.
#[derive(Serialize, ToSchema)]
pub(super) struct SchoolView {
    id: SchoolId,
    /// Number in the register of schools.
    rspo: i64,
    regon: Option<String>,
    name: String,
    kind: SchoolKind,
    rights: SchoolRights,
    term: Term,
    address: AddressView,
    created_at: Timestamp,
}

impl From<&School> for SchoolView {
    fn from(school: &School) -> Self {
        Self {
            id: school.id.clone(),
            rspo: school.rspo,
            regon: school.regon.clone(),
            name: school.name.clone(),
            kind: school.kind,
            rights: school.rights,
            term: school.term,
            address: AddressView::new(&school.street_line, &school.postal_code, &school.city),
            created_at: school.created_at,
        }
    }
}

/// All schools, by RSPO.
#[derive(Serialize, ToSchema)]
struct SchoolList {
    schools: Vec<SchoolView>,
}

/// A school with its agreement and the rules that hold now.
#[derive(Serialize, ToSchema)]
struct SchoolDetail {
    school: SchoolView,
    /// The agreement with the ministry, past ones included.
    agreement: Option<AgreementView>,
    /// The rules that hold now.
    profile: ProfileView,
}

problems! {
    EnterProblems: RspoTaken, FieldsInvalid;
    ShowProblems: UnknownSchool;
}

/// List schools
///
/// An account of one school sees that one.
#[utoipa::path(get, path = "/schools", operation_id = "list_schools", tag = "Schools",
    responses((status = 200, body = SchoolList, description = "All schools, by RSPO")))]
async fn list(State(api): State<ApiState>, caller: Caller) -> Result<Json<SchoolList>, Failure> {
    let schools = api.issuance.store.read(ListSchools).await?;
    let own = schools.iter().filter(|school| caller.school.as_ref().is_none_or(|own| *own == school.id));
    Ok(Json(SchoolList { schools: own.map(SchoolView::from).collect() }))
}

/// Enter a school
///
/// Any school may be entered; whether it is eligible is judged when it issues.
#[utoipa::path(post, path = "/schools", operation_id = "enter_school", tag = "Schools", request_body = SchoolForm,
    responses((status = 201, body = SchoolView, description = "The school"), EnterProblems))]
async fn enter(State(api): State<ApiState>, posted: Posted<SchoolForm>) -> Result<Reply, Failure> {
    let school = posted.form.parse()?;
    let verb = EnterSchool::new(school, api.act_of(&posted.caller), &*api.issuance.entropy);
    api.answer(posted.once, StatusCode::CREATED, verb, |school| SchoolView::from(school)).await
}

/// Show a school
#[utoipa::path(get, path = "/schools/{id}", operation_id = "show_school", tag = "Schools",
    params(("id" = SchoolId, Path, description = "The school")),
    responses((status = 200, body = SchoolDetail, description = "The school, its agreement and its rules"),
        ShowProblems))]
async fn show(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
) -> Result<Json<SchoolDetail>, Failure> {
    let entry = api.read(ReadSchool { school, now: api.issuance.now() }).await?;
    Ok(Json(SchoolDetail {
        school: SchoolView::from(&entry.school),
        agreement: entry.agreement.map(|agreement| AgreementView::of(&agreement, api.today())),
        profile: ProfileView::of(&entry.profile)?,
    }))
}

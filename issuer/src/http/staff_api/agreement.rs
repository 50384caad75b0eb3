//! `/schools/{id}/agreement`

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::problems::problems;
use super::request::{Caller, Named, Posted};
use crate::http::failure::Failure;
use crate::registry::school::{AgreementForm, EndAgreement, SetAgreement};
use crate::store::id::SchoolId;
use crate::store::tables::school::Agreement;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(set, end))
}

/// The agreement with the ministry.
#[derive(Serialize, ToSchema)]
pub(super) struct AgreementView {
    number: String,
    /// First day on which it holds.
    signed_on: Date,
    /// Last day on which it holds, if it has ended or will.
    ended_on: Option<Date>,
    /// Whether it holds today, in Warsaw.
    holds_today: bool,
}

impl AgreementView {
    pub(super) fn of(agreement: &Agreement, today: Date) -> Self {
        Self {
            number: agreement.number.clone(),
            signed_on: agreement.signed_on,
            ended_on: agreement.ended_on,
            holds_today: agreement.holds_on(today),
        }
    }
}

problems! {
    SetProblems: UnknownSchool, FieldsInvalid;
    EndProblems: UnknownSchool, UnknownAgreement;
}

/// Set the agreement
///
/// Takes the place of whatever the school had. Without an agreement that holds today nothing is issued.
#[utoipa::path(put, path = "/schools/{id}/agreement", operation_id = "set_agreement", tag = "Schools",
    params(("id" = SchoolId, Path, description = "The school")), request_body = AgreementForm,
    responses((status = 200, body = AgreementView, description = "The agreement"), SetProblems))]
async fn set(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
    posted: Posted<AgreementForm>,
) -> Result<Json<AgreementView>, Failure> {
    let agreement = posted.form.parse()?;
    let verb = SetAgreement { school, agreement, act: api.act_of(&posted.caller) };
    let agreement = api.issuance.store.write(verb).await??;
    Ok(Json(AgreementView::of(&agreement, api.today())))
}

/// End the agreement
///
/// At once: its last day was yesterday. Cards that were issued stay as they are; nothing new is issued.
#[utoipa::path(delete, path = "/schools/{id}/agreement", operation_id = "end_agreement", tag = "Schools",
    params(("id" = SchoolId, Path, description = "The school")),
    responses((status = 200, body = AgreementView, description = "The ended agreement"), EndProblems))]
async fn end(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
    caller: Caller,
) -> Result<Json<AgreementView>, Failure> {
    let verb = EndAgreement { school, act: api.act_of(&caller) };
    let agreement = api.issuance.store.write(verb).await??;
    Ok(Json(AgreementView::of(&agreement, api.today())))
}

//! `/pupils/{id}/guardians`

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::idempotent::Reply;
use super::problems::problems;
use super::request::{Named, Posted};
use crate::http::failure::Failure;
use crate::registry::guardian::{EnterGuardian, GuardianForm};
use crate::store::id::{GuardianId, PupilId};
use crate::store::tables::pupil::Guardian;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(enter))
}

/// A parent or legal guardian.
#[derive(Serialize, ToSchema)]
pub(super) struct GuardianView {
    id: GuardianId,
    pupil_id: PupilId,
    given_names: String,
    surname: String,
    /// Where notices go.
    email: Option<String>,
    created_at: Timestamp,
}

impl From<&Guardian> for GuardianView {
    fn from(guardian: &Guardian) -> Self {
        Self {
            id: guardian.id.clone(),
            pupil_id: guardian.pupil_id.clone(),
            given_names: guardian.given_names.clone(),
            surname: guardian.surname.clone(),
            email: guardian.email.clone(),
            created_at: guardian.created_at,
        }
    }
}

problems! {
    EnterProblems: UnknownPupil, FieldsInvalid;
}

/// Enter a guardian of a pupil
#[utoipa::path(post, path = "/pupils/{id}/guardians", operation_id = "enter_guardian", tag = "Pupils",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = GuardianForm,
    responses((status = 201, body = GuardianView, description = "The guardian"), EnterProblems))]
async fn enter(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<GuardianForm>,
) -> Result<Reply, Failure> {
    let guardian = posted.form.parse()?;
    let verb = EnterGuardian::new(pupil, guardian, api.act_of(&posted.caller), &*api.issuance.entropy);
    api.answer(posted.once, StatusCode::CREATED, verb, |guardian| GuardianView::from(guardian)).await
}

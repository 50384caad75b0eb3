//! `/pupils/{id}/guardians`, `/guardians/{id}`

use axum::Json;
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
use super::request::{Caller, Named, Posted};
use crate::http::failure::Failure;
use crate::registry::guardian::{EnterGuardian, GuardianForm};
use crate::registry::guardian_removal::{RemoveGuardian, RemovedGuardian};
use crate::store::id::{GuardianId, PupilId};
use crate::store::tables::pupil::Guardian;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(enter)).routes(routes!(remove))
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

/// A guardian who was taken off a pupil, and what came of it.
#[derive(Serialize, ToSchema)]
struct RemovedGuardianView {
    id: GuardianId,
    pupil_id: PupilId,
    /// Whether an account on the portal no longer shows the pupil.
    portal_access_ended: bool,
    /// Whether that account was closed, there being nobody left whom it shows.
    portal_account_closed: bool,
    /// Letters to the guardian about the pupil that had not gone yet and will not go.
    notices_struck_out: u64,
}

impl From<&RemovedGuardian> for RemovedGuardianView {
    fn from(removed: &RemovedGuardian) -> Self {
        Self {
            id: removed.guardian.clone(),
            pupil_id: removed.pupil.clone(),
            portal_access_ended: removed.access_ended,
            portal_account_closed: removed.account_closed,
            notices_struck_out: removed.notices,
        }
    }
}

problems! {
    EnterProblems: UnknownPupil, FieldsInvalid;
    RemoveProblems: UnknownGuardian;
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

/// Remove a guardian
///
/// The guardian's account on the portal no longer shows the pupil, and is closed if it shows nobody else; the code
/// that it may be showing stops working. Devices keep the card: revoke those that are the guardian's. Applications
/// that the guardian made keep the name.
#[utoipa::path(delete, path = "/guardians/{id}", operation_id = "remove_guardian", tag = "Pupils",
    params(("id" = GuardianId, Path, description = "The guardian")),
    responses((status = 200, body = RemovedGuardianView, description = "What came of it"), RemoveProblems))]
async fn remove(
    State(api): State<ApiState>,
    Named(guardian): Named<GuardianId>,
    caller: Caller,
) -> Result<Json<RemovedGuardianView>, Failure> {
    let verb = RemoveGuardian { guardian, act: api.act_of(&caller) };
    let removed = api.issuance.store.write(verb).await??;
    Ok(Json(RemovedGuardianView::from(&removed)))
}

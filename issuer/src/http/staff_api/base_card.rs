//! `/pupils/{id}/base-cards` and `/base-cards/{id}/…`

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::idempotent::Reply;
use super::problems::problems;
use super::request::{Named, Posted};
use crate::http::failure::Failure;
use crate::issuance::reissue::{ConfirmBaseCard, Confirmed, VoidBaseCard};
use crate::registry::base_card::{BaseCardForm, ConfirmationForm, EnterBaseCard};
use crate::registry::profile::Renewal;
use crate::store::id::{BaseCardId, DeviceId, PupilId, SchoolId};
use crate::store::tables::base_card::{BaseCard, BaseCardState, Form, VoidReason};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(enter)).routes(routes!(confirm)).routes(routes!(void))
}

/// A physical card.
#[derive(Serialize, ToSchema)]
pub(super) struct BaseCardView {
    id: BaseCardId,
    pupil_id: PupilId,
    /// The school that issued it.
    school_id: SchoolId,
    /// Number and year, such as `123/2026`.
    number: String,
    form: Form,
    /// First day of validity.
    issued_on: Date,
    /// Last day of validity, whole, in Warsaw.
    valid_until: Date,
    state: BaseCardState,
    void_reason: Option<VoidReason>,
    /// The card that it is a duplicate of.
    duplicate_of: Option<BaseCardId>,
    created_at: Timestamp,
}

impl From<&BaseCard> for BaseCardView {
    fn from(card: &BaseCard) -> Self {
        Self {
            id: card.id.clone(),
            pupil_id: card.pupil_id.clone(),
            school_id: card.school_id.clone(),
            number: format!("{}/{}", card.number, card.year),
            form: card.form,
            issued_on: card.issued_on,
            valid_until: card.valid_until,
            state: card.state,
            void_reason: card.void_reason,
            duplicate_of: card.duplicate_of.clone(),
            created_at: card.created_at,
        }
    }
}

/// A confirmed card, and what its devices need.
#[derive(Serialize, ToSchema)]
struct ConfirmedView {
    base_card: BaseCardView,
    /// How its devices get their new certificates.
    renewal: Renewal,
    /// Devices that still hold the shorter certificate.
    devices: Vec<DeviceId>,
}

impl From<&Confirmed> for ConfirmedView {
    fn from(confirmed: &Confirmed) -> Self {
        Self {
            base_card: BaseCardView::from(&confirmed.base_card),
            renewal: confirmed.renewal,
            devices: confirmed.devices.clone(),
        }
    }
}

/// Why a card is voided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "reason": "lost" })))]
struct VoidForm {
    reason: VoidReason,
}

problems! {
    EnterProblems: UnknownPupil, UnknownBaseCard, NumberTaken, HoldsCard, RegisterFull, FieldsInvalid;
    ConfirmProblems: UnknownBaseCard, BaseCardVoid, NotLonger, FieldsInvalid;
    VoidProblems: UnknownBaseCard, BaseCardVoid;
}

/// Enter a base card
///
/// Number and last day are filled in if they are left out. A duplicate voids the card that it names. Orders that
/// waited for a card go on.
#[utoipa::path(post, path = "/pupils/{id}/base-cards", operation_id = "enter_base_card", tag = "Base cards",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = BaseCardForm,
    responses((status = 201, body = BaseCardView, description = "The card"), EnterProblems))]
async fn enter(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<BaseCardForm>,
) -> Result<Reply, Failure> {
    let card = posted.form.parse(api.today())?;
    let verb = EnterBaseCard::new(pupil, card, api.act_of(&posted.caller), &*api.issuance.entropy);
    api.answer(posted.once, StatusCode::CREATED, verb, |card| BaseCardView::from(card)).await
}

/// Confirm a base card for another period
///
/// By stamp or hologram. Its mobile copies are issued again: over the air, or by new slips, as `renewal` says.
#[utoipa::path(post, path = "/base-cards/{id}/confirm", operation_id = "confirm_base_card", tag = "Base cards",
    params(("id" = BaseCardId, Path, description = "The card")), request_body = ConfirmationForm,
    responses((status = 200, body = ConfirmedView, description = "The longer card"), ConfirmProblems))]
async fn confirm(
    State(api): State<ApiState>,
    Named(base_card): Named<BaseCardId>,
    posted: Posted<ConfirmationForm>,
) -> Result<Reply, Failure> {
    let until = posted.form.parse()?;
    let verb = ConfirmBaseCard { base_card, until, act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, |confirmed| ConfirmedView::from(confirmed)).await
}

/// Void a base card
///
/// Its mobile copy is revoked on every device.
#[utoipa::path(post, path = "/base-cards/{id}/void", operation_id = "void_base_card", tag = "Base cards",
    params(("id" = BaseCardId, Path, description = "The card")), request_body = VoidForm,
    responses((status = 200, body = BaseCardView, description = "The voided card"), VoidProblems))]
async fn void(
    State(api): State<ApiState>,
    Named(base_card): Named<BaseCardId>,
    posted: Posted<VoidForm>,
) -> Result<Reply, Failure> {
    let verb = VoidBaseCard { base_card, reason: posted.form.reason, act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, |card| BaseCardView::from(card)).await
}

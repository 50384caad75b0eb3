//! `/pupils/{id}/orders` and `/orders/{id}`

use axum::Json;
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
use super::request::{Named, Nothing, Posted};
use crate::http::failure::Failure;
use crate::issuance::batch::ApproveOrders;
use crate::issuance::order::{CancelOrder, PlaceOrder};
use crate::registry::card_file::ReadOrder;
use crate::store::id::{ApplicationId, BaseCardId, OrderId, PupilId, SchoolId, StaffId};
use crate::store::tables::order::{Order, OrderState};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(place))
        .routes(routes!(approve))
        .routes(routes!(show))
        .routes(routes!(cancel))
}

/// An order to issue (zlecenie wydania).
#[derive(Serialize, ToSchema)]
pub(super) struct OrderView {
    id: OrderId,
    pupil_id: PupilId,
    school_id: SchoolId,
    /// The application that it rests on, where the rules ask for one.
    application_id: Option<ApplicationId>,
    /// The card to copy; none while the order waits for one.
    base_card_id: Option<BaseCardId>,
    state: OrderState,
    /// The last day to issue.
    deadline_on: Option<Date>,
    created_at: Timestamp,
    /// When the principal approved it, where the rules ask for that.
    approved_at: Option<Timestamp>,
    /// Who approved it.
    approved_by: Option<StaffId>,
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id.clone(),
            pupil_id: order.pupil_id.clone(),
            school_id: order.school_id.clone(),
            application_id: order.application_id.clone(),
            base_card_id: order.base_card_id.clone(),
            state: order.state,
            deadline_on: order.deadline_on,
            created_at: order.created_at,
            approved_at: order.approved_at,
            approved_by: order.approved_by.clone(),
        }
    }
}

/// What to order; by default for the pupil's newest card, on the newest application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderForm {
    /// The card to copy.
    base_card_id: Option<BaseCardId>,
    /// The application that it rests on.
    application_id: Option<ApplicationId>,
}

problems! {
    PlaceProblems: UnknownPupil, NoApplication, ApplicationNotComplete, ApplicantNotEntitled, Objection,
        SchoolNotEligible, NoAgreement, NoPesel, BirthDateDiffers, NoBaseCard, BaseCardVoid, BaseCardExpired,
        FormNotAccepted, OrderOpen;
    ApproveProblems: UnknownSchool, UnknownOrder;
    ShowProblems: UnknownOrder;
    CancelProblems: UnknownOrder, OrderIssued;
}

/// Order a mobile card
///
/// The order waits while photo or base card are missing, and goes on by itself when they come.
#[utoipa::path(post, path = "/pupils/{id}/orders", operation_id = "place_order", tag = "Orders and slips",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = OrderForm,
    responses((status = 201, body = OrderView, description = "The order"), PlaceProblems))]
async fn place(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<OrderForm>,
) -> Result<Reply, Failure> {
    let act = api.act_of(&posted.caller);
    let verb = PlaceOrder {
        id: OrderId::fresh(act.at, &*api.issuance.entropy),
        pupil,
        base_card: posted.form.base_card_id,
        application: posted.form.application_id,
        act,
    };
    api.answer(posted.once, StatusCode::CREATED, verb, |order| OrderView::from(order)).await
}

/// Orders that the principal approves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "orders": ["01jd7q2h5mz8v4k3t9w6x0ybrn"] })))]
struct ApprovalForm {
    /// Which, all of this school.
    orders: Vec<OrderId>,
}

/// What came of an approval.
#[derive(Serialize, ToSchema)]
struct ApprovalView {
    /// How many orders were approved now; what was approved, carried out or withdrawn before does not count.
    approved: u32,
}

/// Approve orders
///
/// The principal's word on a batch, where the school's rules ask for it (`principal_approves`): all are approved, or
/// none. Before it no slip is made (`order_not_approved`).
#[utoipa::path(post, path = "/schools/{id}/approvals", operation_id = "approve_orders", tag = "Orders and slips",
    params(("id" = SchoolId, Path, description = "The school")), request_body = ApprovalForm,
    responses((status = 200, body = ApprovalView, description = "How many were approved"), ApproveProblems))]
async fn approve(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
    posted: Posted<ApprovalForm>,
) -> Result<Reply, Failure> {
    let (by, act) = (posted.caller.staff.clone(), api.act_of(&posted.caller));
    let verb = ApproveOrders { school, orders: posted.form.orders, by, act };
    api.answer(posted.once, StatusCode::OK, verb, |approved| ApprovalView { approved: *approved }).await
}

/// Show an order
#[utoipa::path(get, path = "/orders/{id}", operation_id = "show_order", tag = "Orders and slips",
    params(("id" = OrderId, Path, description = "The order")),
    responses((status = 200, body = OrderView, description = "The order"), ShowProblems))]
async fn show(State(api): State<ApiState>, Named(order): Named<OrderId>) -> Result<Json<OrderView>, Failure> {
    let order = api.read(ReadOrder(order)).await?;
    Ok(Json(OrderView::from(&order)))
}

/// Withdraw an order
///
/// As long as no slip was made on it.
#[utoipa::path(post, path = "/orders/{id}/cancel", operation_id = "cancel_order", tag = "Orders and slips",
    params(("id" = OrderId, Path, description = "The order")),
    responses((status = 200, body = OrderView, description = "The withdrawn order"), CancelProblems))]
async fn cancel(
    State(api): State<ApiState>,
    Named(order): Named<OrderId>,
    posted: Posted<Nothing>,
) -> Result<Reply, Failure> {
    let verb = CancelOrder { order, act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, |order| OrderView::from(order)).await
}

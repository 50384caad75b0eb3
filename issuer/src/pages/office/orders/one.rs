//! An order's page: what it waits for, its slips, and withdrawing it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Line, NAV};
use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::issuance::order::CancelOrder;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::slips::{SlipLine, make, on_portal};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::order::{OrderFile, ReadOrderFile};
use crate::registry::rights::Right;
use crate::store::id::OrderId;
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::{Order, OrderState};

#[derive(Template)]
#[template(path = "office/order.html")]
struct ShowPage {
    page: Page,
    fields: Fields,
    line: Line,
    base_card: Option<BaseCard>,
    card: Option<MobileCard>,
    slips: Vec<SlipLine>,
    open: bool,
    issued: bool,
    may_print: bool,
    may_approve: bool,
    portal: bool,
}

#[derive(Template)]
#[template(path = "office/order_cancel.html")]
struct CancelPage {
    page: Page,
    fields: Fields,
    line: Line,
}

async fn read(pages: &Pages, office: &Office, right: Right, id: &str) -> Result<OrderFile, PageFailure> {
    office.must(right)?;
    let order = OrderId::parse(id).ok_or(PageFailure::NotFound)?;
    let file = pages.issuance.store.read(ReadOrderFile { order, now: pages.now() }).await?;
    let file = file.ok_or(PageFailure::NotFound)?;
    // An order stays with its school even when the pupil has gone to another one.
    if file.row.order.school_id == office.school.id { Ok(file) } else { Err(PageFailure::NotFound) }
}

fn page_of(pages: &Pages, office: &Office, file: OrderFile, fields: Fields) -> Response {
    let now = pages.now();
    render_as(
        fields.status(),
        &ShowPage {
            page: office.page(NAV, "order-title"),
            fields,
            open: file.row.order.is_open(),
            issued: file.row.order.state == OrderState::Issued,
            may_print: office.may(Right::MakeSlips),
            may_approve: office.may(Right::ApproveOrders),
            portal: on_portal(&file.profile),
            slips: file.slips.into_iter().map(|slip| SlipLine::of(slip, now)).collect(),
            base_card: file.base_card,
            card: file.card,
            line: Line::of(file.row, pages.today()),
        },
    )
}

pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::PlaceOrders, &id).await?;
    Ok(page_of(&pages, &office, file, Fields::default()))
}

/// Carries the order out: makes its first slip, and leads to where it is printed.
pub(super) async fn make_slip(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::MakeSlips, &id).await?;
    if on_portal(&file.profile) {
        // There is no paper: the page says where the code is.
        let mut response = page_of(&pages, &office, file, Fields::default());
        *response.status_mut() = StatusCode::CONFLICT;
        return Ok(response);
    }
    let source = GrantSource::FirstOf(file.row.order.id.clone());
    let (verb, secrets) = MakeGrant::new(&pages.issuance, source, Actor::Staff(office.staff.id.clone()));
    let refused = async |fields| Ok(page_of(&pages, &office, file, fields));
    make::one(&pages, &office, &sent, verb, secrets, refused).await
}

pub(super) async fn cancel_form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::PlaceOrders, &id).await?;
    Ok(cancel_page(&pages, &office, file, Fields::default()))
}

fn cancel_page(pages: &Pages, office: &Office, file: OrderFile, fields: Fields) -> Response {
    let page = office.page(NAV, "order-cancel-title");
    render_as(fields.status(), &CancelPage { page, fields, line: Line::of(file.row, pages.today()) })
}

pub(super) async fn cancel(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::PlaceOrders, &id).await?;
    let verb = CancelOrder { order: file.row.order.id.clone(), act: office.act() };
    let place = |order: &Order| done(&format!("{NAV}/{}", order.id), "order-cancelled");
    let refused = async |fields| Ok(cancel_page(&pages, &office, file, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

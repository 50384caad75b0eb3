//! The principal's approval of orders, many in one act.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Line, NAV};
use crate::issuance::batch::ApproveOrders;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::order::{ListOrders, OrderRow};
use crate::registry::rights::Right;
use crate::store::id::OrderId;
use crate::store::tables::order::OrderFilter;

const HERE: &str = "/office/orders/approve";

#[derive(Template)]
#[template(path = "office/orders_approve.html")]
struct ApprovePage {
    page: Page,
    fields: Fields,
    /// Each order, and whether its box is ticked.
    lines: Vec<(Line, bool)>,
    more: bool,
    asked_for: bool,
}

#[derive(Deserialize)]
pub(super) struct Ticks {
    /// Whether every box is ticked when the page is shown.
    all: Option<String>,
}

async fn show(pages: &Pages, office: &Office, fields: Fields, all: bool) -> Result<Response, PageFailure> {
    let (school, now) = (office.school.id.clone(), pages.now());
    let list = ListOrders { school, filter: OrderFilter::NotApproved, page: 0, now };
    let found = pages.issuance.store.read(list).await?;
    let today = pages.today();
    let asked_for = found.profile.principal_approves;
    let ticked = |row: &OrderRow| all || fields.typed().all("row").any(|id| id == row.order.id.as_str());
    let rows = if asked_for { found.listed.rows } else { Vec::new() };
    let lines = rows.into_iter().map(|row| {
        let ticked = ticked(&row);
        (Line::of(row, today), ticked)
    });
    let (lines, page, more) = (lines.collect(), office.page(NAV, "approve-title"), found.listed.more);
    Ok(render_as(fields.status(), &ApprovePage { page, fields, more, asked_for, lines }))
}

pub(super) async fn form(
    State(pages): State<Pages>,
    office: Office,
    Query(ticks): Query<Ticks>,
) -> Result<Response, PageFailure> {
    office.must(Right::ApproveOrders)?;
    show(&pages, &office, Fields::default(), ticks.all.is_some()).await
}

pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::ApproveOrders)?;
    let orders: Option<Vec<OrderId>> = sent.typed.all("row").map(OrderId::parse).collect();
    let orders = orders.ok_or(PageFailure::Unreadable)?;
    if orders.is_empty() {
        let fields = Fields::of(sent.typed.clone()).with_fault("row", office.lang.t("approve-none-ticked"));
        return show(&pages, &office, fields, false).await;
    }
    let (school, by) = (office.school.id.clone(), office.staff.id.clone());
    let verb = ApproveOrders { school, orders, by, act: office.act() };
    let place = |_: &u32| done(HERE, "orders-approved");
    let refused = async |fields| show(&pages, &office, fields, false).await;
    office.act_once(&pages, &sent, verb, place, refused).await
}

//! Placing an order for one pupil.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::NAV;
use crate::issuance::order::PlaceOrder;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::applications::register::applicants;
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::application::Applicants;
use crate::registry::rights::Right;
use crate::store::id::OrderId;
use crate::store::tables::order::Order;
use crate::store::tables::pupil::Pupil;

#[derive(Template)]
#[template(path = "office/order_new.html")]
struct NewPage {
    page: Page,
    fields: Fields,
    pupil: Pupil,
    /// Orders that are on their way already.
    open: Vec<Order>,
    approval: bool,
}

fn show(office: &Office, found: Applicants, fields: Fields) -> Response {
    let open =
        found.orders.into_iter().filter(|order| order.is_open() && order.school_id == office.school.id);
    render_as(
        fields.status(),
        &NewPage {
            page: office.page(NAV, "order-new-title"),
            fields,
            open: open.collect(),
            approval: found.profile.principal_approves,
            pupil: found.pupil,
        },
    )
}

pub(super) async fn form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let found = applicants(&pages, &office, Right::PlaceOrders, &id).await?;
    Ok(show(&office, found, Fields::default()))
}

pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let found = applicants(&pages, &office, Right::PlaceOrders, &id).await?;
    let act = office.act();
    let verb = PlaceOrder {
        id: OrderId::fresh(act.at, &*pages.issuance.entropy),
        pupil: found.pupil.id.clone(),
        base_card: None,
        application: None,
        act,
    };
    let place = |order: &Order| done(&format!("{NAV}/{}", order.id), "order-placed");
    let refused = async |fields| Ok(show(&office, found, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

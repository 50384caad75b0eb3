//! Orders for a whole class: for those for whom it is possible, with the reason for everybody else.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{ClassLink, NAV};
use crate::http::failure::Coded;
use crate::issuance::batch::{ClassOrder, OrderForClass};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, capital, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::store::tables::pupil::Pupil;

struct Row {
    pupil: Pupil,
    badge: &'static str,
    says: String,
}

#[derive(Template)]
#[template(path = "office/orders_class.html")]
struct ClassPage {
    page: Page,
    fields: Fields,
    class: ClassLink,
    rows: Vec<Row>,
    possible: usize,
}

async fn show(pages: &Pages, office: &Office, name: String, fields: Fields) -> Result<Response, PageFailure> {
    let (school, entropy) = (office.school.id.clone(), &*pages.issuance.entropy);
    let preview = OrderForClass::preview(school, name.clone(), office.act(), entropy);
    let found =
        pages.issuance.store.read(preview).await?.map_err(|refusal| PageFailure::refused(&refusal))?;
    if found.is_empty() {
        return Err(PageFailure::NotFound);
    }
    let possible = |outcome: &ClassOrder| matches!(outcome, ClassOrder::Ready | ClassOrder::Waiting);
    let page = office.page(NAV, "orders-class-title");
    let page = page.named(office.lang.t1("orders-class-title", "class", &name));
    let count = found.iter().filter(|(_, outcome)| possible(outcome)).count();
    let rows = found.into_iter().map(|(pupil, outcome)| {
        let (badge, says) = match outcome {
            ClassOrder::Ready => ("good", office.lang.t("orders-class-ready")),
            ClassOrder::Waiting => ("warn", office.lang.t("orders-class-waiting")),
            ClassOrder::Ordered => ("plain", office.lang.t("orders-class-ordered")),
            ClassOrder::Refused(refusal) => {
                let code = refusal.code();
                ("bad", capital(office.lang.pick(code.message_pl(), code.message_en())))
            }
        };
        Row { pupil, badge, says }
    });
    let rows = rows.collect();
    Ok(render_as(
        fields.status(),
        &ClassPage { page, fields, class: ClassLink::of(name), rows, possible: count },
    ))
}

pub(super) async fn form(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::PlaceOrders)?;
    show(&pages, &office, name, Fields::default()).await
}

pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::PlaceOrders)?;
    let (school, entropy) = (office.school.id.clone(), &*pages.issuance.entropy);
    let verb = OrderForClass::new(school, name.clone(), office.act(), entropy);
    let place = |_: &Vec<(Pupil, ClassOrder)>| done(NAV, "orders-placed");
    let refused = async |fields| show(&pages, &office, name, fields).await;
    office.act_once(&pages, &sent, verb, place, refused).await
}

//! Orders to issue (zlecenia wydania): listed by deadline, placed one by one or for a class, approved, withdrawn.

mod approve;
mod class;
mod one;
mod place;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::civil::Date;

use super::Office;
use super::applications::{ListQuery, Pager, Tab};
use crate::pages::frame::{Page, query, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::order::{ListOrders, OrderRow};
use crate::registry::rights::Right;
use crate::store::tables::order::{OrderFilter, OrderState};

/// The menu's entry.
const NAV: &str = "/office/orders";
/// A deadline is shown as near from so many days on.
const NEAR_DAYS: i32 = 3;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/orders", get(list))
        .route("/office/orders/approve", get(approve::form).post(approve::send))
        .route("/office/orders/{id}", get(one::show))
        .route("/office/orders/{id}/cancel", get(one::cancel_form).post(one::cancel))
        .route("/office/orders/{id}/slips", post(one::make_slip))
        .route("/office/pupils/{id}/orders/new", get(place::form).post(place::send))
        .route("/office/classes/{name}/orders", get(class::form).post(class::send))
}

/// An order as a row shows it.
pub(super) struct Line {
    pub(super) row: OrderRow,
    pub(super) badge: &'static str,
    /// Empty, `warn` where the deadline is near, `bad` where it is over.
    pub(super) due: &'static str,
}

impl Line {
    pub(super) fn of(row: OrderRow, today: Date) -> Self {
        let badge = match row.order.state {
            OrderState::Waiting => "warn",
            OrderState::Ready if row.missing.approval => "warn",
            OrderState::Ready => "good",
            OrderState::Issued => "plain",
            OrderState::Cancelled => "plain",
        };
        let left =
            row.order.deadline_on.filter(|_| row.order.is_open()).and_then(|day| today.until(day).ok());
        let due = match left.map(|left| left.get_days()) {
            Some(days) if days < 0 => "bad",
            Some(days) if days <= NEAR_DAYS => "warn",
            _ => "",
        };
        Self { row, badge, due }
    }

    /// What is missing, as keys of texts.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let missing = &self.row.missing;
        [
            (missing.photo, "order-missing-photo"),
            (missing.base_card, "order-missing-base-card"),
            (missing.approval, "order-missing-approval"),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, key)| key)
        .collect()
    }
}

/// A text as one part of a path: names of classes hold blanks and slashes.
pub(super) fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// A class, with its name as it stands in an address.
pub(super) struct ClassLink {
    pub(super) name: String,
    pub(super) segment: String,
}

impl ClassLink {
    pub(super) fn of(name: String) -> Self {
        Self { segment: segment(&name), name }
    }
}

#[derive(Template)]
#[template(path = "office/orders.html")]
struct ListPage {
    page: Page,
    lines: Vec<Line>,
    tabs: Vec<Tab>,
    pager: Pager,
    classes: Vec<ClassLink>,
    may_approve: bool,
    not_approved: i64,
    may_print: bool,
    portal: bool,
}

const FILTERS: [(&str, OrderFilter); 6] = [
    ("open", OrderFilter::Open),
    ("waiting", OrderFilter::In(OrderState::Waiting)),
    ("ready", OrderFilter::In(OrderState::Ready)),
    ("issued", OrderFilter::In(OrderState::Issued)),
    ("cancelled", OrderFilter::In(OrderState::Cancelled)),
    ("all", OrderFilter::All),
];

async fn list(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Query<ListQuery>,
) -> Result<Response, PageFailure> {
    office.must(Right::PlaceOrders)?;
    let asked = wanted.state.unwrap_or_default();
    let (word, filter) = FILTERS.into_iter().find(|(word, _)| *word == asked).unwrap_or(FILTERS[0]);
    let number = wanted.page.unwrap_or(0);
    let (school, now) = (office.school.id.clone(), pages.now());
    let found = pages.issuance.store.read(ListOrders { school, filter, page: number, now }).await?;
    let tabs = FILTERS.into_iter().map(|(one, _)| Tab {
        href: if one == "open" { NAV.to_owned() } else { format!("{NAV}{}", query(&[("state", one)])) },
        text: office.lang.word("orders-tab", one),
        current: one == word,
    });
    let pager = Pager::of(NAV, word, number, &found.listed);
    let today = pages.today();
    Ok(render(&ListPage {
        page: office.page(NAV, "orders-title"),
        tabs: tabs.collect(),
        pager,
        lines: found.listed.rows.into_iter().map(|row| Line::of(row, today)).collect(),
        classes: found.classes.into_iter().map(ClassLink::of).collect(),
        may_approve: found.profile.principal_approves && office.may(Right::ApproveOrders),
        not_approved: found.not_approved,
        may_print: office.may(Right::MakeSlips),
        portal: super::slips::on_portal(&found.profile),
    }))
}

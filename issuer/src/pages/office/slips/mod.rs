//! Slips on paper: made and printed once, handed out, handed back, filed, replaced.

mod card;
mod class;
mod class_slips;
#[cfg(test)]
mod class_slips_tests;
mod job;
pub(super) mod make;
mod one;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;

use self::one::{FILE, HAND_BACK, end, end_form};
use super::Office;
use super::applications::{ListQuery, Pager, Tab};
use crate::pages::frame::{Page, query, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::slip::ListSlips;
use crate::registry::profile::{ActivationMode, SchoolProfile};
use crate::registry::rights::Right;
use crate::store::tables::grant::{EXPIRES_SOON, Grant, GrantState, SlipFilter};
use crate::store::tables::pupil::Pupil;

/// The menu's entry.
const NAV: &str = "/office/slips";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/slips", get(list))
        .route("/office/slips/{grant}", get(one::show))
        .route("/office/slips/{grant}/collected", post(one::collected))
        .route("/office/slips/{grant}/hand-back", get(end_form::<HAND_BACK>).post(end::<HAND_BACK>))
        .route("/office/slips/{grant}/file", get(end_form::<FILE>).post(end::<FILE>))
        .route("/office/slips/{grant}/replace", post(one::replace))
        .route("/office/cards/{id}/slips", get(card::form).post(card::send))
        .route("/office/classes/{name}/issue", get(class::form).post(class::send))
        .route("/office/classes/{name}/slips", get(class_slips::form).post(class_slips::send))
        .route("/office/print/{job}", get(job::show))
        .route("/office/print/{job}/sheets", post(job::hand_out))
}

/// Whether the QR codes are on the portal, so that there is no paper.
pub(super) fn on_portal(profile: &SchoolProfile) -> bool {
    profile.activation == ActivationMode::PortalQr
}

/// A slip as a row shows it.
pub(super) struct SlipLine {
    pub(super) slip: Grant,
    /// The text of its state.
    pub(super) state: &'static str,
    pub(super) badge: &'static str,
    /// Whether it still opens a device.
    pub(super) open: bool,
}

impl SlipLine {
    pub(super) fn of(slip: Grant, now: Timestamp) -> Self {
        let open = slip.state == GrantState::Ready && slip.expires_at > now;
        let soon = now.saturating_add(EXPIRES_SOON).unwrap_or(Timestamp::MAX);
        let (state, badge) = match slip.state {
            GrantState::Bound => ("slip-is-used", "good"),
            _ if slip.filed_at.is_some() => ("slip-is-filed", "plain"),
            GrantState::Locked => ("slip-is-locked", "bad"),
            GrantState::Replaced => ("slip-is-replaced", "plain"),
            GrantState::Cancelled => ("slip-is-handed-back", "plain"),
            GrantState::Ready if !open => ("slip-is-expired", "bad"),
            GrantState::Ready if slip.expires_at <= soon => ("slip-is-expiring", "warn"),
            GrantState::Ready if slip.collected_at.is_some() => ("slip-is-collected", "good"),
            GrantState::Ready => ("slip-is-not-collected", "info"),
        };
        Self { slip, state, badge, open }
    }
}

struct Row {
    line: SlipLine,
    pupil: Pupil,
}

#[derive(Template)]
#[template(path = "office/slips.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    tabs: Vec<Tab>,
    pager: Pager,
    only_class: String,
}

async fn list(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Query<ListQuery>,
) -> Result<Response, PageFailure> {
    office.must(Right::HandOutSlips)?;
    let filter = wanted.state.as_deref().and_then(SlipFilter::parse).unwrap_or(SlipFilter::Made);
    let (number, now) = (wanted.page.unwrap_or(0), pages.now());
    let class_name = office.only_class(Right::HandOutSlips).map(str::to_owned);
    if class_name.as_deref() == Some("") {
        // A tutor without a class has no pupils; without a name, the list would be everybody's.
        return Err(PageFailure::NotFound);
    }
    let only_class = class_name.clone().unwrap_or_default();
    let list = ListSlips { school: office.school.id.clone(), class_name, filter, page: number, now };
    let found = pages.issuance.store.read(list).await?;
    let tabs = found.counts.iter().map(|(one, count)| Tab {
        href: format!("{NAV}{}", query(&[("state", one.word())])),
        text: format!("{} ({count})", office.lang.word("slips-tab", one.word())),
        current: *one == filter,
    });
    let pager = Pager::of(NAV, filter.word(), number, &found.listed);
    let (tabs, page) = (tabs.collect(), office.page(NAV, "slips-title"));
    let rows = found.listed.rows.into_iter();
    let rows = rows.map(|(slip, pupil)| Row { line: SlipLine::of(slip, now), pupil }).collect();
    Ok(render(&ListPage { page, rows, tabs, pager, only_class }))
}

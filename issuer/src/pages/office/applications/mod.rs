//! Applications (wnioski) and objections (sprzeciwy): listed, registered, judged, printed.

mod judge;
pub(super) mod register;
mod sheet;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::civil::Date;
use serde::Deserialize;

use self::register::{APPLICATION, OBJECTION, form, send};
use super::Office;
use crate::pages::frame::{Page, query, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::application::ListApplications;
use crate::registry::issue_book::{Listed, ReadRules};
use crate::registry::profile::{IssueBasis, SchoolProfile};
use crate::registry::rights::Right;
use crate::store::tables::pupil::{Application, ApplicationFilter, ApplicationState, Pupil};

/// The menu's entry.
const NAV: &str = "/office/applications";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/applications", get(list))
        .route("/office/applications/blank", get(sheet::blank))
        .route("/office/pupils/{id}/applications/new", get(form::<APPLICATION>).post(send::<APPLICATION>))
        .route("/office/pupils/{id}/objections/new", get(form::<OBJECTION>).post(send::<OBJECTION>))
        .route("/office/applications/{id}", get(judge::show))
        .route("/office/applications/{id}/form", get(sheet::filled))
        .route("/office/applications/{id}/complete", post(judge::complete))
        .route("/office/applications/{id}/send-back", post(judge::send_back))
        .route("/office/applications/{id}/objection", get(judge::objection_form).post(judge::object))
}

/// A state as a badge shows it.
fn badge(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Received => "info",
        ApplicationState::Complete => "good",
        ApplicationState::SentBack => "warn",
        ApplicationState::Objection => "bad",
    }
}

/// The last day to issue: counted from completion, and until then, if all is in order, from receipt.
fn deadline(application: &Application, profile: &SchoolProfile) -> Option<Date> {
    let days = i64::from(profile.issue_deadline_days?);
    let from = match application.state {
        ApplicationState::Complete => application.completed_on?,
        ApplicationState::Received => application.received_on,
        ApplicationState::SentBack | ApplicationState::Objection => return None,
    };
    from.checked_add(jiff::Span::new().days(days)).ok()
}

/// Which rows of a list are looked at.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    pub(super) state: Option<String>,
    pub(super) page: Option<u32>,
}

/// The pages before and behind the one that is shown; empty where there is none.
pub(super) struct Pager {
    pub(super) before: String,
    pub(super) after: String,
}

impl Pager {
    pub(super) fn of<T>(path: &str, state: &str, page: u32, listed: &Listed<T>) -> Self {
        let to = |page: u32| {
            let page = page.to_string();
            format!("{path}{}", query(&[("state", state), ("page", &page)]))
        };
        Self {
            before: page.checked_sub(1).map(to).unwrap_or_default(),
            after: if listed.more { to(page + 1) } else { String::new() },
        }
    }
}

/// A choice above a list.
pub(super) struct Tab {
    pub(super) href: String,
    pub(super) text: String,
    pub(super) current: bool,
}

struct Row {
    application: Application,
    pupil: Pupil,
    badge: &'static str,
    deadline: Option<Date>,
    late: bool,
}

#[derive(Template)]
#[template(path = "office/applications.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    tabs: Vec<Tab>,
    pager: Pager,
    opt_out: bool,
}

async fn list(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Query<ListQuery>,
) -> Result<Response, PageFailure> {
    office.must(Right::JudgeApplications)?;
    const FILTERS: [ApplicationFilter; 6] = [
        ApplicationFilter::All,
        ApplicationFilter::In(ApplicationState::Received),
        ApplicationFilter::In(ApplicationState::SentBack),
        ApplicationFilter::NoOrder,
        ApplicationFilter::In(ApplicationState::Complete),
        ApplicationFilter::In(ApplicationState::Objection),
    ];
    let word = wanted.state.unwrap_or_default().replace('-', "_");
    let filter = FILTERS.into_iter().find(|filter| filter.word() == word).unwrap_or(ApplicationFilter::All);
    let number = wanted.page.unwrap_or(0);
    let store = &pages.issuance.store;
    let rules = store.read(ReadRules { school: office.school.id.clone(), now: pages.now() }).await?;
    let rules = rules.ok_or(PageFailure::NotFound)?;
    let found =
        store.read(ListApplications { school: office.school.id.clone(), filter, page: number }).await?;
    let count = |filter: ApplicationFilter| match filter {
        ApplicationFilter::All => found.counts.iter().map(|(_, count)| i64::from(*count)).sum(),
        ApplicationFilter::NoOrder => found.no_order,
        ApplicationFilter::In(state) => {
            found.counts.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| i64::from(*count))
        }
    };
    let opt_out = rules.basis == IssueBasis::OptOut;
    // Where orders rest on no application, none lacks one.
    let shown = FILTERS.into_iter().filter(|one| *one != ApplicationFilter::NoOrder || !opt_out);
    let tabs = shown.map(|one| Tab {
        href: if one == ApplicationFilter::All {
            NAV.to_owned()
        } else {
            format!("{NAV}{}", query(&[("state", one.word())]))
        },
        text: match one {
            ApplicationFilter::All => office.lang.t1("applications-all", "n", count(one)),
            one => format!("{} ({})", office.lang.word("applications-states", one.word()), count(one)),
        },
        current: filter == one,
    });
    let tabs = tabs.collect();
    let pager = Pager::of(NAV, filter.word(), number, &found.listed);
    let today = pages.today();
    let rows = found.listed.rows.into_iter().map(|(application, pupil)| {
        let deadline = deadline(&application, &rules);
        Row {
            badge: badge(application.state),
            late: application.state == ApplicationState::Received && deadline.is_some_and(|day| day < today),
            deadline,
            application,
            pupil,
        }
    });
    let page = office.page(NAV, "applications-title");
    Ok(render(&ListPage { page, rows: rows.collect(), tabs, pager, opt_out }))
}

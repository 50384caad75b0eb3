//! The school itself: agreement, rules, staff, tokens, the audit trail, and what the law lets a pupil ask for.

mod account;
mod agreement;
mod audit;
pub(super) mod confirm;
mod erase;
mod export;
mod rules;
mod staff;
mod tokens;

#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod erase_tests;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::Office;
use crate::pages::frame::{Page, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::profile::SchoolProfile;
use crate::registry::rights::Right;
use crate::registry::school::{ReadSchool, SchoolEntry};

/// Where these pages begin, and their entry in the menu.
const PLACE: &str = "/office/school";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(PLACE, get(show))
        .merge(account::routes())
        .merge(agreement::routes())
        .merge(audit::routes())
        .merge(erase::routes())
        .merge(export::routes())
        .merge(rules::routes())
        .merge(staff::routes())
        .merge(tokens::routes())
}

#[derive(Template)]
#[template(path = "office/school.html")]
struct SchoolPage {
    page: Page,
    entry: SchoolEntry,
    agreement_holds: bool,
    rules: Vec<(String, String)>,
    may_edit: bool,
    may_keep_staff: bool,
    may_keep_tokens: bool,
    may_read_audit: bool,
}

async fn show(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::ReadSchool)?;
    let entry = read(&pages, &office).await?;
    let profile = SchoolProfile::from_row(&entry.profile)?;
    let page = SchoolPage {
        page: office.page(PLACE, "school-title"),
        agreement_holds: entry.agreement.as_ref().is_some_and(|agreement| agreement.holds_on(pages.today())),
        rules: rules::in_words(&profile, office.lang),
        may_edit: office.may(Right::EditSchool),
        may_keep_staff: office.may(Right::KeepStaff),
        may_keep_tokens: office.may(Right::KeepTokens),
        may_read_audit: office.may(Right::ReadAudit),
        entry,
    };
    Ok(render(&page))
}

/// The school whose office is open, with its agreement and rules.
async fn read(pages: &Pages, office: &Office) -> Result<SchoolEntry, PageFailure> {
    let read = ReadSchool { school: office.school.id.clone(), now: pages.now() };
    pages.issuance.store.read(read).await?.map_err(|refusal| PageFailure::refused(&refusal))
}

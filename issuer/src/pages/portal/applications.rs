//! The section *Aplikacje*: the live QR code and the devices, or where the slip is.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::Visitor;
use super::live::Live;
use super::shelf::Wish;
use crate::pages::form::Sent;
use crate::pages::frame::{Page, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::PortalRight;
use crate::store::id::PupilId;
use crate::store::tables::portal_account::PortalKind;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/portal/children/{id}/applications", get(applications))
        .route("/portal/children/{id}/code", post(fresh_code))
}

/// Where a child's applications are.
pub(super) fn address(child: &PupilId) -> String {
    format!("/portal/children/{child}/applications")
}

#[derive(Template)]
#[template(path = "portal/applications.html")]
struct ApplicationsPage {
    page: Page,
    live: Live,
    child: PupilId,
    back: String,
    name: String,
    /// Whether the pupil looks, or a guardian: whose steps come first.
    own: bool,
}

async fn applications(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let child = visitor.child(&id)?;
    visitor.must(PortalRight::LookAtCard, child)?;
    let live = Live::look(&pages, &visitor, child, &Wish::Look).await?;
    let name = format!("{} {}", child.given_names, child.surname);
    let title = if visitor.account.kind == PortalKind::Pupil {
        visitor.lang.t("portal-applications-title")
    } else {
        visitor.lang.t1("portal-applications-of", "name", &name)
    };
    let page = visitor.page("/portal/applications", "portal-applications-title").named(title);
    let own = visitor.account.kind == PortalKind::Pupil;
    let back = format!("/portal/children/{}", child.id);
    Ok(render(&ApplicationsPage { page, live, child: child.id.clone(), back, name, own }))
}

/// Shows a new code in the place of the live one: somebody else may have seen it.
async fn fresh_code(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    _: Sent,
) -> Result<Response, PageFailure> {
    let child = visitor.child(&id)?;
    visitor.must(PortalRight::ShowCode, child)?;
    pages.look(&child.id, &Wish::Fresh, visitor.actor()).await?;
    Ok(Redirect::to(&address(&child.id)).into_response())
}

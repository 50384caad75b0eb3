//! The first page: whom the account sees, and how far each card is.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;

use super::{Visitor, applications};
use crate::pages::frame::{Page, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::portal_standing::{Case, Next, Standing};
use crate::registry::profile::IssueBasis;
use crate::registry::rights::PortalRight;
use crate::store::id::PupilId;
use crate::store::tables::portal_account::PortalKind;
use crate::store::tables::pupil::{ApplicationState, Pupil};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/portal", get(start))
        .route("/portal/children/{id}", get(child))
        .route("/portal/applications", get(own_applications))
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Done,
    Next,
    Later,
}

impl Progress {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Next => "next",
            Self::Later => "later",
        }
    }

    /// The badge that goes with it.
    fn kind(self) -> &'static str {
        match self {
            Self::Done => "good",
            Self::Next => "info",
            Self::Later => "plain",
        }
    }
}

/// A step on the way to the card: its word and how far it is.
struct Step {
    word: &'static str,
    progress: Progress,
}

/// The steps of the guide that holds, the first that is not done being next.
fn steps(standing: &Standing) -> Vec<Step> {
    let next = standing.next();
    let code = matches!(next, Next::PortalCode | Next::Slip | Next::Phone | Next::Full);
    let applied =
        standing.application.as_ref().is_some_and(|newest| newest.state == ApplicationState::Complete);
    let mut list = Vec::new();
    if standing.office.profile.basis == IssueBasis::Application {
        list.push(("application", applied));
    }
    let (photo, card) = (("photo", standing.photo), ("card", standing.base_card.is_some()));
    list.extend(match standing.case() {
        Case::Plastic | Case::Paper | Case::Lapsed => [card, photo],
        Case::NoCard => [photo, card],
    });
    list.push((if standing.shows_codes() { "code" } else { "slip" }, code));
    list.push(("device", !standing.devices.is_empty()));
    let mut open = false;
    let step = |(word, done): (&'static str, bool)| {
        let progress = match (done, open) {
            (true, _) => Progress::Done,
            (false, false) => Progress::Next,
            (false, true) => Progress::Later,
        };
        open |= !done;
        Step { word, progress }
    };
    list.into_iter().map(step).collect()
}

/// A child as it is listed.
struct ChildView {
    id: PupilId,
    name: String,
    class_name: String,
    devices: usize,
    places: u8,
    next: Next,
    /// Whether a QR code can be fetched by whoever looks.
    fetch: bool,
    until: Option<Timestamp>,
}

impl ChildView {
    fn of(visitor: &Visitor, standing: &Standing) -> Self {
        let (pupil, next) = (&standing.pupil, standing.next());
        Self {
            id: pupil.id.clone(),
            name: format!("{} {}", pupil.given_names, pupil.surname),
            class_name: pupil.class_name.clone(),
            devices: standing.devices.len(),
            places: standing.places(),
            next,
            fetch: next == Next::PortalCode && visitor.may(PortalRight::ShowCode, pupil),
            until: standing.grant.as_ref().map(|grant| grant.expires_at),
        }
    }
}

#[derive(Template)]
#[template(path = "portal/children.html")]
struct ChildrenPage {
    page: Page,
    children: Vec<ChildView>,
    /// Whether a photo is to be sent: the first link leads there.
    photo: bool,
}

#[derive(Template)]
#[template(path = "portal/child.html")]
struct ChildPage {
    page: Page,
    child: ChildView,
    case: Case,
    steps: Vec<Step>,
    school: String,
    valid_until: Option<jiff::civil::Date>,
    /// The last day of a card that has run out.
    lapsed_on: Option<jiff::civil::Date>,
    may_send_photo: bool,
    shows_codes: bool,
    /// Whether the pupil looks, or a guardian.
    own: bool,
}

/// The pupil's own page, or the children of a guardian.
async fn start(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageFailure> {
    match (visitor.account.kind, visitor.children.first()) {
        (PortalKind::Pupil, Some(own)) => show(&pages, &visitor, own).await,
        (PortalKind::Pupil | PortalKind::Guardian, _) => list(&pages, &visitor, "/portal").await,
    }
}

pub(super) async fn list(pages: &Pages, visitor: &Visitor, nav: &str) -> Result<Response, PageFailure> {
    let mut children = Vec::new();
    for child in &visitor.children {
        children.push(ChildView::of(visitor, &pages.standing(&child.id).await?));
    }
    let (title, photo) = match nav {
        "/portal/applications" => ("portal-applications-title", false),
        "/portal/photo" => ("portal-photo-title", true),
        _ => ("portal-children-title", false),
    };
    Ok(render(&ChildrenPage { page: visitor.page(nav, title), children, photo }))
}

async fn child(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    show(&pages, &visitor, visitor.child(&id)?).await
}

async fn show(pages: &Pages, visitor: &Visitor, child: &Pupil) -> Result<Response, PageFailure> {
    visitor.must(PortalRight::LookAtCard, child)?;
    let standing = pages.standing(&child.id).await?;
    let view = ChildView::of(visitor, &standing);
    let page = visitor.page("/portal", "portal-children-title").named(view.name.clone());
    Ok(render(&ChildPage {
        page,
        child: view,
        case: standing.case(),
        steps: steps(&standing),
        school: standing.office.school.name.clone(),
        valid_until: standing.base_card.as_ref().map(|card| card.valid_until),
        lapsed_on: standing.lapsed_on,
        may_send_photo: visitor.may(PortalRight::SendPhoto, child),
        shows_codes: standing.shows_codes(),
        own: visitor.account.kind == PortalKind::Pupil,
    }))
}

/// The section *Aplikacje* of the only child, or the choice between several.
async fn own_applications(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageFailure> {
    match visitor.children.as_slice() {
        [only] => Ok(Redirect::to(&applications::address(&only.id)).into_response()),
        _ => list(&pages, &visitor, "/portal/applications").await,
    }
}

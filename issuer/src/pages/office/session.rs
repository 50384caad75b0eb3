//! Signing in and out of the office, and choosing the school for whoever keeps several.

use askama::Template;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{Office, done};
use crate::audit::Actor;
use crate::pages::federated::Way;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::known::Guard;
use crate::pages::session::is_own_path;
use crate::pages::{PageFailure, Pages};
use crate::registry::sign_in::{EndSession, FindStaff, Holder, Shown, TouchSession};
use crate::store::id::SchoolId;
use crate::store::tables::school::School;
use crate::store::tables::session::Realm;
use crate::store::tables::staff::Staff;
use crate::store::{Statements, StoreError, Verb};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/sign-in", get(form).post(sign_in))
        .route("/office/sign-out", post(sign_out))
        .route("/office/choose-school", post(choose_school))
}

#[derive(Template)]
#[template(path = "office/sign_in.html")]
struct SignInPage {
    page: Page,
    fields: Fields,
    next: String,
    elsewhere: Option<Way>,
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

fn own(next: Option<String>) -> String {
    next.filter(|next| is_own_path(next)).unwrap_or_else(|| "/office".to_owned())
}

async fn form(State(pages): State<Pages>, Query(Next { next }): Query<Next>, request: Request) -> Response {
    show(&pages, request.headers(), Fields::default(), own(next), StatusCode::OK)
}

fn show(pages: &Pages, headers: &HeaderMap, fields: Fields, next: String, status: StatusCode) -> Response {
    let (page, set_visitor) = pages.door_page(headers, Realm::Office, super::SIGN_IN);
    let elsewhere = pages.way_elsewhere(&next);
    let page = page.titled("sign-in-title");
    let mut response = render_as(status, &SignInPage { page, fields, next, elsewhere });
    if let Some(cookie) = set_visitor {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn sign_in(State(pages): State<Pages>, sent: Sent) -> Result<Response, PageFailure> {
    let next = own(sent.typed.some("next"));
    match pages.knock(&sent, Realm::Office, FindStaff).await? {
        Ok((staff, guard)) => {
            let shown = Shown::Password(staff.password_hash.clone());
            begin(&pages, &sent.headers, staff, shown, Some(&guard), &next).await
        }
        Err(not_in) => {
            let (fields, status) = not_in.told(&pages, &sent, "sign-in-wrong");
            Ok(show(&pages, &sent.headers, fields, next, status))
        }
    }
}

/// Begins a session for an account whose holder has proved to be that: a new cookie, whatever came before.
pub(in crate::pages) async fn begin(
    pages: &Pages,
    headers: &HeaderMap,
    staff: Staff,
    shown: Shown,
    by: Option<&Guard>,
    next: &str,
) -> Result<Response, PageFailure> {
    let (actor, account_id) = (Actor::Staff(staff.id.clone()), staff.id.to_string());
    let holder = Holder { realm: Realm::Office, account_id, school_id: staff.school_id, shown };
    pages.begin_session(headers, holder, actor, by, next).await
}

async fn sign_out(State(pages): State<Pages>, office: Office, _: Sent) -> Result<Response, PageFailure> {
    pages.issuance.store.write(EndSession(office.session().hash)).await?;
    let cookie = pages.end_cookie(Realm::Office);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&done(super::SIGN_IN, "signed-out"))).into_response())
}

struct FindSchool(SchoolId);

#[async_trait::async_trait]
impl Verb for FindSchool {
    type Answer = Option<School>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        School::find(tx, &self.0).await
    }
}

/// Opens another school's office, for an account that is not of one school alone.
async fn choose_school(
    State(pages): State<Pages>,
    office: Office,
    sent: Sent,
) -> Result<Response, PageFailure> {
    if office.staff.school_id.is_some() {
        return Err(PageFailure::Forbidden);
    }
    let id = SchoolId::parse(sent.typed.text("school")).ok_or(PageFailure::NotFound)?;
    let school = pages.issuance.store.read(FindSchool(id)).await?.ok_or(PageFailure::NotFound)?;
    let mut session = office.session().clone();
    session.school_id = Some(school.id);
    pages.issuance.store.write(TouchSession(session)).await?;
    Ok(Redirect::to("/office").into_response())
}

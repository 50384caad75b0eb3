//! Signing in and out of the office, and choosing the school for whoever keeps several.

use askama::Template;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::secret::Secret;

use super::{Office, done};
use crate::audit::Actor;
use crate::pages::federated::Way;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::session::is_own_path;
pub(in crate::pages) use crate::pages::session::wait_message;
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::line::Login;
use crate::registry::sign_in::{CountTry, EndSession, FindStaff, TouchSession};
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
    let (visitor, set_visitor) = pages.visitor(headers);
    // A form that is shown to somebody who is signed in is checked against that session.
    let token = pages
        .session_cookie(headers, Realm::Office)
        .and_then(|_| pages.expected_form_token(headers, Realm::Office))
        .unwrap_or_else(|| pages.visitor_form_token(&visitor));
    let page = pages.visitor_page(Lang::of(headers), "/office/sign-in".to_owned(), token);
    let page = page.titled("sign-in-title");
    let elsewhere = pages.way_elsewhere(&next);
    let mut response = render_as(status, &SignInPage { page, fields, next, elsewhere });
    if let Some(cookie) = set_visitor {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn sign_in(State(pages): State<Pages>, sent: Sent) -> Result<Response, PageFailure> {
    let lang = Lang::of(&sent.headers);
    let next = own(sent.typed.some("next"));
    // The password is not shown again.
    let typed = Typed::of([("login", sent.typed.text("login"))]);
    let refuse = |message: String, status| {
        let fields = Fields::of(typed.clone()).with_fault("login", message);
        Ok(show(&pages, &sent.headers, fields, next.clone(), status))
    };
    let login = Login::parse(sent.typed.text("login")).map(|login| login.as_str().to_owned());
    let login = login.unwrap_or_else(|_| String::new());
    let login_hash = pages.issuance.keys.sign_in_hash(Realm::Office.word(), &login);
    let store = &pages.issuance.store;
    // Counted before it is looked at: many tries at once are many tries.
    if let Err(wait) = store.write(CountTry { login_hash, now: pages.now() }).await? {
        return refuse(wait_message(lang, wait.until, pages.now()), StatusCode::TOO_MANY_REQUESTS);
    }
    let staff = store.read(FindStaff(login)).await?;
    let stored = staff.as_ref().map(|staff| staff.password_hash.clone());
    let right = pages.password_is_right(stored, Secret::new(sent.typed.raw("password"))).await;
    match staff {
        Some(staff) if right => begin(&pages, &sent.headers, staff, Some(login_hash), &next).await,
        _ => refuse(lang.t("sign-in-wrong"), StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Begins a session for an account whose holder has proved to be that: a new cookie, whatever came before.
pub(in crate::pages) async fn begin(
    pages: &Pages,
    headers: &HeaderMap,
    staff: Staff,
    login_hash: Option<[u8; 32]>,
    next: &str,
) -> Result<Response, PageFailure> {
    let account = (Realm::Office, staff.id.as_str(), Actor::Staff(staff.id.clone()));
    pages.begin_session(headers, account, staff.school_id.clone(), login_hash, next).await
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

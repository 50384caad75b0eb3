//! Signing in to the portal and out of it.

use askama::Template;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::secret::Secret;

use super::{SIGN_IN, Visitor};
use crate::audit::Actor;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{self, Page, render_as};
use crate::pages::session::{is_own_path, wait_message};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages, done};
use crate::registry::line::Login;
use crate::registry::portal_account::FindPortalAccount;
use crate::registry::sign_in::{CountTry, EndSession};
use crate::store::tables::portal_account::PortalAccount;
use crate::store::tables::session::Realm;

/// Where the form that signs out is sent to.
pub(super) const SIGN_OUT: &str = "/portal/sign-out";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(SIGN_IN, get(form).post(sign_in)).route(SIGN_OUT, post(sign_out))
}

#[derive(Template)]
#[template(path = "portal/sign_in.html")]
struct SignInPage {
    page: Page,
    fields: Fields,
    next: String,
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

fn own(next: Option<String>) -> String {
    let within = |next: &String| {
        is_own_path(next) && (next == "/portal" || next.starts_with("/portal/")) && next != super::PASSWORD
    };
    next.filter(within).unwrap_or_else(|| "/portal".to_owned())
}

async fn form(State(pages): State<Pages>, Query(Next { next }): Query<Next>, request: Request) -> Response {
    let done = frame::done_word(request.uri(), Lang::of(request.headers()));
    show(&pages, request.headers(), Fields::default(), own(next), done, StatusCode::OK)
}

fn show(
    pages: &Pages,
    headers: &HeaderMap,
    fields: Fields,
    next: String,
    done: String,
    status: StatusCode,
) -> Response {
    let (visitor, set_visitor) = pages.visitor(headers);
    // A form that is shown to somebody who is signed in is checked against that session.
    let token = pages
        .session_cookie(headers, Realm::Portal)
        .and_then(|_| pages.expected_form_token(headers, Realm::Portal))
        .unwrap_or_else(|| pages.visitor_form_token(&visitor));
    let page = pages.visitor_page(Lang::of(headers), SIGN_IN.to_owned(), token);
    let page = Page { done, ..page }.titled("portal-sign-in-title");
    let mut response = render_as(status, &SignInPage { page, fields, next });
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
        Ok(show(&pages, &sent.headers, fields, next.clone(), String::new(), status))
    };
    let login = Login::parse(sent.typed.text("login")).map(|login| login.as_str().to_owned());
    let login = login.unwrap_or_else(|_| String::new());
    let login_hash = pages.issuance.keys.sign_in_hash(Realm::Portal.word(), &login);
    let store = &pages.issuance.store;
    // Counted before it is looked at: many tries at once are many tries.
    if let Err(wait) = store.write(CountTry { login_hash, now: pages.now() }).await? {
        return refuse(wait_message(lang, wait.until, pages.now()), StatusCode::TOO_MANY_REQUESTS);
    }
    let account = store.read(FindPortalAccount(login)).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let right = pages.password_is_right(stored, Secret::new(sent.typed.raw("password"))).await;
    match account {
        Some(account) if right => begin(&pages, &sent.headers, account, login_hash, &next).await,
        _ => refuse(lang.t("portal-sign-in-wrong"), StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Begins a session for whoever has proved to hold the account: a new cookie, whatever came before.
async fn begin(
    pages: &Pages,
    headers: &HeaderMap,
    account: PortalAccount,
    login_hash: [u8; 32],
    next: &str,
) -> Result<Response, PageFailure> {
    let holder = (Realm::Portal, account.id.as_str(), Actor::Portal(account.id.clone()));
    pages.begin_session(headers, holder, Some(account.school_id.clone()), Some(login_hash), next).await
}

async fn sign_out(State(pages): State<Pages>, visitor: Visitor, _: Sent) -> Result<Response, PageFailure> {
    pages.issuance.store.write(EndSession(visitor.session().hash)).await?;
    let cookie = pages.end_cookie(Realm::Portal);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&done(SIGN_IN, "signed-out"))).into_response())
}

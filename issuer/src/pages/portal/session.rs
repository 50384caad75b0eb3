//! Signing in to the portal and out of it.

use askama::Template;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{SIGN_IN, Visitor};
use crate::audit::Actor;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{self, Page, render_as};
use crate::pages::session::is_own_path;
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages, done};
use crate::registry::portal_account::FindPortalAccount;
use crate::registry::sign_in::{EndSession, Holder, Shown};
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
    let (page, set_visitor) = pages.door_page(headers, Realm::Portal, SIGN_IN);
    let page = Page { done, ..page }.titled("portal-sign-in-title");
    let mut response = render_as(status, &SignInPage { page, fields, next });
    if let Some(cookie) = set_visitor {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn sign_in(State(pages): State<Pages>, sent: Sent) -> Result<Response, PageFailure> {
    let next = own(sent.typed.some("next"));
    match pages.knock(&sent, Realm::Portal, FindPortalAccount).await? {
        Ok((account, guard)) => {
            let holder = Holder {
                realm: Realm::Portal,
                account_id: account.id.to_string(),
                school_id: Some(account.school_id.clone()),
                shown: Shown::Password(account.password_hash.clone()),
            };
            let actor = Actor::Portal(account.id.clone());
            pages.begin_session(&sent.headers, holder, actor, Some(&guard), &next).await
        }
        Err(not_in) => {
            let (fields, status) = not_in.told(&pages, &sent, "portal-sign-in-wrong");
            Ok(show(&pages, &sent.headers, fields, next, String::new(), status))
        }
    }
}

async fn sign_out(State(pages): State<Pages>, visitor: Visitor, _: Sent) -> Result<Response, PageFailure> {
    pages.issuance.store.write(EndSession(visitor.session().hash)).await?;
    let cookie = pages.end_cookie(Realm::Portal);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&done(SIGN_IN, "signed-out"))).into_response())
}

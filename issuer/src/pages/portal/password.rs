//! The password: the first one must be changed, any other may.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use shared::secret::Secret;

use super::{PASSWORD, Visitor};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::session::{is_own_path, wait_message};
use crate::pages::{PageFailure, Pages, done};
use crate::registry::fault::{FaultCode, Faults};
use crate::registry::portal_account::{ChangePortalPassword, PortalPasswordForm};
use crate::registry::sign_in::{CountTry, ForgiveTries};
use crate::store::tables::portal_account::PortalKind;
use crate::store::tables::session::Realm;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(PASSWORD, get(form).post(change))
}

#[derive(Template)]
#[template(path = "portal/password.html")]
struct PasswordPage {
    page: Page,
    fields: Fields,
    first: bool,
    least: u8,
    login: String,
    next: String,
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

fn own(next: Option<String>) -> String {
    let within = |next: &String| is_own_path(next) && next.starts_with("/portal/");
    next.filter(within).unwrap_or_else(|| "/portal".to_owned())
}

fn show(visitor: &Visitor, fields: Fields, status: StatusCode, next: String) -> Response {
    let first = visitor.account.must_change;
    let title = if first { "portal-password-first-title" } else { "portal-password-title" };
    let least = match visitor.account.kind {
        PortalKind::Pupil => 8,
        PortalKind::Guardian => 12,
    };
    let login = visitor.account.login.clone();
    render_as(
        status,
        &PasswordPage { page: visitor.page(PASSWORD, title), fields, first, least, login, next },
    )
}

async fn form(visitor: Visitor, Query(Next { next }): Query<Next>) -> Response {
    show(&visitor, Fields::default(), StatusCode::OK, own(next))
}

async fn change(State(pages): State<Pages>, visitor: Visitor, sent: Sent) -> Result<Response, PageFailure> {
    let next = own(sent.typed.some("next"));
    let (issuance, account) = (&pages.issuance, &visitor.account);
    // No password is shown again.
    let nothing = Typed::default();
    let faulty = |faults: Faults| {
        let fields = Fields::faulty(&nothing, &faults, visitor.lang);
        let status = fields.status();
        Ok(show(&visitor, fields, status, next.clone()))
    };
    let stored = Some(account.password_hash.clone());
    // Whoever has just come in by the first password need not type it again.
    if !account.must_change {
        let login_hash = pages.guard(&sent.headers, Realm::Portal, &account.login).counted_as();
        if let Err(wait) = issuance.store.write(CountTry { login_hash, now: pages.now() }).await? {
            let message = wait_message(visitor.lang, wait.until, pages.now());
            let fields = Fields::default().with_fault("current", message);
            return Ok(show(&visitor, fields, StatusCode::TOO_MANY_REQUESTS, next));
        }
        let typed = Secret::new(sent.typed.raw("current"));
        if !pages.password_is_right(stored.clone(), typed).await {
            let message = visitor.lang.t("portal-password-wrong");
            let fields = Fields::default().with_fault("current", message);
            return Ok(show(&visitor, fields, StatusCode::UNPROCESSABLE_ENTITY, next));
        }
        issuance.store.write(ForgiveTries(login_hash)).await?;
    }
    let form = PortalPasswordForm {
        password: Secret::new(sent.typed.raw("password")),
        again: Secret::new(sent.typed.raw("again")),
    };
    let password = match form.parse(account.kind) {
        Ok(password) => password,
        Err(faults) => return faulty(faults),
    };
    if pages.password_is_right(stored, form.password).await {
        return faulty(Faults::one("password", FaultCode::PasswordUnchanged));
    }
    let password = pages.hashed(vec![password]).await?.pop().ok_or(PageFailure::Internal)?;
    let verb = ChangePortalPassword {
        account: account.id.clone(),
        password,
        session: visitor.session().hash,
        act: visitor.act(),
    };
    let place = done(&next, "portal-password");
    let refused = async |fields: Fields| Ok(show(&visitor, fields, StatusCode::CONFLICT, next.clone()));
    visitor.act_once(&pages, &sent, verb, move |()| place.clone(), refused).await
}

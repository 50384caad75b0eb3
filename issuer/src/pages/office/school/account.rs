//! One's own account: everybody changes their own password.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use shared::secret::Secret;

use super::Office;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{SIGN_IN, done};
use crate::pages::session::wait_message;
use crate::pages::{PageFailure, Pages};
use crate::registry::fault::{FaultCode, Faults, FieldFault};
use crate::registry::line::Password;
use crate::registry::sign_in::CountTry;
use crate::registry::staff::{ChangePassword, StaffRefusal};
use crate::store::tables::session::Realm;
use crate::store::tables::staff::Staff;

const ACCOUNT: &str = "/office/account";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(ACCOUNT, get(show).post(change))
}

#[derive(Template)]
#[template(path = "office/staff_account.html")]
struct AccountPage {
    page: Page,
    fields: Fields,
    staff: Staff,
    school: String,
    /// Whether the account may be linked to one elsewhere, or is.
    elsewhere: bool,
}

fn form(pages: &Pages, office: &Office, fields: Fields) -> Response {
    let status = fields.status();
    let page = AccountPage {
        page: office.page("", "account-title"),
        fields,
        staff: office.staff.clone(),
        school: office.staff.school_id.as_ref().map_or_else(String::new, |_| office.school.name.clone()),
        elsewhere: pages.outside().provider.is_some() || office.staff.federated_id.is_some(),
    };
    render_as(status, &page)
}

async fn show(State(pages): State<Pages>, office: Office) -> Response {
    form(&pages, &office, Fields::default())
}

async fn change(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    let (typed, none, lang) = (&sent.typed, Typed::default(), office.lang);
    let mut faults = Vec::new();
    let mut fault = |field: &str, code| faults.push(FieldFault { field: field.to_owned(), code });
    let password =
        Password::parse(typed.raw("new_password")).map_err(|code| fault("new_password", code)).ok();
    if typed.raw("new_password") != typed.raw("repeated") {
        fault("repeated", FaultCode::PasswordsDiffer);
    }
    let password = match password {
        Some(password) if faults.is_empty() => password,
        _ => return Ok(form(&pages, &office, Fields::faulty(&none, &Faults(faults), lang))),
    };
    // Whoever found a browser that is signed in must not be able to try passwords without end.
    let login_hash = pages.guard(&sent.headers, Realm::Office, &office.staff.login).counted_as();
    let store = &pages.issuance.store;
    if let Err(wait) = store.write(CountTry { login_hash, now: pages.now() }).await? {
        let message = wait_message(lang, wait.until, pages.now());
        return Ok(form(&pages, &office, Fields::of(none).with_fault("old_password", message)));
    }
    let stored = Some(office.staff.password_hash.clone());
    if !pages.password_is_right(stored, Secret::new(typed.raw("old_password"))).await {
        let message = lang.t("account-old-wrong");
        return Ok(form(&pages, &office, Fields::of(none).with_fault("old_password", message)));
    }
    let verb = ChangePassword {
        staff: office.staff.id.clone(),
        password: pages.hash_password(password).await?,
        session: office.session().hash,
        login_hash,
        act: office.act(),
    };
    match office.try_once(&pages, &sent, verb, |_| done(ACCOUNT, "password-changed")).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        // Signed out while it was being hashed.
        Err(StaffRefusal::UnknownStaff) => Err(PageFailure::SignIn(SIGN_IN)),
        Err(refusal) => Ok(form(&pages, &office, Fields::refused(&none, &refusal, lang))),
    }
}

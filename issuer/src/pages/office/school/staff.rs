//! Staff: the principal gives and takes rights by name.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use shared::secret::Secret;

use super::confirm::Confirm;
use super::{Office, PLACE};
use crate::http::failure::Coded as _;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::done;
use crate::pages::{PageFailure, Pages};
use crate::registry::fault::Faults;
use crate::registry::line::Password;
use crate::registry::rights::Right;
use crate::registry::staff::{
    ChangeRights, EndStaff, EnterStaff, ListStaff, ResetPassword, RightsForm, StaffForm, StaffRefusal, Within,
};
use crate::store::id::StaffId;
use crate::store::tables::session::Realm;
use crate::store::tables::staff::{ApiToken, Role, Staff};

const STAFF: &str = "/office/school/staff";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(STAFF, get(list))
        .route("/office/school/staff/new", get(show_new).post(enter))
        .route("/office/school/staff/{id}", get(show).post(change))
        .route("/office/school/staff/{id}/password", post(reset))
        .route("/office/school/staff/{id}/close", get(ask_close).post(close))
}

/// The accounts of the school whose office is open; those of the installation itself only for one of them.
pub(super) async fn accounts(
    pages: &Pages,
    office: &Office,
) -> Result<Vec<(Staff, Vec<ApiToken>)>, PageFailure> {
    let mut all = pages.issuance.store.read(ListStaff(within(office))).await?;
    all.retain(|(staff, _)| staff.school_id.is_none() || staff.school_id.as_ref() == Some(&office.school.id));
    Ok(all)
}

/// Whose accounts the one who is signed in may keep.
pub(super) fn within(office: &Office) -> Within {
    Within::of(office.staff.school_id.clone())
}

/// The name, or the login where there is none.
pub(super) fn name(staff: &Staff) -> &str {
    if staff.full_name.is_empty() { &staff.login } else { &staff.full_name }
}

#[derive(Template)]
#[template(path = "office/staff.html")]
struct StaffPage {
    page: Page,
    open: Vec<Staff>,
    closed: Vec<Staff>,
}

async fn list(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::KeepStaff)?;
    let mut all: Vec<Staff> = accounts(&pages, &office).await?.into_iter().map(|(staff, _)| staff).collect();
    all.sort_by_key(|staff| crate::registry::sorting::sort_key([name(staff)]));
    let (open, closed) = all.into_iter().partition(|staff| staff.ended_at.is_none());
    let page = StaffPage { page: office.page(PLACE, "staff-title"), open, closed };
    Ok(crate::pages::frame::render(&page))
}

#[derive(Template)]
#[template(path = "office/staff_new.html")]
struct NewPage {
    page: Page,
    fields: Fields,
}

async fn show_new(office: Office) -> Result<Response, PageFailure> {
    office.must(Right::KeepStaff)?;
    Ok(new_form(&office, Fields::default()))
}

fn new_form(office: &Office, fields: Fields) -> Response {
    let status = fields.status();
    render_as(status, &NewPage { page: office.page(PLACE, "staff-new-title"), fields })
}

/// What was typed, without passwords: they are not shown again.
fn harmless(typed: &Typed) -> Typed {
    Typed::of(["login", "full_name", "role", "class_name"].map(|name| (name, typed.text(name).to_owned())))
}

async fn enter(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::KeepStaff)?;
    let typed = &sent.typed;
    let again = harmless(typed);
    let wanted = StaffForm {
        login: typed.text("login").to_owned(),
        role: typed.word::<Role>("role").ok_or(PageFailure::Unreadable)?,
        password: Secret::new(typed.raw("password")),
        full_name: typed.some("full_name"),
        school_id: Some(office.school.id.clone()),
        class_name: typed.some("class_name"),
    };
    let new = match wanted.parse() {
        Ok(new) => new,
        Err(faults) => return Ok(new_form(&office, Fields::faulty(&again, &faults, office.lang))),
    };
    let hashed = pages.hash_password(new.password().clone()).await?;
    let verb = EnterStaff::new(new, hashed, office.act(), &*pages.issuance.entropy).within(within(&office));
    match office.try_once(&pages, &sent, verb, |_| done(STAFF, "staff-entered")).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => {
            let mut fields = Fields::refused(&again, &refusal, office.lang);
            if refusal == StaffRefusal::LoginTaken {
                let code = refusal.code();
                let told = office.lang.pick(code.message_pl(), code.message_en());
                fields = fields.with_fault("login", crate::pages::frame::capital(told));
            }
            Ok(new_form(&office, fields))
        }
    }
}

#[derive(Template)]
#[template(path = "office/staff_edit.html")]
struct EditPage {
    page: Page,
    staff: Staff,
    rights: Fields,
    password: Fields,
    tokens: usize,
}

async fn find(pages: &Pages, office: &Office, id: &str) -> Result<(Staff, usize), PageFailure> {
    office.must(Right::KeepStaff)?;
    let id = StaffId::parse(id).ok_or(PageFailure::NotFound)?;
    let found = accounts(pages, office).await?.into_iter().find(|(staff, _)| staff.id == id);
    let (staff, tokens) = found.ok_or(PageFailure::NotFound)?;
    Ok((staff, tokens.iter().filter(|token| token.ended_at.is_none()).count()))
}

async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let (staff, tokens) = find(&pages, &office, &id).await?;
    Ok(edit_form(&office, staff, tokens, None, Fields::default()))
}

fn edit_form(
    office: &Office,
    staff: Staff,
    tokens: usize,
    rights: Option<Fields>,
    password: Fields,
) -> Response {
    let rights = rights.unwrap_or_else(|| {
        Fields::of(Typed::of([
            ("full_name", staff.full_name.clone()),
            ("role", staff.role.word().to_owned()),
            ("class_name", staff.class_name.clone().unwrap_or_default()),
        ]))
    });
    let status = rights.status().max(password.status());
    let page = office.page(PLACE, "staff-title").named(name(&staff));
    render_as(status, &EditPage { page, staff, rights, password, tokens })
}

async fn change(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let (staff, tokens) = find(&pages, &office, &id).await?;
    let typed = &sent.typed;
    let wanted = RightsForm {
        role: typed.word::<Role>("role").ok_or(PageFailure::Unreadable)?,
        full_name: typed.some("full_name"),
        class_name: typed.some("class_name"),
    };
    let show = |fields: Fields| edit_form(&office, staff.clone(), tokens, Some(fields), Fields::default());
    let rights = match wanted.parse() {
        Ok(rights) => rights,
        Err(faults) => return Ok(show(Fields::faulty(typed, &faults, office.lang))),
    };
    let verb = ChangeRights { staff: staff.id.clone(), rights, within: within(&office), act: office.act() };
    let place = |_: &Staff| done(STAFF, "staff-changed");
    office.act_once(&pages, &sent, verb, place, async |fields| Ok(show(fields))).await
}

async fn reset(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let (staff, tokens) = find(&pages, &office, &id).await?;
    let show = |fields: Fields| edit_form(&office, staff.clone(), tokens, None, fields);
    let none = Typed::default();
    let password = match Password::parse(sent.typed.raw("password")) {
        Ok(password) => password,
        Err(code) => {
            let faults = Faults::one("password", code);
            return Ok(show(Fields::faulty(&none, &faults, office.lang)));
        }
    };
    let verb = ResetPassword {
        staff: staff.id.clone(),
        password: pages.hash_password(password).await?,
        within: within(&office),
        login_hash: pages.issuance.keys.sign_in_hash(Realm::Office.word(), &staff.login),
        act: office.act(),
    };
    match office.try_once(&pages, &sent, verb, |_| done(STAFF, "staff-password-reset")).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => Ok(show(Fields::refused(&none, &refusal, office.lang))),
    }
}

fn question(office: &Office, staff: &Staff, tokens: usize, fields: Fields) -> Response {
    let lang = office.lang;
    let place = format!("{STAFF}/{}", staff.id);
    let page = office.page(PLACE, "").named(lang.t1("staff-close-title", "name", name(staff)));
    Confirm {
        page,
        fields,
        back: (place.clone(), name(staff).to_owned()),
        what: vec![lang.t("staff-close-what"), lang.t1("staff-close-tokens", "n", tokens)],
        action: format!("{place}/close"),
        button: lang.t("staff-close-button"),
    }
    .show()
}

async fn ask_close(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let (staff, tokens) = find(&pages, &office, &id).await?;
    Ok(question(&office, &staff, tokens, Fields::default()))
}

async fn close(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let (staff, tokens) = find(&pages, &office, &id).await?;
    let verb = EndStaff { staff: staff.id.clone(), within: within(&office), act: office.act() };
    let place = |_: &Staff| done(STAFF, "staff-closed");
    let show = async |fields| Ok(question(&office, &staff, tokens, fields));
    office.act_once(&pages, &sent, verb, place, show).await
}

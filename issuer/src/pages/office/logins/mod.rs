//! Logins for the portal: for one pupil and the guardians, or for a whole class, with the letters to print.

mod close;
mod plan;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use self::plan::{NewLogin, Plan};
use super::classes::class_path;
use super::{Office, done};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::{PageFailure, Pages};
use crate::registry::line::Login;
use crate::registry::portal_account::{FindPortalAccount, PortalAccountRefusal, ReadAccount};
use crate::registry::portal_logins::{PupilLogins, ReadClassLogins, ReadLogins};
use crate::registry::rights::Right;
use crate::store::id::{PortalAccountId, PupilId};
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/pupils/{id}/logins", get(of_pupil).post(hand_out))
        .route("/office/classes/{name}/logins", get(of_class).post(hand_out_to_class))
        .merge(close::routes())
}

#[derive(Template)]
#[template(path = "office/logins.html")]
struct PupilPage {
    page: Page,
    fields: Fields,
    logins: PupilLogins,
    address: String,
}

impl PupilPage {
    fn back(&self) -> String {
        format!("/office/pupils/{}", self.logins.pupil.id)
    }
}

#[derive(Template)]
#[template(path = "office/class_logins.html")]
struct ClassPage {
    page: Page,
    fields: Fields,
    class_name: String,
    pupils: Vec<PupilLogins>,
    /// Pupils without a login.
    without: usize,
    /// Guardians without one.
    guardians_without: usize,
    address: String,
}

fn name_of(pupil: &Pupil) -> String {
    format!("{} {}", pupil.given_names, pupil.surname)
}

impl Office {
    /// The pupil's logins, if this member may hand them out.
    async fn logins(&self, pages: &Pages, id: &str) -> Result<PupilLogins, PageFailure> {
        self.must(Right::HandOutPortalLogins)?;
        let id = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
        let logins = pages.issuance.store.read(ReadLogins(id)).await?.ok_or(PageFailure::NotFound)?;
        self.must_reach(Right::HandOutPortalLogins, &logins.pupil)?;
        Ok(logins)
    }

    async fn class_logins(&self, pages: &Pages, class: &str) -> Result<Vec<PupilLogins>, PageFailure> {
        self.must(Right::HandOutPortalLogins)?;
        if self.only_class(Right::HandOutPortalLogins).is_some_and(|only| only != class) {
            return Err(PageFailure::NotFound);
        }
        let read = ReadClassLogins { school: self.school.id.clone(), class_name: class.to_owned() };
        let pupils = pages.issuance.store.read(read).await?;
        if pupils.is_empty() { Err(PageFailure::NotFound) } else { Ok(pupils) }
    }

    fn pupil_page(&self, fields: Fields, logins: PupilLogins) -> Response {
        let title = self.lang.t1("logins-of", "name", name_of(&logins.pupil));
        let page = self.page("/office/pupils", "logins-title").named(title);
        let address = format!("/office/pupils/{}/logins", logins.pupil.id);
        render_as(fields.status(), &PupilPage { page, fields, logins, address })
    }

    fn class_page(&self, fields: Fields, class_name: String, pupils: Vec<PupilLogins>) -> Response {
        let title = self.lang.t1("logins-of-class", "class", &class_name);
        let page = self.page("/office/pupils", "logins-title").named(title);
        let without = pupils.iter().filter(|logins| logins.has_none()).count();
        let guardians = pupils.iter().flat_map(|logins| &logins.guardians);
        let guardians_without = guardians.filter(|login| login.has_none()).count();
        let address = class_address(&class_name);
        let status = fields.status();
        render_as(
            status,
            &ClassPage { page, fields, class_name, pupils, without, guardians_without, address },
        )
    }

    /// Whether the member reaches everybody whom an account sees: who knows its password sees them too.
    async fn reaches_account(&self, pages: &Pages, account: &PortalAccountId) -> Result<bool, PageFailure> {
        let Some((_, children)) = pages.issuance.store.read(ReadAccount(account.clone())).await? else {
            return Err(PageFailure::NotFound);
        };
        Ok(children.iter().all(|child| self.must_reach(Right::HandOutPortalLogins, child).is_ok()))
    }
}

/// The account of the pupil or of one of the guardians, and the closed one where none is open.
fn of_person<'a>(
    logins: &'a PupilLogins,
    whose: &str,
) -> (Option<&'a PortalAccount>, Option<&'a PortalAccount>) {
    if whose == "pupil" {
        return (logins.own.as_ref(), logins.own_closed.as_ref());
    }
    let login = logins.guardians.iter().find(|login| login.guardian.id.as_str() == whose);
    login.map_or((None, None), |login| (login.account.as_ref(), login.closed.as_ref()))
}

fn class_address(class: &str) -> String {
    format!("{}/logins", class_path(class))
}

async fn of_pupil(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let logins = office.logins(&pages, &id).await?;
    Ok(office.pupil_page(Fields::default(), logins))
}

async fn hand_out(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let logins = office.logins(&pages, &id).await?;
    let pupil = &logins.pupil;
    let whose = sent.typed.text("whose");
    let guardian = logins.guardians.iter().find(|login| login.guardian.id.as_str() == whose);
    let (account, closed) = of_person(&logins, whose);
    let mut plan = Plan::default();
    match (sent.typed.text("act"), guardian) {
        ("enter", None) if whose == "pupil" => plan.pupil(pupil),
        ("enter", Some(login)) => plan.new.push(NewLogin {
            kind: PortalKind::Guardian,
            name: login.name(),
            about: name_of(pupil),
            children: vec![(pupil.id.clone(), Some(login.guardian.id.clone()))],
        }),
        ("join", Some(login)) => {
            let typed = Login::parse(sent.typed.text("login")).map(|login| login.as_str().to_owned());
            let find = FindPortalAccount(typed.unwrap_or_default());
            let found = pages.issuance.store.read(find).await?;
            let Some(found) = found else {
                let refusal = PortalAccountRefusal::UnknownAccount;
                let fields = Fields::refused(&sent.typed, &refusal, office.lang);
                return Ok(office.pupil_page(fields, logins));
            };
            plan.joins.push((found.id, pupil.id.clone(), login.guardian.id.clone()));
        }
        (act @ ("reset" | "reopen"), _) => {
            let account = if act == "reset" { account } else { closed };
            // Closed, or opened again, by somebody else meanwhile.
            let Some(account) = account.cloned() else {
                if let Some(before) = office.before(&pages, &sent).await? {
                    return Ok(before);
                }
                let fields = Fields::of(sent.typed).with_fault("act", office.lang.t("logins-changed"));
                return Ok(office.pupil_page(fields, logins));
            };
            if !office.reaches_account(&pages, &account.id).await? {
                let refusal = office.lang.t("logins-not-all-yours");
                let fields = Fields::of(sent.typed).with_fault("act", refusal);
                return Ok(office.pupil_page(fields, logins));
            }
            let about = match account.kind {
                PortalKind::Pupil => pupil.class_name.clone(),
                PortalKind::Guardian => name_of(pupil),
            };
            plan.resets.push((account, about));
        }
        _ => return Err(PageFailure::Unreadable),
    }
    let back = format!("/office/pupils/{}/logins", pupil.id);
    match office.hand_out(&pages, &sent, plan, &back).await? {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let logins = office.logins(&pages, &id).await?;
            Ok(office.pupil_page(Fields::refused(&sent.typed, &refusal, office.lang), logins))
        }
    }
}

async fn of_class(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
) -> Result<Response, PageFailure> {
    let pupils = office.class_logins(&pages, &name).await?;
    Ok(office.class_page(Fields::default(), name, pupils))
}

async fn hand_out_to_class(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let pupils = office.class_logins(&pages, &name).await?;
    let mut plan = Plan::default();
    if sent.typed.ticked("pupils") {
        pupils.iter().filter(|logins| logins.has_none()).for_each(|logins| plan.pupil(&logins.pupil));
    }
    if sent.typed.ticked("guardians") {
        plan.guardians(&pupils);
    }
    if plan.new.is_empty() && plan.joins.is_empty() {
        // Sent again after everybody got theirs, or nothing was ticked.
        if sent.typed.ticked("pupils") || sent.typed.ticked("guardians") {
            return Ok(Redirect::to(&done(&class_address(&name), "logins-once")).into_response());
        }
        let fields = Fields::of(sent.typed).with_fault("pupils", office.lang.t("logins-choose"));
        return Ok(office.class_page(fields, name, pupils));
    }
    match office.hand_out(&pages, &sent, plan, &class_address(&name)).await? {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let fields = Fields::refused(&sent.typed, &refusal, office.lang);
            Ok(office.class_page(fields, name, pupils))
        }
    }
}

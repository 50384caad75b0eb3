//! Logins for the portal: for one pupil and the guardians, or for a whole class, with the letters to print.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use shared::qr::render;

use super::classes::class_path;
use super::{Office, done};
use crate::audit::Act;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{self, Page, render_as};
use crate::pages::{PageFailure, Pages};
use crate::registry::line::{Login, Password};
use crate::registry::portal_account::{
    EnterPortalAccount, FindPortalAccount, HandOut, HandOutLogins, JoinPortalAccount, NewPortalAccount,
    PortalAccountRefusal, ReadChildren, ResetPortalPassword, first_password, fresh_login,
};
use crate::registry::portal_logins::{PupilLogins, ReadClassLogins, ReadLogins};
use crate::registry::rights::Right;
use crate::registry::sorting::folded;
use crate::store::id::{GuardianId, PortalAccountId, PupilId};
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::session::Realm;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/pupils/{id}/logins", get(of_pupil).post(hand_out))
        .route("/office/classes/{name}/logins", get(of_class).post(hand_out_to_class))
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

#[derive(Template)]
#[template(path = "office/login_letters.html")]
struct LettersPage {
    page: Page,
    letters: Vec<Letter>,
    portal: String,
    portal_qr: String,
    back: String,
}

/// What stands on a sheet that is handed out; shown once.
struct Letter {
    account: PortalAccountId,
    kind: PortalKind,
    name: String,
    login: String,
    password: Password,
    /// For whom: children of a guardian, or the pupil's class.
    about: String,
}

/// What is to be done, before anything is hashed.
#[derive(Default)]
struct Plan {
    new: Vec<NewLogin>,
    joins: Vec<(PortalAccountId, PupilId, GuardianId)>,
    resets: Vec<(PortalAccount, String)>,
}

struct NewLogin {
    kind: PortalKind,
    name: String,
    about: String,
    children: Vec<(PupilId, Option<GuardianId>)>,
}

fn name_of(pupil: &Pupil) -> String {
    format!("{} {}", pupil.given_names, pupil.surname)
}

impl Plan {
    fn pupil(&mut self, pupil: &Pupil) {
        self.new.push(NewLogin {
            kind: PortalKind::Pupil,
            name: name_of(pupil),
            about: pupil.class_name.clone(),
            children: vec![(pupil.id.clone(), None)],
        });
    }

    /// All guardians of these pupils who have no login yet: one for each person, joined to the one that the
    /// person has already. A person is known by address and name together.
    fn guardians(&mut self, pupils: &[PupilLogins]) {
        let mut persons: BTreeMap<(String, String), usize> = BTreeMap::new();
        for logins in pupils {
            let pupil = &logins.pupil;
            for login in logins.guardians.iter().filter(|login| login.account.is_none()) {
                if let Some(account) = login.same_person() {
                    self.joins.push((account.id.clone(), pupil.id.clone(), login.guardian.id.clone()));
                    continue;
                }
                let child = (pupil.id.clone(), Some(login.guardian.id.clone()));
                let key = login
                    .guardian
                    .email
                    .as_ref()
                    .map(|email| (email.to_ascii_lowercase(), folded(&login.name())));
                let known =
                    key.as_ref().and_then(|key| persons.get(key)).and_then(|at| self.new.get_mut(*at));
                // Two guardians of one child are two people, whatever they are called.
                if let Some(known) = known
                    && known.children.iter().all(|(present, _)| *present != pupil.id)
                {
                    known.about = format!("{}, {}", known.about, name_of(pupil));
                    known.children.push(child);
                    continue;
                }
                if let Some(key) = key {
                    persons.insert(key, self.new.len());
                }
                self.new.push(NewLogin {
                    kind: PortalKind::Guardian,
                    name: login.name(),
                    about: name_of(pupil),
                    children: vec![child],
                });
            }
        }
    }
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
        let without = pupils.iter().filter(|logins| logins.own.is_none()).count();
        let guardians = pupils.iter().flat_map(|logins| &logins.guardians);
        let guardians_without = guardians.filter(|login| login.account.is_none()).count();
        let address = class_address(&class_name);
        let status = fields.status();
        render_as(
            status,
            &ClassPage { page, fields, class_name, pupils, without, guardians_without, address },
        )
    }

    /// Whether the member reaches everybody whom an account sees: who knows its password sees them too.
    async fn reaches_account(&self, pages: &Pages, account: &PortalAccountId) -> Result<bool, PageFailure> {
        let Some((_, children)) = pages.issuance.store.read(ReadChildren(account.clone())).await? else {
            return Err(PageFailure::NotFound);
        };
        Ok(children.iter().all(|child| self.must_reach(Right::HandOutPortalLogins, child).is_ok()))
    }

    /// Makes passwords and logins for a plan: what is to be done, and what is to be printed then.
    async fn prepared(&self, pages: &Pages, plan: Plan) -> Result<(HandOutLogins, Vec<Letter>), PageFailure> {
        let (entropy, keys) = (&*pages.issuance.entropy, &pages.issuance.keys);
        let mut passwords = Vec::new();
        for _ in 0..plan.new.len() + plan.resets.len() {
            passwords.push(first_password(entropy).map_err(|_| PageFailure::Internal)?);
        }
        let mut hashed = pages.hashed(passwords.clone()).await?.into_iter().zip(passwords);
        let mut next = || hashed.next().ok_or(PageFailure::Internal);
        let (mut steps, mut letters) = (Vec::new(), Vec::new());
        let act = |at: usize| -> Act { self.act().part(&at.to_string()) };
        for new in plan.new {
            let (hash, password) = next()?;
            let login: Login = fresh_login(new.kind, entropy).map_err(|_| PageFailure::Internal)?;
            let account = NewPortalAccount {
                kind: new.kind,
                login: login.clone(),
                full_name: new.name.clone(),
                school: self.school.id.clone(),
                children: new.children,
                must_change: true,
            };
            let enter = EnterPortalAccount::new(account, hash, act(steps.len()), entropy);
            let login = login.as_str().to_owned();
            let account = enter.id().clone();
            letters.push(Letter {
                account,
                kind: new.kind,
                name: new.name,
                login,
                password,
                about: new.about,
            });
            steps.push(HandOut::Enter(enter));
        }
        for (account, pupil, guardian) in plan.joins {
            let act = act(steps.len());
            steps.push(HandOut::Join(JoinPortalAccount { account, pupil, guardian, act }));
        }
        for (account, about) in plan.resets {
            let (hash, password) = next()?;
            let login_hash = keys.sign_in_hash(Realm::Portal.word(), &account.login);
            let act = act(steps.len());
            let reset = ResetPortalPassword { account: account.id.clone(), password: hash, login_hash, act };
            let (kind, name, login) = (account.kind, account.full_name, account.login);
            letters.push(Letter { account: account.id, kind, name, login, password, about });
            steps.push(HandOut::Reset(reset));
        }
        Ok((HandOutLogins { steps }, letters))
    }

    /// Does what was planned, once, and shows what is to be printed, once.
    async fn hand_out(
        &self,
        pages: &Pages,
        sent: &Sent,
        plan: Plan,
        back: &str,
    ) -> Result<Result<Response, PortalAccountRefusal>, PageFailure> {
        let (verb, mut letters) = self.prepared(pages, plan).await?;
        let word = if letters.is_empty() { "logins-joined" } else { "logins-once" };
        let place = done(back, word);
        let made = match self.try_once(pages, sent, verb, move |_| place.clone()).await? {
            Ok((Some(made), _)) => made,
            // Sent again: the passwords were shown the first time.
            Ok((None, place)) => return Ok(Ok(Redirect::to(&place).into_response())),
            Err(refusal) => return Ok(Err(refusal)),
        };
        letters.retain(|letter| made.iter().any(|account| account.id == letter.account));
        if letters.is_empty() {
            return Ok(Ok(Redirect::to(&done(back, word)).into_response()));
        }
        let portal = format!("{}/portal", pages.origin());
        let portal_qr = render::svg(&portal).map_err(|error| PageFailure::ours(&error))?;
        let title = self.lang.t1("logins-letters", "n", letters.len());
        let page = self.page("/office/pupils", "logins-title").named(title);
        Ok(Ok(frame::render(&LettersPage { page, letters, portal, portal_qr, back: back.to_owned() })))
    }
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
    let account = if whose == "pupil" {
        logins.own.as_ref()
    } else {
        guardian.and_then(|login| login.account.as_ref())
    };
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
        ("reset", _) => {
            let account = account.ok_or(PageFailure::NotFound)?.clone();
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
        pupils.iter().filter(|logins| logins.own.is_none()).for_each(|logins| plan.pupil(&logins.pupil));
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

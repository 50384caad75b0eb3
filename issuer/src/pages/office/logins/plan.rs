//! What is to be handed out, and the letters to print: passwords are made, hashed, and shown once.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use shared::qr::render;

use super::name_of;
use crate::audit::Act;
use crate::pages::form::Sent;
use crate::pages::frame::{self, Page};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::line::Password;
use crate::registry::portal_account::{
    EnterPortalAccount, HandOut, HandOutLogins, JoinPortalAccount, NewPortalAccount, PortalAccountRefusal,
    ReopenPortalAccount, ResetPortalPassword, first_password, fresh_login,
};
use crate::registry::portal_logins::PupilLogins;
use crate::registry::sorting::folded;
use crate::store::id::{GuardianId, PortalAccountId, PupilId};
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::session::Realm;

/// Logins that are drawn for an account. With five million of the hundred million taken, one in twenty is, and all of
/// these one time in three million.
const LOGINS_TO_TRY: usize = 5;

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
pub(super) struct Plan {
    pub(super) new: Vec<NewLogin>,
    pub(super) joins: Vec<(PortalAccountId, PupilId, GuardianId)>,
    /// Accounts that get a first password again, closed ones with them: which, and about whom.
    pub(super) resets: Vec<(PortalAccount, String)>,
}

pub(super) struct NewLogin {
    pub(super) kind: PortalKind,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) children: Vec<(PupilId, Option<GuardianId>)>,
}

impl Plan {
    pub(super) fn pupil(&mut self, pupil: &Pupil) {
        self.new.push(NewLogin {
            kind: PortalKind::Pupil,
            name: name_of(pupil),
            about: pupil.class_name.clone(),
            children: vec![(pupil.id.clone(), None)],
        });
    }

    /// All guardians of these pupils who have never had a login: one for each person, joined to the one that the
    /// person has already. A person is known by address and name together.
    pub(super) fn guardians(&mut self, pupils: &[PupilLogins]) {
        let mut persons: BTreeMap<(String, String), usize> = BTreeMap::new();
        for logins in pupils {
            let pupil = &logins.pupil;
            for login in logins.guardians.iter().filter(|login| login.has_none()) {
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
            let logins = (0..LOGINS_TO_TRY).map(|_| fresh_login(new.kind, entropy));
            let account = NewPortalAccount {
                kind: new.kind,
                logins: logins.collect::<Result<_, _>>().map_err(|_| PageFailure::Internal)?,
                full_name: new.name.clone(),
                school: self.school.id.clone(),
                children: new.children,
                must_change: true,
            };
            let enter = EnterPortalAccount::new(account, hash, act(steps.len()), entropy);
            letters.push(Letter {
                account: enter.id().clone(),
                kind: new.kind,
                name: new.name,
                // Which of them it is, is known once it is entered.
                login: String::new(),
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
            let id = account.id.clone();
            steps.push(if account.ended_at.is_some() {
                HandOut::Reopen(ReopenPortalAccount { account: id, password: hash, login_hash, act })
            } else {
                HandOut::Reset(ResetPortalPassword { account: id, password: hash, login_hash, act })
            });
            let (kind, name, login) = (account.kind, account.full_name, account.login);
            letters.push(Letter { account: account.id, kind, name, login, password, about });
        }
        Ok((HandOutLogins { steps }, letters))
    }

    /// Does what was planned, once, and shows what is to be printed, once.
    pub(super) async fn hand_out(
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
        letters.retain_mut(|letter| {
            let account = made.iter().find(|account| account.id == letter.account);
            account.inspect(|account| letter.login.clone_from(&account.login)).is_some()
        });
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

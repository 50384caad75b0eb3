//! The portal of pupils and guardians: how far a card is, its live QR code, its devices, and the photo from home.

mod applications;
mod authorize;
mod children;
mod devices;
mod live;
mod password;
mod photo;
mod session;
mod shelf;

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod guide_tests;
#[cfg(test)]
mod live_tests;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use shared::validity::{is_of_age, warsaw_date};

pub(super) use self::shelf::Shelf;
use super::form::{Fields, Sent};
use super::frame::{NavItem, Page, Who};
use super::visit::Visit;
use super::words::Lang;
use super::{PageFailure, Pages};
use crate::audit::{Act, Actor};
use crate::http::failure::Coded;
use crate::registry::portal_account::ReadChildren;
use crate::registry::rights::{PortalRight, Viewer};
use crate::registry::sign_in::FindSession;
use crate::store::id::{PortalAccountId, PupilId};
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::School;
use crate::store::tables::session::{Realm, Session};
use crate::store::{Statements, StoreError, Verb};

/// Where the sign-in page is.
pub const SIGN_IN: &str = "/portal/sign-in";
/// Where the first password is changed.
const PASSWORD: &str = "/portal/password";

/// Every page of the portal.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .merge(session::routes())
        .merge(password::routes())
        .merge(authorize::routes())
        .merge(children::routes())
        .merge(applications::routes())
        .merge(live::routes())
        .merge(devices::routes())
        .merge(photo::routes())
}

/// The menu: text, text on a narrow screen, address.
const MENU: &[(&str, &str, &str)] = &[
    ("portal-nav-start", "portal-nav-start", "/portal"),
    // What the seeds' page calls so, and what their mobile app does.
    ("portal-nav-applications", "portal-nav-profile", "/portal/applications"),
    ("portal-nav-photo", "portal-nav-photo", "/portal/photo"),
    ("portal-nav-password", "portal-nav-password", PASSWORD),
];

/// A pupil or guardian who is signed in. Only a live session makes one.
#[derive(Clone)]
pub(super) struct Visitor {
    /// The account.
    pub(super) account: PortalAccount,
    /// The school that made it.
    pub(super) school: School,
    /// Whom it sees, the oldest first.
    pub(super) children: Vec<Pupil>,
    /// The language of the pages.
    pub(super) lang: Lang,
    visit: Visit,
}

impl FromRequestParts<Pages> for Visitor {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageFailure> {
        let find = FindVisitor(Visit::find(parts, pages, Realm::Portal, SIGN_IN)?);
        let found = pages.issuance.store.read(find).await?.ok_or(PageFailure::SignIn(SIGN_IN))?;
        let path = parts.uri.path();
        if found.account.must_change && path != PASSWORD && path != session::SIGN_OUT {
            return Err(PageFailure::SignIn(PASSWORD));
        }
        let actor = Actor::Portal(found.account.id.clone());
        let visit = Visit::of(parts, pages, found.session, actor).await?;
        let Found { account, school, children, .. } = found;
        Ok(Self { account, school, children, lang: visit.lang, visit })
    }
}

impl Visitor {
    /// The child with this id. Another's child is as unknown as one that does not exist.
    pub(super) fn child(&self, id: &str) -> Result<&Pupil, PageFailure> {
        let id = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
        self.children.iter().find(|child| child.id == id).ok_or(PageFailure::NotFound)
    }

    /// As whom this account looks at the child today.
    pub(super) fn viewer(&self, child: &Pupil) -> Viewer {
        match (self.account.kind, is_of_age(child.birth_date, warsaw_date(self.visit.act.at))) {
            (PortalKind::Guardian, false) => Viewer::Guardian,
            (PortalKind::Guardian, true) => Viewer::GuardianOfAdult,
            (PortalKind::Pupil, true) => Viewer::AdultPupil,
            (PortalKind::Pupil, false) => Viewer::MinorPupil,
        }
    }

    /// Whether this account may do that with the child's card.
    pub(super) fn may(&self, right: PortalRight, child: &Pupil) -> bool {
        right.held_by(self.viewer(child))
    }

    /// Refuses whoever may not.
    pub(super) fn must(&self, right: PortalRight, child: &Pupil) -> Result<(), PageFailure> {
        if self.may(right, child) { Ok(()) } else { Err(PageFailure::Forbidden) }
    }

    /// The act of this person, now. One request is one act.
    pub(super) fn act(&self) -> Act {
        self.visit.act.clone()
    }

    /// Who acts, as the audit trail names them.
    pub(super) fn actor(&self) -> Actor {
        Actor::Portal(self.account.id.clone())
    }

    /// The frame of a page: its title is the key of a text, and `nav` the address of the menu's entry.
    pub(super) fn page(&self, nav: &str, title: &str) -> Page {
        let who = Who {
            name: self.account.full_name.clone(),
            role: self.lang.word("portal-kind", self.account.kind.word()),
            place: self.school.name.clone(),
            sign_out: session::SIGN_OUT,
        };
        let item = |(key, narrow, href): &(&'static str, &'static str, &'static str)| NavItem {
            key,
            narrow,
            href,
            current: *href == nav,
        };
        // Whoever has to change the password first has nowhere else to go.
        let nav = if self.account.must_change { Vec::new() } else { MENU.iter().map(item).collect() };
        self.visit.page(title, who, nav)
    }

    /// Does `verb` once for the form that was sent, and goes to `place`; a refusal shows the form again.
    pub(super) async fn act_once<V, T, R>(
        &self,
        pages: &Pages,
        sent: &Sent,
        verb: V,
        place: impl Fn(&T) -> String + Send + Sync + 'static,
        refused: impl AsyncFnOnce(Fields) -> Result<Response, PageFailure>,
    ) -> Result<Response, PageFailure>
    where
        V: Verb<Answer = Result<T, R>>,
        T: Send + 'static,
        R: Coded + Send + 'static,
    {
        self.visit.sender().act_once(pages, sent, verb, place, refused).await
    }

    /// Where a form led to that was sent before: what it asked for may no longer be there to be judged.
    pub(super) async fn before(&self, pages: &Pages, sent: &Sent) -> Result<Option<Response>, PageFailure> {
        let place = self.visit.sender().before(pages, sent).await?;
        Ok(place.map(|place| Redirect::to(&place).into_response()))
    }

    /// The session, for what is kept apart for it.
    pub(super) fn session(&self) -> &Session {
        &self.visit.session
    }
}

/// What stands behind a session.
struct Found {
    session: Session,
    account: PortalAccount,
    school: School,
    children: Vec<Pupil>,
}

/// Finds the open account behind a session, and whom it sees.
struct FindVisitor(FindSession);

#[async_trait::async_trait]
impl Verb for FindVisitor {
    type Answer = Option<Found>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(session) = self.0.session(tx).await? else { return Ok(None) };
        let Some(id) = PortalAccountId::parse(&session.account_id) else { return Ok(None) };
        let Some((account, children)) = ReadChildren(id).run(tx).await? else { return Ok(None) };
        let school = School::find(tx, &account.school_id).await?;
        Ok(school.map(|school| Found { session, account, school, children }))
    }
}

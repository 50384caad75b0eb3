//! The school's office, in the order of the procedure.

pub(super) mod session;

mod today;

mod applications;
mod cards;
mod classes;
mod e_diary;
pub(crate) mod imports;
mod logins;
mod notices;
mod orders;
pub(in crate::pages) mod photos;
mod pupils;
mod slips;

mod school;

mod components;

#[cfg(test)]
mod flow_slip_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

pub use super::done;
use super::form::{Fields, Sent};
use super::frame::{NavItem, Page, Who};
use super::visit::Visit;
use super::words::Lang;
use super::{PageFailure, Pages};
use crate::audit::{Act, Actor};
use crate::http::failure::Coded;
use crate::registry::rights::{Reach, Right};
use crate::registry::sign_in::FindSession;
use crate::store::id::{SchoolId, StaffId};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::School;
use crate::store::tables::session::{Realm, Session};
use crate::store::tables::staff::Staff;
use crate::store::{Statements, StoreError, Verb};

/// Where the sign-in page is.
pub const SIGN_IN: &str = "/office/sign-in";

/// Every page of the office.
pub(super) fn routes(pages: &Pages) -> Router<Pages> {
    let office = Router::new()
        .merge(session::routes())
        .merge(today::routes())
        .merge(pupils::routes())
        .merge(classes::routes())
        .merge(imports::routes())
        .merge(logins::routes())
        .merge(applications::routes())
        .merge(photos::routes())
        .merge(orders::routes())
        .merge(slips::routes())
        .merge(cards::routes())
        .merge(notices::routes())
        .merge(e_diary::routes())
        .merge(school::routes());
    if pages.sandbox() { office.merge(components::routes()) } else { office }
}

/// The menu: text, address, and the right without which it is not shown.
const MENU: &[(&str, &str, Right)] = &[
    ("nav-today", "/office", Right::ReadPupils),
    ("nav-pupils", "/office/pupils", Right::ReadPupils),
    ("nav-applications", "/office/applications", Right::JudgeApplications),
    ("nav-photos", "/office/photos", Right::KeepPhotos),
    ("nav-orders", "/office/orders", Right::PlaceOrders),
    ("nav-slips", "/office/slips", Right::HandOutSlips),
    ("nav-notices", "/office/notices", Right::ReadNotices),
    ("nav-school", "/office/school", Right::ReadSchool),
];

/// A member of staff who is signed in, at the school whose office is open. Only a live session makes one.
pub struct Office {
    /// The account.
    pub staff: Staff,
    /// The school.
    pub school: School,
    /// The language of the pages.
    pub lang: Lang,
    visit: Visit,
}

impl FromRequestParts<Pages> for Office {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageFailure> {
        let find = Visit::find(parts, pages, Realm::Office, SIGN_IN)?;
        let desk = pages.issuance.store.read(FindDesk(find)).await?.ok_or(PageFailure::SignIn(SIGN_IN))?;
        let (session, staff, school) = desk;
        let visit = Visit::of(parts, pages, session, Actor::Staff(staff.id.clone())).await?;
        Ok(Self { staff, school, lang: visit.lang, visit })
    }
}

impl Office {
    /// Refuses whoever does not have this right at all.
    ///
    /// # Errors
    /// [`PageFailure::Forbidden`]
    pub fn must(&self, right: Right) -> Result<(), PageFailure> {
        if self.may(right) { Ok(()) } else { Err(PageFailure::Forbidden) }
    }

    /// Whether the member has this right, for some pupils at least.
    pub fn may(&self, right: Right) -> bool {
        right.reach(self.staff.role) != Reach::Nobody
    }

    /// The only class whose pupils the right reaches; none where it reaches the whole school.
    pub fn only_class(&self, right: Right) -> Option<&str> {
        match right.reach(self.staff.role) {
            Reach::School => None,
            // A tutor without a class has no pupils: no class is called that.
            Reach::OwnClass | Reach::Nobody => Some(self.staff.class_name.as_deref().unwrap_or_default()),
        }
    }

    /// Whether the right reaches this pupil. A pupil out of reach is as unknown as one that does not exist.
    ///
    /// # Errors
    /// [`PageFailure::Forbidden`] without the right, [`PageFailure::NotFound`] for a pupil out of its reach.
    pub fn must_reach(&self, right: Right, pupil: &Pupil) -> Result<(), PageFailure> {
        self.must(right)?;
        let here = pupil.school_id == self.school.id && pupil.erased_at.is_none();
        let in_class = self.only_class(right).is_none_or(|class| class == pupil.class_name);
        if here && in_class { Ok(()) } else { Err(PageFailure::NotFound) }
    }

    /// The act of this member, now. One request is one act.
    pub fn act(&self) -> Act {
        self.visit.act.clone()
    }

    /// The frame of a page: its title is the key of a text, and `nav` the address of the menu's entry.
    pub fn page(&self, nav: &str, title: &str) -> Page {
        let role = self.lang.word("role", self.staff.role.word());
        let name = if self.staff.full_name.is_empty() { &self.staff.login } else { &self.staff.full_name };
        let who =
            Who { name: name.clone(), role, place: self.school.name.clone(), sign_out: "/office/sign-out" };
        let menu = MENU.iter().filter(|(_, _, right)| self.may(*right));
        let nav =
            menu.map(|(key, href, _)| NavItem { key, narrow: key, href, current: *href == nav }).collect();
        self.visit.page(title, who, nav)
    }

    /// Does `verb` once for the form that was sent, and goes to `place` (an address, to which `?done=…` belongs).
    /// A refusal is answered by `refused` with the form as it was typed and the reason.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn act_once<V, T, R>(
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
    pub async fn before(&self, pages: &Pages, sent: &Sent) -> Result<Option<Response>, PageFailure> {
        let place = self.visit.sender().before(pages, sent).await?;
        Ok(place.map(|place| Redirect::to(&place).into_response()))
    }

    /// As [`Self::act_once`], for what needs what was made: it is there only the first time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn try_once<V, T, R>(
        &self,
        pages: &Pages,
        sent: &Sent,
        verb: V,
        place: impl Fn(&T) -> String + Send + Sync + 'static,
    ) -> Result<Result<(Option<T>, String), R>, PageFailure>
    where
        V: Verb<Answer = Result<T, R>>,
        T: Send + 'static,
        R: Send + 'static,
    {
        self.visit.sender().try_once(pages, sent, verb, place).await
    }

    /// The session, for what is kept apart for it.
    pub(in crate::pages) fn session(&self) -> &Session {
        &self.visit.session
    }
}

/// Finds the open account behind a session, and the school that it looks at.
struct FindDesk(FindSession);

#[async_trait::async_trait]
impl Verb for FindDesk {
    type Answer = Option<(Session, Staff, School)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(session) = self.0.session(tx).await? else { return Ok(None) };
        let Some(id) = StaffId::parse(&session.account_id) else { return Ok(None) };
        let staff = Staff::find(tx, &id).await?.filter(|staff| staff.ended_at.is_none());
        let Some(staff) = staff else { return Ok(None) };
        // An account of one school stays there, whatever the session says.
        let wanted: Option<SchoolId> = staff.school_id.clone().or_else(|| session.school_id.clone());
        let found = match wanted {
            Some(id) => School::find(tx, &id).await?,
            None => None,
        };
        let school = match found {
            Some(school) => Some(school),
            None if staff.school_id.is_none() => School::all(tx).await?.into_iter().next(),
            None => None,
        };
        Ok(school.map(|school| (session, staff, school)))
    }
}

//! What the doors of office and portal share: the form's frame, and whether login and password belong together.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use shared::secret::Secret;

use super::form::{Fields, Sent, Typed};
use super::frame::Page;
use super::known::Guard;
use super::session::wait_message;
use super::words::Lang;
use super::{PageFailure, Pages};
use crate::registry::line::Login;
use crate::registry::sign_in::CountTry;
use crate::store::Verb;
use crate::store::tables::portal_account::PortalAccount;
use crate::store::tables::session::Realm;
use crate::store::tables::staff::Staff;

/// An account that is opened with a password.
pub(super) trait Holder: Send + 'static {
    /// What is kept of its password.
    fn password_hash(&self) -> &str;
}

impl Holder for Staff {
    fn password_hash(&self) -> &str {
        &self.password_hash
    }
}

impl Holder for PortalAccount {
    fn password_hash(&self) -> &str {
        &self.password_hash
    }
}

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotIn {
    /// Unknown login or wrong password: which of them nobody is told.
    Wrong,
    /// Too many tries; the next one is looked at then.
    Wait(Timestamp),
}

impl NotIn {
    /// The form once more: the login as it was typed, never the password. `wrong` is the key of what is said of a
    /// wrong one.
    pub(super) fn told(self, pages: &Pages, sent: &Sent, wrong: &str) -> (Fields, StatusCode) {
        let lang = Lang::of(&sent.headers);
        let (message, status) = match self {
            Self::Wrong => (lang.t(wrong), StatusCode::UNPROCESSABLE_ENTITY),
            Self::Wait(until) => (wait_message(lang, until, pages.now()), StatusCode::TOO_MANY_REQUESTS),
        };
        let typed = Typed::of([("login", sent.typed.text("login"))]);
        (Fields::of(typed).with_fault("login", message), status)
    }
}

impl Pages {
    /// The frame of the door at `place`, and the header that makes the browser known as a visitor.
    pub(super) fn door_page(
        &self,
        headers: &HeaderMap,
        realm: Realm,
        place: &str,
    ) -> (Page, Option<HeaderValue>) {
        let (visitor, set_visitor) = self.visitor(headers);
        // A form that is shown to somebody who is signed in is checked against that session.
        let token = self
            .session_cookie(headers, realm)
            .and_then(|_| self.expected_form_token(headers, realm))
            .unwrap_or_else(|| self.visitor_form_token(&visitor));
        (self.visitor_page(Lang::of(headers), place.to_owned(), token), set_visitor)
    }

    /// Looks at login and password as they were typed; `find` reads the account with a login.
    pub(super) async fn knock<V, A>(
        &self,
        sent: &Sent,
        realm: Realm,
        find: impl FnOnce(String) -> V,
    ) -> Result<Result<(A, Guard), NotIn>, PageFailure>
    where
        V: Verb<Answer = Option<A>>,
        A: Holder,
    {
        let login = Login::parse(sent.typed.text("login")).map(|login| login.as_str().to_owned());
        let login = login.unwrap_or_default();
        let guard = self.guard(&sent.headers, realm, &login);
        let (store, now) = (&self.issuance.store, self.now());
        if let Err(seconds) = self.sign_ins.take(&sent.client, now) {
            let wait = SignedDuration::from_secs(seconds.into());
            return Ok(Err(NotIn::Wait(now.saturating_add(wait).unwrap_or(now))));
        }
        let Ok(_in_line) = self.own.line.try_acquire() else { return Err(PageFailure::Unavailable) };
        // Counted before it is looked at: many tries at once are many tries.
        let counted = store.write(CountTry { login_hash: guard.counted_as(), now }).await?;
        if let Err(wait) = counted {
            return Ok(Err(NotIn::Wait(wait.until)));
        }
        let account = store.read(find(login)).await?;
        let stored = account.as_ref().map(|account| account.password_hash().to_owned());
        let right = self.password_is_right(stored, Secret::new(sent.typed.raw("password"))).await;
        if right {
            self.sign_ins.give_back(&sent.client);
        }
        Ok(account.filter(|_| right).map(|account| (account, guard)).ok_or(NotIn::Wrong))
    }
}

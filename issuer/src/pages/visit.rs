//! A request of somebody who is signed in, in the office and on the portal alike.

use axum::http::request::Parts;

use super::frame::{self, NavItem, Page, Who};
use super::once::Sender;
use super::words::Lang;
use super::{PageFailure, Pages};
use crate::audit::{Act, Actor};
use crate::registry::sign_in::FindSession;
use crate::store::tables::session::{Realm, Session};

/// What such a request comes with besides the account.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) session: Session,
    pub(super) lang: Lang,
    /// One request is one act.
    pub(super) act: Act,
    form_token: String,
    form_key: String,
    path: String,
    done: String,
    sandbox: bool,
}

impl Visit {
    /// How the session is found that the browser names.
    ///
    /// # Errors
    /// To `sign_in`, if it names none.
    pub(super) fn find(
        parts: &Parts,
        pages: &Pages,
        realm: Realm,
        sign_in: &'static str,
    ) -> Result<FindSession, PageFailure> {
        let cookie = pages.session_cookie(&parts.headers, realm).ok_or(PageFailure::SignIn(sign_in))?;
        Ok(FindSession { realm, hash: pages.issuance.keys.session_hash(&cookie), now: pages.now() })
    }

    /// A visit in a session that was found, by whom it belongs to.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn of(
        parts: &Parts,
        pages: &Pages,
        session: Session,
        actor: Actor,
    ) -> Result<Self, PageFailure> {
        let session = pages.keep_alive(session).await?;
        let lang = Lang::of(&parts.headers);
        Ok(Self {
            form_token: pages.issuance.keys.form_token(&session.hash),
            form_key: pages.fresh_key(),
            path: parts.uri.path_and_query().map_or(parts.uri.path(), |path| path.as_str()).to_owned(),
            done: frame::done_word(&parts.uri, lang),
            sandbox: pages.sandbox(),
            act: pages.issuance.act(actor),
            lang,
            session,
        })
    }

    /// The frame of a page: its title is the key of a text.
    pub(super) fn page(&self, title: &str, who: Who, nav: Vec<NavItem>) -> Page {
        Page {
            lang: self.lang,
            title: self.lang.t(title),
            who: Some(who),
            nav,
            form_token: self.form_token.clone(),
            form_key: self.form_key.clone(),
            done: self.done.clone(),
            path: self.path.clone(),
            sandbox: self.sandbox,
            now: self.act.at,
        }
    }

    /// Whose forms these are.
    pub(super) fn sender(&self) -> Sender {
        Sender { session_hash: self.session.hash, now: self.act.at, lang: self.lang }
    }
}

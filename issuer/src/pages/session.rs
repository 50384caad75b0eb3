//! Cookies: which browser is signed in, and that a form came from us.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use shared::secret::Secret;

use super::Pages;
use super::known::Guard;
use super::words::Lang;
use crate::audit::Actor;
use crate::pages::PageFailure;
use crate::registry::sign_in::{BeginSession, EndSession, Holder, TouchSession};
use crate::store::StoreError;
use crate::store::tables::session::{Realm, Session};

impl Pages {
    /// Holds a random value before anybody is signed in, so that even the sign-in form is known to be ours. A
    /// neighbour under the same domain could plant one of its own, and with it a form; but not by this name.
    fn visitor_cookie(&self) -> &'static str {
        if self.secure() { "__Host-mleg_visitor" } else { "mleg_visitor" }
    }

    fn cookie_name(&self, realm: Realm) -> &'static str {
        // `__Host-`: by TLS alone, for this host alone (RFC 6265bis §4.1.3.2); browsers refuse it without TLS.
        match (realm, self.secure()) {
            (Realm::Office, true) => "__Host-mleg_office",
            (Realm::Office, false) => "mleg_office",
            (Realm::Portal, true) => "__Host-mleg_portal",
            (Realm::Portal, false) => "mleg_portal",
        }
    }

    /// What the session cookie of a realm holds.
    pub(super) fn session_cookie(&self, headers: &HeaderMap, realm: Realm) -> Option<Secret> {
        cookie(headers, self.cookie_name(realm)).map(Secret::new)
    }

    pub(super) fn set_cookie(&self, name: &str, value: &str, more: &str) -> HeaderValue {
        let secure = if self.secure() { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// The header that gives a browser its session.
    pub(super) fn begin_cookie(&self, realm: Realm, value: &Secret) -> HeaderValue {
        self.set_cookie(self.cookie_name(realm), value.expose(), "")
    }

    /// The header that takes it away.
    pub(super) fn end_cookie(&self, realm: Realm) -> HeaderValue {
        self.set_cookie(self.cookie_name(realm), "", "; Max-Age=0")
    }

    /// Notes that a session is in use, once a minute at the most.
    pub(super) async fn keep_alive(&self, mut session: Session) -> Result<Session, StoreError> {
        let now = self.now();
        if now.duration_since(session.seen_at) >= SignedDuration::from_mins(1) {
            session.seen_at = now;
            self.issuance.store.write(TouchSession(session.clone())).await?;
        }
        Ok(session)
    }

    /// The visitor's cookie as it came, or a new one with the header that sets it.
    pub(super) fn visitor(&self, headers: &HeaderMap) -> (Secret, Option<HeaderValue>) {
        match cookie(headers, self.visitor_cookie()) {
            Some(value) if value.len() == 26 => (Secret::new(value), None),
            _ => {
                let value = self.fresh_key();
                let header = self.set_cookie(self.visitor_cookie(), &value, "");
                (Secret::new(value), Some(header))
            }
        }
    }

    /// The token that forms for this browser must carry, in a realm.
    pub(super) fn expected_form_token(&self, headers: &HeaderMap, realm: Realm) -> Option<String> {
        let cookie = self.session_cookie(headers, realm);
        let cookie = cookie.or_else(|| cookie_of(headers, self.visitor_cookie()))?;
        let keys = &self.issuance.keys;
        Some(keys.form_token(&keys.session_hash(&cookie)))
    }

    /// Begins a session for whoever has proved to hold an account: a new cookie, whatever came before, and on to
    /// `next`.
    pub(super) async fn begin_session(
        &self,
        headers: &HeaderMap,
        holder: Holder,
        actor: Actor,
        by: Option<&Guard>,
        next: &str,
    ) -> Result<Response, PageFailure> {
        let (issuance, realm) = (&self.issuance, holder.realm);
        if let Some(old) = self.session_cookie(headers, realm) {
            issuance.store.write(EndSession(issuance.keys.session_hash(&old))).await?;
        }
        let (counted, act) = (by.map(Guard::counted_as), issuance.act(actor));
        let (begin, cookie) = BeginSession::new(holder, counted, act, &issuance.keys, &*issuance.entropy);
        if issuance.store.write(begin).await?.is_err() {
            return Err(PageFailure::SignIn(match realm {
                Realm::Office => super::office::SIGN_IN,
                Realm::Portal => super::portal::SIGN_IN,
            }));
        }
        let cookie = self.begin_cookie(realm, &cookie);
        let mut response = ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response();
        if let Some(guard) = by {
            response.headers_mut().append(header::SET_COOKIE, self.known_cookie(headers, guard));
        }
        Ok(response)
    }

    /// The token for the forms of a visitor who is not signed in.
    pub(super) fn visitor_form_token(&self, visitor: &Secret) -> String {
        let keys = &self.issuance.keys;
        keys.form_token(&keys.session_hash(visitor))
    }
}

fn cookie_of(headers: &HeaderMap, name: &str) -> Option<Secret> {
    cookie(headers, name).map(Secret::new)
}

/// The value of a cookie; none if it stands there twice, since then somebody else may have set one.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) if !value.is_empty() => Some(value),
        _ => None,
    }
}

/// "Try again in …" for somebody who has to wait.
pub(in crate::pages) fn wait_message(lang: Lang, until: Timestamp, now: Timestamp) -> String {
    let seconds = until.duration_since(now).as_secs().max(1);
    lang.t1("sign-in-wait", "minutes", (seconds + 59) / 60)
}

/// Which realm an address belongs to.
pub(super) fn realm_of(path: &str) -> Realm {
    if path.starts_with("/portal") { Realm::Portal } else { Realm::Office }
}

/// Whether an address that came from outside leads to a page of ours.
pub(super) fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_stands_twice_is_nobodys() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; lang=pl"));
        assert_eq!(cookie(&headers, "lang"), Some("pl"));
        assert_eq!(cookie(&headers, "b"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("lang=en"));
        assert_eq!(cookie(&headers, "lang"), None);
    }

    #[test]
    fn addresses_from_outside_stay_inside() {
        for path in ["/office", "/office/pupils?q=a", "/"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in
            ["", "office", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ą"]
        {
            assert!(!is_own_path(path), "{path}");
        }
    }
}

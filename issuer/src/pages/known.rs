//! Browsers in which somebody has signed in before. Wrong tries are counted apart for them, so that nobody who only
//! knows a login can keep its owner out (shared/docs/adr/0039-known-browsers.md).

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Pages;
use super::session::cookie;
use crate::issuance::keys::Sealed;
use crate::store::tables::session::Realm;

/// How long a browser stays known after a sign-in.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many logins a browser is known for: a desk in the office has more than one clerk.
const LOGINS: usize = 8;

/// What a browser's cookie holds, sealed.
#[derive(Serialize, Deserialize)]
struct Known {
    /// Random: tries are counted for each browser apart.
    browser: String,
    /// The logins that were signed in with, the last one first, and until when they are known.
    logins: Vec<(String, Timestamp)>,
}

/// Where tries with a login are counted: apart for a browser that has signed in with it before, together for all
/// others.
pub(super) struct Guard {
    realm: Realm,
    /// The name of the login among all.
    login: [u8; 32],
    /// The name under which this browser's tries are counted.
    counted: [u8; 32],
}

impl Guard {
    /// Under which name tries are counted.
    pub(super) fn counted_as(&self) -> [u8; 32] {
        self.counted
    }
}

fn short(login: &[u8; 32]) -> String {
    BASE64.encode(login)
}

impl Pages {
    fn known_cookie_name(&self, realm: Realm) -> &'static str {
        match (realm, self.secure()) {
            (Realm::Office, true) => "__Host-mleg_office_known",
            (Realm::Office, false) => "mleg_office_known",
            (Realm::Portal, true) => "__Host-mleg_portal_known",
            (Realm::Portal, false) => "mleg_portal_known",
        }
    }

    fn known(&self, headers: &HeaderMap, realm: Realm) -> Option<Known> {
        let sealed = cookie(headers, self.known_cookie_name(realm))?;
        let mut known: Known = self.issuance.keys.unseal(Sealed::KnownBrowser, sealed)?;
        known.logins.retain(|(_, until)| self.now() < *until);
        Some(known)
    }

    /// Where this browser's tries with a login are counted.
    pub(super) fn guard(&self, headers: &HeaderMap, realm: Realm, login: &str) -> Guard {
        let keys = &self.issuance.keys;
        let name = keys.sign_in_hash(realm.word(), login);
        let known = self.known(headers, realm).filter(|known| {
            let wanted = short(&name);
            known.logins.iter().any(|(login, _)| *login == wanted)
        });
        // No login has a blank in it.
        let apart = known.map(|known| keys.sign_in_hash(realm.word(), &format!("{login} {}", known.browser)));
        Guard { realm, login: name, counted: apart.unwrap_or(name) }
    }

    /// The header by which a browser is known from now on, for what it has just signed in with.
    pub(super) fn known_cookie(&self, headers: &HeaderMap, guard: &Guard) -> HeaderValue {
        let fresh = || Known { browser: self.fresh_key(), logins: Vec::new() };
        let mut known = self.known(headers, guard.realm).unwrap_or_else(fresh);
        let login = short(&guard.login);
        known.logins.retain(|(other, _)| *other != login);
        known.logins.insert(0, (login, self.now().saturating_add(KNOWN_FOR).unwrap_or(Timestamp::MAX)));
        known.logins.truncate(LOGINS);
        let sealed = self.issuance.keys.seal(Sealed::KnownBrowser, &known, &*self.issuance.entropy);
        let lasting = format!("; Max-Age={}", KNOWN_FOR.as_secs());
        self.set_cookie(self.known_cookie_name(guard.realm), sealed.expose(), &lasting)
    }
}

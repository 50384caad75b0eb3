//! What people see: the school's office under `/office`, the portal of pupils and guardians under `/portal`.
//!
//! Pages are made on the server and call the same decisions as the staff API. A handler reads who asks
//! ([`office::Office`], the portal's `Visitor`), what was sent ([`form::Sent`]), does one act, and answers with a
//! page or an address.

pub mod office;
pub mod portal;
pub mod print;

pub mod federated;
pub(crate) mod mailbox;

mod assets;
mod door;
#[cfg(test)]
mod door_tests;
mod failure;
pub mod form;
pub mod frame;
mod known;
mod once;
mod session;
#[cfg(test)]
pub(crate) mod testing;
mod visit;
pub mod words;

use std::sync::Arc;

use axum::extract::{Query, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Router, extract};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Semaphore;

pub use self::failure::PageFailure;
use self::words::Lang;
use crate::http::front::Limits;
use crate::http::front::client::Client;
use crate::http::limits::{Limiter, Rate};
use crate::issuance::Issuance;
use crate::registry::aside::{Desks, at_place};

/// How many passwords are checked at the same time: each takes 19 MiB and some 20 ms of a core.
const PASSWORD_CHECKS: usize = 2;
/// How many wait for theirs: a second's work.
const PASSWORD_LINE: usize = 64;

/// What every page can reach. Cheap to clone.
#[derive(Clone)]
pub struct Pages {
    /// The decisions, and the books behind them.
    pub issuance: Issuance,
    own: Arc<Own>,
    outside: Outside,
    /// Wrong passwords by address.
    sign_ins: Arc<Limiter<Client>>,
}

/// What the pages are linked to besides the books. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Whether letters are sent, or caught: not, and notices by e-mail wait.
    pub mail: bool,
    /// By whom staff may sign in, besides with a password.
    pub provider: Option<Arc<federated::Provider>>,
    /// The sandbox's own provider.
    pub simulator: Option<Arc<federated::Simulator>>,
}

struct Own {
    /// Address under which people reach the pages, without a slash at its end.
    origin: String,
    sandbox: bool,
    passwords: Arc<Desks>,
    /// Those who wait for their password to be checked; whoever finds no place there is told so at once.
    line: Semaphore,
    /// QR codes of the portal that are alive.
    shelf: portal::Shelf,
    print_jobs: print::job::Jobs,
}

impl Pages {
    /// The pages of an issuer known as `origin` (scheme, host, port).
    pub fn new(issuance: Issuance, origin: String, sandbox: bool) -> Self {
        let passwords = Arc::new(Desks::new(PASSWORD_CHECKS));
        let (shelf, print_jobs) = (portal::Shelf::default(), print::job::Jobs::default());
        let line = Semaphore::new(PASSWORD_LINE);
        let own = Own { origin, sandbox, passwords, line, shelf, print_jobs };
        let sign_ins = Limiter::new(Rate::slow(Limits::default().sign_ins_of_one));
        Self { issuance, own: Arc::new(own), outside: Outside::default(), sign_ins: Arc::new(sign_ins) }
    }

    /// The same pages within these limits.
    #[must_use]
    pub fn within(self, limits: &Limits) -> Self {
        Self { sign_ins: Arc::new(Limiter::new(Rate::slow(limits.sign_ins_of_one))), ..self }
    }

    /// The same pages, linked to what is outside.
    #[must_use]
    pub fn linked_to(self, outside: Outside) -> Self {
        Self { outside, ..self }
    }

    /// Where passwords are checked, and the line before it.
    pub(crate) fn password_desks(&self) -> Arc<Desks> {
        Arc::clone(&self.own.passwords)
    }

    /// What they are linked to.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Now, UTC.
    pub fn now(&self) -> Timestamp {
        self.issuance.now()
    }

    /// Today in Warsaw.
    pub fn today(&self) -> jiff::civil::Date {
        shared::validity::warsaw_date(self.now())
    }

    /// Whether this is a sandbox, with a clock that can be moved.
    pub fn sandbox(&self) -> bool {
        self.own.sandbox
    }

    /// Address under which people reach the pages, without a slash at its end.
    pub fn origin(&self) -> &str {
        &self.own.origin
    }

    /// Whether browsers reach the pages by TLS, so that cookies are for TLS alone.
    pub fn secure(&self) -> bool {
        self.own.origin.starts_with("https:")
    }

    /// Sheets that wait to be fetched.
    pub(crate) fn print_jobs(&self) -> &print::job::Jobs {
        &self.own.print_jobs
    }

    /// A random name: for a form that is to be worked off once.
    pub fn fresh_key(&self) -> String {
        crate::store::id::NoticeId::fresh(self.now(), &*self.issuance.entropy).as_str().to_owned()
    }

    /// Hashes a password on a thread of its own, a few at a time.
    pub(crate) async fn hash_password(
        &self,
        password: crate::registry::line::Password,
    ) -> Result<crate::registry::staff::HashedPassword, PageFailure> {
        use crate::registry::staff::HashedPassword;
        let place = self.own.passwords.take_along().await;
        let entropy = self.issuance.entropy.clone();
        let hashing = at_place(place, move || HashedPassword::of(&password, &*entropy));
        hashing.await.map_err(|error| PageFailure::ours(&error))?.ok_or(PageFailure::Internal)
    }

    /// Checks a password on a thread of its own, a few at a time. Takes the same time without an account.
    pub(crate) async fn password_is_right(
        &self,
        stored: Option<String>,
        typed: shared::secret::Secret,
    ) -> bool {
        use crate::registry::staff::HashedPassword;
        // Of no password: what an unknown login is compared with.
        const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let place = self.own.passwords.take_along().await;
        let known = stored.is_some();
        let check = at_place(place, move || {
            HashedPassword::verify(stored.as_deref().unwrap_or(NOBODYS), typed.expose())
        });
        check.await.unwrap_or(false) && known
    }
}

impl Pages {
    /// Hashes passwords on a thread of its own, one batch after the other, in the order in which they came.
    pub(crate) async fn hashed(
        &self,
        passwords: Vec<crate::registry::line::Password>,
    ) -> Result<Vec<crate::registry::staff::HashedPassword>, PageFailure> {
        use crate::registry::staff::HashedPassword;
        let place = self.own.passwords.take_along().await;
        let entropy = Arc::clone(&self.issuance.entropy);
        let hash = at_place(place, move || {
            passwords
                .iter()
                .map(|password| HashedPassword::of(password, &*entropy))
                .collect::<Option<Vec<_>>>()
        });
        hash.await.map_err(|error| PageFailure::ours(&error))?.ok_or(PageFailure::Internal)
    }
}

/// The address of a page with word of what was done there.
pub fn done(path: &str, word: &str) -> String {
    let query = frame::query(&[("done", word)]);
    // The page may have a query of its own.
    if path.contains('?') {
        format!("{path}{}", query.replacen('?', "&", 1))
    } else {
        format!("{path}{query}")
    }
}

/// All pages, with what holds for every one of them.
pub fn router(pages: Pages) -> Router {
    let simulator = pages.outside.simulator.as_ref().map_or_else(Router::new, federated::Simulator::routes);
    Router::new()
        .merge(simulator)
        .merge(federated::routes())
        .route("/", get(async || Redirect::to("/office")))
        .route("/language/{lang}", get(choose_language))
        .merge(office::routes(&pages))
        .merge(portal::routes())
        .route("/office/{*nothing}", any(async || PageFailure::NotFound))
        .route("/portal/{*nothing}", any(async || PageFailure::NotFound))
        .layer(middleware::from_fn(failure::answered))
        .layer(middleware::from_fn(failure::in_our_words))
        .layer(middleware::from_fn(never_stored))
        .merge(assets::routes())
        .layer(middleware::from_fn(confined))
        .with_state(pages)
}

/// Everything here is about people.
async fn never_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Nothing but what comes from here, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// The same policy for a page whose form may lead elsewhere in the end: to `target`, a source of CSP.
pub(crate) fn policy_with_form_target(target: &str) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let policy =
        CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {target}"));
    HeaderValue::from_str(&policy)
}

pub(crate) async fn confined(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=()"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "same-origin"),
    ] {
        response
            .headers_mut()
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[derive(Deserialize)]
struct Back {
    back: Option<String>,
}

/// Remembers the language for a year and goes back to where the link stood.
async fn choose_language(
    extract::State(pages): extract::State<Pages>,
    extract::Path(lang): extract::Path<String>,
    Query(Back { back }): Query<Back>,
) -> Response {
    let lang = Lang::parse(&lang).unwrap_or_default();
    let cookie = pages.set_cookie("lang", lang.tag(), "; Max-Age=31536000");
    let back = back.filter(|back| session::is_own_path(back)).unwrap_or_else(|| "/office".to_owned());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response()
}

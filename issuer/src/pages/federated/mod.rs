//! Signing in to the office by an OpenID Connect provider, such as *Profil Zaufany*, and linking an account there
//! to a member of staff.
//!
//! The browser goes to the provider by a link, never by a form: the policy of our pages lets forms lead nowhere
//! else. What it was sent away with is sealed in a cookie that lasts ten minutes and is taken away when it comes
//! back.

mod account;
mod provider;
mod simulator;

#[cfg(test)]
mod tests;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts as _, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use subtle::ConstantTimeEq;

pub use self::provider::Provider;
pub use self::simulator::Simulator;

use self::provider::{Begun, ProviderError, Vouched};
use super::frame::{Page, render_as};
use super::office::{Office, session::begin};
use super::session::{cookie, is_own_path};
use super::words::Lang;
use super::{PageFailure, Pages};
use crate::issuance::keys::Sealed;
use crate::registry::sign_in::{FindFederatedStaff, Shown};

/// Holds what a browser was sent away with.
const COOKIE: &str = "mleg_federated";

/// Where a browser is sent away from.
const BEGIN: &str = "/office/federated";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(BEGIN, get(send_away))
        .route(provider::RETURN, get(come_back))
        .merge(account::routes())
}

/// The button that leads to the provider, on the sign-in page.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Way {
    /// Where it leads.
    pub(in crate::pages) href: String,
    /// Whether it leads to the simulator.
    pub(in crate::pages) simulated: bool,
}

impl Pages {
    /// The way to the provider and from there to `next`, if there is a provider.
    pub(super) fn way_elsewhere(&self, next: &str) -> Option<Way> {
        let provider = self.outside().provider.as_ref()?;
        let href = format!("{BEGIN}{}", super::frame::query(&[("next", next)]));
        Some(Way { href, simulated: provider.is_simulated() })
    }

    fn federated_cookie_name(&self) -> String {
        if self.secure() { format!("__Host-{COOKIE}") } else { COOKIE.to_owned() }
    }

    fn take_federated_cookie(&self) -> HeaderValue {
        self.set_cookie(&self.federated_cookie_name(), "", "; Max-Age=0")
    }
}

/// Why somebody was not signed in; each has its words, `federated-…` and `federated-…-text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    /// The provider does not answer.
    Unreachable,
    /// The browser does not bring what it was sent away with, or came too late.
    Stale,
    /// They changed their mind over there.
    Cancelled,
    /// What the provider says is not to be trusted.
    Untrusted,
    /// The account stands for no member of staff.
    Unknown,
}

impl Failed {
    fn words(self, lang: Lang) -> (String, String) {
        match self {
            Self::Unreachable => (lang.t("federated-unreachable"), lang.t("federated-unreachable-text")),
            Self::Stale => (lang.t("federated-stale"), lang.t("federated-stale-text")),
            Self::Cancelled => (lang.t("federated-cancelled"), lang.t("federated-cancelled-text")),
            Self::Untrusted => (lang.t("federated-untrusted"), lang.t("federated-untrusted-text")),
            Self::Unknown => (lang.t("federated-unknown"), lang.t("federated-unknown-text")),
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Unreachable => StatusCode::BAD_GATEWAY,
            Self::Stale | Self::Cancelled => StatusCode::BAD_REQUEST,
            Self::Untrusted | Self::Unknown => StatusCode::FORBIDDEN,
        }
    }
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unreachable => Self::Unreachable,
            ProviderError::CodeRefused => Self::Stale,
            ProviderError::Token => Self::Untrusted,
        }
    }
}

#[derive(Template)]
#[template(path = "office/federated_failed.html")]
struct FailedPage {
    page: Page,
    heading: String,
    text: String,
}

/// Says why nobody is signed in, and takes the cookie away: the next try begins anew.
fn failed(pages: &Pages, headers: &HeaderMap, why: Failed) -> Response {
    let lang = Lang::of(headers);
    let page = Page {
        sandbox: pages.sandbox(),
        now: pages.now(),
        ..Page::bare(lang, super::office::SIGN_IN.to_owned())
    };
    let (heading, text) = why.words(lang);
    let page = page.titled("federated-failed");
    let mut response = render_as(why.status(), &FailedPage { page, heading, text });
    response.headers_mut().append(header::SET_COOKIE, pages.take_federated_cookie());
    response
}

#[derive(Deserialize)]
struct Away {
    next: Option<String>,
    link: Option<String>,
}

/// `GET /office/federated`: to the provider.
async fn send_away(
    State(pages): State<Pages>,
    Query(away): Query<Away>,
    request: Request,
) -> Result<Response, PageFailure> {
    let provider = pages.outside().provider.clone().ok_or(PageFailure::NotFound)?;
    let (mut parts, _) = request.into_parts();
    let linking = match away.link {
        Some(_) => Some(Office::from_request_parts(&mut parts, &pages).await?.session().hash),
        None => None,
    };
    let next = away.next.filter(|next| is_own_path(next)).unwrap_or_else(|| "/office".to_owned());
    let entropy = &*pages.issuance.entropy;
    let (place, begun) = match provider.begin(next, linking, pages.now(), entropy).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, "cannot send anybody to the sign-in provider");
            return Ok(failed(&pages, &parts.headers, error.into()));
        }
    };
    let sealed = pages.issuance.keys.seal(Sealed::FederatedSignIn, &begun, entropy);
    let cookie = pages.set_cookie(&pages.federated_cookie_name(), sealed.expose(), "; Max-Age=600");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&place)).into_response())
}

#[derive(Deserialize)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// `GET /office/federated/return`: back from the provider.
async fn come_back(
    State(pages): State<Pages>,
    Query(back): Query<Back>,
    request: Request,
) -> Result<Response, PageFailure> {
    let provider = pages.outside().provider.clone().ok_or(PageFailure::NotFound)?;
    let (mut parts, _) = request.into_parts();
    let (begun, vouched) = match vouched(&pages, &provider, &parts.headers, back).await {
        Ok(both) => both,
        Err(why) => {
            tracing::info!(?why, "nobody was signed in by the provider");
            return Ok(failed(&pages, &parts.headers, why));
        }
    };
    let mut response = if let Some(session) = begun.linking {
        let office = Office::from_request_parts(&mut parts, &pages).await?;
        // Whoever signed in as somebody else meanwhile does not get this account.
        if office.session().hash != session {
            return Ok(failed(&pages, &parts.headers, Failed::Stale));
        }
        account::confirm(&pages, &office, vouched)
    } else {
        let find = FindFederatedStaff(vouched.account.as_str().to_owned());
        match pages.issuance.store.read(find).await? {
            Some(staff) => {
                let shown = Shown::Federated(vouched.account.as_str().to_owned());
                begin(&pages, &parts.headers, staff, shown, None, &begun.next).await?
            }
            None => return Ok(failed(&pages, &parts.headers, Failed::Unknown)),
        }
    };
    response.headers_mut().append(header::SET_COOKIE, pages.take_federated_cookie());
    Ok(response)
}

/// Whom the provider vouches for to this browser, which we sent there ourselves.
async fn vouched(
    pages: &Pages,
    provider: &Provider,
    headers: &HeaderMap,
    back: Back,
) -> Result<(Begun, Vouched), Failed> {
    let sealed = cookie(headers, &pages.federated_cookie_name()).ok_or(Failed::Stale)?;
    let begun: Option<Begun> = pages.issuance.keys.unseal(Sealed::FederatedSignIn, sealed);
    let begun = begun.filter(|begun| !begun.is_over(pages.now())).ok_or(Failed::Stale)?;
    let state = back.state.unwrap_or_default();
    if !bool::from(begun.state.as_bytes().ct_eq(state.as_bytes())) {
        return Err(Failed::Stale);
    }
    // Who says who they are must be who we asked (RFC 9207 §2.4).
    if back.iss.is_some_and(|issuer| issuer != provider.issuer()) {
        return Err(Failed::Untrusted);
    }
    let code = match (back.code, back.error) {
        (Some(code), None) => code,
        _ => return Err(Failed::Cancelled),
    };
    let vouched = provider.redeem(&begun, &code, pages.now()).await?;
    Ok((begun, vouched))
}

//! When there is no page to show: what people are told instead, in their language.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use shared::vci::error::AnywhereErrorCode;

use super::frame::{self, Page};
use super::words::Lang;
use crate::http::failure::{Code, Coded};
use crate::http::front::mishap::{Mishap, survive};
use crate::http::front::work::refuse;
use crate::http::told::Told;
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFailure {
    /// Nobody is signed in: to this address first.
    SignIn(&'static str),
    /// The role does not allow it.
    Forbidden,
    /// Nothing is there, or nothing that this person may know of.
    NotFound,
    /// The form did not come from us, or from a session that is over.
    StaleForm,
    /// The request cannot be read.
    Unreadable,
    /// Some other program sent the browser here, and it is none that we know.
    UnknownApp,
    /// What was sent is too large.
    TooLarge,
    /// An act was refused where there is no form to show it at.
    Refused(Code),
    /// The database does not answer.
    Unavailable,
    /// Ours.
    Internal,
}

impl PageFailure {
    fn status(self) -> StatusCode {
        match self {
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::Forbidden | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unreadable | Self::UnknownApp => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(code) => code.status(),
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable word, for logs and figures.
    fn code(self) -> &'static str {
        match self {
            Self::SignIn(_) => "page_sign_in",
            Self::Forbidden => "page_forbidden",
            Self::NotFound => "page_not_found",
            Self::StaleForm => "page_stale_form",
            Self::Unreadable => "page_unreadable",
            Self::UnknownApp => "page_unknown_app",
            Self::TooLarge => "page_too_large",
            Self::Refused(code) => code.word(),
            Self::Unavailable => "page_unavailable",
            Self::Internal => "page_internal",
        }
    }

    /// Heading and explanation.
    fn words(self, lang: Lang) -> (String, String) {
        let both = |key: &str| (lang.t(key), lang.t(&format!("{key}-text")));
        match self {
            Self::SignIn(_) => both("failure-sign-in"),
            Self::Forbidden => both("failure-forbidden"),
            Self::NotFound => both("failure-not-found"),
            Self::StaleForm => both("failure-stale-form"),
            Self::Unreadable => both("failure-unreadable"),
            Self::UnknownApp => both("failure-unknown-app"),
            Self::TooLarge => both("failure-too-large"),
            Self::Refused(code) => {
                let told = frame::capital(lang.pick(code.message_pl(), code.message_en()));
                (lang.t("failure-refused"), told)
            }
            Self::Unavailable => both("failure-unavailable"),
            Self::Internal => both("failure-internal"),
        }
    }

    /// A refusal where there is no form to show it at.
    pub fn refused(refusal: &impl Coded) -> Self {
        Self::Refused(refusal.code())
    }

    /// A failure of ours, logged once.
    pub fn ours(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "cannot make a page");
        Self::Internal
    }
}

impl From<StoreError> for PageFailure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "cannot make a page");
        match error {
            StoreError::Unavailable(_) | StoreError::Contention => Self::Unavailable,
            StoreError::Constraint(_) | StoreError::Damaged(_) | StoreError::Newer { .. } => Self::Internal,
        }
    }
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        // Whoever knows the language puts it into words.
        response.extensions_mut().insert(self);
        response
    }
}

/// A page, even when a handler takes too long or panics.
pub(super) async fn answered(request: Request, next: Next) -> Result<Response, PageFailure> {
    let uri = request.uri().clone();
    match survive(request, next).await {
        Ok(response) => Ok(response),
        // Whoever sends so slowly has no patience for a page of ours either.
        Err(Mishap::SlowBody) => Ok(refuse(&uri, AnywhereErrorCode::RequestTimeout)),
        Err(Mishap::TooLong) => Err(PageFailure::Unavailable),
        Err(Mishap::Panicked) => Err(PageFailure::Internal),
    }
}

/// Puts failures into the words of whoever asked.
pub(super) async fn in_our_words(request: Request, next: Next) -> Response {
    let lang = Lang::of(request.headers());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let get = request.method() == axum::http::Method::GET;
    let response = next.run(request).await;
    let Some(failure) = response.extensions().get::<PageFailure>().copied() else { return response };
    if let PageFailure::SignIn(place) = failure {
        let next = if get { frame::query(&[("next", &path)]) } else { String::new() };
        return Redirect::to(&format!("{place}{next}")).into_response();
    }
    let (heading, text) = failure.words(lang);
    let page = Page::bare(lang, path.clone()).named(heading);
    let area = if path.starts_with("/portal") { "/portal" } else { "/office" };
    let mut shown = frame::render(&FailurePage { page, text, area });
    *shown.status_mut() = failure.status();
    if failure == PageFailure::Unavailable {
        shown.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    Told::code(failure.code()).on(shown)
}

#[derive(askama::Template)]
#[template(path = "failure.html")]
struct FailurePage {
    page: Page,
    text: String,
    area: &'static str,
}

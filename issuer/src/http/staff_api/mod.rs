//! The staff API under `/api/v1`: what a school's office does, for programs.
//!
//! A handler reads a form, asks the registry or the issuance for one act, and shows what came of it. Who asks
//! is known by an API token; what its owner may do is judged before any handler runs (`access`).

mod access;
mod document;
mod idempotent;
mod problems;
mod request;
mod view;

mod agreement;
mod application;
mod audit;
mod base_card;
mod card;
mod guardian;
mod notice;
mod order;
mod photo;
mod profile;
mod pupil;
mod school;
mod slip;
mod staff;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use self::idempotent::{Done, Idempotent, Reply};
pub(super) use self::problems::FieldCode;
use self::request::Once;
use super::failure::{Code, Coded, Failure};
use super::front::Limits;
use super::front::client::Client;
use super::limits::{Limiter, Rate};
use super::openapi_page;
use crate::audit::Actor;
use crate::issuance::Issuance;
use crate::store::Verb;

/// The largest JSON body, in bytes.
pub const JSON_BODY_LIMIT: usize = 1024 * 1024;
/// The largest photo, in bytes.
pub const PHOTO_BODY_LIMIT: usize = 6 * 1024 * 1024;
/// Where the API lives; the paths of the OpenAPI document are relative to it.
pub const BASE_PATH: &str = "/api/v1";

/// What every handler of the staff API can reach.
#[derive(Clone)]
pub struct ApiState {
    /// The decisions, and the books behind them.
    pub issuance: Issuance,
    /// Unknown tokens by address.
    guesses: Arc<Limiter<Client>>,
}

impl ApiState {
    /// The API of these books, within limits.
    pub fn new(issuance: Issuance, limits: &Limits) -> Self {
        Self { issuance, guesses: Arc::new(Limiter::new(Rate::slow(limits.guesses_of_one))) }
    }
}

/// The API, its description at `/api/openapi.json` and the page that shows it at `/api`.
pub fn router(state: ApiState) -> Router {
    let (routes, _) = routes().split_for_parts();
    let api = routes
        .route_layer(middleware::from_fn_with_state(state.clone(), request::recognise))
        .layer(DefaultBodyLimit::max(JSON_BODY_LIMIT))
        .fallback(async || Failure::of(Code::NoSuchAddress))
        .method_not_allowed_fallback(async || Failure::of(Code::MethodNotAllowed))
        .layer(middleware::map_response(super::router::never_stored))
        .with_state(state);
    Router::new()
        .nest(BASE_PATH, api)
        .route("/api/openapi.json", get(async || Json(openapi_json())))
        .route("/api", get(page))
        .route("/api/style.css", get(style))
}

/// The OpenAPI 3.1 description of the API.
pub fn openapi_json() -> &'static OpenApi {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| document::finish(routes().into_openapi()));
    &DOCUMENT
}

fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(document::head())
        .merge(school::routes())
        .merge(agreement::routes())
        .merge(profile::routes())
        .merge(pupil::routes())
        .merge(guardian::routes())
        .merge(application::routes())
        .merge(photo::routes())
        .merge(base_card::routes())
        .merge(order::routes())
        .merge(slip::routes())
        .merge(card::routes())
        .merge(notice::routes())
        .merge(audit::routes())
        .merge(staff::routes())
}

/// Whether the description knows an operation.
fn is_described(method: &axum::http::Method, template: &str) -> bool {
    let path = template.strip_prefix(BASE_PATH).unwrap_or(template);
    let Some(item) = openapi_json().paths.paths.get(path) else { return false };
    match method.as_str() {
        "GET" | "HEAD" => item.get.is_some(),
        "PUT" => item.put.is_some(),
        "POST" => item.post.is_some(),
        "PATCH" => item.patch.is_some(),
        "DELETE" => item.delete.is_some(),
        _ => false,
    }
}

async fn page() -> Result<Response, Failure> {
    let page = openapi_page::render(openapi_json(), BASE_PATH);
    let page = page.map_err(|error| Failure::ours(Code::InternalError, &error))?;
    let policy = HeaderValue::from_static(openapi_page::CONTENT_SECURITY_POLICY);
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response())
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], openapi_page::STYLE)
}

impl ApiState {
    /// Reads from the books, on one snapshot.
    async fn read<V, T, R>(&self, verb: V) -> Result<T, Failure>
    where
        V: Verb<Answer = Result<T, R>>,
        R: Coded,
    {
        Ok(self.issuance.store.read(verb).await??)
    }

    /// Does `verb`, at most once for each key of `once`. What is remembered for a repetition is what
    /// `remember` makes of the answer: it holds no secrets.
    async fn act<V, T, R, W>(
        &self,
        once: Option<Once>,
        status: axum::http::StatusCode,
        verb: V,
        remember: impl Fn(&T) -> W + Send + Sync + 'static,
    ) -> Result<Done<T>, Failure>
    where
        V: Verb<Answer = Result<T, R>>,
        T: Send + 'static,
        R: Coded + Send + 'static,
        W: serde::Serialize,
    {
        let store = &self.issuance.store;
        match once {
            None => Ok(Done::Fresh(store.write(verb).await??)),
            Some(once) => {
                let verb = Idempotent::new(once, status, self.issuance.now(), verb, remember);
                store.write(verb).await?.into_done()
            }
        }
    }

    /// As [`Self::act`], and shows what came of it: what is remembered is what is answered.
    async fn answer<V, T, R, W>(
        &self,
        once: Option<Once>,
        status: axum::http::StatusCode,
        verb: V,
        view: impl Fn(&T) -> W + Clone + Send + Sync + 'static,
    ) -> Result<Reply, Failure>
    where
        V: Verb<Answer = Result<T, R>>,
        T: Send + 'static,
        R: Coded + Send + 'static,
        W: serde::Serialize,
    {
        match self.act(once, status, verb, view.clone()).await? {
            Done::Fresh(made) => Reply::fresh(status, &view(&made)),
            Done::Replayed(reply) => Ok(reply),
        }
    }

    /// The act of whoever holds `caller`'s token, now.
    fn act_of(&self, caller: &request::Caller) -> crate::audit::Act {
        self.issuance.act(Actor::Token(caller.token.clone()))
    }

    /// Today in Warsaw.
    fn today(&self) -> jiff::civil::Date {
        shared::validity::warsaw_date(self.issuance.now())
    }
}

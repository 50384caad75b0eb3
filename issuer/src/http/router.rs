//! Which address leads where, and what holds for all of them.

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use shared::card_claims::TYPE_PATH;
use shared::vci::error::{ErrorBody, TokenErrorCode};

use super::failure::{Code, Failure};
use super::reply::in_our_words;
use super::staff_api::BASE_PATH;
use super::{
    ServerState, credential, health, junior, metadata, nonce, notification, ocsp, offer, revocation, status,
    token,
};

use crate::mishap::{Mishap, survive};

/// The largest body that a wallet may send, in bytes.
pub const WALLET_BODY_LIMIT: usize = 64 * 1024;

/// Everything that wallets and verifiers speak to. `prefix` is the path of the issuer's identifier, without a
/// slash at its end: endpoints lie below it, and well-known documents put it behind their own path.
pub fn wallet_routes(state: ServerState) -> Router {
    let prefix = state.wire.issuer.as_url().path().trim_end_matches('/').to_owned();
    let at = |path: &str| format!("{prefix}{path}");
    let well_known = |name: &str| format!("/.well-known/{name}{prefix}");
    let secret = Router::new()
        .route(&at("/o/{id}"), get(offer::by_reference))
        .route(&at("/typed-code"), post(offer::by_typed_code))
        .route(&at("/token"), post(token::token))
        .route(&at("/nonce"), post(nonce::nonce))
        .route(&at("/credential"), post(credential::credential))
        .route(&at("/notification"), post(notification::notification))
        .route(junior::HOLDER_PATH, get(junior::me))
        .layer(middleware::map_response(in_our_words))
        .layer(middleware::from_fn(never_stored));
    Router::new()
        .merge(secret)
        .route(&well_known("openid-credential-issuer"), get(metadata::issuer))
        .route(&well_known("oauth-authorization-server"), get(metadata::authorization_server))
        .route(&at(TYPE_PATH), get(metadata::credential_type))
        .route(&at(&format!("{TYPE_PATH}/schema.json")), get(metadata::credential_schema))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(DefaultBodyLimit::max(WALLET_BODY_LIMIT))
        .layer(middleware::from_fn(any_origin))
        .with_state(state)
}

/// What certificates point to: plain http, no secrets, anybody may ask.
pub fn pki_routes(state: ServerState) -> Router {
    Router::new()
        .route("/pki/crl/{name}", get(revocation::list))
        .route("/pki/ca/{name}", get(revocation::authority))
        .route("/pki/status/{list}", get(status::list))
        .route("/pki/ocsp", post(ocsp::post))
        .route("/pki/ocsp/{*request}", get(ocsp::by_path))
        .layer(DefaultBodyLimit::max(WALLET_BODY_LIMIT))
        .with_state(state)
}

/// What holds for every address: a time limit, headers that keep browsers honest, and an answer even if a
/// handler panics.
pub fn with_common_layers(router: Router) -> Router {
    router.fallback(not_found).layer(middleware::from_fn(guarded)).layer(middleware::from_fn(answered))
}

/// An answer for programs, even when a handler takes too long or panics.
async fn answered(request: Request, next: Next) -> Response {
    let staff = request.uri().path().starts_with(BASE_PATH);
    match (survive(request, next).await, staff) {
        (Ok(response), _) => response,
        (Err(Mishap::TooLong), true) => Failure::of(Code::Unavailable).into_response(),
        (Err(Mishap::Panicked), true) => Failure::of(Code::InternalError).into_response(),
        (Err(Mishap::TooLong), false) => {
            let told = ErrorBody::new(TokenErrorCode::TemporarilyUnavailable);
            (StatusCode::SERVICE_UNAVAILABLE, Json(told)).into_response()
        }
        (Err(Mishap::Panicked), false) => {
            let told = ErrorBody::new(TokenErrorCode::ServerError);
            (StatusCode::INTERNAL_SERVER_ERROR, Json(told)).into_response()
        }
    }
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "nothing here\n")
}

/// Offers, codes, tokens, nonces and credentials are for one reader, once.
async fn never_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Wallets may be web pages: nothing here rests on cookies, so any origin may ask.
async fn any_origin(request: Request, next: Next) -> Response {
    let preflight = request.method() == axum::http::Method::OPTIONS;
    let mut response = if preflight {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    } else {
        next.run(request).await
    };
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-allow-headers", "authorization, content-type, dpop"),
        ("access-control-expose-headers", "www-authenticate, retry-after"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        let name = HeaderName::from_static(name);
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
        .headers_mut()
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;

    async fn boom() -> &'static str {
        panic!("as a test")
    }

    #[tokio::test]
    async fn programs_are_answered_when_a_handler_panics() {
        let router = Router::new().route("/api/v1/boom", get(boom)).route("/token", post(boom));
        let router = with_common_layers(router);
        for (method, path, expected) in [
            ("GET", "/api/v1/boom", "\"code\":\"internal_error\""),
            ("POST", "/token", "{\"error\":\"server_error\"}"),
        ] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains(expected), "{path}: {body}");
        }
    }
}

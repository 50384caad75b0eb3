//! Which address leads where, and what holds for all of them.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use shared::card_claims::TYPE_PATH;
use tower::ServiceBuilder;

use super::front::work::{Workplaces, answered, in_codes, within};
use super::reply::in_our_words;
use super::{
    ServerState, credential, health, junior, metadata, nonce, notification, ocsp, offer, revocation, status,
    token, trust_list,
};

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
        .layer(
            ServiceBuilder::new()
                .layer(middleware::map_response(never_stored))
                .layer(middleware::map_response(in_our_words)),
        );
    Router::new()
        .merge(secret)
        .route(&well_known("openid-credential-issuer"), get(metadata::issuer))
        .route(&well_known("oauth-authorization-server"), get(metadata::authorization_server))
        .route(&at(TYPE_PATH), get(metadata::credential_type))
        .route(&at(&format!("{TYPE_PATH}/schema.json")), get(metadata::credential_schema))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(any_origin))
                .layer(DefaultBodyLimit::max(WALLET_BODY_LIMIT)),
        )
        .with_state(state)
}

/// What certificates point to: plain http, no secrets, anybody may ask.
pub fn pki_routes(state: ServerState) -> Router {
    Router::new()
        .route("/pki/crl/{name}", get(revocation::list))
        .route("/pki/ca/{name}", get(revocation::authority))
        .route("/pki/status/{list}", get(status::list))
        .route("/pki/trust-list", get(trust_list::list))
        .route("/pki/ocsp", post(ocsp::post))
        .route("/pki/ocsp/{*request}", get(ocsp::by_path))
        .layer(DefaultBodyLimit::max(WALLET_BODY_LIMIT))
        .with_state(state)
}

/// What holds for every address, one that leads nowhere too: limits, headers that keep browsers honest, and an
/// answer even if a handler panics.
pub fn with_common_layers(router: Router, work: Workplaces) -> Router {
    // From the outside in, as one layer: the router boxes and clones what each call of `layer` puts around a route.
    router.fallback(not_found).layer(
        ServiceBuilder::new()
            .layer(middleware::map_response(guarded))
            .layer(middleware::from_fn_with_state(work, within))
            .layer(middleware::from_fn(answered))
            .layer(middleware::from_fn(in_codes)),
    )
}

/// Tells browsers to come by TLS alone from now on (RFC 6797): where TLS serves, and on no machine's own name.
pub fn strictly_by_tls(router: Router) -> Router {
    router.layer(middleware::map_response(async |mut response: Response| {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        response
    }))
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "nothing here\n")
}

/// Offers, codes, tokens, nonces and credentials are for one reader, once; what the staff API says is about people.
pub(super) async fn never_stored(mut response: Response) -> Response {
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

async fn guarded(mut response: Response) -> Response {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
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

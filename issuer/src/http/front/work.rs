//! Requests: how many are worked on at once, and what everybody is told who is refused before a handler runs.
//!
//! Whoever comes when all hands are full is told so at once. A queue would only grow: its last in line would have
//! given up long before their turn, and asked again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use shared::vci::error::{AnywhereErrorCode, ErrorBody, ErrorCode};
use tokio::sync::Semaphore;

use super::client::Proxies;
use super::mishap::{Mishap, survive};
use super::{Limits, Times};
use crate::http::failure::{Code, Failure};
use crate::http::staff_api::BASE_PATH;
use crate::http::told::Told;

/// The largest head of a request, in bytes, and how many headers it may have.
const HEAD_LIMIT: usize = 16 * 1024;
const HEADERS: usize = 64;
/// In how many seconds somebody should come back who was sent away.
const RETRY_AFTER: u32 = 2;

/// What limits the work.
#[derive(Debug, Clone)]
pub struct Workplaces {
    free: Arc<Semaphore>,
    times: Times,
    proxies: Proxies,
}

impl Workplaces {
    /// As many as the limits say.
    pub fn new(limits: &Limits, proxies: Proxies) -> Self {
        Self { free: Arc::new(Semaphore::new(limits.in_work)), times: limits.times, proxies }
    }
}

/// Lets a request in if its head is small and a hand is free; notes who asks and what it may take.
pub async fn within(State(work): State<Workplaces>, mut request: Request, next: Next) -> Response {
    if is_heavy(request.uri(), request.headers()) {
        return refuse(request.uri(), AnywhereErrorCode::HeadersTooLarge);
    }
    // Whoever watches over us must not take us for dead when we are busy.
    let watched = matches!(request.uri().path(), "/health/live" | "/health/ready" | "/metrics");
    let hand = if watched { None } else { Some(work.free.try_acquire()) };
    if let Some(Err(_)) = hand {
        return refuse(request.uri(), AnywhereErrorCode::TemporarilyUnavailable);
    }
    let client = work.proxies.client(request.extensions(), request.headers());
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(work.times);
    next.run(request).await
}

fn is_heavy(uri: &Uri, headers: &HeaderMap) -> bool {
    let address = uri.path().len() + uri.query().map_or(0, str::len);
    let sum = headers.iter().fold(address, |sum, (name, value)| sum + name.as_str().len() + value.len());
    headers.len() > HEADERS || sum > HEAD_LIMIT
}

/// An answer even when a body does not arrive, a handler takes too long or panics.
pub async fn answered(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let mishap = match survive(request, next).await {
        Ok(response) => return response,
        Err(mishap) => mishap,
    };
    match mishap {
        Mishap::SlowBody => refuse(&uri, AnywhereErrorCode::RequestTimeout),
        Mishap::TooLong => refuse(&uri, AnywhereErrorCode::TemporarilyUnavailable),
        Mishap::Panicked => refuse(&uri, AnywhereErrorCode::ServerError),
    }
}

/// Says in codes what the framework refuses by itself, wherever nobody has put it into words before.
pub async fn in_codes(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let response = next.run(request).await;
    let Some(code) = unworded(&response).filter(|_| !is_page(&uri)) else { return response };
    let mut told = refuse(&uri, code);
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    told
}

fn unworded(response: &Response) -> Option<AnywhereErrorCode> {
    let status = response.status();
    if !status.is_client_error() {
        return None;
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let bare = kind.is_none_or(|kind| kind.starts_with(b"text/plain"));
    let code = AnywhereErrorCode::ALL.iter().find(|code| code.status() == status.as_u16());
    code.copied().filter(|_| bare)
}

fn is_page(uri: &Uri) -> bool {
    let path = uri.path();
    let below =
        |area: &str| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    (below("/office") || below("/portal") || path == "/") && path != crate::http::HOLDER_PATH
}

/// Refuses in the manner of the place: problem details to the staff API, a code to wallets, a line to people.
pub(crate) fn refuse(uri: &Uri, code: AnywhereErrorCode) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = if uri.path().starts_with(BASE_PATH) {
        Failure::of(of_staff_api(code)).into_response()
    } else if is_page(uri) {
        (status, Html(for_people(code))).into_response()
    } else {
        let mut response = (status, Json(ErrorBody::new(code))).into_response();
        // Wallets may be web pages.
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    };
    let mut response = Told::code(code.as_str()).on(response);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if code == AnywhereErrorCode::TemporarilyUnavailable {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER.into());
    }
    if code == AnywhereErrorCode::RequestTimeout {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The staff API's own code for it: of its codes with that status the first, which is the one that any request may meet.
fn of_staff_api(code: AnywhereErrorCode) -> Code {
    let same = |known: &&Code| known.status().as_u16() == code.status();
    Code::ALL.iter().find(same).copied().unwrap_or(Code::InternalError)
}

/// A page without anything that could fail once more.
fn for_people(code: AnywhereErrorCode) -> String {
    let (pl, en) = match code {
        AnywhereErrorCode::TemporarilyUnavailable => (
            "Serwer jest teraz bardzo zajęty. Spróbuj ponownie za chwilę.",
            "The server is very busy now. Try again in a moment.",
        ),
        AnywhereErrorCode::RequestTimeout => (
            "Dane nie dotarły w całości na czas. Spróbuj ponownie.",
            "What you sent did not arrive in time. Try again.",
        ),
        AnywhereErrorCode::HeadersTooLarge => (
            "Przeglądarka wysłała za dużo danych. Usuń pliki cookie tej strony i spróbuj ponownie.",
            "The browser sent too much. Delete the cookies of this site and try again.",
        ),
        AnywhereErrorCode::NotFound
        | AnywhereErrorCode::MethodNotAllowed
        | AnywhereErrorCode::BodyTooLarge
        | AnywhereErrorCode::MediaTypeUnsupported
        | AnywhereErrorCode::ServerError => {
            ("Coś poszło nie tak. Wróć i spróbuj ponownie.", "Something went wrong. Go back and try again.")
        }
    };
    format!(
        "<!DOCTYPE html><html lang=\"pl\"><head><meta charset=\"utf-8\"><title>mLegitymacja</title></head>\
        <body><main><h1>mLegitymacja</h1><p>{pl}</p><p lang=\"en\">{en}</p></main></body></html>"
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::*;
    use crate::http::router::with_common_layers;

    async fn boom() -> &'static str {
        panic!("as a test")
    }

    fn router(in_work: usize) -> Router {
        let limits = Limits { in_work, ..Limits::default() };
        let work = Workplaces::new(&limits, Proxies::default());
        let router = Router::new()
            .route("/api/v1/boom", get(boom))
            .route("/token", post(boom))
            .route("/office/boom", get(boom))
            .route("/health/live", get(async || "ok"));
        with_common_layers(router, work)
    }

    async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn asked(method: &str, path: &str) -> Request<Body> {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn whoever_finds_no_hand_free_is_sent_away_at_once() {
        let full = router(0);
        for (method, path, said) in [
            ("POST", "/token", "{\"error\":\"temporarily_unavailable\"}"),
            ("GET", "/api/v1/boom", "\"code\":\"temporarily_unavailable\""),
            ("GET", "/office/boom", "bardzo zajęty"),
        ] {
            let (status, headers, body) = ask(&full, asked(method, path)).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(headers[header::RETRY_AFTER], "2", "{path}");
            assert!(body.contains(said), "{path}: {body}");
            assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}");
        }
        assert_eq!(ask(&full, asked("GET", "/health/live")).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn programs_are_answered_when_a_handler_panics() {
        let router = router(1);
        for (method, path, said) in [
            ("GET", "/api/v1/boom", "\"code\":\"internal_error\""),
            ("POST", "/token", "{\"error\":\"server_error\"}"),
        ] {
            let (status, _, body) = ask(&router, asked(method, path)).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert!(body.contains(said), "{path}: {body}");
        }
    }

    #[tokio::test]
    async fn heads_are_small() {
        let router = router(1);
        let many =
            (0..65).fold(Request::builder().uri("/x"), |request, n| request.header(format!("x-{n}"), "1"));
        let long = Request::builder().uri("/x").header("x-long", "a".repeat(HEAD_LIMIT));
        for request in [many, long] {
            let (status, _, body) = ask(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
            assert_eq!(body, "{\"error\":\"headers_too_large\"}");
        }
    }

    #[tokio::test]
    async fn what_the_framework_refuses_has_a_code() {
        let router = router(1);
        for (method, path, status, said) in [
            ("GET", "/nothing", 404, "{\"error\":\"not_found\"}"),
            ("GET", "/token", 405, "{\"error\":\"method_not_allowed\"}"),
            ("GET", "/api/v1/nothing", 404, "\"code\":\"no_such_address\""),
        ] {
            let (found, headers, body) = ask(&router, asked(method, path)).await;
            assert_eq!(found.as_u16(), status, "{path}");
            assert!(body.contains(said), "{path}: {body}");
            assert_eq!(headers.contains_key(header::ALLOW), status == 405, "{path}");
        }
    }

    #[test]
    fn whatever_is_refused_anywhere_has_a_code_of_the_staff_api() {
        for code in AnywhereErrorCode::ALL {
            let told = of_staff_api(*code);
            assert_eq!(told.status().as_u16(), code.status(), "{code}");
            let own = match code {
                AnywhereErrorCode::NotFound => "no_such_address",
                AnywhereErrorCode::ServerError => "internal_error",
                same => same.as_str(),
            };
            assert_eq!(told.word(), own, "{code}");
        }
    }
}

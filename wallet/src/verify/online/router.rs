//! The verifier's endpoints, to be served alone or inside another program's router.
//!
//! | endpoint | for |
//! |---|---|
//! | `GET`, `POST /request/{id}` | the phone fetches the request object |
//! | `POST /response/{id}` | the phone answers |
//! | `GET /result/{session}` | the inspector looks, with `?response_code=…` on the same device |
//! | `GET /r/{digits}` | the phone looks up six digits |
//! | `POST /r` | another verifier leaves its link, where that is offered |

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use shared::secret::Secret;
use shared::vp::rendezvous::{Digits, RendezvousError};
use shared::vp::request::link::MAX_LINK_LENGTH;
use shared::vp::request::object::REQUEST_OBJECT_MEDIA_TYPE;
use shared::vp::response::MAX_RESPONSE_LENGTH;
use url::form_urlencoded;

use super::checkpoint::Checkpoint;
use super::refusal::Unheard;
use super::session::SessionId;
use crate::transport;

/// The longest nonce that a phone may send, in bytes.
const MAX_WALLET_NONCE: usize = 256;

type Verifier = State<Arc<Checkpoint>>;

/// The endpoints of `checkpoint`, to be found below its base address.
pub fn router(checkpoint: Arc<Checkpoint>) -> Router {
    Router::new()
        .route("/request/{id}", get(request).post(request_by_post).layer(DefaultBodyLimit::max(64 * 1024)))
        .route("/response/{id}", post(response).layer(DefaultBodyLimit::max(MAX_RESPONSE_LENGTH)))
        .route("/result/{session}", get(result))
        .route("/r/{digits}", get(meet))
        .route("/r", post(leave).layer(DefaultBodyLimit::max(2 * MAX_LINK_LENGTH)))
        .with_state(checkpoint)
}

/// Serves them alone, at the listener's address, until the task is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(checkpoint: Arc<Checkpoint>, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    transport::serve::serve(listener, router(checkpoint), std::future::pending()).await
}

async fn request(State(checkpoint): Verifier, Path(id): Path<String>) -> Response {
    object(checkpoint.request_object(&id, None))
}

/// The phone says a nonce that must come back, and what it can do, which changes nothing here (§5.10).
async fn request_by_post(State(checkpoint): Verifier, Path(id): Path<String>, form: Bytes) -> Response {
    let nonce = form_urlencoded::parse(&form)
        .find(|(name, _)| name == "wallet_nonce")
        .map(|(_, nonce)| nonce.into_owned());
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > MAX_WALLET_NONCE) {
        return refuse(Unheard::MalformedAnswer.code(), StatusCode::BAD_REQUEST);
    }
    object(checkpoint.request_object(&id, nonce))
}

fn object(object: Result<String, Unheard>) -> Response {
    match object {
        Ok(object) => private(([(header::CONTENT_TYPE, REQUEST_OBJECT_MEDIA_TYPE)], object)),
        Err(unheard) => unheard.into_response(),
    }
}

async fn response(State(checkpoint): Verifier, Path(id): Path<String>, form: Bytes) -> Response {
    // On a task of its own, so that a phone that hangs up does not leave the session half judged.
    let heard = tokio::spawn(async move { checkpoint.hear(&id, &form).await }).await;
    match heard {
        Ok(Ok(heard)) => match heard.refused {
            None => private(Json(heard.acknowledgement)),
            Some(code) => refuse(code, StatusCode::BAD_REQUEST),
        },
        Ok(Err(unheard)) => unheard.into_response(),
        Err(_) => refuse("server_error", StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[derive(Deserialize)]
struct Return {
    response_code: Option<Secret>,
}

async fn result(
    State(checkpoint): Verifier,
    Path(session): Path<String>,
    Query(back): Query<Return>,
) -> Response {
    match checkpoint.state(&SessionId::new(&session), back.response_code.as_ref()) {
        Some(state) => private(Json(state)),
        None => refuse("unknown_session", StatusCode::NOT_FOUND),
    }
}

async fn meet(State(checkpoint): Verifier, Path(digits): Path<String>) -> Response {
    let found =
        Digits::parse(&digits).ok_or(RendezvousError::Nothing).and_then(|digits| checkpoint.meet(digits));
    match found {
        Ok(link) => private(Json(json!({"request": link}))),
        Err(error) => no_meeting(error),
    }
}

#[derive(Deserialize)]
struct Left {
    request: String,
}

async fn leave(State(checkpoint): Verifier, Json(left): Json<Left>) -> Response {
    match checkpoint.leave(&left.request) {
        None => refuse("rendezvous_closed", StatusCode::NOT_FOUND),
        Some(Ok(digits)) => private(Json(json!({"digits": digits.to_string()}))),
        Some(Err(error)) => no_meeting(error),
    }
}

fn no_meeting(error: RendezvousError) -> Response {
    let status = match error {
        RendezvousError::NotALink => StatusCode::BAD_REQUEST,
        RendezvousError::Full => StatusCode::SERVICE_UNAVAILABLE,
        RendezvousError::Nothing => StatusCode::NOT_FOUND,
        RendezvousError::TooFast => StatusCode::TOO_MANY_REQUESTS,
    };
    refuse(error.reason(), status)
}

impl IntoResponse for Unheard {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownRequest => StatusCode::NOT_FOUND,
            Self::RequestExpired => StatusCode::GONE,
            Self::AlreadyAnswered => StatusCode::CONFLICT,
            Self::MalformedAnswer | Self::OtherResponseMode | Self::DoesNotOpen | Self::WrongState => {
                StatusCode::BAD_REQUEST
            }
        };
        refuse(self.code(), status)
    }
}

fn refuse(reason: &'static str, status: StatusCode) -> Response {
    private((status, Json(json!({"error": "invalid_request", "reason": reason}))))
}

/// Nothing here may be kept by anybody on the way.
fn private(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    response
}

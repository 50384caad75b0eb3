//! The OCSP responder (RFC 6960, appendix A): requests by `POST`, or by `GET` in the path.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::x509::ocsp::{MAX_REQUEST, REPLY_TYPE, Refusal};

use super::ServerState;

/// `POST /pki/ocsp`. The media type is not looked at: the body tells what it is.
pub(super) async fn post(State(state): State<ServerState>, body: Bytes) -> Response {
    answer(&state, &body, "no-store").await
}

/// `GET /pki/ocsp/{base64}`
pub(super) async fn by_path(State(state): State<ServerState>, Path(text): Path<String>) -> Response {
    let fits = text.len() <= MAX_REQUEST / 3 * 4 + 4;
    // Some clients leave a slash too many before the text (RFC 6960 §A.1 lets them join addresses as they like).
    match fits.then(|| STANDARD.decode(text.trim_start_matches('/'))) {
        Some(Ok(request)) => answer(&state, &request, "max-age=1").await,
        _ => sent(Refusal::Malformed.to_der().ok(), "no-store"),
    }
}

async fn answer(state: &ServerState, request: &[u8], cache: &'static str) -> Response {
    match state.issuance.answer_ocsp(request).await {
        Ok(Ok(reply)) => sent(Some(reply), cache),
        Ok(Err(refusal)) => sent(refusal.to_der().ok(), "no-store"),
        Err(error) => {
            tracing::error!(%error, "cannot answer about a certificate");
            sent(Refusal::TryLater.to_der().ok(), "no-store")
        }
    }
}

/// Refusals are replies too: `200` (RFC 6960 §A.2).
fn sent(reply: Option<Vec<u8>>, cache: &'static str) -> Response {
    match reply {
        Some(der) => {
            ([(header::CONTENT_TYPE, REPLY_TYPE), (header::CACHE_CONTROL, cache)], der).into_response()
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

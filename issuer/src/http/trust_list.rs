//! The list of roots, for inspectors' devices.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ServerState;

/// `GET /pki/trust-list`
pub(super) async fn list(State(state): State<ServerState>) -> Response {
    match state.issuance.trust_list().await {
        Ok(token) => {
            let headers = [
                (header::CONTENT_TYPE, "application/jwt"),
                (header::CACHE_CONTROL, "max-age=60"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, token).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "cannot publish the list of roots");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
        }
    }
}

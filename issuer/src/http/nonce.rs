//! The nonce endpoint (OpenID4VCI 1.0 §7).

use axum::Json;
use axum::extract::State;
use shared::vci::nonce::NonceResponse;

use super::ServerState;

/// `POST /nonce`
pub(super) async fn nonce(State(state): State<ServerState>) -> Json<NonceResponse> {
    Json(NonceResponse { c_nonce: state.issuance.fresh_nonce() })
}

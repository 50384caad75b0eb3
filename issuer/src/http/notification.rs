//! The notification endpoint (OpenID4VCI 1.0 §11).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::vci::error::{Coded, NotificationErrorCode, Reason};
use shared::vci::notification::{NotificationEvent, NotificationRequest};
use shared::vci::token::TokenType;

use super::ServerState;
use super::dpop::AuthorizationError;
use super::reply::Refusal;
use crate::issuance::notification::{NotificationError, WalletEvent};

/// `POST /notification`
pub(super) async fn notification(
    State(state): State<ServerState>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let access = match state.authorize(&headers, "/notification") {
        Ok(access) => access,
        Err((error, presented)) => {
            let (code, reason) = match error {
                AuthorizationError::NoToken | AuthorizationError::Token(_) => {
                    (NotificationErrorCode::InvalidToken, Reason::BadToken)
                }
                AuthorizationError::NoProof
                | AuthorizationError::SeveralProofs
                | AuthorizationError::Replayed
                | AuthorizationError::Proof(_) => (NotificationErrorCode::InvalidDpopProof, Reason::BadDpop),
            };
            return Refusal::new(code, &error.to_string(), reason).challenging(presented).into_response();
        }
    };
    let request = match NotificationRequest::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            return Refusal::new(error.code(), &error.to_string(), Reason::Malformed).into_response();
        }
    };
    let event = match request.event {
        NotificationEvent::CredentialAccepted => WalletEvent::Accepted,
        NotificationEvent::CredentialFailure => WalletEvent::Failed,
        NotificationEvent::CredentialDeleted => WalletEvent::Deleted,
    };
    let presented = if access.is_bound() { TokenType::Dpop } else { TokenType::Bearer };
    match state.issuance.notified(access, request.notification_id, event).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error, presented).into_response(),
    }
}

fn refuse(error: &NotificationError, presented: TokenType) -> Refusal {
    match error {
        NotificationError::Superseded => {
            let code = NotificationErrorCode::InvalidToken;
            Refusal::new(code, &error.to_string(), Reason::Used).challenging(presented)
        }
        NotificationError::Unknown => {
            Refusal::new(NotificationErrorCode::InvalidNotificationId, &error.to_string(), Reason::Unknown)
        }
        NotificationError::Store(_) => Refusal::ours(NotificationErrorCode::TemporarilyUnavailable, error),
    }
}

//! Where a QR code or a typed code leads (OpenID4VCI 1.0 §4.1).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use shared::activation_code::ActivationCode;
use shared::typed_code::TypedCode;
use shared::vci::error::{ErrorCode, OfferErrorCode, Reason, TypedCodeErrorCode};
use shared::vci::offer::{CredentialOffer, Grants, InputMode, PreAuthorizedGrant, TxCode};
use shared::vci::requirements::Requirements;
use shared::vci::typed_code::TypedCodeRequest;
use shared::vci::{CONFIGURATION_CODE, CONFIGURATION_SD_JWT, CONFIGURATION_X509};

use super::ServerState;
use super::front::client::Client;
use super::limits::Guessed;
use super::reply::Refusal;
use crate::issuance::offer::{OfferError, OpenOffer};

/// `GET /o/{id}`: the offer of a QR code.
///
/// A `HEAD`, as link previews send it, makes no code.
pub(super) async fn by_reference(
    State(state): State<ServerState>,
    client: Client,
    method: Method,
    Path(id): Path<String>,
) -> Response {
    if method == Method::HEAD {
        return axum::http::StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let guess = match state.wire.guesses.begin(Guessed::Offer, client, state.issuance.now()) {
        Ok(guess) => guess,
        Err(seconds) => return slowed(OfferErrorCode::RateLimited, seconds).into_response(),
    };
    let found = state.issuance.resolve_offer(&id).await;
    if !matches!(found, Err(OfferError::Unknown)) {
        guess.was_none();
    }
    match found {
        Ok(open) => Json(credential_offer(&state, open)).into_response(),
        Err(error) => refuse_offer(&error).into_response(),
    }
}

/// `POST /typed-code`: the same offer for what was typed.
pub(super) async fn by_typed_code(State(state): State<ServerState>, client: Client, body: Bytes) -> Response {
    let request: Option<TypedCodeRequest> = serde_json::from_slice(&body).ok();
    let Some(code) = request.and_then(|request| TypedCode::parse(request.typed_code.expose()).ok()) else {
        let text = "typed_code is missing or mistyped: twelve characters, the last of which checks the rest";
        return Refusal::new(TypedCodeErrorCode::InvalidRequest, text, Reason::Unknown).into_response();
    };
    // Only what could be a code takes one of the places.
    let guess = match state.wire.guesses.begin(Guessed::Typed, client, state.issuance.now()) {
        Ok(guess) => guess,
        Err(seconds) => return slowed(TypedCodeErrorCode::RateLimited, seconds).into_response(),
    };
    let found = state.issuance.resolve_typed(&code).await;
    if !matches!(found, Err(OfferError::Unknown)) {
        guess.was_none();
    }
    match found {
        Ok(open) => Json(credential_offer(&state, open)).into_response(),
        Err(error) => refuse_typed(&error).into_response(),
    }
}

/// Refuses to look: too many wrong ones came from there, or from everywhere.
pub(super) fn slowed(code: impl ErrorCode, seconds: u32) -> Refusal {
    Refusal::new(code, "too many wrong codes", Reason::RateLimited).retry_after(seconds)
}

fn credential_offer(state: &ServerState, open: OpenOffer) -> CredentialOffer {
    let tx_code = open.asks_code.then(|| TxCode {
        input_mode: InputMode::Numeric,
        length: Some(ActivationCode::LENGTH as u32),
        description: Some("Kod aktywacyjny z kartki ze szkoły / Activation code on the school's slip".into()),
    });
    CredentialOffer {
        credential_issuer: state.wire.issuer.clone(),
        credential_configuration_ids: [CONFIGURATION_X509, CONFIGURATION_SD_JWT, CONFIGURATION_CODE]
            .map(str::to_owned)
            .to_vec(),
        grants: Grants {
            pre_authorized: Some(PreAuthorizedGrant {
                pre_authorized_code: open.pre_authorized_code,
                tx_code,
                authorization_server: None,
            }),
        },
        mleg_requirements: Some(Requirements {
            min_android: Some(open.profile.min_android),
            min_ios: Some(open.profile.min_ios),
            min_app: Some(open.profile.min_app),
        }),
    }
}

/// Why a slip leads nowhere, for programs; `None` where the fault is ours.
pub(super) fn reason(error: &OfferError) -> Option<Reason> {
    match error {
        OfferError::Unknown => Some(Reason::Unknown),
        OfferError::Expired => Some(Reason::Expired),
        OfferError::Locked => Some(Reason::Locked),
        OfferError::Replaced => Some(Reason::Replaced),
        OfferError::Cancelled => Some(Reason::Cancelled),
        OfferError::Store(_) => None,
    }
}

fn refuse_offer(error: &OfferError) -> Refusal {
    let code = match error {
        OfferError::Unknown => OfferErrorCode::OfferNotFound,
        OfferError::Expired | OfferError::Locked | OfferError::Replaced | OfferError::Cancelled => {
            OfferErrorCode::OfferNotUsable
        }
        OfferError::Store(_) => OfferErrorCode::TemporarilyUnavailable,
    };
    match reason(error) {
        Some(reason) => Refusal::new(code, &error.to_string(), reason),
        None => Refusal::ours(code, error),
    }
}

fn refuse_typed(error: &OfferError) -> Refusal {
    let code = match error {
        OfferError::Unknown => TypedCodeErrorCode::UnknownCode,
        OfferError::Expired | OfferError::Locked | OfferError::Replaced | OfferError::Cancelled => {
            TypedCodeErrorCode::CodeNotUsable
        }
        OfferError::Store(_) => TypedCodeErrorCode::TemporarilyUnavailable,
    };
    match reason(error) {
        Some(reason) => Refusal::new(code, &error.to_string(), reason),
        None => Refusal::ours(code, error),
    }
}

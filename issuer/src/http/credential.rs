//! The credential endpoint (OpenID4VCI 1.0 §8).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use shared::vci::credential::{
    CredentialRequest, CredentialRequestError, CredentialResponse, DeviceInfo, RequestedCredential,
    X509Credential,
};
use shared::vci::error::{Coded, CredentialErrorCode, Reason};
use shared::vci::token::TokenType;
use shared::vci::{CONFIGURATION_X509, MAX_BATCH};

use super::ServerState;
use super::dpop::AuthorizationError;
use super::reply::Refusal;
use super::token::card_reason;
use crate::authority::SignError;
use crate::issuance::copies::{self, KeysError, ProvenKeys};
use crate::issuance::enrolment::{DeviceClaim, EnrolmentError};
use crate::issuance::proof::ProofError;
use crate::issuance::token::AccessError;

/// `POST /credential`
pub(super) async fn credential(
    State(state): State<ServerState>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&state, &headers, &body).await {
        Ok(answer) => answer,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(state: &ServerState, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    let access =
        state.authorize(headers, "/credential").map_err(|(error, kind)| refuse_access(&error, kind))?;
    let request = CredentialRequest::parse(body).map_err(|error| refuse_request(&error))?;
    let format = match &request.requested {
        RequestedCredential::Configuration(id) if id == CONFIGURATION_X509 => None,
        RequestedCredential::Configuration(id) => match copies::format_of(id) {
            Some(format) => Some(format),
            None => {
                let code = CredentialErrorCode::UnknownCredentialConfiguration;
                return Err(Refusal::new(code, "there is no such configuration", Reason::Malformed));
            }
        },
        RequestedCredential::Identifier(_) => {
            let code = CredentialErrorCode::UnknownCredentialIdentifier;
            return Err(Refusal::new(code, "there is no such credential", Reason::Malformed));
        }
    };
    let prove = |jwt: &str| state.issuance.prove(jwt, state.wire.strict_time);
    let Some(format) = format else {
        let jwt = request.proofs.only().map_err(|error| refuse_request(&error))?;
        let proven = prove(jwt).map_err(|error| refuse_proof(&error))?;
        let claim = request.device.map(claim).unwrap_or_default();
        let card = state.issuance.enrol(access, proven, claim).await.map_err(|error| refuse(&error))?;
        let credential = X509Credential::new(&card.chain, &card.card_data);
        return Ok(with_photo(&CredentialResponse::one(credential, Some(card.notification_id))));
    };
    // Before any of them is looked at: checking signatures costs something.
    if request.proofs.jwt().len() > MAX_BATCH {
        let text = format!("at most {MAX_BATCH} proofs are taken in one request");
        return Err(Refusal::new(CredentialErrorCode::InvalidProof, &text, Reason::BadProof));
    }
    let proven = request.proofs.jwt().iter().map(|jwt| prove(jwt)).collect::<Result<Vec<_>, _>>();
    let proven = proven.map_err(|error| refuse_proof(&error))?;
    let keys = ProvenKeys::new(proven).map_err(refuse_keys)?;
    let claim = request.device.map(claim).unwrap_or_default();
    let copies = state.issuance.copies(access, keys, claim, format).await.map_err(|error| refuse(&error))?;
    // Nothing that a notification could name: it is the device that is deleted, not one of its copies.
    Ok(Json(CredentialResponse::several(copies, None)).into_response())
}

/// As `Json`, but into memory that is large enough from the beginning: most of this answer is a photo.
fn with_photo(answer: &CredentialResponse<X509Credential>) -> Response {
    let length = answer.credentials.iter().map(|issued| issued.credential.length()).sum();
    let mut json = Vec::with_capacity(length);
    match serde_json::to_writer(&mut json, answer) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => Refusal::ours(CredentialErrorCode::ServerError, &error).into_response(),
    }
}

fn refuse_keys(error: KeysError) -> Refusal {
    let reason = match error {
        KeysError::None | KeysError::Twice => Reason::BadProof,
        KeysError::SeveralNonces => Reason::BadNonce,
    };
    Refusal::new(CredentialErrorCode::InvalidProof, &error.to_string(), reason)
}

fn claim(device: DeviceInfo) -> DeviceClaim {
    DeviceClaim {
        name: Some(device.name),
        platform: Some(device.platform.as_str().to_owned()),
        os_version: Some(device.os_version),
        app_version: Some(device.app_version),
    }
}

fn refuse_access(error: &AuthorizationError, presented: TokenType) -> Refusal {
    let (code, reason) = match error {
        AuthorizationError::NoToken | AuthorizationError::Token(_) => {
            (CredentialErrorCode::InvalidToken, Reason::BadToken)
        }
        AuthorizationError::NoProof
        | AuthorizationError::SeveralProofs
        | AuthorizationError::Replayed
        | AuthorizationError::Proof(_) => (CredentialErrorCode::InvalidDpopProof, Reason::BadDpop),
    };
    Refusal::new(code, &error.to_string(), reason).challenging(presented)
}

fn refuse_request(error: &CredentialRequestError) -> Refusal {
    Refusal::new(error.code(), &error.to_string(), Reason::Malformed)
}

fn refuse_proof(error: &ProofError) -> Refusal {
    match error {
        ProofError::Wrong(wrong) => Refusal::new(wrong.code(), &wrong.to_string(), Reason::BadProof),
        ProofError::NonceMissing => {
            Refusal::new(CredentialErrorCode::InvalidProof, &error.to_string(), Reason::BadNonce)
        }
        ProofError::NonceNotLive => {
            Refusal::new(CredentialErrorCode::InvalidNonce, &error.to_string(), Reason::BadNonce)
        }
    }
}

fn refuse(error: &EnrolmentError) -> Refusal {
    let denied =
        |reason| Refusal::new(CredentialErrorCode::CredentialRequestDenied, &error.to_string(), reason);
    match error {
        EnrolmentError::Access(access) => {
            let (reason, presented) = match access {
                AccessError::OtherKey => (Reason::BadToken, TokenType::Dpop),
                AccessError::Unknown | AccessError::Expired => (Reason::BadToken, TokenType::Bearer),
                // Not `Replaced`, which means a newer slip: wallets then give up the key that this one is bound to.
                AccessError::Superseded => (Reason::Used, TokenType::Bearer),
            };
            Refusal::new(CredentialErrorCode::InvalidToken, &error.to_string(), reason).challenging(presented)
        }
        EnrolmentError::NonceSpent => {
            Refusal::new(CredentialErrorCode::InvalidNonce, &error.to_string(), Reason::BadNonce)
        }
        EnrolmentError::SlipClosed => denied(Reason::Cancelled),
        EnrolmentError::OtherDevice => denied(Reason::OtherDevice),
        EnrolmentError::DeviceEnded => denied(Reason::Revoked),
        EnrolmentError::BooksChanged => Refusal::ours(CredentialErrorCode::TemporarilyUnavailable, error),
        EnrolmentError::EnoughCopies => denied(Reason::RateLimited),
        EnrolmentError::PlacesTaken => denied(Reason::SlotsFull),
        EnrolmentError::OsTooOld => denied(Reason::OsTooOld),
        EnrolmentError::AppTooOld => denied(Reason::AppTooOld),
        EnrolmentError::Card(refusal) => denied(card_reason(*refusal)),
        // The token with the keys is away: they were asked for in vain, and will be again.
        EnrolmentError::Sign(SignError::Token(_)) => {
            Refusal::ours(CredentialErrorCode::TemporarilyUnavailable, error)
        }
        EnrolmentError::Sign(_) => Refusal::ours(CredentialErrorCode::ServerError, error),
        EnrolmentError::Store(_) => Refusal::ours(CredentialErrorCode::TemporarilyUnavailable, error),
    }
}

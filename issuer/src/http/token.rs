//! The token endpoint (OpenID4VCI 1.0 §6, RFC 6749 §6, RFC 9449 §5).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use shared::vci::error::{Coded, Reason, TokenErrorCode};
use shared::vci::token::{TokenRequest, TokenResponse, TokenType};

use super::ServerState;
use super::dpop::AuthorizationError;
use super::front::client::Client;
use super::junior;
use super::limits::Guessed;
use super::offer;
use super::reply::Refusal;
use crate::issuance::dossier::CardRefusal;
use crate::issuance::junior::{HolderRefusal, SignInCode, SignInRefusal};
use crate::issuance::token::{TOKEN_TTL, TokenError};

/// `POST /token`
pub(super) async fn token(
    State(state): State<ServerState>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = match TokenRequest::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            return Refusal::new(error.code(), &error.to_string(), Reason::Malformed).into_response();
        }
    };
    let key = match state.proven_key(&headers, "/token", None) {
        Ok(key) => key,
        Err(error) => return refuse_proof(&error).into_response(),
    };
    // Whatever is sent here may be a guess until it has been looked at.
    let school = match &request {
        TokenRequest::PreAuthorizedCode { pre_authorized_code, .. } => {
            state.issuance.school_of(pre_authorized_code)
        }
        TokenRequest::AuthorizationCode { .. } | TokenRequest::RefreshToken { .. } => None,
    };
    let guess = match state.wire.guesses.begin(Guessed::Code(school), client, state.issuance.now()) {
        Ok(guess) => guess,
        Err(seconds) => return offer::slowed(TokenErrorCode::RateLimited, seconds).into_response(),
    };
    let tokens = match request {
        TokenRequest::PreAuthorizedCode { pre_authorized_code, tx_code, holder } => {
            let holder = match state.presented_holder(holder) {
                Ok(holder) => holder,
                Err(error) => return refuse_proof(&error).into_response(),
            };
            state.issuance.redeem(&pre_authorized_code, tx_code.as_ref(), key, holder.as_ref()).await
        }
        TokenRequest::AuthorizationCode { code, redirect_uri, client_id, code_verifier } => {
            let presented = SignInCode {
                code: &code,
                client_id: &client_id,
                redirect_uri: &redirect_uri,
                verifier: &code_verifier,
            };
            let token = state.issuance.redeem_sign_in(&presented, key).await;
            if !matches!(token, Err(SignInRefusal::UnknownCode)) {
                guess.was_none();
            }
            return junior::signed_in(token, key.is_some());
        }
        TokenRequest::RefreshToken { refresh_token } => state.issuance.refresh(&refresh_token, key).await,
    };
    if !matches!(tokens, Err(TokenError::UnknownCode | TokenError::WrongCode { .. })) {
        guess.was_none();
    }
    match tokens {
        Ok(tokens) => Json(TokenResponse {
            access_token: tokens.access,
            token_type: if tokens.bound { TokenType::Dpop } else { TokenType::Bearer },
            expires_in: TOKEN_TTL.as_secs().try_into().ok(),
            refresh_token: tokens.refresh,
            authorization_details: Vec::new(),
        })
        .into_response(),
        Err(error) => refuse(&error, state.wire.invalid_tx_code).into_response(),
    }
}

fn refuse_proof(error: &AuthorizationError) -> Refusal {
    Refusal::new(TokenErrorCode::InvalidDpopProof, &error.to_string(), Reason::BadDpop)
}

fn refuse(error: &TokenError, invalid_tx_code: bool) -> Refusal {
    let say = |code, reason| Refusal::new(code, &error.to_string(), reason);
    match error {
        TokenError::UnknownCode => say(TokenErrorCode::InvalidGrant, Reason::Unknown),
        TokenError::Slip(slip) => match offer::reason(slip) {
            Some(reason) => say(TokenErrorCode::InvalidGrant, reason),
            None => Refusal::ours(TokenErrorCode::TemporarilyUnavailable, error),
        },
        TokenError::Used => say(TokenErrorCode::InvalidGrant, Reason::Used),
        TokenError::WrongCode { tries_left } => {
            let code =
                if invalid_tx_code { TokenErrorCode::InvalidTxCode } else { TokenErrorCode::InvalidGrant };
            let reason = if *tries_left == 0 { Reason::Locked } else { Reason::WrongCode };
            say(code, reason).tries_left(*tries_left)
        }
        TokenError::Holder(HolderRefusal::OtherKey) => {
            say(TokenErrorCode::InvalidDpopProof, junior::holder_reason(&HolderRefusal::OtherKey))
        }
        TokenError::Holder(refusal) => say(TokenErrorCode::InvalidGrant, junior::holder_reason(refusal)),
        TokenError::OtherPupil => say(TokenErrorCode::InvalidGrant, Reason::OtherPupil),
        TokenError::CodeMalformed => say(TokenErrorCode::InvalidRequest, Reason::CodeMissing),
        TokenError::CodeMissing => say(TokenErrorCode::InvalidRequest, Reason::CodeMissing),
        TokenError::CodeUnexpected => say(TokenErrorCode::InvalidRequest, Reason::CodeUnexpected),
        TokenError::ProofMissing => say(TokenErrorCode::InvalidDpopProof, Reason::BadDpop),
        TokenError::OtherKey => say(TokenErrorCode::InvalidGrant, Reason::OtherDevice),
        TokenError::NotActivated => say(TokenErrorCode::InvalidGrant, Reason::Unknown),
        TokenError::DeviceEnded => say(TokenErrorCode::InvalidGrant, Reason::Revoked),
        TokenError::Card(refusal) => say(TokenErrorCode::InvalidGrant, card_reason(*refusal)),
        TokenError::Store(_) => Refusal::ours(TokenErrorCode::TemporarilyUnavailable, error),
    }
}

/// Why a card cannot be issued, as far as its pupil needs to know.
pub(super) fn card_reason(refusal: CardRefusal) -> Reason {
    match refusal {
        CardRefusal::SchoolNotEligible | CardRefusal::NoAgreement => Reason::NoAgreement,
        CardRefusal::BaseCardVoid | CardRefusal::NoBaseCard | CardRefusal::MovedSchool => Reason::CardVoid,
        CardRefusal::BaseCardExpired => Reason::CardExpired,
        CardRefusal::NoPesel | CardRefusal::BirthDateDiffers => Reason::Other("pupil_data".into()),
        CardRefusal::NoPhoto => Reason::Other("no_photo".into()),
        CardRefusal::FormNotAccepted => Reason::Other("form_not_accepted".into()),
    }
}

//! Who is signed in on a phone for pupils (extension): a small protected resource (RFC 6750, RFC 9449 §7).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use shared::secret::Secret;
use shared::vci::error::{HolderErrorCode, Reason, TokenErrorCode};
use shared::vci::token::{HolderProof, TokenResponse, TokenType};

use super::ServerState;
use super::dpop::AuthorizationError;
use super::reply::Refusal;
use crate::issuance::junior::{HOLDER_TTL, HolderRefusal, PresentedHolder, SignInRefusal};

/// Where it is.
pub(crate) const HOLDER_PATH: &str = "/portal/junior/me";

/// `GET /portal/junior/me`
pub(super) async fn me(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((kind, token)) = authorization.and_then(TokenType::from_authorization) else {
        return refuse_access(&AuthorizationError::NoToken, TokenType::Bearer).into_response();
    };
    let key = match kind {
        TokenType::Bearer => None,
        TokenType::Dpop => {
            let url = state.wire.issuer.at_root(HOLDER_PATH);
            let proven = super::dpop::proof_of(&headers)
                .and_then(|proof| proof.ok_or(AuthorizationError::NoProof))
                .and_then(|proof| state.check_proof(proof, "GET", url.as_url(), Some(token.expose())));
            match proven {
                Ok(key) => Some(key),
                Err(error) => return refuse_access(&error, kind).into_response(),
            }
        }
    };
    match state.issuance.holder(&PresentedHolder { token, key }).await {
        Ok(holder) => Json(holder).into_response(),
        Err(HolderRefusal::Store(error)) => {
            Refusal::ours(HolderErrorCode::TemporarilyUnavailable, &error).into_response()
        }
        Err(error @ (HolderRefusal::SignInAgain | HolderRefusal::OtherKey)) => {
            let reason = holder_reason(&error);
            Refusal::new(HolderErrorCode::InvalidToken, &error.to_string(), reason)
                .challenging(kind)
                .into_response()
        }
    }
}

fn refuse_access(error: &AuthorizationError, presented: TokenType) -> Refusal {
    let (code, reason) = match error {
        AuthorizationError::NoToken | AuthorizationError::Token(_) => {
            (HolderErrorCode::InvalidToken, Reason::BadToken)
        }
        AuthorizationError::NoProof
        | AuthorizationError::SeveralProofs
        | AuthorizationError::Replayed
        | AuthorizationError::Proof(_) => (HolderErrorCode::InvalidDpopProof, Reason::BadDpop),
    };
    Refusal::new(code, &error.to_string(), reason).challenging(presented)
}

/// Why a token says of nobody that they hold the phone, for programs.
pub(super) fn holder_reason(refusal: &HolderRefusal) -> Reason {
    match refusal {
        HolderRefusal::SignInAgain | HolderRefusal::Store(_) => Reason::SignInAgain,
        HolderRefusal::OtherKey => Reason::BadDpop,
    }
}

impl ServerState {
    /// What a token request says of who holds the phone. Its proof is one for the token endpoint, as the other one.
    pub(super) fn presented_holder(
        &self,
        holder: Option<HolderProof>,
    ) -> Result<Option<PresentedHolder>, AuthorizationError> {
        let Some(HolderProof { token, proof }) = holder else { return Ok(None) };
        let url = self.wire.issuer.endpoint("/token");
        let check =
            |proof: Secret| self.check_proof(proof.expose(), "POST", url.as_url(), Some(token.expose()));
        let key = proof.map(check).transpose()?;
        Ok(Some(PresentedHolder { token, key }))
    }
}

/// The answer of the token endpoint to a sign-in.
pub(super) fn signed_in(token: Result<Secret, SignInRefusal>, bound: bool) -> Response {
    match token {
        Ok(access_token) => Json(TokenResponse {
            access_token,
            token_type: if bound { TokenType::Dpop } else { TokenType::Bearer },
            expires_in: HOLDER_TTL.as_secs().try_into().ok(),
            refresh_token: None,
            authorization_details: Vec::new(),
        })
        .into_response(),
        Err(error) => refuse_sign_in(&error).into_response(),
    }
}

fn refuse_sign_in(error: &SignInRefusal) -> Refusal {
    let say = |code| Refusal::new(code, &error.to_string(), Reason::SignInAgain);
    match error {
        SignInRefusal::UnknownClient => say(TokenErrorCode::InvalidClient),
        SignInRefusal::UnknownCode
        | SignInRefusal::Used
        | SignInRefusal::Expired
        | SignInRefusal::OtherApp
        | SignInRefusal::NoPupil => say(TokenErrorCode::InvalidGrant),
        SignInRefusal::Store(_) => Refusal::ours(TokenErrorCode::TemporarilyUnavailable, error),
    }
}

//! Access tokens and the proofs that go with them (RFC 6750, RFC 9449).

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};
use shared::jose::dpop::{DPOP_WINDOW, DpopCheck, DpopError, ProvenDpop, UnverifiedDpop};
use shared::jose::thumbprint::Thumbprint;
use shared::vci::token::TokenType;
use url::Url;

use super::ServerState;
use crate::issuance::token::{AccessError, AccessToken};

/// Proofs that were seen lately; each counts once. Kept per process: a proof that is replayed at another
/// issuer of the same database still meets single-use nonces and epochs behind it.
#[derive(Debug, Default)]
pub(super) struct Replays(Mutex<Seen>);

/// Two generations, so that forgetting costs nothing and a flood cannot fill the memory.
#[derive(Debug, Default)]
struct Seen {
    current: HashSet<(Thumbprint, String)>,
    previous: HashSet<(Thumbprint, String)>,
    /// When the current generation gives way.
    until: Option<Timestamp>,
}

/// How many proofs a generation remembers at the most.
const GENERATION: usize = 50_000;

impl Replays {
    /// Remembers a proof for at least `keep`, floods aside; `false` if it was there already.
    fn first_time(&self, proof: &ProvenDpop, now: Timestamp, keep: SignedDuration) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.current.len() >= GENERATION || seen.until.is_none_or(|until| until <= now) {
            seen.previous = std::mem::take(&mut seen.current);
            seen.until = now.saturating_add(keep).ok();
        }
        let proof = (proof.thumbprint(), proof.jti().to_owned());
        !seen.previous.contains(&proof) && seen.current.insert(proof)
    }
}

/// Why a request has no right to what it asks. Messages complete "cannot accept the request: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AuthorizationError {
    #[error("access token is missing")]
    NoToken,
    #[error(transparent)]
    Token(#[from] AccessError),
    #[error("DPoP proof is missing")]
    NoProof,
    #[error("there is more than one DPoP proof")]
    SeveralProofs,
    #[error("DPoP proof was used before")]
    Replayed,
    #[error(transparent)]
    Proof(#[from] DpopError),
}

/// The request's `DPoP` header, if it has one.
pub(super) fn proof_of(headers: &HeaderMap) -> Result<Option<&str>, AuthorizationError> {
    let mut proofs = headers.get_all("dpop").iter();
    match (proofs.next(), proofs.next()) {
        (Some(_), Some(_)) => Err(AuthorizationError::SeveralProofs),
        (proof, _) => Ok(proof.map(|proof| proof.to_str().unwrap_or_default())),
    }
}

impl ServerState {
    /// Proves the key of the request's `DPoP` header, if it has one.
    pub(super) fn proven_key(
        &self,
        headers: &HeaderMap,
        endpoint: &str,
        access_token: Option<&str>,
    ) -> Result<Option<Thumbprint>, AuthorizationError> {
        let Some(proof) = proof_of(headers)? else { return Ok(None) };
        let url = self.wire.issuer.endpoint(endpoint);
        self.check_proof(proof, "POST", url.as_url(), access_token).map(Some)
    }

    /// Proves the key of a DPoP proof, wherever it stood; each counts once.
    pub(super) fn check_proof(
        &self,
        proof: &str,
        method: &str,
        url: &Url,
        access_token: Option<&str>,
    ) -> Result<Thumbprint, AuthorizationError> {
        let proof = UnverifiedDpop::parse(proof)?;
        let now = self.issuance.now();
        let window =
            if self.wire.strict_time { DPOP_WINDOW } else { SignedDuration::from_hours(24 * 365 * 200) };
        let check = DpopCheck { method, url, now, access_token, window };
        let proven = proof.verify(&check)?;
        if self.wire.replays.first_time(&proven, now, DPOP_WINDOW * 2) {
            Ok(proven.thumbprint())
        } else {
            Err(AuthorizationError::Replayed)
        }
    }

    /// Opens the request's access token, with its proof if it is bound to a key.
    pub(super) fn authorize(
        &self,
        headers: &HeaderMap,
        endpoint: &str,
    ) -> Result<AccessToken, (AuthorizationError, TokenType)> {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (kind, token) = header
            .and_then(TokenType::from_authorization)
            .ok_or((AuthorizationError::NoToken, TokenType::Bearer))?;
        let open = || {
            let key = match kind {
                TokenType::Bearer => None,
                TokenType::Dpop => Some(
                    self.proven_key(headers, endpoint, Some(token.expose()))?
                        .ok_or(AuthorizationError::NoProof)?,
                ),
            };
            Ok(self.issuance.open_access(token.expose(), key.as_ref())?)
        };
        open().map_err(|error| (error, kind))
    }
}

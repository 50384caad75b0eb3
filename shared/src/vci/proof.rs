//! The key proof: whoever asks for a credential holds the key that it will be bound to (OpenID4VCI 1.0 Appendix F.1, F.4).
//!
//! What stays with the caller: that the nonce is its own, fresh and not spent. It is spent after the proof has been
//! verified, so that a forged proof cannot burn a live nonce.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{Coded, CredentialErrorCode};
use crate::jose::jwk::{JwkError, PublicJwk};
use crate::jose::jws::{BadSignature, CompactJws, ES256, JwsError, SigningInput};
use crate::jose::numeric_date::NumericDate;
use crate::secret::Secret;

/// The `typ` of a key proof.
pub const PROOF_TYP: &str = "openid4vci-proof+jwt";

/// How old a proof may be.
pub const PROOF_MAX_AGE: SignedDuration = SignedDuration::from_secs(300);

/// How far ahead of the issuer's a phone's clock may be: as far as for [`DPOP_WINDOW`](crate::jose::dpop::DPOP_WINDOW).
/// That a proof was not made in advance, its nonce tells.
pub const PROOF_MAX_AHEAD: SignedDuration = SignedDuration::from_secs(300);

/// A well-formed proof with exactly one key; nothing else about it has been checked.
#[derive(Debug, Clone)]
pub struct UnverifiedProof {
    jws: CompactJws,
    key: PublicJwk,
    claims: Claims,
}

#[derive(Debug, Clone, Deserialize)]
struct Claims {
    aud: Value,
    iat: NumericDate,
    nonce: Option<Secret>,
    #[serde(default, deserialize_with = "present")]
    iss: bool,
}

/// An `iss` is one too many whatever it says, null included.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A key whose holder signed this nonce for this issuer; only [`UnverifiedProof::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedProof {
    key: PublicJwk,
    nonce: Secret,
    issued_at: Timestamp,
}

impl UnverifiedProof {
    /// Reads one element of a credential request's `proofs.jwt`.
    ///
    /// # Errors
    /// [`ProofError::Jws`], [`ProofError::Type`], [`ProofError::Key`] or one of the errors about the number of keys.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let jws = CompactJws::parse(text)?;
        let header = jws.header();
        if header.typ.as_deref() != Some(PROOF_TYP) {
            return Err(ProofError::Type);
        }
        let key = match (&header.jwk, header.kid.is_some(), header.x5c.is_some()) {
            (Some(jwk), false, false) => PublicJwk::from_value(jwk)?,
            (None, true, false) => return Err(ProofError::KeyId),
            (None, false, true) => return Err(ProofError::CertificateChain),
            (None, false, false) => return Err(ProofError::NoKey),
            _ => return Err(ProofError::SeveralKeys),
        };
        let claims = jws.unverified_claims()?;
        Ok(Self { jws, key, claims })
    }

    /// The nonce that the proof claims to answer; unverified. The issuer reads the nonce's time out of it.
    pub fn nonce(&self) -> Option<&Secret> {
        self.claims.nonce.as_ref()
    }

    /// The key that the proof claims to prove; unverified.
    pub fn unverified_key(&self) -> &PublicJwk {
        &self.key
    }

    /// Checks the proof for the issuer `audience`, cheap checks first, the signature last.
    ///
    /// The proof must have been made within the window from [`PROOF_MAX_AGE`] before `now` to [`PROOF_MAX_AHEAD`] after
    /// it. When it was made is told by its `iat`; but when `nonce_time` is given (when the issuer made the nonce that
    /// the proof answers), that time decides and `iat` does not matter, as F.4 allows. An issuer whose clock has been
    /// moved gives it, because its wallets' clocks have not.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(
        &self,
        audience: &str,
        now: Timestamp,
        nonce_time: Option<Timestamp>,
    ) -> Result<VerifiedProof, ProofError> {
        if self.claims.iss {
            return Err(ProofError::IssuerClaim);
        }
        // A string (F.1); a list is refused even if we are its only element.
        if self.claims.aud.as_str() != Some(audience) {
            return Err(ProofError::WrongAudience);
        }
        let nonce = self.claims.nonce.clone().ok_or(ProofError::NoNonce)?;
        let issued_at = self.claims.iat.timestamp();
        let age = now.duration_since(nonce_time.unwrap_or(issued_at));
        if age > PROOF_MAX_AGE {
            return Err(ProofError::TooOld);
        }
        if age < -PROOF_MAX_AHEAD {
            return Err(ProofError::FromTheFuture);
        }
        self.jws.verify(&self.key)?;
        Ok(VerifiedProof { key: self.key.clone(), nonce, issued_at })
    }
}

impl VerifiedProof {
    /// The proven key.
    pub fn key(&self) -> &PublicJwk {
        &self.key
    }

    /// The nonce that was signed: to be spent now.
    pub fn nonce(&self) -> &Secret {
        &self.nonce
    }

    /// When the wallet says that it made the proof.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}

#[derive(Serialize)]
struct OutgoingHeader<'a> {
    typ: &'a str,
    alg: &'a str,
    jwk: &'a PublicJwk,
}

#[derive(Serialize)]
struct OutgoingClaims<'a> {
    aud: &'a str,
    iat: NumericDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// What the holder of `key` signs for the issuer `audience` at `now`; the finished JWS goes into `proofs.jwt`.
///
/// `nonce` is `None` only for an issuer without a nonce endpoint.
///
/// # Errors
/// [`JwsError::Serialize`] should the claims not be expressible.
pub fn signing_input(
    key: &PublicJwk,
    audience: &str,
    nonce: Option<&Secret>,
    now: Timestamp,
) -> Result<SigningInput, JwsError> {
    let header = OutgoingHeader { typ: PROOF_TYP, alg: ES256, jwk: key };
    let claims =
        OutgoingClaims { aud: audience, iat: NumericDate::new(now), nonce: nonce.map(Secret::expose) };
    SigningInput::new(&header, &claims)
}

/// Messages complete "cannot accept key proof: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not an ES256 JWS with the claims of a key proof.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// `typ` is not `openid4vci-proof+jwt`.
    #[error("typ is not openid4vci-proof+jwt")]
    Type,
    /// The `jwk` is not a public P-256 key.
    #[error(transparent)]
    Key(#[from] JwkError),
    /// The key is named by `kid`.
    #[error("key is named by kid, not given as jwk")]
    KeyId,
    /// The key is given by `x5c`.
    #[error("key is given by x5c, not as jwk")]
    CertificateChain,
    /// No key at all.
    #[error("header has no jwk")]
    NoKey,
    /// More than one of `jwk`, `kid`, `x5c`.
    #[error("header gives more than one key")]
    SeveralKeys,
    /// `iss` is present although the wallet is anonymous.
    #[error("iss must be absent for an anonymous wallet")]
    IssuerClaim,
    /// `aud` is not the issuer's identifier, character for character.
    #[error("aud is not this issuer")]
    WrongAudience,
    /// There is no `nonce`.
    #[error("nonce is missing")]
    NoNonce,
    /// Made longer ago than [`PROOF_MAX_AGE`].
    #[error("proof is too old")]
    TooOld,
    /// Made later than [`PROOF_MAX_AHEAD`] from now.
    #[error("proof is from the future")]
    FromTheFuture,
    /// The signature is not by the presented key.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

impl Coded for ProofError {
    type Code = CredentialErrorCode;

    /// `invalid_proof` for all of them (§8.3.1.2): `invalid_nonce` is for a nonce that is there and will not do.
    fn code(&self) -> CredentialErrorCode {
        CredentialErrorCode::InvalidProof
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const AUDIENCE: &str = "http://127.0.0.1:8080";
    const IAT: i64 = 1_795_285_800;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn phone(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).unwrap()
    }

    fn public(key: &SigningKey) -> PublicJwk {
        PublicJwk::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    fn sign(input: SigningInput, key: &SigningKey) -> String {
        let signature: Signature = key.sign(input.as_bytes());
        input.finish(signature.to_bytes().into())
    }

    fn header() -> Value {
        json!({"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": public(&phone(7))})
    }

    fn claims() -> Value {
        json!({"aud": AUDIENCE, "iat": IAT, "nonce": "n-1"})
    }

    fn with(mut value: Value, name: &str, new: Value) -> Value {
        value[name] = new;
        value
    }

    fn without(mut value: Value, name: &str) -> Value {
        value.as_object_mut().unwrap().remove(name);
        value
    }

    fn proof(header: &Value, claims: &Value) -> Result<UnverifiedProof, ProofError> {
        UnverifiedProof::parse(&sign(SigningInput::new(header, claims).unwrap(), &phone(7)))
    }

    #[test]
    fn what_we_build_is_what_we_accept() {
        let input = signing_input(&public(&phone(7)), AUDIENCE, Some(&Secret::new("n-1")), at(IAT)).unwrap();
        let text = sign(input, &phone(7));
        let jws = CompactJws::parse(&text).unwrap();
        assert_eq!(jws.unverified_claims::<Value>().unwrap(), claims());
        assert_eq!(jws.header().typ.as_deref(), Some(PROOF_TYP));

        let proof = UnverifiedProof::parse(&text).unwrap();
        assert_eq!(proof.nonce(), Some(&Secret::new("n-1")));
        let verified = proof.verify(AUDIENCE, at(IAT + 1), None).unwrap();
        assert_eq!((verified.key(), verified.issued_at()), (&public(&phone(7)), at(IAT)));
        assert_eq!(verified.nonce().expose(), "n-1");
        assert!(!format!("{verified:?} {proof:?}").contains("n-1"));
    }

    #[test]
    fn malformed_proofs_are_refused_for_their_own_reason() {
        let private = with(serde_json::to_value(public(&phone(7))).unwrap(), "d", json!("AAAA"));
        let cases = [
            (with(header(), "typ", json!("JWT")), claims(), ProofError::Type),
            (with(header(), "typ", json!("dpop+jwt")), claims(), ProofError::Type),
            (without(header(), "typ"), claims(), ProofError::Type),
            (with(header(), "alg", json!("none")), claims(), ProofError::Jws(JwsError::UnsupportedAlgorithm)),
            (with(header(), "jwk", private), claims(), ProofError::Key(JwkError::PrivateMember)),
            (with(header(), "jwk", json!(null)), claims(), ProofError::Key(JwkError::NotAnObject)),
            (without(header(), "jwk"), claims(), ProofError::NoKey),
            (with(without(header(), "jwk"), "kid", json!("did:example:1#2")), claims(), ProofError::KeyId),
            (with(without(header(), "jwk"), "x5c", json!(["MII"])), claims(), ProofError::CertificateChain),
            (with(header(), "kid", json!("1")), claims(), ProofError::SeveralKeys),
            (with(header(), "x5c", json!(["MII"])), claims(), ProofError::SeveralKeys),
            (header(), without(claims(), "aud"), ProofError::Jws(JwsError::Claims)),
            (header(), without(claims(), "iat"), ProofError::Jws(JwsError::Claims)),
            (header(), with(claims(), "iat", json!("now")), ProofError::Jws(JwsError::Claims)),
            (header(), with(claims(), "nonce", json!(1)), ProofError::Jws(JwsError::Claims)),
            (header(), json!([]), ProofError::Jws(JwsError::Claims)),
        ];
        for (header, claims, reason) in cases {
            assert_eq!(proof(&header, &claims).map(|_| ()), Err(reason), "{header} {claims}");
        }
        assert!(
            proof(&with(header(), "key_attestation", json!("x")), &with(claims(), "exp", json!(1))).is_ok()
        );
    }

    #[test]
    fn claims_are_held_against_the_issuer() {
        let cases = [
            (claims(), Ok(())),
            (with(claims(), "aud", json!("http://127.0.0.1:8080/")), Err(ProofError::WrongAudience)),
            (with(claims(), "aud", json!("http://localhost:8080")), Err(ProofError::WrongAudience)),
            (with(claims(), "aud", json!([AUDIENCE])), Err(ProofError::WrongAudience)),
            (with(claims(), "iss", json!("wallet")), Err(ProofError::IssuerClaim)),
            (with(claims(), "iss", json!(null)), Err(ProofError::IssuerClaim)),
            (without(claims(), "nonce"), Err(ProofError::NoNonce)),
            (with(claims(), "nonce", json!(null)), Err(ProofError::NoNonce)),
        ];
        for (claims, expected) in cases {
            let verified = proof(&header(), &claims).unwrap().verify(AUDIENCE, at(IAT), None);
            assert_eq!(verified.map(|_| ()), expected, "{claims}");
        }
    }

    #[test]
    fn the_window_is_judged_by_iat_or_by_the_nonces_own_time() {
        let year = 365 * 24 * 3600;
        let cases = [
            (IAT, None, Ok(())),
            (IAT + 300, None, Ok(())),
            (IAT + 301, None, Err(ProofError::TooOld)),
            (IAT - 300, None, Ok(())),
            (IAT - 301, None, Err(ProofError::FromTheFuture)),
            // The issuer's clock was moved, the phone's was not.
            (IAT + year, None, Err(ProofError::TooOld)),
            (IAT + year, Some(IAT + year - 10), Ok(())),
            (IAT - year, Some(IAT - year - 10), Ok(())),
            // The nonce's time alone decides, so it can refuse what iat would let pass.
            (IAT, Some(IAT - 301), Err(ProofError::TooOld)),
            (IAT, Some(IAT + 301), Err(ProofError::FromTheFuture)),
        ];
        let proof = proof(&header(), &claims()).unwrap();
        for (now, nonce_time, expected) in cases {
            let verified = proof.verify(AUDIENCE, at(now), nonce_time.map(at));
            assert_eq!(verified.map(|_| ()), expected, "{now} {nonce_time:?}");
        }
    }

    #[test]
    fn a_proof_by_another_key_is_found() {
        let text = sign(SigningInput::new(&header(), &claims()).unwrap(), &phone(8));
        let verified = UnverifiedProof::parse(&text).unwrap().verify(AUDIENCE, at(IAT), None);
        assert_eq!(verified, Err(ProofError::Signature(BadSignature)));
        assert_eq!(ProofError::Signature(BadSignature).code(), CredentialErrorCode::InvalidProof);
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>(), aud in any::<String>(), iat in any::<f64>()) {
            let _ = UnverifiedProof::parse(&text);
            if let Ok(proof) = proof(&header(), &json!({"aud": aud, "iat": iat, "nonce": text})) {
                let _ = proof.verify(AUDIENCE, at(IAT), None);
            }
        }
    }
}

//! What the server checks.
//!
//! What stays with the caller: that a `jti` is not seen twice (§11.1), and that the thumbprint is the one that the
//! access token is bound to (§4.3, check 12).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{Claims, DPOP_TYP, MAX_JTI_LENGTH, access_token_hash, without_query};
use crate::jose::jwk::{JwkError, PublicJwk};
use crate::jose::jws::{BadSignature, CompactJws, JwsError};
use crate::jose::thumbprint::Thumbprint;

/// A well-formed DPoP proof; neither its signature nor its claims have been checked.
#[derive(Debug, Clone)]
pub struct UnverifiedDpop {
    jws: CompactJws,
    key: PublicJwk,
    claims: Claims,
}

/// What a proof is held against.
#[derive(Clone, Copy)]
pub struct DpopCheck<'a> {
    /// The request's method, in capitals.
    pub method: &'a str,
    /// The request's URL as the client sees it; query and fragment do not matter.
    pub url: &'a Url,
    /// The server's time.
    pub now: Timestamp,
    /// The access token that came with the request; `None` at the token endpoint.
    pub access_token: Option<&'a str>,
    /// How far `iat` may lie from `now`, both ways; see [`DPOP_WINDOW`](super::DPOP_WINDOW).
    pub window: SignedDuration,
}

/// Without the token, which is a bearer secret, and the query, which may hold one.
impl fmt::Debug for DpopCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DpopCheck({} {} at {})", self.method, without_query(self.url), self.now)
    }
}

/// A key whose holder made this very request; only [`UnverifiedDpop::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenDpop {
    thumbprint: Thumbprint,
    jti: String,
    issued_at: Timestamp,
    nonce: Option<String>,
}

impl UnverifiedDpop {
    /// Reads the value of a `DPoP` header.
    ///
    /// # Errors
    /// [`DpopError::Jws`], [`DpopError::Type`], [`DpopError::MissingKey`], [`DpopError::Key`] or [`DpopError::Jti`].
    pub fn parse(text: &str) -> Result<Self, DpopError> {
        let jws = CompactJws::parse(text)?;
        if jws.header().typ.as_deref() != Some(DPOP_TYP) {
            return Err(DpopError::Type);
        }
        let key = PublicJwk::from_value(jws.header().jwk.as_ref().ok_or(DpopError::MissingKey)?)?;
        let claims: Claims = jws.unverified_claims()?;
        if claims.jti.is_empty() || claims.jti.len() > MAX_JTI_LENGTH {
            return Err(DpopError::Jti);
        }
        Ok(Self { jws, key, claims })
    }

    /// The server-provided nonce that the proof repeats, if any; unverified.
    pub fn nonce(&self) -> Option<&str> {
        self.claims.nonce.as_deref()
    }

    /// All of §4.3 but the two checks named above, the dear one last.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(&self, check: &DpopCheck<'_>) -> Result<ProvenDpop, DpopError> {
        if self.claims.htm != check.method {
            return Err(DpopError::Method);
        }
        let claimed = Url::parse(&self.claims.htu).map_err(|_| DpopError::Url)?;
        if without_query(&claimed) != without_query(check.url) {
            return Err(DpopError::Url);
        }
        let issued_at = self.claims.iat.timestamp();
        if issued_at.duration_since(check.now).unsigned_abs() > check.window.unsigned_abs() {
            return Err(DpopError::Time);
        }
        if let Some(token) = check.access_token {
            let claimed = self.claims.ath.as_deref().unwrap_or_default();
            if !bool::from(access_token_hash(token).as_bytes().ct_eq(claimed.as_bytes())) {
                return Err(DpopError::AccessToken);
            }
        }
        self.jws.verify(&self.key)?;
        Ok(ProvenDpop {
            thumbprint: self.key.thumbprint(),
            jti: self.claims.jti.clone(),
            issued_at,
            nonce: self.claims.nonce.clone(),
        })
    }
}

impl ProvenDpop {
    /// The name of the proven key.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The proof's unique id: remember it for twice the window.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// When the client says that it made the proof.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The server-provided nonce that was signed, if any.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }
}

/// Messages complete "cannot accept DPoP proof: …". The standard has one code for all of them, `invalid_dpop_proof`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DpopError {
    /// Not an ES256 JWS with the claims of a DPoP proof.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// `typ` is not `dpop+jwt`.
    #[error("typ is not dpop+jwt")]
    Type,
    /// The header has no `jwk`.
    #[error("header has no jwk")]
    MissingKey,
    /// The header's `jwk` is not a public P-256 key.
    #[error(transparent)]
    Key(#[from] JwkError),
    /// `jti` is empty or longer than [`MAX_JTI_LENGTH`].
    #[error("jti is empty or too long")]
    Jti,
    /// `htm` is not the request's method.
    #[error("htm is not the method of the request")]
    Method,
    /// `htu` is not the request's URL.
    #[error("htu is not the URL of the request")]
    Url,
    /// `iat` lies outside the window.
    #[error("iat is too far from the server's time")]
    Time,
    /// `ath` is missing or belongs to another token.
    #[error("ath is not the hash of the access token")]
    AccessToken,
    /// The signature is not by the presented key.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::DPOP_WINDOW;
    use super::*;
    use crate::jose::base64url;
    use crate::jose::jws::SigningInput;

    const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo\
        UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNy\
        diI6IlAtMjU2In19";

    /// RFC 9449 §5, figure 4.
    fn at_the_token_endpoint() -> String {
        format!(
            "{HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29t\
             L3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70\
             nfbV37xRZT3Lg"
        )
    }

    /// RFC 9449 §7.1, figure 13.
    fn at_a_resource() -> String {
        format!(
            "{HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9y\
             Zy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NB\
             cWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
        )
    }

    const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn signed(header: &Value, claims: &Value) -> String {
        let input = SigningInput::new(header, claims).unwrap();
        let signature: Signature = SigningKey::from_slice(&[7; 32]).unwrap().sign(input.as_bytes());
        input.finish(signature.to_bytes().into())
    }

    fn device() -> PublicJwk {
        let signing = SigningKey::from_slice(&[7; 32]).unwrap();
        PublicJwk::from_sec1(signing.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    #[test]
    fn the_published_proofs_are_accepted() {
        let token = url("https://server.example.com/token");
        let check = DpopCheck {
            method: "POST",
            url: &token,
            now: second(1_562_262_616),
            access_token: None,
            window: DPOP_WINDOW,
        };
        let proven = UnverifiedDpop::parse(&at_the_token_endpoint()).unwrap().verify(&check).unwrap();
        assert_eq!(proven.thumbprint().to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(proven.jti(), "-BwC3ESc6acc2lTc");
        assert_eq!(proven.issued_at(), second(1_562_262_616));

        let resource = url("https://RESOURCE.example.org:443/protectedresource?page=2#top");
        let check = DpopCheck { method: "GET", url: &resource, access_token: Some(TOKEN), ..check };
        assert!(UnverifiedDpop::parse(&at_a_resource()).unwrap().verify(&check).is_ok());
    }

    #[test]
    fn every_check_refuses_for_its_own_reason() {
        let right = url("https://resource.example.org/protectedresource");
        let other_path = url("https://resource.example.org/other");
        let other_scheme = url("http://resource.example.org/protectedresource");
        let good = DpopCheck {
            method: "GET",
            url: &right,
            now: second(1_562_262_618),
            access_token: Some(TOKEN),
            window: SignedDuration::from_secs(60),
        };
        let cases = [
            (good, Ok(())),
            (DpopCheck { method: "POST", ..good }, Err(DpopError::Method)),
            (DpopCheck { method: "get", ..good }, Err(DpopError::Method)),
            (DpopCheck { url: &other_path, ..good }, Err(DpopError::Url)),
            (DpopCheck { url: &other_scheme, ..good }, Err(DpopError::Url)),
            (DpopCheck { now: second(1_562_262_678), ..good }, Ok(())),
            (DpopCheck { now: second(1_562_262_679), ..good }, Err(DpopError::Time)),
            (DpopCheck { now: second(1_562_262_557), ..good }, Err(DpopError::Time)),
            (DpopCheck { now: Timestamp::MAX, ..good }, Err(DpopError::Time)),
            (DpopCheck { access_token: Some("other"), ..good }, Err(DpopError::AccessToken)),
            (DpopCheck { access_token: None, ..good }, Ok(())),
        ];
        let proof = UnverifiedDpop::parse(&at_a_resource()).unwrap();
        for (check, expected) in cases {
            assert_eq!(proof.verify(&check).map(|_| ()), expected, "{check:?}");
            assert!(!format!("{check:?}").contains(TOKEN));
        }

        // A proof without ath does not carry over to a resource.
        let token = url("https://server.example.com/token");
        let without_ath = UnverifiedDpop::parse(&at_the_token_endpoint()).unwrap();
        let check = DpopCheck { method: "POST", url: &token, now: second(1_562_262_616), ..good };
        assert_eq!(without_ath.verify(&check), Err(DpopError::AccessToken));
    }

    #[test]
    fn a_forged_signature_is_found() {
        let mut forged = at_the_token_endpoint();
        forged.replace_range(forged.len() - 4.., "AAAA");
        let token = url("https://server.example.com/token");
        let check = DpopCheck {
            method: "POST",
            url: &token,
            now: second(1_562_262_616),
            access_token: None,
            window: DPOP_WINDOW,
        };
        let proof = UnverifiedDpop::parse(&forged).unwrap();
        assert_eq!(proof.verify(&check), Err(DpopError::Signature(BadSignature)));
    }

    #[test]
    fn malformed_proofs_are_refused_for_their_own_reason() {
        let jwk = serde_json::to_value(device()).unwrap();
        let mut private = jwk.clone();
        private["d"] = json!("AAAA");
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let claims = json!({"jti": "1", "htm": "POST", "htu": "https://a.example/", "iat": 1});
        let without = |name: &str| {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove(name);
            claims
        };
        let with = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            claims
        };
        let cases = [
            (json!({"typ": "jwt", "alg": "ES256", "jwk": jwk}), claims.clone(), DpopError::Type),
            (json!({"alg": "ES256", "jwk": jwk}), claims.clone(), DpopError::Type),
            (json!({"typ": "dpop+jwt", "alg": "ES256"}), claims.clone(), DpopError::MissingKey),
            (
                json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": private}),
                claims.clone(),
                DpopError::Key(JwkError::PrivateMember),
            ),
            (
                json!({"typ": "dpop+jwt", "alg": "HS256", "jwk": jwk}),
                claims.clone(),
                DpopError::Jws(JwsError::UnsupportedAlgorithm),
            ),
            (header.clone(), without("jti"), DpopError::Jws(JwsError::Claims)),
            (header.clone(), without("htm"), DpopError::Jws(JwsError::Claims)),
            (header.clone(), without("htu"), DpopError::Jws(JwsError::Claims)),
            (header.clone(), without("iat"), DpopError::Jws(JwsError::Claims)),
            (header.clone(), with("iat", json!("1")), DpopError::Jws(JwsError::Claims)),
            (header.clone(), with("jti", json!("")), DpopError::Jti),
            (header.clone(), with("jti", json!("j".repeat(129))), DpopError::Jti),
        ];
        for (header, claims, reason) in cases {
            assert_eq!(
                UnverifiedDpop::parse(&signed(&header, &claims)).map(|_| ()),
                Err(reason),
                "{header} {claims}"
            );
        }
        assert!(
            UnverifiedDpop::parse(&signed(&header, &with("x-extra", json!([1])))).is_ok(),
            "unknown claims are ignored"
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(claims in any::<String>()) {
            let text = format!("{HEADER}.{}.{}", base64url(claims), base64url([1; 64]));
            if let Ok(proof) = UnverifiedDpop::parse(&text) {
                let target = url("https://a.example/");
                let check = DpopCheck { method: "GET", url: &target, now: second(0), access_token: None, window: DPOP_WINDOW };
                prop_assert!(proof.verify(&check).is_err());
            }
        }
    }
}

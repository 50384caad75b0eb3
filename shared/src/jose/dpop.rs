//! DPoP (RFC 9449): a request comes from the holder of a key.
//!
//! What stays with the caller: that a `jti` is not seen twice (§11.1), and that the thumbprint is the one that the
//! access token is bound to (§4.3, check 12).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::base64url;
use super::jwk::{JwkError, PublicJwk};
use super::jws::{BadSignature, CompactJws, ES256, JwsError, SigningInput};
use super::numeric_date::NumericDate;
use super::thumbprint::Thumbprint;

/// The `typ` of a DPoP proof (§4.2).
pub const DPOP_TYP: &str = "dpop+jwt";

/// How far `iat` may lie from the server's time, in both directions, unless a deployment says otherwise.
pub const DPOP_WINDOW: SignedDuration = SignedDuration::from_secs(300);

/// The longest `jti` that is accepted, in bytes: the caller has to remember it.
pub const MAX_JTI_LENGTH: usize = 128;

/// A well-formed DPoP proof; neither its signature nor its claims have been checked.
#[derive(Debug, Clone)]
pub struct UnverifiedDpop {
    jws: CompactJws,
    key: PublicJwk,
    claims: Claims,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

/// What a proof is held against.
#[derive(Debug, Clone, Copy)]
pub struct DpopCheck<'a> {
    /// The request's method, in capitals.
    pub method: &'a str,
    /// The request's URL as the client sees it; query and fragment do not matter.
    pub url: &'a Url,
    /// The server's time.
    pub now: Timestamp,
    /// The access token that came with the request; `None` at the token endpoint.
    pub access_token: Option<&'a str>,
    /// How far `iat` may lie from `now`, both ways; see [`DPOP_WINDOW`].
    pub window: SignedDuration,
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
        if issued_at.duration_since(check.now).abs() > check.window.abs() {
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

/// §4.3, check 9; parsing has already normalised case, default port and dot segments (RFC 3986 §6.2.2, §6.2.3).
fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// `ath`: base64url of the SHA-256 of the token's ASCII (§4.2).
fn access_token_hash(token: &str) -> String {
    base64url(Sha256::digest(token.as_bytes()))
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

/// What a client says in a DPoP proof.
#[derive(Debug, Clone, Copy)]
pub struct DpopClaims<'a> {
    /// Unique per proof, at least 96 random bits (§4.2).
    pub jti: &'a str,
    /// The request's method, in capitals.
    pub method: &'a str,
    /// The request's URL; query and fragment are cut off.
    pub url: &'a Url,
    /// The client's time.
    pub now: Timestamp,
    /// The access token that goes with the request, if any.
    pub access_token: Option<&'a str>,
    /// The nonce that the server asked for (§8), if any.
    pub nonce: Option<&'a str>,
}

#[derive(Serialize)]
struct OutgoingHeader<'a> {
    typ: &'a str,
    alg: &'a str,
    jwk: &'a PublicJwk,
}

/// What the holder of `key` signs; the finished JWS is the value of the `DPoP` header.
///
/// # Errors
/// [`JwsError::Serialize`] should the claims not be expressible.
pub fn signing_input(key: &PublicJwk, claims: &DpopClaims<'_>) -> Result<SigningInput, JwsError> {
    let header = OutgoingHeader { typ: DPOP_TYP, alg: ES256, jwk: key };
    let claims = Claims {
        jti: claims.jti.to_owned(),
        htm: claims.method.to_owned(),
        htu: without_query(claims.url).into(),
        iat: NumericDate::new(claims.now),
        ath: claims.access_token.map(access_token_hash),
        nonce: claims.nonce.map(str::to_owned),
    };
    SigningInput::new(&header, &claims)
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

    use super::*;

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

    #[test]
    fn what_we_build_is_what_we_accept() {
        let target = url("http://127.0.0.1:8080/credential?x=1");
        let claims = DpopClaims {
            jti: "abc",
            method: "POST",
            url: &target,
            now: second(1_795_285_800),
            access_token: Some("token"),
            nonce: Some("n"),
        };
        let input = signing_input(&device(), &claims).unwrap();
        let signature: Signature = SigningKey::from_slice(&[7; 32]).unwrap().sign(input.as_bytes());
        let text = input.finish(signature.to_bytes().into());
        let jws = CompactJws::parse(&text).unwrap();
        assert_eq!(
            jws.unverified_claims::<Value>().unwrap(),
            json!({
                "jti": "abc", "htm": "POST", "htu": "http://127.0.0.1:8080/credential", "iat": 1_795_285_800,
                "ath": "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A", "nonce": "n",
            }),
        );
        let check = DpopCheck {
            method: "POST",
            url: &target,
            now: second(1_795_285_801),
            access_token: Some("token"),
            window: DPOP_WINDOW,
        };
        let proven = UnverifiedDpop::parse(&text).unwrap().verify(&check).unwrap();
        assert_eq!((proven.thumbprint(), proven.nonce()), (device().thumbprint(), Some("n")));
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

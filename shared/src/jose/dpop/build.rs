//! What the client signs.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::{Claims, DPOP_TYP, access_token_hash, without_query};
use crate::jose::jwk::PublicJwk;
use crate::jose::jws::{ES256, JwsError, SigningInput};
use crate::jose::numeric_date::NumericDate;

/// What a client says in a DPoP proof.
#[derive(Clone, Copy)]
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

/// Without the token, which is a bearer secret.
impl fmt::Debug for DpopClaims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DpopClaims({} {} at {})", self.method, without_query(self.url), self.now)
    }
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

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};
    use serde_json::{Value, json};

    use super::super::{DPOP_WINDOW, DpopCheck, UnverifiedDpop};
    use super::*;
    use crate::jose::jws::CompactJws;

    fn device() -> PublicJwk {
        let signing = SigningKey::from_slice(&[7; 32]).unwrap();
        PublicJwk::from_sec1(signing.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    #[test]
    fn what_we_build_is_what_we_accept() {
        let target = Url::parse("http://127.0.0.1:8080/credential?x=1").unwrap();
        let claims = DpopClaims {
            jti: "abc",
            method: "POST",
            url: &target,
            now: Timestamp::from_second(1_795_285_800).unwrap(),
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
            now: Timestamp::from_second(1_795_285_801).unwrap(),
            access_token: Some("token"),
            window: DPOP_WINDOW,
        };
        let proven = UnverifiedDpop::parse(&text).unwrap().verify(&check).unwrap();
        assert_eq!((proven.thumbprint(), proven.nonce()), (device().thumbprint(), Some("n")));
    }
}

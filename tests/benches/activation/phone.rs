//! A phone's part: four requests, and the signatures that go with them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use hyper::Method;
use issuer::app::{SystemClock, SystemEntropy};
use serde_json::json;
use shared::clock::Clock as _;
use shared::entropy::Entropy;
use shared::jose::dpop::{self, DpopClaims};
use shared::jose::jwk::PublicJwk;
use shared::jose::jws::SigningInput;
use shared::secret::Secret;
use shared::vci::proof::signing_input;
use url::Url;

use crate::line::Line;
use crate::school::Slip;

/// Which wallet asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wallet {
    /// Any that speaks OpenID4VCI.
    Standard,
    /// One that proves possession of its key with every request, as ours does.
    WithDpop,
}

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

/// A fresh phone with its key.
pub(crate) struct Phone {
    key: EcdsaKeyPair,
    jwk: PublicJwk,
    wallet: Wallet,
}

impl Phone {
    pub(crate) fn new(wallet: Wallet) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let jwk = PublicJwk::from_sec1(key.public_key().as_ref()).unwrap();
        Self { key, jwk, wallet }
    }

    /// Reads the metadata, as a wallet does that meets an issuer for the first time.
    pub(crate) async fn meet(line: &mut Line) {
        for name in ["openid-credential-issuer", "oauth-authorization-server"] {
            line.ask(Method::GET, &format!("/.well-known/{name}"), &[], "").await;
        }
    }

    /// From slip to certificate.
    pub(crate) async fn activate(&self, line: &mut Line, base: &str, slip: &Slip) {
        let offer = line.ask(Method::GET, &slip.offer_path, &[], "").await;
        let code = offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap();
        // Neither code has a character that would have to be escaped.
        let form = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code\
             &pre-authorized_code={code}&tx_code={}",
            slip.activation_code
        );
        let token = self.post(line, base, "/token", None, FORM, form).await;
        let access = token["access_token"].as_str().unwrap();
        let nonce = line.ask(Method::POST, "/nonce", &[], "").await;
        let nonce = Secret::new(nonce["c_nonce"].as_str().unwrap());
        let proof = self.sign(signing_input(&self.jwk, base, Some(&nonce), SystemClock.now()).unwrap());
        let request =
            json!({ "credential_configuration_id": "mlegitymacja_x509", "proofs": { "jwt": [proof] } });
        let answer = self.post(line, base, "/credential", Some(access), JSON, request.to_string()).await;
        assert!(answer["credentials"][0]["credential"]["x5c"][0].is_string(), "{answer}");
    }

    async fn post(
        &self,
        line: &mut Line,
        base: &str,
        path: &str,
        access: Option<&str>,
        kind: (&str, &str),
        body: String,
    ) -> serde_json::Value {
        let mut headers = vec![kind];
        let proof = (self.wallet == Wallet::WithDpop).then(|| self.possession(base, path, access));
        if let Some(proof) = &proof {
            headers.push(("dpop", proof));
        }
        let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
        let authorization = access.map(|token| format!("{scheme} {token}"));
        if let Some(authorization) = &authorization {
            headers.push(("authorization", authorization));
        }
        line.ask(Method::POST, path, &headers, body).await
    }

    fn possession(&self, base: &str, path: &str, access: Option<&str>) -> String {
        let url = Url::parse(&format!("{base}{path}")).unwrap();
        let id = u128::from_be_bytes((&SystemEntropy as &dyn Entropy).bytes());
        let jti = format!("{id:032x}");
        let claims = DpopClaims {
            jti: &jti,
            method: "POST",
            url: &url,
            now: SystemClock.now(),
            access_token: access,
            nonce: None,
        };
        self.sign(dpop::signing_input(&self.jwk, &claims).unwrap())
    }

    fn sign(&self, input: SigningInput) -> String {
        let signature = self.key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        input.finish(signature.as_ref().try_into().unwrap())
    }
}

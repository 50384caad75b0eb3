//! A wallet by hand: requests as anybody could send them, right or wrong, and answers as they come.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use issuer::app::SystemEntropy;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use shared::clock::{Clock as _, ManualClock};
use shared::entropy::Entropy;
use shared::vci::offer_uri::OfferUri;
use shared::vci::{CONFIGURATION_X509, GRANT_PRE_AUTHORIZED_CODE};
use tests::office::Slip;
use tests::world::World;

/// A device key that no secure element holds.
pub(crate) struct Key {
    pair: EcdsaKeyPair,
    alg: &'static str,
    curve: &'static str,
}

impl Key {
    /// A fresh key of the kind that phones have.
    pub(crate) fn fresh() -> Self {
        Self::on(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256")
    }

    /// A fresh key on another curve.
    pub(crate) fn on(kind: &'static EcdsaSigningAlgorithm, alg: &'static str, curve: &'static str) -> Self {
        Self { pair: EcdsaKeyPair::generate(kind).unwrap(), alg, curve }
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = &self.pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({ "kty": "EC", "crv": self.curve, "x": BASE64.encode(x), "y": BASE64.encode(y) })
    }

    /// A compact JWS over `header` (to which `alg` and `jwk` are added where they are missing) and `claims`.
    pub(crate) fn sign(&self, mut header: Value, claims: &Value) -> String {
        for (member, value) in [("alg", json!(self.alg)), ("jwk", self.jwk())] {
            if header.get(member).is_none() {
                header[member] = value;
            }
        }
        let input = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", BASE64.encode(signature))
    }

    /// `r || s` over `message`.
    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap()
    }

    /// A DPoP proof for a POST to `url` under `access_token`, made at `now`.
    pub(crate) fn dpop(&self, url: &str, now: i64, access_token: Option<&str>) -> String {
        self.dpop_for("POST", url, now, access_token)
    }

    pub(crate) fn dpop_for(&self, method: &str, url: &str, now: i64, access_token: Option<&str>) -> String {
        let entropy: &dyn Entropy = &SystemEntropy;
        let jti = BASE64.encode(entropy.bytes::<16>());
        let mut claims = json!({ "jti": jti, "htm": method, "htu": url, "iat": now });
        if let Some(token) = access_token {
            claims["ath"] = json!(BASE64.encode(digest(&SHA256, token.as_bytes())));
        }
        self.sign(json!({ "typ": "dpop+jwt" }), &claims)
    }
}

/// An answer of the issuer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// The beginning of the body: cards are long.
    fn brief(&self) -> String {
        self.body.to_string().chars().take(400).collect()
    }

    /// Text of a member of the body, or nothing.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_default()
    }

    /// That this is a proper refusal: status, code and reason, and a sentence for everybody who may read it.
    #[track_caller]
    pub(crate) fn refused(&self, what: &str, status: u16, error: &str, reason: &str) {
        let said = (self.status, self.text("error"), self.text("reason"));
        assert_eq!(said, (status, error, reason), "{what}: {}", self.brief());
        let description = self.text("error_description");
        let plain = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        assert!(!description.is_empty() && description.chars().all(plain), "{what}: {description:?}");
        for message in ["message_pl", "message_en"] {
            assert!(self.text(message).ends_with('.'), "{what}: {message} is {:?}", self.body[message]);
        }
    }

    /// That the fault is the issuer's: a code and nothing else.
    #[track_caller]
    pub(crate) fn out_of_order(&self, what: &str) {
        assert_eq!(self.status, 503, "{what}: {}", self.brief());
        assert_eq!(self.body, json!({ "error": "temporarily_unavailable" }), "{what}");
        assert!(self.headers.contains_key("retry-after"), "{what}");
    }
}

/// Somebody with an HTTP client at the issuer of a world.
#[derive(Clone)]
pub(crate) struct Wire {
    http: reqwest::Client,
    base: String,
    clock: Arc<ManualClock>,
}

impl Wire {
    pub(crate) fn of(world: &World) -> Self {
        Self::to(world.base(), Arc::clone(&world.clock))
    }

    /// The same at an issuer of no world.
    pub(crate) fn to(base: &str, clock: Arc<ManualClock>) -> Self {
        let http = tests::http::client();
        Self { http, base: base.to_owned(), clock }
    }

    /// The issuer's time, in seconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), self.url(path))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.unwrap();
        Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// The offer of a slip.
    pub(crate) async fn offer(&self, slip: &Slip) -> Reply {
        self.send(self.request("GET", &offer_path(slip))).await
    }

    /// The offer of what is typed instead.
    pub(crate) async fn typed(&self, code: &str) -> Reply {
        self.send(self.request("POST", "/typed-code").json(&json!({ "typed_code": code }))).await
    }

    /// A fresh pre-authorized code of a slip.
    pub(crate) async fn code(&self, slip: &Slip) -> String {
        let offer = self.offer(slip).await;
        assert_eq!(offer.status, 200, "{}", offer.body);
        offer.body["grants"][GRANT_PRE_AUTHORIZED_CODE]["pre-authorized_code"].as_str().unwrap().to_owned()
    }

    /// Exchanges a code for a token, without proof of possession.
    pub(crate) async fn token(&self, code: &str, tx_code: Option<&str>) -> Reply {
        self.send(self.token_request(code, tx_code)).await
    }

    pub(crate) fn token_request(&self, code: &str, tx_code: Option<&str>) -> reqwest::RequestBuilder {
        let mut form = vec![("grant_type", GRANT_PRE_AUTHORIZED_CODE), ("pre-authorized_code", code)];
        form.extend(tx_code.map(|tx_code| ("tx_code", tx_code)));
        self.request("POST", "/token").form(&form)
    }

    /// An access token for a slip with its right code.
    pub(crate) async fn access(&self, slip: &Slip) -> String {
        let code = self.code(slip).await;
        let reply = self.token(&code, slip.activation_code.as_deref()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.text("access_token").to_owned()
    }

    pub(crate) async fn nonce(&self) -> String {
        let reply = self.send(self.request("POST", "/nonce")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.text("c_nonce").to_owned()
    }

    /// What a proof that answers `nonce` says.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        json!({ "aud": self.base, "iat": self.now(), "nonce": nonce })
    }

    /// A right proof by `key`.
    pub(crate) fn proof(&self, key: &Key, nonce: &str) -> String {
        key.sign(proof_header(), &self.claims(nonce))
    }

    /// Asks for the card under a bearer token.
    pub(crate) async fn credential(&self, token: &str, proof: &str) -> Reply {
        self.ask(token, &credential_request(proof)).await
    }

    /// Sends `request` to the credential endpoint under a bearer token.
    pub(crate) async fn ask(&self, token: &str, request: &Value) -> Reply {
        self.send(self.request("POST", "/credential").bearer_auth(token).json(request)).await
    }

    /// All the way from a slip to a card for `key`; what the credential endpoint answers.
    pub(crate) async fn activate(&self, slip: &Slip, key: &Key) -> Reply {
        let token = self.access(slip).await;
        let nonce = self.nonce().await;
        self.credential(&token, &self.proof(key, &nonce)).await
    }
}

/// Where a slip's QR code leads, without the host.
pub(crate) fn offer_path(slip: &Slip) -> String {
    let OfferUri::ByReference(address) = OfferUri::parse(&slip.offer_uri).unwrap() else {
        panic!("slips hold their offers by reference")
    };
    address.expose().as_url().path().to_owned()
}

/// An activation code that is not the slip's.
pub(crate) fn another_code(slip: &Slip, n: u32) -> String {
    let right: u32 = slip.activation_code.as_deref().unwrap().parse().unwrap();
    format!("{:08}", (right + 1 + n) % 100_000_000)
}

pub(crate) fn proof_header() -> Value {
    json!({ "typ": "openid4vci-proof+jwt" })
}

pub(crate) fn credential_request(proof: &str) -> Value {
    json!({ "credential_configuration_id": CONFIGURATION_X509, "proofs": { "jwt": [proof] } })
}

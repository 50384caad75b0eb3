//! A credential and a presentation for the tests of this module.

use std::convert::Infallible;
use std::sync::LazyLock;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Map, Value, json};

use super::*;
use crate::jose::base64url;
use crate::jose::jwk::PublicJwk;
use crate::jose::x5c::to_header;
use crate::x509::chain::TrustAnchor;
use crate::x509::sample::{HIERARCHY, signer_under};
use crate::x509::signer::SignerPurpose;

static SIGNER: LazyLock<SignerKey> = LazyLock::new(|| SignerKey::new(SignerPurpose::SdJwt));

/// A key that signs statements under the sample's issuing authority, with its chain.
pub(super) struct SignerKey {
    key: SigningKey,
    x5c: Vec<Vec<u8>>,
}

impl SignerKey {
    /// Named `https://issuer.example/tenant` and `issuer.example`.
    pub(super) fn new(purpose: SignerPurpose) -> Self {
        use p256::pkcs8::DecodePrivateKey as _;
        let pair = rcgen::KeyPair::generate().unwrap();
        let leaf = signer_under(&HIERARCHY.issuing, &pair, |params| {
            let usage = purpose.oid().arcs().map(u64::from).collect();
            params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::Other(usage)];
            params.subject_alt_names = vec![
                rcgen::SanType::URI("https://issuer.example/tenant".try_into().unwrap()),
                rcgen::SanType::DnsName("issuer.example".try_into().unwrap()),
            ];
        });
        let key = SigningKey::from_pkcs8_der(&pair.serialize_der()).unwrap();
        Self { key, x5c: vec![leaf, HIERARCHY.issuing.der.clone()] }
    }

    fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let signature: Signature = self.key.sign(bytes);
        signature.to_bytes().into()
    }
}
static PRESENTED: LazyLock<String> = LazyLock::new(|| {
    let held = UnverifiedSdJwt::parse(&issued().to_text()).unwrap();
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let (audience, nonce) = (expected().audience, expected().nonce);
    let sign = |bytes: &[u8]| Ok::<_, PresentError>(holder_signature(1, bytes));
    let shown = [ClaimPath::of("given_name")];
    Presentation::new(&held, &shown, audience, nonce, now, sign).unwrap().as_str().to_owned()
});

pub(crate) fn anchors() -> Vec<TrustAnchor> {
    vec![TrustAnchor::from_der(&HIERARCHY.root.der).unwrap()]
}

fn holder(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn holder_signature(seed: u8, bytes: &[u8]) -> [u8; 64] {
    let signature: Signature = holder(seed).sign(bytes);
    signature.to_bytes().into()
}

pub(super) fn claims() -> Map<String, Value> {
    let key = PublicJwk::from_sec1(holder(1).verifying_key().to_sec1_point(false).as_bytes()).unwrap();
    let claims = json!({
        "iss": "https://issuer.example",
        "vct": "https://issuer.example/credentials/mlegitymacja/1",
        "nbf": 1_788_213_600, // 2026-09-01 in Warsaw
        "exp": 1_806_609_600,
        "cnf": {"jwk": key},
        "status": {"status_list": {"idx": 412, "uri": "http://pki.example/pki/status/1"}},
        "given_name": "Anna",
        "family_name": "Przykład",
        "personal_administrative_number": "02070803628",
        "age_equal_or_over": {"16": true, "18": false},
        "address": {"street_address": "Długa 1", "country": "PL"},
    });
    claims.as_object().unwrap().clone()
}

pub(super) fn hidden() -> Vec<ClaimPath> {
    let mut hidden: Vec<ClaimPath> =
        ["given_name", "family_name", "personal_administrative_number", "address"]
            .map(ClaimPath::of)
            .to_vec();
    hidden.extend(["16", "18"].map(|age| ClaimPath::of("age_equal_or_over").member(age)));
    hidden
}

pub(super) fn header() -> Value {
    header_of(&SIGNER)
}

pub(super) fn header_of(signer: &SignerKey) -> Value {
    json!({"alg": "ES256", "typ": DC_SD_JWT, "x5c": to_header(&signer.x5c)})
}

pub(super) fn signed(claims: Map<String, Value>, header: Value) -> Issued {
    let seed = SaltSeed::new([5; 32]);
    let unsigned = Unsigned::new(claims, &hidden(), |path| seed.salt(path)).unwrap();
    unsigned.sign_under(&header, |bytes| Ok::<_, Infallible>(SIGNER.sign(bytes))).unwrap()
}

pub(super) fn sign_unsigned(unsigned: Unsigned) -> Issued {
    unsigned.sign(&SIGNER.x5c, |bytes| Ok::<_, Infallible>(SIGNER.sign(bytes))).unwrap()
}

pub(crate) fn issued() -> Issued {
    static ISSUED: LazyLock<Issued> = LazyLock::new(|| signed(claims(), header()));
    ISSUED.clone()
}

pub(crate) fn expected() -> ExpectedBinding<'static> {
    ExpectedBinding {
        audience: "x509_hash:verifier",
        nonce: "n-0S6_WzA2Mj",
        issued: "2026-11-22T11:59:00Z".parse().unwrap()..="2026-11-22T12:01:00Z".parse().unwrap(),
    }
}

/// Shows the given name.
pub(crate) fn presented() -> String {
    PRESENTED.clone()
}

/// A key binding over `presented` of type `typ`, right but for what the arguments say.
pub(crate) fn binding(presented: &str, typ: &str, holder: u8) -> String {
    let claims = json!({
        "iat": "2026-11-22T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second(),
        "aud": expected().audience,
        "nonce": expected().nonce,
        "sd_hash": key_binding::sd_hash(presented),
    });
    let header = json!({"alg": "ES256", "typ": typ});
    let input = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = holder_signature(holder, input.as_bytes());
    format!("{input}.{}", base64url(signature))
}

//! Keys, signatures and proofs of possession as JSON.

use serde_json::Value;
use shared::jose::dpop::{DPOP_WINDOW, DpopCheck, UnverifiedDpop};
use shared::jose::jwk::PublicJwk;
use shared::jose::jws::CompactJws;
use shared::jose::thumbprint::Thumbprint;
use shared::jose::x5c;
use shared::vci::proof::UnverifiedProof;
use url::Url;

use super::known::{self, Genuine};

static DPOP: Genuine = Genuine::of("dpop");
static PROOF: Genuine = Genuine::of("key_proof");

/// [`CompactJws`], [`PublicJwk`], `x5c` and thumbprints.
pub fn jose(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        if let Ok(key) = PublicJwk::from_value(&value) {
            let written = serde_json::to_value(&key).expect("a key is JSON");
            let again = PublicJwk::from_value(&written).expect("what was written is read");
            assert_eq!(again, key);
            assert_eq!(again.thumbprint(), key.thumbprint());
            assert_eq!(PublicJwk::from_sec1(&key.to_sec1()).as_ref(), Ok(&key));
        }
        if let Ok(chain) = x5c::from_header(&value) {
            let written = serde_json::to_value(x5c::to_header(&chain)).expect("a chain is JSON");
            assert_eq!(x5c::from_header(&written).as_ref(), Ok(&chain));
        }
    }
    let Some(text) = known::text(bytes) else { return };
    if let Ok(jws) = CompactJws::parse(text) {
        let _ = jws.unverified_claims::<Value>();
        let key = jws.header().jwk.as_ref().and_then(|jwk| PublicJwk::from_value(jwk).ok());
        if let Some(key) = key {
            let made = PROOF.inputs().iter().any(|input| input == bytes);
            assert_eq!(jws.verify(&key).is_ok(), made, "signed by nobody, or no longer signed");
        }
    }
    if let Ok(name) = Thumbprint::parse(text) {
        assert_eq!(name.to_string(), text);
    }
}

/// [`UnverifiedDpop`], as the token endpoint and as a resource check it.
pub fn dpop(bytes: &[u8]) {
    let Some(proof) = known::text(bytes).and_then(|text| UnverifiedDpop::parse(text).ok()) else {
        DPOP.judge(bytes, false);
        return;
    };
    let url = Url::parse("https://issuer.example/token").expect("an address");
    let accepted = |access_token| {
        let now = known::now();
        let check = DpopCheck { method: "POST", url: &url, now, access_token, window: DPOP_WINDOW };
        proof.verify(&check).is_ok()
    };
    DPOP.judge(bytes, accepted(None) || accepted(Some("access-token")));
}

/// [`UnverifiedProof`].
pub fn key_proof(bytes: &[u8]) {
    let proof = known::text(bytes).and_then(|text| UnverifiedProof::parse(text).ok());
    let accepted =
        proof.is_some_and(|proof| proof.verify("https://issuer.example", known::now(), None).is_ok());
    PROOF.judge(bytes, accepted);
}

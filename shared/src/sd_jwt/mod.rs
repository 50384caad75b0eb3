//! Selective disclosure: SD-JWT with key binding (RFC 9901) and its use for credentials (SD-JWT VC, `dc+sd-jwt`).
//!
//! - [`path`] which claim: the steps to it
//! - [`disclosure`] one claim with its salt, and the digest that stands for it
//! - [`issue`] the issuer hides claims and signs
//! - [`unverified`] an SD-JWT as it came, taken apart within limits
//! - [`claims`] what it says once the disclosures are put back
//! - [`verify`] who signed it, up to a trusted root
//! - [`present`] the holder discloses some claims to one verifier
//! - [`presentation`] the verifier checks signature, disclosures and key binding
//! - [`json`] the JSON serialization, turned into the compact one
//!
//! Pure: signatures are made by a closure, dates are judged apart from everything else, as in [`crate::x509::chain`].

pub mod claims;
pub mod disclosure;
pub mod issue;
pub mod json;
mod key_binding;
pub mod path;
pub mod present;
pub mod presentation;
mod unfold;
pub mod unverified;
pub mod verify;

pub use claims::Claims;
pub use disclosure::Disclosure;
pub use issue::{IssueError, Issued, SaltSeed, Unsigned};
pub use path::{ClaimPath, PathStep};
pub use present::{PresentError, Presentation};
pub use presentation::{ExpectedBinding, PresentationFault, UndatedPresentation, UnverifiedPresentation};
pub use unfold::UnfoldFault;
pub use unverified::{SdJwtFault, UnverifiedSdJwt};
pub use verify::{DateFault, Trust, UndatedSdJwt, VerifyFault};

/// The format's name in metadata and queries, and `typ` of the issuer's signature (SD-JWT VC §2.2.1).
pub const DC_SD_JWT: &str = "dc+sd-jwt";

/// `typ` of the holder's signature (RFC 9901 §4.3).
pub const KB_JWT: &str = "kb+jwt";

/// The longest text that is looked at: a photo of 60 000 bytes, encoded twice, with room for the rest.
pub const MAX_LENGTH: usize = 256 * 1024;

/// The longest issuer-signed JWT that is looked at.
pub const MAX_JWT: usize = 64 * 1024;

/// The most disclosures that are looked at.
pub const MAX_DISCLOSURES: usize = 256;

/// How deep claims may be nested, disclosures inside disclosures counted.
pub const MAX_DEPTH: usize = 32;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests {
    //! The vectors of RFC 9901's reference implementation, where they lie beside the project.

    use std::fs;
    use std::path::{Path, PathBuf};

    use serde_json::{Map, Value, json};

    use super::json::compact_from_json;
    use super::*;
    use crate::jose::jwk::PublicJwk;
    use crate::jose::jws::CompactJws;

    /// Where the vectors are; `None` is said aloud, and is a failure under `MLEG_REQUIRE_ALL=1`.
    fn vectors() -> Option<PathBuf> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/sdjwt_rfc9901");
        if beside.is_dir() {
            return Some(beside);
        }
        let required = std::env::var_os("MLEG_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "{} is required by MLEG_REQUIRE_ALL=1 and missing", beside.display());
        eprintln!("skipped: {} is missing", beside.display());
        None
    }

    fn issuer_key() -> PublicJwk {
        PublicJwk::from_value(&json!({
            "kty": "EC", "crv": "P-256",
            "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
            "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
        }))
        .unwrap()
    }

    fn object(path: &Path) -> Map<String, Value> {
        let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        value.as_object().unwrap().clone()
    }

    /// The compact text, whichever serialization the vector is in.
    fn compact(directory: &Path, stem: &str) -> String {
        match fs::read_to_string(directory.join(format!("{stem}.txt"))) {
            Ok(text) => text.trim_end().to_owned(),
            Err(_) => {
                // The reference implementation wrote the JSON as a JSON text.
                let quoted = fs::read_to_string(directory.join(format!("{stem}.json"))).unwrap();
                compact_from_json(&serde_json::from_str::<String>(&quoted).unwrap()).unwrap()
            }
        }
    }

    /// `sd_hash` as the reference implementation makes it of JSON.
    fn hash_over_json(directory: &Path, sd_jwt: &str) -> String {
        let quoted = fs::read_to_string(directory.join("sd_jwt_issuance.json")).unwrap();
        let json: String = serde_json::from_str(&quoted).unwrap();
        let (_, disclosures) = sd_jwt.split_once('~').unwrap();
        key_binding::sd_hash(&format!("{json}~{disclosures}"))
    }

    fn check(directory: &Path) {
        let name = directory.display();
        let issuance = compact(directory, "sd_jwt_issuance");
        let issued = UnverifiedSdJwt::parse(&issuance).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let jws = CompactJws::parse_within(issued.jwt(), MAX_JWT).unwrap();
        let typ = jws.header().typ.clone().unwrap();
        let key = issuer_key();
        let trust = Trust::Key { key: &key, typ: &typ };

        let payload: Map<String, Value> = jws.unverified_claims().unwrap();
        assert_eq!(payload, object(&directory.join("sd_jwt_payload.json")), "{name}: payload");
        for (claim, value) in object(&directory.join("user_claims.json")) {
            assert_eq!(issued.unverified_claims().all().get(&claim), Some(&value), "{name}: {claim}");
        }
        assert!(issued.clone().verify(&trust).is_ok(), "{name}: the issuer's signature");

        let presented = compact(directory, "sd_jwt_presentation");
        let expected = object(&directory.join("verified_contents.json"));
        if !directory.join("kb_jwt_payload.json").exists() {
            let verified = UnverifiedSdJwt::parse(&presented).unwrap().verify(&trust).unwrap();
            assert_eq!(*verified.claims().all(), expected, "{name}: verified contents");
            return;
        }
        let binding = object(&directory.join("kb_jwt_payload.json"));
        let signed_at = jiff::Timestamp::from_second(binding["iat"].as_i64().unwrap()).unwrap();
        let asked = ExpectedBinding {
            audience: binding["aud"].as_str().unwrap(),
            nonce: binding["nonce"].as_str().unwrap(),
            issued: signed_at..=signed_at,
        };
        let verified = UnverifiedPresentation::parse(&presented).unwrap().verify(&trust, &asked);
        if directory.join("sd_jwt_issuance.json").exists() {
            // The reference implementation hashed the JSON text where RFC 9901 §8.1 has the compact form: the issuer's
            // part is right, the holder's signature is over something else, and is told so.
            assert_eq!(verified.map(|_| ()).unwrap_err(), PresentationFault::OtherDisclosures, "{name}");
            let (sd_jwt, _) = presented.split_at(presented.rfind('~').unwrap() + 1);
            let verified = UnverifiedSdJwt::parse(sd_jwt).unwrap().verify(&trust).unwrap();
            assert_eq!(*verified.claims().all(), expected, "{name}: verified contents");
            assert_eq!(
                binding["sd_hash"],
                hash_over_json(directory, sd_jwt),
                "{name}: what it hashed instead"
            );
            return;
        }
        let verified = verified.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(*verified.claims().all(), expected, "{name}: verified contents");
        let other = ExpectedBinding { nonce: "another", ..asked };
        let refused = UnverifiedPresentation::parse(&presented).unwrap().verify(&trust, &other);
        assert_eq!(refused.map(|_| ()).unwrap_err(), PresentationFault::Nonce, "{name}");
    }

    #[test]
    fn every_published_vector_verifies() {
        let Some(vectors) = vectors() else { return };
        let mut seen = 0;
        for entry in fs::read_dir(vectors).unwrap() {
            let directory = entry.unwrap().path();
            if directory.is_dir() {
                check(&directory);
                seen += 1;
            }
        }
        assert!(seen >= 15, "only {seen} vectors");
    }
}

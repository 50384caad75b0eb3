//! JWS in compact form (RFC 7515 §7.1), ES256 alone (RFC 7518 §3.4).

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize as _, DeserializeOwned};
use serde_json::Value;

use super::jwk::PublicJwk;
use super::{base64url, from_base64url, json_object};

/// The longest JWS that [`CompactJws::parse`] looks at, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The one algorithm: ECDSA over P-256 with SHA-256.
pub const ES256: &str = "ES256";

/// A compact JWS whose signature nobody has checked yet.
#[derive(Clone)]
pub struct CompactJws {
    header: Header,
    payload: Vec<u8>,
    signing_input: String,
    signature: [u8; 64],
}

/// The members of a protected header that this project reads; unknown ones are ignored.
#[derive(Clone, Default, PartialEq, serde::Deserialize)]
pub struct Header {
    /// The signature algorithm; [`CompactJws::parse`] lets only [`ES256`] through.
    pub alg: String,
    /// What kind of object this is.
    pub typ: Option<String>,
    /// A reference to the key.
    pub kid: Option<String>,
    /// The key itself, as it came: read it with [`PublicJwk::from_value`].
    #[serde(default, deserialize_with = "present")]
    pub jwk: Option<Value>,
    /// The key as a certificate chain, as it came.
    #[serde(default, deserialize_with = "present")]
    pub x5c: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

/// A member that is there counts as there, even when it is null: `"crit": null` must not pass for no `crit`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A `jwk` may hold a private key sent by mistake, an `x5c` a person's name.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("alg", &self.alg).field("typ", &self.typ).finish_non_exhaustive()
    }
}

/// Claims are personal data or secrets more often than not.
impl fmt::Debug for CompactJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompactJws").field("header", &self.header).finish_non_exhaustive()
    }
}

impl CompactJws {
    /// Takes a JWS of at most [`MAX_LENGTH`] bytes apart; checks its form, not its signature.
    ///
    /// # Errors
    /// See [`JwsError`]. A header with `crit` is refused, because no extension is understood (RFC 7515 §4.1.11).
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        Self::parse_within(text, MAX_LENGTH)
    }

    /// As [`CompactJws::parse`], with a limit of one's own, in bytes.
    ///
    /// # Errors
    /// See [`JwsError`].
    pub fn parse_within(text: &str, limit: usize) -> Result<Self, JwsError> {
        if text.len() > limit {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::NotThreeParts)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::NotThreeParts)?;
        if payload.contains('.') {
            return Err(JwsError::NotThreeParts);
        }
        let header = from_base64url(header).ok_or(JwsError::NotBase64Url)?;
        let header: Header = json_object(&header).ok_or(JwsError::Header)?;
        if header.crit.is_some() {
            return Err(JwsError::CriticalExtension);
        }
        if header.alg != ES256 {
            return Err(JwsError::UnsupportedAlgorithm);
        }
        let payload = from_base64url(payload).ok_or(JwsError::NotBase64Url)?;
        let signature = from_base64url(signature).ok_or(JwsError::NotBase64Url)?;
        let signature = signature.try_into().map_err(|_| JwsError::SignatureLength)?;
        Ok(Self { header, payload, signing_input: signing_input.to_owned(), signature })
    }

    /// The protected header; unverified until [`CompactJws::verify`] has passed.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims as `T`, whether the signature is right or not.
    ///
    /// # Errors
    /// [`JwsError::Claims`] when the payload is not a JSON object of this shape.
    pub fn unverified_claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        json_object(&self.payload).ok_or(JwsError::Claims)
    }

    /// The payload's bytes, whether the signature is right or not.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks the signature with `key`.
    ///
    /// # Errors
    /// [`BadSignature`] when it was not made by that key over these bytes.
    pub fn verify(&self, key: &PublicJwk) -> Result<(), BadSignature> {
        key.verify(self.signing_input.as_bytes(), &self.signature)
    }
}

/// What is to be signed: `base64url(header) "." base64url(claims)`. The key stays with its owner.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningInput(String);

impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningInput(…)")
    }
}

impl SigningInput {
    /// Encodes `header` and `claims`, member for member in the order in which they serialise.
    ///
    /// # Errors
    /// [`JwsError::Serialize`] for values that JSON cannot express.
    pub fn new(header: &impl Serialize, claims: &impl Serialize) -> Result<Self, JwsError> {
        let header = serde_json::to_vec(header).map_err(|_| JwsError::Serialize)?;
        let claims = serde_json::to_vec(claims).map_err(|_| JwsError::Serialize)?;
        Ok(Self(format!("{}.{}", base64url(header), base64url(claims))))
    }

    /// The bytes to sign with ECDSA over their SHA-256.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The compact JWS; `signature` is `r || s`, 32 bytes each, big-endian (RFC 7518 §3.4).
    pub fn finish(self, signature: [u8; 64]) -> String {
        let mut jws = self.0;
        jws.push('.');
        jws.push_str(&base64url(signature));
        jws
    }
}

/// The signature was not made by this key over these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not match the key")]
pub struct BadSignature;

/// Messages complete "cannot read signed object: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than the limit.
    #[error("text is too long")]
    TooLong,
    /// Not `header.payload.signature`.
    #[error("text is not three parts joined by dots")]
    NotThreeParts,
    /// A part is not unpadded base64url.
    #[error("a part is not base64url")]
    NotBase64Url,
    /// The header is not a JSON object with the right types, or repeats a member.
    #[error("header is not a JSON object of the expected shape")]
    Header,
    /// The header demands an extension.
    #[error("header demands extensions (crit) that are not supported")]
    CriticalExtension,
    /// Not ES256: neither `none` nor a MAC nor another curve.
    #[error("algorithm is not ES256")]
    UnsupportedAlgorithm,
    /// An ES256 signature has 64 bytes.
    #[error("signature is not 64 bytes long")]
    SignatureLength,
    /// The payload is not JSON of the expected shape.
    #[error("claims are not of the expected shape")]
    Claims,
    /// Header or claims cannot be written as JSON.
    #[error("header or claims cannot be written as JSON")]
    Serialize,
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const RFC_7515_A3: &str = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn rfc_7515_key() -> PublicJwk {
        PublicJwk::from_value(&json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }))
        .unwrap()
    }

    fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
        let input = SigningInput::new(header, claims).unwrap();
        let signature: Signature = key.sign(input.as_bytes());
        input.finish(signature.to_bytes().into())
    }

    fn device(seed: u8) -> (SigningKey, PublicJwk) {
        let signing = SigningKey::from_slice(&[seed; 32]).unwrap();
        let public = PublicJwk::from_sec1(signing.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
        (signing, public)
    }

    #[test]
    fn the_published_example_verifies() {
        let jws = CompactJws::parse(RFC_7515_A3).unwrap();
        assert_eq!(jws.verify(&rfc_7515_key()), Ok(()));
        let claims: Value = jws.unverified_claims().unwrap();
        assert_eq!(claims, json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true}));
    }

    #[test]
    fn a_signature_of_another_implementation_verifies_with_its_key_alone() {
        let (signing, public) = device(7);
        let text = signed(&json!({"alg": "ES256", "typ": "t"}), &json!({"a": 1}), &signing);
        let jws = CompactJws::parse(&text).unwrap();
        assert_eq!(jws.header().typ.as_deref(), Some("t"));
        assert_eq!(jws.verify(&public), Ok(()));
        assert_eq!(jws.verify(&device(8).1), Err(BadSignature));
    }

    #[test]
    fn printing_tells_neither_keys_nor_claims() {
        let header = json!({"alg": "ES256", "typ": "t", "jwk": {"d": "geheim"}, "kid": "k-1"});
        let text = signed(&header, &json!({"pesel": "44051401359"}), &device(7).0);
        let jws = CompactJws::parse(&text).unwrap();
        assert_eq!(
            format!("{jws:?}"),
            r#"CompactJws { header: Header { alg: "ES256", typ: Some("t"), .. }, .. }"#
        );
    }

    #[test]
    fn changing_any_part_breaks_the_signature() {
        let (signing, public) = device(7);
        let header = json!({"alg": "ES256"});
        let good = signed(&header, &json!({"a": 1}), &signing);
        let (_, signature) = good.rsplit_once('.').unwrap();
        for (header, claims) in
            [(header, json!({"a": 2})), (json!({"alg": "ES256", "kid": "x"}), json!({"a": 1}))]
        {
            let forged = SigningInput::new(&header, &claims).unwrap();
            let forged = format!("{}.{signature}", String::from_utf8(forged.as_bytes().to_vec()).unwrap());
            assert_eq!(CompactJws::parse(&forged).unwrap().verify(&public), Err(BadSignature));
        }
    }

    #[test]
    fn every_malformed_text_is_refused_for_its_own_reason() {
        let with_header = |header: &str| format!("{}.e30.{}", base64url(header), base64url([0; 64]));
        let cases = [
            (String::new(), JwsError::NotThreeParts),
            ("e30.e30".to_owned(), JwsError::NotThreeParts),
            (format!("{}.x", with_header(r#"{"alg":"ES256"}"#)), JwsError::NotThreeParts),
            (format!("{}=", with_header(r#"{"alg":"ES256"}"#)), JwsError::NotBase64Url),
            (with_header("[]"), JwsError::Header),
            (with_header(r#"["ES256",null,null,null,null]"#), JwsError::Header),
            (with_header("{}"), JwsError::Header),
            (with_header(r#"{"alg":"ES256","alg":"none"}"#), JwsError::Header),
            (with_header(r#"{"alg":"ES256","kid":1}"#), JwsError::Header),
            (with_header(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#), JwsError::CriticalExtension),
            (with_header(r#"{"alg":"ES256","crit":null}"#), JwsError::CriticalExtension),
            (format!("{}.e30.", base64url(r#"{"alg":"none"}"#)), JwsError::UnsupportedAlgorithm),
            (with_header(r#"{"alg":"HS256"}"#), JwsError::UnsupportedAlgorithm),
            (with_header(r#"{"alg":"es256"}"#), JwsError::UnsupportedAlgorithm),
            (
                format!("{}.e30.{}", base64url(r#"{"alg":"ES256"}"#), base64url([0; 63])),
                JwsError::SignatureLength,
            ),
            (
                format!("{}.e30.{}", base64url(r#"{"alg":"ES256"}"#), base64url([0; 72])),
                JwsError::SignatureLength,
            ),
            ("a".repeat(MAX_LENGTH + 1), JwsError::TooLong),
        ];
        for (text, reason) in cases {
            assert_eq!(CompactJws::parse(&text).map(|_| ()), Err(reason), "{text}");
        }
        let zero = CompactJws::parse(&with_header(r#"{"alg":"ES256"}"#)).unwrap();
        assert_eq!(
            zero.verify(&device(7).1),
            Err(BadSignature),
            "r = s = 0 once passed for a signature elsewhere"
        );
    }

    #[test]
    fn claims_of_another_shape_are_refused() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Claims {
            a: u8,
        }
        let cases = [
            (json!({"a": 1, "b": 2}), Ok(Claims { a: 1 })),
            (json!({"a": "1"}), Err(JwsError::Claims)),
            (json!([1]), Err(JwsError::Claims)),
            (json!("a"), Err(JwsError::Claims)),
        ];
        for (claims, expected) in cases {
            let jws = CompactJws::parse(&signed(&json!({"alg": "ES256"}), &claims, &device(7).0)).unwrap();
            assert_eq!(jws.unverified_claims(), expected, "{claims}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = CompactJws::parse(&text);
        }

        #[test]
        fn reading_well_formed_parts_never_panics(header in any::<String>(), payload in any::<Vec<u8>>(), signature in any::<Vec<u8>>()) {
            let text = format!("{}.{}.{}", base64url(header), base64url(payload), base64url(signature));
            let _ = CompactJws::parse(&text);
        }
    }
}

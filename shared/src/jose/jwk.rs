//! Public keys as JSON (RFC 7517, RFC 7518 §6.2): P-256 alone.

use std::fmt;
use std::hash::{Hash, Hasher};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::jws::BadSignature;
use super::thumbprint::Thumbprint;
use super::{base64url, from_base64url};

/// Members that only a private or a symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A P-256 public key: a point that lies on the curve, never the point at infinity.
///
/// Unknown members of a JWK (`kid`, `use`, …) are ignored and not kept; it is written with exactly `kty`, `crv`, `x`, `y`.
#[derive(Clone)]
pub struct PublicJwk {
    point: [u8; 65],
    /// As the provider wants it: made once, for it is checked then that the point lies on the curve.
    parsed: ParsedPublicKey,
}

impl PartialEq for PublicJwk {
    fn eq(&self, other: &Self) -> bool {
        self.point == other.point
    }
}

impl Eq for PublicJwk {}

impl Hash for PublicJwk {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.point.hash(state);
    }
}

impl PublicJwk {
    /// Reads a JWK.
    ///
    /// # Errors
    /// See [`JwkError`]; private members are refused before anything else is looked at.
    pub fn from_value(jwk: &Value) -> Result<Self, JwkError> {
        let members = jwk.as_object().ok_or(JwkError::NotAnObject)?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(JwkError::PrivateMember);
        }
        if text(members, "kty")? != "EC" {
            return Err(JwkError::UnsupportedKeyType);
        }
        if text(members, "crv")? != "P-256" {
            return Err(JwkError::UnsupportedCurve);
        }
        let mut point = [0x04; 65];
        point[1..33].copy_from_slice(&coordinate(members, "x")?);
        point[33..].copy_from_slice(&coordinate(members, "y")?);
        Self::from_point(point)
    }

    /// Reads an uncompressed point (SEC 1 §2.3.3): `04 || x || y`, 65 bytes.
    ///
    /// # Errors
    /// [`JwkError::NotUncompressed`] for another form or length, [`JwkError::NotOnCurve`].
    pub fn from_sec1(point: &[u8]) -> Result<Self, JwkError> {
        let point: [u8; 65] = point.try_into().map_err(|_| JwkError::NotUncompressed)?;
        if point[0] != 0x04 {
            return Err(JwkError::NotUncompressed);
        }
        Self::from_point(point)
    }

    fn from_point(point: [u8; 65]) -> Result<Self, JwkError> {
        // Parsing is what checks the curve equation (SP 800-56A §5.6.2.3.3).
        let parsed =
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| JwkError::NotOnCurve)?;
        Ok(Self { point, parsed })
    }

    /// The uncompressed point, `04 || x || y`.
    pub fn to_sec1(&self) -> [u8; 65] {
        self.point
    }

    /// The key's name (RFC 7638, SHA-256).
    pub fn thumbprint(&self) -> Thumbprint {
        let (x, y) = self.coordinates();
        Thumbprint::of_p256(&x, &y)
    }

    /// Checks an ES256 signature, `r || s`.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        self.parsed.verify_sig(message, signature).map_err(|_| BadSignature)
    }

    fn coordinates(&self) -> (String, String) {
        (base64url(&self.point[1..33]), base64url(&self.point[33..]))
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, JwkError> {
    members.get(name).and_then(Value::as_str).ok_or(JwkError::Member(name))
}

/// RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros included.
fn coordinate(members: &Map<String, Value>, name: &'static str) -> Result<[u8; 32], JwkError> {
    let bytes = from_base64url(text(members, name)?).ok_or(JwkError::NotBase64Url(name))?;
    bytes.try_into().map_err(|_| JwkError::Length(name))
}

impl TryFrom<&Value> for PublicJwk {
    type Error = JwkError;

    fn try_from(jwk: &Value) -> Result<Self, JwkError> {
        Self::from_value(jwk)
    }
}

impl fmt::Debug for PublicJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicJwk({})", self.thumbprint())
    }
}

impl Serialize for PublicJwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (x, y) = self.coordinates();
        let mut jwk = serializer.serialize_struct("PublicJwk", 4)?;
        jwk.serialize_field("kty", "EC")?;
        jwk.serialize_field("crv", "P-256")?;
        jwk.serialize_field("x", &x)?;
        jwk.serialize_field("y", &y)?;
        jwk.end()
    }
}

impl<'de> Deserialize<'de> for PublicJwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(&value).map_err(serde::de::Error::custom)
    }
}

/// Messages complete "cannot accept public key: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A JWK is a JSON object.
    #[error("jwk is not a JSON object")]
    NotAnObject,
    /// Someone sent their private key; it must be considered lost.
    #[error("jwk holds a private or symmetric key")]
    PrivateMember,
    /// A required member is missing or is not a string.
    #[error("jwk member {0} is missing or not a string")]
    Member(&'static str),
    /// `kty` is not `EC`.
    #[error("key type is not EC")]
    UnsupportedKeyType,
    /// `crv` is not `P-256`.
    #[error("curve is not P-256")]
    UnsupportedCurve,
    /// A coordinate is not unpadded base64url.
    #[error("coordinate {0} is not base64url")]
    NotBase64Url(&'static str),
    /// A coordinate is not 32 bytes.
    #[error("coordinate {0} is not 32 bytes long")]
    Length(&'static str),
    /// Not the 65 bytes of an uncompressed point.
    #[error("point is not in uncompressed form")]
    NotUncompressed,
    /// The coordinates do not satisfy the curve equation.
    #[error("point is not on the curve")]
    NotOnCurve,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The key of RFC 9449 §4.1.
    fn rfc_9449() -> Value {
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut jwk = rfc_9449();
        jwk[name] = value;
        jwk
    }

    #[test]
    fn the_thumbprint_is_the_published_one() {
        let key = PublicJwk::from_value(&rfc_9449()).unwrap();
        assert_eq!(key.thumbprint().to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_key_is_written_with_exactly_its_public_members() {
        let mut decorated = rfc_9449();
        decorated["kid"] = json!("mine");
        decorated["use"] = json!("sig");
        let key: PublicJwk = serde_json::from_value(decorated).unwrap();
        assert_eq!(serde_json::to_value(&key).unwrap(), rfc_9449());
        assert_eq!(PublicJwk::from_sec1(&key.to_sec1()), Ok(key));
    }

    #[test]
    fn every_wrong_key_is_refused_for_its_own_reason() {
        let zeros = base64url([0; 32]);
        let long = base64url([1; 33]);
        let cases = [
            (json!("EC"), JwkError::NotAnObject),
            (with("d", json!("AAAA")), JwkError::PrivateMember),
            (with("d", json!(null)), JwkError::PrivateMember),
            (json!({"kty": "oct", "k": "AAAA"}), JwkError::PrivateMember),
            (json!({"crv": "P-256"}), JwkError::Member("kty")),
            (with("kty", json!(1)), JwkError::Member("kty")),
            (with("kty", json!("RSA")), JwkError::UnsupportedKeyType),
            (with("kty", json!("OKP")), JwkError::UnsupportedKeyType),
            (with("crv", json!("P-384")), JwkError::UnsupportedCurve),
            (with("crv", json!("secp256k1")), JwkError::UnsupportedCurve),
            (with("x", json!(null)), JwkError::Member("x")),
            (with("y", json!("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA=")), JwkError::NotBase64Url("y")),
            (with("x", json!("AAAA")), JwkError::Length("x")),
            (with("y", json!(long)), JwkError::Length("y")),
            (with("y", json!(zeros)), JwkError::NotOnCurve),
        ];
        for (jwk, reason) in cases {
            assert_eq!(PublicJwk::from_value(&jwk), Err(reason), "{jwk}");
        }
    }

    #[test]
    fn only_uncompressed_points_on_the_curve_are_taken() {
        let point = PublicJwk::from_value(&rfc_9449()).unwrap().to_sec1();
        let mut compressed = point[..33].to_vec();
        compressed[0] = 0x03;
        let mut hybrid = point;
        hybrid[0] = 0x06;
        let mut off = point;
        off[64] ^= 1;
        assert_eq!(PublicJwk::from_sec1(&compressed), Err(JwkError::NotUncompressed));
        assert_eq!(PublicJwk::from_sec1(&[0]), Err(JwkError::NotUncompressed));
        assert_eq!(PublicJwk::from_sec1(&hybrid), Err(JwkError::NotUncompressed));
        assert_eq!(PublicJwk::from_sec1(&off), Err(JwkError::NotOnCurve));
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_our_point_check_agrees_with_another_implementation(bytes in prop::collection::vec(any::<u8>(), 64)) {
            let mut point = vec![0x04];
            point.extend(bytes);
            prop_assert_eq!(PublicJwk::from_sec1(&point).is_ok(), p256::PublicKey::from_sec1_bytes(&point).is_ok());
        }

        #[test]
        fn keys_of_another_implementation_survive_the_round_trip(seed in 1u64..) {
            let mut scalar = [0; 32];
            scalar[24..].copy_from_slice(&seed.to_be_bytes());
            let signing = p256::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            let point = signing.verifying_key().to_sec1_point(false);
            let key = PublicJwk::from_sec1(point.as_bytes()).unwrap();
            let read: PublicJwk = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();
            prop_assert_eq!(read, key);
        }
    }
}

//! Keys in a code: the holder's, as a compressed point; the issuer's, by eight bytes of its digest.

use std::fmt;

use ciborium::Value;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use sha2::{Digest, Sha256};

use super::cbor::{self, Taking, int};
use crate::x509::key::EcPublicKey;

/// The public key that a statement was issued to: a point on P-256, compressed (SEC1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HolderKey([u8; 33]);

impl HolderKey {
    /// Takes a SEC1 point, compressed or not.
    ///
    /// # Errors
    /// When it is no point of P-256.
    pub fn from_sec1(point: &[u8]) -> Result<Self, NotAPoint> {
        let key = p256::PublicKey::from_sec1_bytes(point).map_err(|_| NotAPoint)?;
        key.to_sec1_point(true).as_bytes().try_into().map(Self).map_err(|_| NotAPoint)
    }

    /// The compressed point: 33 octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A COSE_Key (RFC 9053 §7.1.1) whose *y* is its sign alone.
    pub(super) fn to_cbor(&self) -> Value {
        let (sign, x) = self.0.split_first().unwrap_or((&2, &[]));
        cbor::map([
            (int(1), int(2)),
            (int(-1), int(1)),
            (int(-2), Value::Bytes(x.to_vec())),
            (int(-3), Value::Bool(*sign == 3)),
        ])
    }

    pub(super) fn from_cbor(value: Value) -> Option<Self> {
        let mut map = Taking::new(value)?;
        let is = |value: Option<Value>, expected: i64| value.filter(|found| *found == int(expected));
        is(map.number(1), 2)?;
        is(map.number(-1), 1)?;
        let x = map.number(-2)?.into_bytes().ok()?;
        let sign = if map.number(-3)?.as_bool()? { 3 } else { 2 };
        map.finish()?;
        let point: [u8; 33] = [&[sign], x.as_slice()].concat().try_into().ok()?;
        Self::from_sec1(&point).ok()
    }
}

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKey(…)")
    }
}

/// Which key of an issuer signed: the first 8 bytes of SHA-256 over its SubjectPublicKeyInfo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// Of this key.
    pub fn of(key: &EcPublicKey) -> Self {
        let digest = Sha256::digest(key.spki_der());
        let mut id = [0; 8];
        id.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        Self(id)
    }

    pub(super) fn to_cbor(self) -> Value {
        Value::Bytes(self.0.to_vec())
    }

    pub(super) fn from_cbor(value: &Value) -> Option<Self> {
        value.as_bytes()?.as_slice().try_into().ok().map(Self)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Messages complete "cannot accept holder's key: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a point on P-256")]
pub struct NotAPoint;

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;

    use super::*;

    #[test]
    fn a_key_is_one_whether_its_point_is_compressed_or_not() {
        for seed in 1..8 {
            let key = SigningKey::from_slice(&[seed; 32]).unwrap();
            let of = |compressed| {
                HolderKey::from_sec1(key.verifying_key().to_sec1_point(compressed).as_bytes()).unwrap()
            };
            assert_eq!(of(true), of(false));
            assert_eq!(HolderKey::from_cbor(of(true).to_cbor()), Some(of(true)));
        }
        assert_eq!(HolderKey::from_sec1(&[2; 32]), Err(NotAPoint));
        // x = 5 is the abscissa of a point, x = 1 of none.
        let mut point = [0; 33];
        (point[0], point[32]) = (2, 1);
        assert_eq!(HolderKey::from_sec1(&point), Err(NotAPoint));
        point[32] = 5;
        assert!(HolderKey::from_sec1(&point).is_ok());
    }
}

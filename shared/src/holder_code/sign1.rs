//! COSE_Sign1 (RFC 9052 §4.2) with ES256 and nothing unprotected, untagged.
//!
//! An ECDSA signature has a twin that verifies as well (*s* and *n − s*); the smaller one alone is written and read, so
//! that a signed object cannot be spelt in two ways.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use ciborium::Value;

use super::cbor;

/// The `alg` header (RFC 9052 §3.1).
pub(super) const ALG: i64 = 1;
/// ES256 (RFC 9053 §2.1).
pub(super) const ES256: i64 = -7;

/// What is to be signed, and what it will be part of.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unsigned {
    protected: Vec<u8>,
    payload: Vec<u8>,
    message: Vec<u8>,
}

impl Unsigned {
    /// Prepares a signature over `protected` and `payload` in the context `aad`.
    pub(super) fn new(protected: Vec<u8>, payload: Vec<u8>, aad: &[u8]) -> Self {
        let message = message(&protected, &payload, aad);
        Self { protected, payload, message }
    }

    /// The Sig_structure (RFC 9052 §4.4): what ECDSA with SHA-256 signs.
    pub(super) fn message(&self) -> &[u8] {
        &self.message
    }

    /// The signed object; `signature` is `r || s`.
    pub(super) fn finish(self, signature: [u8; 64]) -> Vec<u8> {
        cbor::write(&Value::Array(vec![
            Value::Bytes(self.protected),
            Value::Map(Vec::new()),
            Value::Bytes(self.payload),
            Value::Bytes(smaller(signature).to_vec()),
        ]))
    }
}

fn message(protected: &[u8], payload: &[u8], aad: &[u8]) -> Vec<u8> {
    let parts = [protected, aad, payload].map(|part| Value::Bytes(part.to_vec()));
    let context = Value::Text("Signature1".to_owned());
    cbor::write(&Value::Array([context].into_iter().chain(parts).collect()))
}

/// The smaller of a signature and its twin; what is no signature stays what it is.
fn smaller(signature: [u8; 64]) -> [u8; 64] {
    p256::ecdsa::Signature::from_slice(&signature)
        .map_or(signature, |read| read.normalize_s().to_bytes().into())
}

/// A signed object that nobody has verified yet.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Signed {
    /// The protected header's bytes.
    pub(super) protected: Vec<u8>,
    /// The payload's bytes.
    pub(super) payload: Vec<u8>,
    signature: [u8; 64],
}

impl Signed {
    /// Takes a value apart; `None` unless it is such an object, its signature the smaller of the two.
    pub(super) fn from_value(value: Value) -> Option<Self> {
        let parts: [Value; 4] = value.into_array().ok()?.try_into().ok()?;
        let [
            Value::Bytes(protected),
            Value::Map(unprotected),
            Value::Bytes(payload),
            Value::Bytes(signature),
        ] = parts
        else {
            return None;
        };
        let signature: [u8; 64] = signature.try_into().ok()?;
        (unprotected.is_empty() && smaller(signature) == signature).then_some(Self {
            protected,
            payload,
            signature,
        })
    }

    /// Whether the key of this point (SEC1, compressed or not) signed it in the context `aad`.
    pub(super) fn is_signed_by(&self, point: &[u8], aad: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(&message(&self.protected, &self.payload, aad), &self.signature)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};

    use super::*;

    fn signed(key: &SigningKey) -> (Vec<u8>, [u8; 64]) {
        let unsigned = Unsigned::new(vec![0xa1, 0x01, 0x26], b"payload".to_vec(), b"context");
        let signature: Signature = key.sign(unsigned.message());
        let low: [u8; 64] = signature.normalize_s().to_bytes().into();
        let (r, s) = Signature::from_slice(&low).unwrap().split_scalars();
        let high: [u8; 64] = Signature::from_scalars(r, -s.as_ref().to_owned()).unwrap().to_bytes().into();
        (unsigned.finish(high), high)
    }

    #[test]
    fn the_greater_twin_is_written_as_the_smaller_and_not_read() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let (bytes, high) = signed(&key);
        let object = Signed::from_value(cbor::read(&bytes).unwrap()).unwrap();
        let points = [true, false].map(|compressed| key.verifying_key().to_sec1_point(compressed));
        for point in &points {
            assert!(object.is_signed_by(point.as_bytes(), b"context"));
            assert!(!object.is_signed_by(point.as_bytes(), b"another"));
        }
        assert_ne!(object.signature, high);
        let mut twin = bytes.clone();
        let at = twin.len() - 64;
        twin[at..].copy_from_slice(&high);
        assert!(Signed::from_value(cbor::read(&twin).unwrap()).is_none());
    }

    #[test]
    fn another_library_reads_and_verifies_it() {
        use coset::CborSerializable as _;
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let object = coset::CoseSign1::from_slice(&signed(&key).0).unwrap();
        let verified = object.verify_signature(b"context", |signature, message| {
            UnparsedPublicKey::new(
                &ECDSA_P256_SHA256_FIXED,
                key.verifying_key().to_sec1_point(true).as_bytes(),
            )
            .verify(message, signature)
        });
        assert!(verified.is_ok());
    }
}

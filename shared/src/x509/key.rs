//! Elliptic-curve public keys and the signatures made with them.
//!
//! Two curves, each with its own hash: ECDSA on P-256 with SHA-256 and on P-384 with SHA-384. Everything else
//! is refused, RSA included.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, EcdsaVerificationAlgorithm, ParsedPublicKey,
};
use der::asn1::{Any, BitString};
use der::{Decode, Encode};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::oid::{self, ObjectIdentifier};

/// The curves that the profile knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256; the only one for device keys.
    P256,
    /// NIST P-384; allowed for certificate authorities.
    P384,
}

impl Curve {
    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => oid::SECP256R1,
            Self::P384 => oid::SECP384R1,
        }
    }

    /// Octets of an uncompressed point.
    fn point_len(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }

    fn verification(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1,
            Self::P384 => &ECDSA_P384_SHA384_ASN1,
        }
    }
}

/// The signature algorithm that belongs to a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256, by a P-256 key.
    EcdsaSha256,
    /// ecdsa-with-SHA384, by a P-384 key.
    EcdsaSha384,
}

impl SignatureAlgorithm {
    /// Reads an AlgorithmIdentifier; parameters must be absent (RFC 5758 §3.2).
    pub(crate) fn read(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        if identifier.parameters.is_some() {
            return None;
        }
        [Self::EcdsaSha256, Self::EcdsaSha384].into_iter().find(|algorithm| algorithm.oid() == identifier.oid)
    }

    pub(crate) fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: self.oid(), parameters: None }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaSha256 => oid::ECDSA_WITH_SHA256,
            Self::EcdsaSha384 => oid::ECDSA_WITH_SHA384,
        }
    }

    fn curve(self) -> Curve {
        match self {
            Self::EcdsaSha256 => Curve::P256,
            Self::EcdsaSha384 => Curve::P384,
        }
    }
}

/// A public key that is a point on its curve.
#[derive(Clone)]
pub struct EcPublicKey {
    curve: Curve,
    point: Vec<u8>,
    spki: Vec<u8>,
    /// As the provider wants it: made once, for it is checked then that the point lies on the curve.
    parsed: ParsedPublicKey,
}

impl PartialEq for EcPublicKey {
    fn eq(&self, other: &Self) -> bool {
        // The rest follows from it.
        self.spki == other.spki
    }
}

impl Eq for EcPublicKey {}

impl EcPublicKey {
    /// Reads a DER SubjectPublicKeyInfo (RFC 5480).
    ///
    /// # Errors
    /// For anything but an uncompressed point on P-256 or P-384 in the one encoding that DER allows.
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, KeyFault> {
        Self::read(&SubjectPublicKeyInfoOwned::from_der(spki).map_err(KeyFault::Malformed)?, spki)
    }

    /// Reads an uncompressed SEC1 point on P-256 (65 octets beginning with 4).
    ///
    /// # Errors
    /// When it is none.
    pub fn from_p256_sec1(point: &[u8]) -> Result<Self, KeyFault> {
        let spki = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: oid::EC_PUBLIC_KEY,
                parameters: Some(Any::encode_from(&Curve::P256.oid()).map_err(KeyFault::Malformed)?),
            },
            subject_public_key: BitString::from_bytes(point).map_err(KeyFault::Malformed)?,
        };
        let der = spki.to_der().map_err(KeyFault::Malformed)?;
        Self::read(&spki, &der)
    }

    pub(crate) fn read(spki: &SubjectPublicKeyInfoOwned, der: &[u8]) -> Result<Self, KeyFault> {
        if spki.algorithm.oid != oid::EC_PUBLIC_KEY {
            return Err(KeyFault::NotEllipticCurve);
        }
        let parameters = spki.algorithm.parameters.as_ref().ok_or(KeyFault::WrongCurve)?;
        // Explicit curve parameters end here too: RFC 5480 §2.1.1 allows the name alone.
        let named: ObjectIdentifier = parameters.decode_as().map_err(|_| KeyFault::WrongCurve)?;
        let curve = [Curve::P256, Curve::P384]
            .into_iter()
            .find(|curve| curve.oid() == named)
            .ok_or(KeyFault::WrongCurve)?;
        let point = spki.subject_public_key.as_bytes().ok_or(KeyFault::NotAPoint)?;
        if point.len() != curve.point_len() || point.first() != Some(&4) {
            return Err(KeyFault::NotAPoint);
        }
        let parsed = ParsedPublicKey::new(curve.verification(), point).map_err(|_| KeyFault::NotAPoint)?;
        Ok(Self { curve, point: point.to_vec(), spki: der.to_vec(), parsed })
    }

    /// The curve it lies on.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The uncompressed SEC1 point: 65 octets for P-256, 97 for P-384.
    pub fn sec1(&self) -> &[u8] {
        &self.point
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The signature algorithm of this key.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        match self.curve {
            Curve::P256 => SignatureAlgorithm::EcdsaSha256,
            Curve::P384 => SignatureAlgorithm::EcdsaSha384,
        }
    }

    /// The identifier that certificates carry: the first 160 bits of SHA-256 over the point (RFC 7093 §2,
    /// method 1).
    pub fn identifier(&self) -> KeyIdentifier {
        let digest = digest::digest(&digest::SHA256, &self.point);
        KeyIdentifier(digest.as_ref().iter().copied().take(20).collect())
    }

    /// Checks an ASN.1 ECDSA signature.
    ///
    /// # Errors
    /// When this key did not make it over `message`, or `algorithm` is not this key's.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        if algorithm.curve() != self.curve {
            return Err(BadSignature);
        }
        self.parsed.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for EcPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcPublicKey({:?}, {})", self.curve, self.identifier())
    }
}

/// A key's identifier as in the key identifier extensions; shown as hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyIdentifier(Vec<u8>);

impl KeyIdentifier {
    /// Takes the octets of an identifier.
    pub(crate) fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(octets.into())
    }

    /// Its octets; 20 in certificates of this profile.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyIdentifier({self})")
    }
}

/// The key did not make this signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not match the key")]
pub struct BadSignature;

/// Messages complete "cannot accept public key: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not a SubjectPublicKeyInfo.
    #[error("it is not a DER SubjectPublicKeyInfo")]
    Malformed(#[source] der::Error),
    /// RSA, Edwards curves and the rest.
    #[error("it is not an elliptic-curve key")]
    NotEllipticCurve,
    /// Another curve, explicit parameters or none.
    #[error("its curve is not allowed here")]
    WrongCurve,
    /// Compressed, of the wrong length, or not on the curve.
    #[error("it is not an uncompressed point on its curve")]
    NotAPoint,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::sample;

    #[test]
    fn sec1_and_spki_are_the_same_key() {
        let spki = sample::device_key().spki_der().to_vec();
        let key = EcPublicKey::from_spki_der(&spki).unwrap();
        assert_eq!(EcPublicKey::from_p256_sec1(key.sec1()).unwrap(), key);
        assert_eq!(key.curve(), Curve::P256);
    }

    #[test]
    fn what_is_no_point_on_p256_is_refused() {
        let good = sample::device_key().sec1().to_vec();
        let mut off_curve = good.clone();
        off_curve[64] ^= 1;
        let compressed = [&[2], &good[1..33]].concat();
        let mut hybrid = good.clone();
        hybrid[0] = 6 + (good[64] & 1);
        for bad in [off_curve, compressed, hybrid, vec![0], vec![], vec![4; 65]] {
            assert_eq!(EcPublicKey::from_p256_sec1(&bad), Err(KeyFault::NotAPoint), "{bad:02x?}");
        }
    }

    #[test]
    fn rsa_and_foreign_curves_are_refused_by_name() {
        use rcgen::PublicKeyData as _;
        let cases = [
            (&rcgen::PKCS_RSA_SHA256, KeyFault::NotEllipticCurve),
            (&rcgen::PKCS_ED25519, KeyFault::NotEllipticCurve),
            (&rcgen::PKCS_ECDSA_P521_SHA512, KeyFault::WrongCurve),
        ];
        for (algorithm, fault) in cases {
            let spki = rcgen::KeyPair::generate_for(algorithm).unwrap().subject_public_key_info();
            assert_eq!(EcPublicKey::from_spki_der(&spki), Err(fault));
        }
        assert!(matches!(EcPublicKey::from_spki_der(&[0x30, 0]), Err(KeyFault::Malformed(_))));
    }

    #[test]
    fn a_signature_is_judged_with_its_own_hash_only() {
        use rcgen::{PublicKeyData as _, SigningKey as _};
        let pair = rcgen::KeyPair::generate().unwrap();
        let key = EcPublicKey::from_spki_der(&pair.subject_public_key_info()).unwrap();
        let signature = pair.sign(b"message").unwrap();
        assert_eq!(key.verify(SignatureAlgorithm::EcdsaSha256, b"message", &signature), Ok(()));
        assert_eq!(key.verify(SignatureAlgorithm::EcdsaSha256, b"massage", &signature), Err(BadSignature));
        assert_eq!(key.verify(SignatureAlgorithm::EcdsaSha384, b"message", &signature), Err(BadSignature));
    }
}

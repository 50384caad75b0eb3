//! What certificates and revocation lists share: bytes, an algorithm and a signature over exactly those bytes.

use std::fmt;
use std::ops::Range;

use der::asn1::{BitString, BitStringRef};
use der::{Decode, Encode, Header, Reader, SliceReader};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::key::{BadSignature, EcPublicKey, SignatureAlgorithm};

/// `SIGNED{…}` (X.509 §6.1), taken apart and not yet verified.
///
/// The part that is signed is kept as it came, never re-encoded, so that what is verified is what was read.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedSigned {
    der: Vec<u8>,
    to_be_signed: Range<usize>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
}

impl UnverifiedSigned {
    /// Takes `der` apart.
    ///
    /// # Errors
    /// When it is not DER (which has one encoding for one content), carries anything behind its end, or is
    /// signed with an algorithm outside the profile.
    pub fn split(der: &[u8]) -> Result<Self, SignedFault> {
        let Parts { to_be_signed, identifier, signature } = Parts::of(der)?;
        let algorithm = SignatureAlgorithm::read(&identifier).ok_or(SignedFault::UnsupportedAlgorithm)?;
        Ok(Self { der: der.to_vec(), to_be_signed, algorithm, signature })
    }

    /// The whole, as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The signed part.
    pub fn to_be_signed(&self) -> &[u8] {
        self.der.get(self.to_be_signed.clone()).unwrap_or_default()
    }

    /// With what it claims to be signed.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks that `key` signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, key: &EcPublicKey) -> Result<(), BadSignature> {
        key.verify(self.algorithm, self.to_be_signed(), &self.signature)
    }
}

/// The signed part of `der`, whatever it is signed with; nobody can tell by it who signed.
///
/// # Errors
/// As [`UnverifiedSigned::split`], but for the algorithm.
pub(crate) fn signed_part(der: &[u8]) -> Result<&[u8], SignedFault> {
    let part = Parts::of(der)?.to_be_signed;
    Ok(der.get(part).unwrap_or_default())
}

/// The three parts of a signed structure.
struct Parts {
    to_be_signed: Range<usize>,
    identifier: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
}

impl Parts {
    fn of(der: &[u8]) -> Result<Self, SignedFault> {
        let mut reader = SliceReader::new(der)?;
        let content_len = usize::try_from(Header::peek(&reader)?.length())?;
        let (body_len, identifier, signature) = reader.sequence(|inner| {
            let body_len = inner.tlv_bytes()?.len();
            let identifier = AlgorithmIdentifierOwned::decode(inner)?;
            let signature = BitStringRef::decode(inner)?;
            Ok::<_, der::Error>((body_len, identifier, signature.as_bytes().map(<[u8]>::to_vec)))
        })?;
        reader.finish()?;
        let signature = signature.ok_or(SignedFault::SignatureBits)?;
        let start = der.len().saturating_sub(content_len);
        Ok(Self { to_be_signed: start..start + body_len, identifier, signature })
    }
}

impl fmt::Debug for UnverifiedSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes name a pupil.
        write!(f, "UnverifiedSigned({:?}, {} octets)", self.algorithm, self.der.len())
    }
}

/// Puts a signature under the bytes that were signed, and returns the DER of the whole.
///
/// # Errors
/// When `to_be_signed` is longer than DER can say.
pub fn assemble(
    to_be_signed: &[u8],
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<Vec<u8>, der::Error> {
    let tail = [algorithm.identifier().to_der()?, BitString::from_bytes(signature)?.to_der()?].concat();
    let length = der::Length::try_from(to_be_signed.len() + tail.len())?;
    let header = Header::new(der::Tag::Sequence, length).to_der()?;
    Ok([header.as_slice(), to_be_signed, &tail].concat())
}

/// Messages complete "cannot read signed data: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedFault {
    /// Not three parts, not DER, or something behind the end.
    #[error("it is not DER of a signed structure")]
    Malformed(#[from] der::Error),
    /// Not ECDSA with SHA-256 or SHA-384.
    #[error("it is signed with an algorithm outside the profile")]
    UnsupportedAlgorithm,
    /// A bit string that is not whole octets.
    #[error("its signature is not whole octets")]
    SignatureBits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assembling_and_splitting_are_inverse() {
        let body = [0x30, 0x03, 0x02, 0x01, 0x07];
        let der = assemble(&body, SignatureAlgorithm::EcdsaSha256, &[1, 2, 3]).unwrap();
        let signed = UnverifiedSigned::split(&der).unwrap();
        assert_eq!(signed.to_be_signed(), body);
        assert_eq!(signed.der(), der);
        assert_eq!(signed.algorithm(), SignatureAlgorithm::EcdsaSha256);
    }

    #[test]
    fn a_long_body_is_found_behind_its_longer_header() {
        let body = [&[0x04, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        let der = assemble(&body, SignatureAlgorithm::EcdsaSha384, &[1]).unwrap();
        assert_eq!(UnverifiedSigned::split(&der).unwrap().to_be_signed(), body);
    }

    #[test]
    fn there_is_one_encoding_only() {
        let body = [0x30, 0x03, 0x02, 0x01, 0x07];
        let der = assemble(&body, SignatureAlgorithm::EcdsaSha256, &[1, 2, 3]).unwrap();
        let long_length = [&[0x30, 0x81], &der[1..]].concat();
        let indefinite = [&[0x30, 0x80], &der[2..], &[0, 0]].concat();
        for other in [long_length, indefinite] {
            assert!(
                matches!(UnverifiedSigned::split(&other), Err(SignedFault::Malformed(_))),
                "{other:02x?}"
            );
        }
        let mut bits = der.clone();
        let unused = der.len() - 4;
        bits[unused] = 1;
        // Bits that do not count must be zero in DER; the last octet is 3.
        assert!(UnverifiedSigned::split(&bits).is_err());
        *bits.last_mut().unwrap() = 2;
        assert_eq!(UnverifiedSigned::split(&bits), Err(SignedFault::SignatureBits));
    }

    #[test]
    fn trailing_bytes_and_other_algorithms_are_refused() {
        let body = [0x30, 0x03, 0x02, 0x01, 0x07];
        let mut trailing = assemble(&body, SignatureAlgorithm::EcdsaSha256, &[1]).unwrap();
        trailing.push(0);
        assert!(matches!(UnverifiedSigned::split(&trailing), Err(SignedFault::Malformed(_))));

        // ecdsa-with-SHA1: 1.2.840.10045.4.1
        let sha1 = [
            &[0x30, 0x13][..],
            &body,
            &[0x30, 0x07, 0x06, 0x05, 0x2a, 0x86, 0x48, 0x04, 0x01],
            &[0x03, 0x02, 0x00, 0x01],
        ]
        .concat();
        let len = sha1.len() - 2;
        let mut sha1 = sha1;
        sha1[1] = u8::try_from(len).unwrap();
        assert_eq!(UnverifiedSigned::split(&sha1), Err(SignedFault::UnsupportedAlgorithm));
    }
}

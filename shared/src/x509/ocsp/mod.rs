//! Online certificate status (RFC 6960): a question about one certificate, and a signed answer made for it.
//!
//! An answer that repeats the question's nonce was made after the question: besides the status it tells a fresh
//! time, which is how phones and inspectors correct their clocks.
//!
//! - [`request`] what is asked, both ways
//! - [`reply`] what is answered: written by the issuer
//! - [`answer`] the same, read and verified

pub mod answer;
mod form;
pub mod reply;
pub mod request;

use aws_lc_rs::digest;
use der::asn1::{Any, Int, Null, OctetString};
use der::{Decode, Encode};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::ca::CaCertificate;
use super::oid::{self, ObjectIdentifier};
use super::serial::SerialNumber;

pub use answer::{OcspFault, UnverifiedAnswer, VerifiedAnswer};
pub use form::CertificateStatus;
pub use reply::{Refusal, Reply, SingleReply};
pub use request::{OcspRequest, Question, RequestFault};

/// The media type of a request.
pub const REQUEST_TYPE: &str = "application/ocsp-request";
/// The media type of a reply.
pub const REPLY_TYPE: &str = "application/ocsp-response";
/// The longest request that is read, in bytes.
pub const MAX_REQUEST: usize = 4 * 1024;
/// The longest reply that is read, in bytes.
pub const MAX_REPLY: usize = 16 * 1024;

/// By which hash a certificate's issuer is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerHash {
    /// What most clients send; nothing rests on its strength (RFC 6960 §4.3 requires it of responders).
    Sha1,
    /// What ours send.
    Sha256,
}

impl IssuerHash {
    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
        }
    }

    fn of(self, octets: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, octets).as_ref().to_vec()
    }

    /// Parameters may be NULL or absent; both are in use.
    fn read(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        let plain = identifier.parameters.as_ref().is_none_or(Any::is_null);
        [Self::Sha1, Self::Sha256].into_iter().find(|hash| plain && hash.oid() == identifier.oid)
    }
}

/// Which certificate is meant: its issuer's name and key, hashed, and its serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateId(form::CertId);

impl CertificateId {
    /// The certificate of this number by `issuer`.
    ///
    /// # Errors
    /// Never for values of these types; the encoder's interface has one.
    pub fn of(issuer: &CaCertificate, serial: SerialNumber, hash: IssuerHash) -> Result<Self, der::Error> {
        let number = serial.as_be_bytes();
        // A number whose first bit is set needs a zero octet, lest it be read as negative.
        let sign: &[u8] = if number.first().is_some_and(|first| first & 0x80 != 0) { &[0] } else { &[] };
        Ok(Self(form::CertId {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: hash.oid(),
                parameters: Some(Any::encode_from(&Null)?),
            },
            issuer_name_hash: OctetString::new(hash.of(&issuer.subject_name().to_der()?))?,
            issuer_key_hash: OctetString::new(hash.of(issuer.public_key().sec1()))?,
            serial_number: Int::new(&[sign, number].concat())?,
        }))
    }

    /// Whether `issuer` is meant, by name and key.
    pub fn is_by(&self, issuer: &CaCertificate) -> bool {
        let Some(hash) = IssuerHash::read(&self.0.hash_algorithm) else { return false };
        let name = issuer.subject_name().to_der().map(|name| hash.of(&name));
        name.is_ok_and(|name| name == self.0.issuer_name_hash.as_bytes())
            && hash.of(issuer.public_key().sec1()) == self.0.issuer_key_hash.as_bytes()
    }

    /// The serial number, if it is one that a certificate of ours could have.
    pub fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_der_content(self.0.serial_number.as_bytes()).ok()
    }
}

/// Reads DER that is canonical: what is read encodes to the same bytes.
fn canonical<T>(bytes: &[u8]) -> Option<T>
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    T::from_der(bytes).ok().filter(|read| read.to_der().is_ok_and(|again| again == bytes))
}

#[cfg(test)]
mod tests;

//! What is asked: one certificate or a few, and a nonce.

use der::asn1::OctetString;
use der::{Decode, Encode};
use x509_cert::ext::Extension;

use super::form::{OcspRequestForm, Request, TbsRequest, Version};
use super::{CertificateId, IssuerHash, MAX_REQUEST, canonical};
use crate::x509::ca::CaCertificate;
use crate::x509::oid;
use crate::x509::serial::SerialNumber;

/// The octets of our nonces (RFC 9654 §2.1).
pub const NONCE_OCTETS: usize = 32;
/// The most octets of anybody's nonce (RFC 9654 §2.1).
const MAX_NONCE: usize = 128;
/// The most certificates that one request may name.
const MAX_CERTIFICATES: usize = 8;

/// A question about one certificate, whose answer is recognised by its nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(super) id: CertificateId,
    pub(super) nonce: [u8; NONCE_OCTETS],
}

impl Question {
    /// Asks about the certificate of this number by `issuer`; `nonce` must be random and new.
    ///
    /// # Errors
    /// Never for values of these types; the encoder's interface has one.
    pub fn new(
        issuer: &CaCertificate,
        serial: SerialNumber,
        nonce: [u8; NONCE_OCTETS],
    ) -> Result<Self, der::Error> {
        Ok(Self { id: CertificateId::of(issuer, serial, IssuerHash::Sha256)?, nonce })
    }

    /// The request's DER: the body of a `POST` of [`REQUEST_TYPE`](super::REQUEST_TYPE).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn to_der(&self) -> Result<Vec<u8>, der::Error> {
        let request = Request { req_cert: self.id.0.clone(), single_request_extensions: None };
        let tbs_request = TbsRequest {
            version: Version::V1,
            requestor_name: None,
            request_list: vec![request],
            request_extensions: Some(vec![nonce_extension(&self.nonce)?]),
        };
        OcspRequestForm { tbs_request, optional_signature: None }.to_der()
    }
}

/// A request as a responder reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    certificates: Vec<CertificateId>,
    nonce: Option<Vec<u8>>,
}

impl OcspRequest {
    /// Reads DER of at most [`MAX_REQUEST`] bytes. A signature is neither needed nor looked at.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(der: &[u8]) -> Result<Self, RequestFault> {
        if der.len() > MAX_REQUEST {
            return Err(RequestFault::TooLong);
        }
        let form: OcspRequestForm = canonical(der).ok_or(RequestFault::Malformed)?;
        let requests = form.tbs_request.request_list;
        if requests.is_empty() || requests.len() > MAX_CERTIFICATES {
            return Err(RequestFault::Number);
        }
        let of_all = form.tbs_request.request_extensions.unwrap_or_default();
        let of_one = requests.iter().flat_map(|request| request.single_request_extensions.iter().flatten());
        let unknown = of_all.iter().filter(|one| one.extn_id != oid::OCSP_NONCE).chain(of_one);
        if unknown.into_iter().any(|extension| extension.critical) {
            return Err(RequestFault::UnknownCritical);
        }
        let nonce = read_nonce(&of_all).ok_or(RequestFault::Nonce)?;
        let certificates = requests.into_iter().map(|request| CertificateId(request.req_cert)).collect();
        Ok(Self { certificates, nonce })
    }

    /// Which certificates are meant, in the order asked.
    pub fn certificates(&self) -> &[CertificateId] {
        &self.certificates
    }

    /// The nonce to be repeated.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }
}

/// id-pkix-ocsp-nonce with the OCTET STRING inside the extension's own (RFC 9654 §2.1).
pub(super) fn nonce_extension(nonce: &[u8]) -> Result<Extension, der::Error> {
    let extn_value = OctetString::new(OctetString::new(nonce)?.to_der()?)?;
    Ok(Extension { extn_id: oid::OCSP_NONCE, critical: false, extn_value })
}

/// The nonce among `extensions`, if any; `None` when it is there twice, or is not one of 1 to 128 octets.
pub(super) fn read_nonce(extensions: &[Extension]) -> Option<Option<Vec<u8>>> {
    let mut nonces = extensions.iter().filter(|extension| extension.extn_id == oid::OCSP_NONCE);
    let Some(extension) = nonces.next() else { return Some(None) };
    let nonce = OctetString::from_der(extension.extn_value.as_bytes()).ok()?;
    let fits = (1..=MAX_NONCE).contains(&nonce.as_bytes().len()) && nonces.next().is_none();
    fits.then(|| Some(nonce.as_bytes().to_vec()))
}

/// Messages complete "cannot answer OCSP request: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Longer than [`MAX_REQUEST`].
    #[error("it is too long")]
    TooLong,
    /// Not DER of a request.
    #[error("it is not DER of an OCSP request")]
    Malformed,
    /// No certificate, or too many.
    #[error("it names no certificate, or more than {MAX_CERTIFICATES}")]
    Number,
    /// Twice, empty, or longer than 128 octets.
    #[error("its nonce is not one of 1 to 128 octets")]
    Nonce,
    /// An extension that must be understood and is not.
    #[error("an extension in it is critical and unknown")]
    UnknownCritical,
}

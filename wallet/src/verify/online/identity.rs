//! Who the verifier is: an address alone, or a key with a certificate.

use std::fmt;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use shared::vci::uri::HttpUrl;
use shared::vp::certificate::{VerifierCertificate, VerifierCertificateError};
use shared::vp::client_id::ClientId;
use shared::vp::request::object::{RequestObjectError, RequestSigner};
use shared::x509::chain::MAX_CERTIFICATES;

/// By what a certificate identifies its verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifiedBy {
    /// By its DNS name, which must be the host that answers go to (`x509_san_dns`).
    DnsName,
    /// By its SHA-256 (`x509_hash`).
    Hash,
}

/// A verifier's identity.
#[derive(Clone)]
pub struct VerifierIdentity {
    name: String,
    certified: Option<Certified>,
}

#[derive(Clone)]
struct Certified {
    key: SigningKey,
    x5c: Vec<Vec<u8>>,
    certificate: VerifierCertificate,
    by: IdentifiedBy,
}

impl VerifierIdentity {
    /// A verifier that nobody vouches for: `redirect_uri`, unsigned. Phones say so to their holders.
    pub fn unsigned(name: &str) -> Self {
        Self { name: name.to_owned(), certified: None }
    }

    /// A verifier with its key (PKCS #8, PEM) and its certificates (PEM, its own first, without the root).
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn from_pem(name: &str, key: &str, chain: &str, by: IdentifiedBy) -> Result<Self, IdentityError> {
        let key = SigningKey::from_pkcs8_pem(key).map_err(|_| IdentityError::Key)?;
        let x5c: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(chain.as_bytes())
            .take(MAX_CERTIFICATES + 1)
            .map(|certificate| certificate.map(|der| der.to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|_| IdentityError::NotPem)?;
        let certificate = VerifierCertificate::parse(&x5c)?;
        if certificate.key().to_sec1() != key.verifying_key().to_sec1_point(false).as_bytes() {
            return Err(IdentityError::OtherKey);
        }
        if by == IdentifiedBy::DnsName && certificate.dns_names().is_empty() {
            return Err(IdentityError::NoDnsName);
        }
        Ok(Self { name: name.to_owned(), certified: Some(Certified { key, x5c, certificate, by }) })
    }

    /// What it calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The client identifier of a request whose answer goes to `response_uri`.
    ///
    /// # Errors
    /// [`IdentityError::OtherHost`] when that is not the host of its certificate, where the certificate's name counts.
    pub(super) fn client_id(&self, response_uri: &HttpUrl) -> Result<ClientId, IdentityError> {
        let Some(certified) = &self.certified else {
            return Ok(ClientId::RedirectUri(response_uri.as_str().to_owned()));
        };
        match certified.by {
            IdentifiedBy::Hash => Ok(ClientId::X509Hash(certified.certificate.hash())),
            IdentifiedBy::DnsName => {
                let host = response_uri.as_url().host_str().unwrap_or_default();
                if !certified.certificate.is_for(host) {
                    return Err(IdentityError::OtherHost);
                }
                Ok(ClientId::X509SanDns(host.to_owned()))
            }
        }
    }

    /// Its signer, if it has one.
    pub(super) fn signer(&self) -> Option<&dyn RequestSigner> {
        self.certified.as_ref().map(|certified| certified as &dyn RequestSigner)
    }
}

impl RequestSigner for Certified {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], RequestObjectError> {
        let signature: Signature = self.key.try_sign(message).map_err(|_| RequestObjectError::Signing)?;
        Ok(signature.to_bytes().into())
    }

    fn x5c(&self) -> &[Vec<u8>] {
        &self.x5c
    }
}

impl fmt::Debug for VerifierIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierIdentity({}, certified: {})", self.name, self.certified.is_some())
    }
}

/// Messages complete "cannot use the verifier's identity: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not a P-256 key in PKCS #8 PEM.
    #[error("its key is no P-256 key in PKCS #8 PEM")]
    Key,
    /// Not PEM.
    #[error("its certificates are not PEM")]
    NotPem,
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] VerifierCertificateError),
    /// The certificate is about another key.
    #[error("its certificate is about another key")]
    OtherKey,
    /// No DNS name to be identified by.
    #[error("its certificate has no DNS name")]
    NoDnsName,
    /// Answers would go to a host that the certificate does not name.
    #[error("its certificate does not name the host that answers go to")]
    OtherHost,
}

impl IdentityError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Key => "not_a_key",
            Self::NotPem => "not_pem",
            Self::Certificate(_) => "bad_certificate",
            Self::OtherKey => "certificate_of_other_key",
            Self::NoDnsName => "no_dns_name",
            Self::OtherHost => "certificate_of_other_host",
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certified(names: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        (key.serialize_pem(), certificate.pem())
    }

    fn refused(key: &str, chain: &str, by: IdentifiedBy) -> &'static str {
        VerifierIdentity::from_pem("Kino", key, chain, by).map_or_else(|error| error.reason(), |_| "taken")
    }

    #[test]
    fn key_and_certificate_must_belong_together() {
        let (key, chain) = certified(&["kino.example"]);
        let (other_key, nameless) = certified(&[]);
        assert_eq!(refused(&key, &chain, IdentifiedBy::DnsName), "taken");
        assert_eq!(refused(&other_key, &nameless, IdentifiedBy::Hash), "taken");
        assert_eq!(refused(&other_key, &nameless, IdentifiedBy::DnsName), "no_dns_name");
        assert_eq!(refused(&other_key, &chain, IdentifiedBy::Hash), "certificate_of_other_key");
        assert_eq!(refused("rubbish", &chain, IdentifiedBy::Hash), "not_a_key");
        assert_eq!(refused(&key, "rubbish", IdentifiedBy::Hash), "bad_certificate");
    }

    #[test]
    fn a_dns_name_vouches_for_its_own_host_alone() {
        let (key, chain) = certified(&["kino.example"]);
        let identity = VerifierIdentity::from_pem("Kino", &key, &chain, IdentifiedBy::DnsName).unwrap();
        let at = |url: &str| HttpUrl::parse(url, shared::vci::uri::UrlPolicy::default()).unwrap();
        let id = identity.client_id(&at("https://kino.example/response/1")).unwrap();
        assert_eq!(id.to_string(), "x509_san_dns:kino.example");
        assert_eq!(identity.client_id(&at("https://other.example/r")), Err(IdentityError::OtherHost));
        assert!(!format!("{identity:?}").contains("BEGIN"));
    }
}

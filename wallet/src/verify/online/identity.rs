//! Who the verifier is: an address alone, or a key with a certificate.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use shared::entropy::Entropy;
use shared::vci::uri::HttpUrl;
use shared::vp::certificate::{VerifierCertificate, VerifierCertificateError};
use shared::vp::client_id::ClientId;
use shared::vp::request::object::{RequestObjectError, RequestSigner};
use shared::x509::certificate::DateVerdict;
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

    /// A verifier with a key and a certificate that it makes for itself, good for a year from `now` and identified by
    /// its hash. Nobody vouches for it, but its requests are signed and fetched, so its code stays small whatever it
    /// asks.
    ///
    /// # Errors
    /// [`IdentityError::Making`].
    pub fn self_made(name: &str, now: Timestamp, entropy: &dyn Entropy) -> Result<Self, IdentityError> {
        let making = |_| IdentityError::Making;
        // One draw in 2^32 is no key.
        let key = (0..8).find_map(|_| SigningKey::from_slice(&entropy.bytes::<32>()).ok());
        let key =
            key.ok_or(IdentityError::Making)?.to_pkcs8_pem(LineEnding::LF).map_err(|_| IdentityError::Key)?;
        let pair = KeyPair::from_pem(&key).map_err(making)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "mLegitymacja SIMULATOR");
        params.serial_number = Some(entropy.bytes::<16>().map(|byte| byte & 0x7f).to_vec().into());
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let day = |at: Timestamp| {
            let date = at.to_zoned(TimeZone::UTC).date();
            rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        params.not_before = day(now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now));
        params.not_after = day(now.saturating_add(SignedDuration::from_hours(365 * 24)).unwrap_or(now));
        let certificate = params.self_signed(&pair).map_err(making)?;
        Self::from_pem(name, &key, &certificate.pem(), IdentifiedBy::Hash)
    }

    /// What it calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its certificate, if it has one, is within its dates at `now`.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        let valid = |certified: &Certified| certified.certificate.dates_at(now) == DateVerdict::Valid;
        self.certified.as_ref().is_none_or(valid)
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
    /// No certificate could be made.
    #[error("no certificate could be made for it")]
    Making,
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
            Self::Making => "not_made",
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
    use crate::testing::TestEntropy;

    #[test]
    fn a_verifier_can_make_its_own_identity() {
        let now = "2026-11-22T09:00:00Z".parse().unwrap();
        let made = VerifierIdentity::self_made("Kino", now, &TestEntropy::new(3)).unwrap();
        let back =
            HttpUrl::parse("http://127.0.0.1/response/1", shared::vci::uri::UrlPolicy::default()).unwrap();
        let certificate = &made.certified.as_ref().unwrap().certificate;
        assert_eq!(made.client_id(&back), Ok(ClientId::X509Hash(certificate.hash())));
        assert_eq!(certificate.name(), "Kino");
        let other = VerifierIdentity::self_made("Kino", now, &TestEntropy::new(4)).unwrap();
        assert_ne!(other.client_id(&back), made.client_id(&back));
    }

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

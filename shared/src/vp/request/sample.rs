//! A verifier with a certificate, and a request of it, for the tests of this crate.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, SanType};
use sha2::{Digest, Sha256};

use super::object::{RequestObjectError, RequestSigner};
use super::{AuthorizationRequest, ResponseMode};
use crate::entropy::Entropy;
use crate::vci::uri::{HttpUrl, UrlPolicy};
use crate::vp::client_id::ClientId;
use crate::vp::metadata::ClientMetadata;
use crate::vp::preset::Preset;
use crate::x509::sample::{HIERARCHY, set_dates};

pub(crate) const VERIFIER_DNS: &str = "kontrola.example";
pub(crate) const RESPONSE_URI: &str = "https://kontrola.example/response/r-1";

/// Different every time it is asked, the same in every run.
pub(crate) struct Counted(AtomicU64);

impl Counted {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let digest = Sha256::digest(self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

#[derive(Clone)]
pub(crate) struct Verifier {
    pub(crate) key: SigningKey,
    pub(crate) x5c: Vec<Vec<u8>>,
}

impl RequestSigner for Verifier {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], RequestObjectError> {
        let signature: Signature = self.key.sign(message);
        Ok(signature.to_bytes().into())
    }

    fn x5c(&self) -> &[Vec<u8>] {
        &self.x5c
    }
}

fn certificate(name: &str, dns: Option<&str>, under_root: bool) -> Verifier {
    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.serial_number = Some(vec![0x22; 16].into());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.subject_alt_names = dns.into_iter().map(|dns| SanType::DnsName(dns.try_into().unwrap())).collect();
    set_dates(&mut params, "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    let x5c = if under_root {
        let der = params.signed_by(&pair, &HIERARCHY.issuing.issuer()).unwrap().der().to_vec();
        vec![der, HIERARCHY.issuing.der.clone()]
    } else {
        vec![params.self_signed(&pair).unwrap().der().to_vec()]
    };
    Verifier { key: SigningKey::from_pkcs8_der(pair.serialized_der()).unwrap(), x5c }
}

/// A verifier under the sample's hierarchy.
pub(crate) fn verifier() -> Verifier {
    static VERIFIER: LazyLock<Verifier> =
        LazyLock::new(|| certificate("Koleje Testowe", Some(VERIFIER_DNS), true));
    VERIFIER.clone()
}

/// Somebody who vouches for themselves.
pub(crate) fn self_signed() -> Verifier {
    static STRANGER: LazyLock<Verifier> =
        LazyLock::new(|| certificate("Nieznajomy", Some("nieznajomy.example"), false));
    STRANGER.clone()
}

/// Somebody under the hierarchy who is no server: a device, say.
pub(crate) fn signer_without_name() -> Verifier {
    static DEVICE: LazyLock<Verifier> = LazyLock::new(|| certificate("Zofia", None, true));
    DEVICE.clone()
}

/// What a ticket inspector asks, made at 08:00 and over at 08:03.
pub(crate) fn request(client_id: ClientId) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id,
        response_mode: ResponseMode::DirectPost,
        response_uri: HttpUrl::parse(RESPONSE_URI, UrlPolicy::default()).unwrap(),
        nonce: "n-0S6_WzA2Mj".to_owned(),
        state: Some("state-1".to_owned()),
        query: Preset::Ticket.query(&["https://issuer.example/credentials/mlegitymacja/1"]),
        client_metadata: ClientMetadata::of_verifier(Some("Koleje Testowe")),
        purpose: Some("Kontrola biletu".to_owned()),
        issued_at: Some("2026-11-22T08:00:00Z".parse().unwrap()),
        expires_at: Some("2026-11-22T08:03:00Z".parse().unwrap()),
        wallet_nonce: None,
    }
}

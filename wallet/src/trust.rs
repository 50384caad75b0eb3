//! Whom the phone believes.
//!
//! A root certificate is trusted **for issuers that are named**, and an issuer without a root is nobody: it gets no
//! activation code, and its typed codes are not looked up. Only the address in a QR code is asked before its issuer is
//! known; it learns nothing but its own secret.
//!
//! ```text
//! RootCertificate::parse(file)  ─┐
//! fetch_root(address) ───────────┴─► the owner compares the fingerprint ─► trust_root(root, issuers)
//! ```

use shared::vci::uri::{HttpUrl, IssuerUrl};
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::Fingerprint;
use shared::x509::chain::{AnchorFault, TrustAnchor};

use crate::acquire::event::Observer;
use crate::acquire::exchange::{Call, Line};
use crate::acquire::failure::{Endpoint, ExchangeError};
use crate::documents::{KeptBytes, RootId, StoreError, TrustedRoot};
use crate::online::OnlinePhone;
use crate::transport::Request;

/// The largest root certificate that is read, in bytes.
pub const MAX_ROOT_BYTES: usize = 64 * 1024;

/// Where our issuers publish their root, below the host of their identifier.
pub const ROOT_PATH: &str = "/pki/ca/root.pem";

/// A root certificate that somebody proposes; it signs itself, which proves nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCertificate(TrustAnchor);

impl RootCertificate {
    /// Reads a certificate in PEM or DER.
    ///
    /// # Errors
    /// When it is no authority's certificate, or not signed by itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, AnchorFault> {
        let anchor = match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN") => TrustAnchor::from_pem(text)?,
            _ => TrustAnchor::from_der(bytes)?,
        };
        Ok(Self(anchor))
    }

    /// SHA-256 of its DER: what its owner compares with what they were told by another way.
    pub fn fingerprint(&self) -> Fingerprint {
        self.certificate().fingerprint()
    }

    /// The certificate.
    pub fn certificate(&self) -> &CaCertificate {
        self.0.certificate()
    }

    /// The root as something that chains are verified up to.
    pub fn into_anchor(self) -> TrustAnchor {
        self.0
    }
}

/// Where `issuer` publishes its root, if it is one of ours with its certificates under the same host.
pub fn usual_address(issuer: &IssuerUrl) -> Option<HttpUrl> {
    let mut url = issuer.as_url().clone();
    url.set_path(ROOT_PATH);
    HttpUrl::parse(url.as_str(), shared::vci::uri::UrlPolicy::default()).ok()
}

impl OnlinePhone {
    /// Fetches a root certificate. It is believed by nobody yet: its fingerprint must be compared first.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub async fn fetch_root(
        &self,
        address: &HttpUrl,
        observer: &dyn Observer,
    ) -> Result<RootCertificate, TrustError> {
        let line = Line::new(self.surroundings(), observer);
        let request = Request::get(address.as_url().clone(), MAX_ROOT_BYTES);
        let response = line.ask(&Call::open(Endpoint::Root, request)).await?;
        Ok(RootCertificate::parse(&response.body)?)
    }

    /// Believes `root` for `issuers` from now on, beside the roots that are believed already.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn trust_root(
        &self,
        root: &RootCertificate,
        issuers: &[IssuerUrl],
    ) -> Result<RootId, StoreError> {
        let now = self.now();
        let certificate = root.certificate();
        let root = TrustedRoot {
            name: certificate.name(),
            certificate: KeptBytes::from(certificate.der().to_vec()),
            added_at: now,
        };
        let issuers: Vec<String> = issuers.iter().map(|issuer| issuer.as_str().to_owned()).collect();
        self.with_phone(move |phone| {
            // The root first: a root without issuers does nothing, an issuer without roots would say too much.
            let id = phone.documents().trust(&root)?;
            for issuer in &issuers {
                phone.documents().trust_issuer(issuer, &id, now)?;
            }
            Ok(id)
        })
        .await
    }
}

/// Why a root could not be fetched. Messages complete "cannot fetch the root certificate: …".
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It did not come.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// What came is no root.
    #[error(transparent)]
    Root(#[from] AnchorFault),
}

impl TrustError {
    /// A stable name for programs.
    pub fn reason(&self) -> &str {
        match self {
            Self::Exchange(error) => error.reason(),
            Self::Root(_) => "not_a_root",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_address_is_below_the_issuers_host() {
        for (issuer, address) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/pki/ca/root.pem"),
            ("https://a.example/szkola", "https://a.example/pki/ca/root.pem"),
        ] {
            let issuer = IssuerUrl::parse(issuer, shared::vci::uri::UrlPolicy::default()).unwrap();
            assert_eq!(usual_address(&issuer).unwrap().as_str(), address);
        }
    }

    #[test]
    fn rubbish_is_no_root() {
        for bytes in
            [&b""[..], b"rubbish", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", b"\x30\x00"]
        {
            assert!(RootCertificate::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}

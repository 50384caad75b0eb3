//! Which issuers the app comes with: their roots are fetched once and given to every phone.

use shared::vci::uri::IssuerUrl;
use shared::x509::certificate::Fingerprint;
use tokio::sync::OnceCell;

use super::sandbox::{Beside, BesideError};
use super::trouble::{Kind, Trouble};
use crate::online::OnlinePhone;
use crate::trust::RootCertificate;

/// The issuer that the desk's phones believe.
pub(super) struct TrustList {
    beside: Beside,
    /// What the root must have, if it was told by another way.
    fingerprint: Option<String>,
    root: OnceCell<RootCertificate>,
}

impl TrustList {
    pub(super) fn new(beside: Beside, fingerprint: Option<String>) -> Self {
        Self { beside, fingerprint, root: OnceCell::new() }
    }

    pub(super) fn issuer(&self) -> &IssuerUrl {
        self.beside.issuer()
    }

    /// The root, fetched at the first call that succeeds.
    pub(super) async fn root(&self) -> Result<&RootCertificate, Trouble> {
        let root = self.root.get_or_try_init(|| self.beside.root()).await.map_err(|error| {
            let kind = match error {
                BesideError::NoAnswer(_) => Kind::NoNetwork,
                BesideError::NoSandbox | BesideError::Unreadable => Kind::UnusableIssuer,
            };
            Trouble::new(kind, format!("root certificate: {error}"))
        })?;
        let found = root.fingerprint();
        match &self.fingerprint {
            Some(wanted) if !same(wanted, &found) => {
                Err(Trouble::new(Kind::UntrustedIssuer, format!("fingerprint_differs: {found}")))
            }
            _ => Ok(root),
        }
    }

    /// Sees to it that `phone` believes the issuer.
    pub(super) async fn teach(&self, phone: &OnlinePhone) -> Result<(), Trouble> {
        let issuer = self.issuer().clone();
        let known = phone.with_phone(move |phone| phone.documents().roots_for(issuer.as_str())).await;
        if !known.map_err(|error| Trouble::from(&error))?.is_empty() {
            return Ok(());
        }
        let root = self.root().await?;
        let trusted = phone.trust_root(root, std::slice::from_ref(self.issuer())).await;
        trusted.map(drop).map_err(|error| Trouble::from(&error))
    }
}

/// Fingerprints are written with colons, spaces, capitals or without.
fn same(wanted: &str, found: &Fingerprint) -> bool {
    let digits =
        |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
    digits(wanted) == digits(&found.to_string())
}

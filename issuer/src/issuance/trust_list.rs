//! The list of roots that this issuer publishes: its own root, its key for codes, and what inspectors should take along.

use jiff::SignedDuration;
use shared::jose::jws::JwsError;
use shared::presentation::trust::{CodeSigner, RootPurpose, Trust, TrustedRoot};
use shared::presentation::trust_list::{self, MOST};
use shared::x509::chain::{AnchorFault, TrustAnchor};
use shared::x509::signer::SignerFault;

use super::Issuance;
use crate::authority::{SignError, Signer};
use crate::store::tables::status_entry::StatusEntry;
use crate::store::{Statements, StoreError, Verb};

/// How long a list may be gone by.
pub const TRUST_LIST_TTL: SignedDuration = SignedDuration::from_hours(14 * 24);

impl Issuance {
    /// The list as it stands at this moment, signed.
    ///
    /// # Errors
    /// When the database or the signature fails.
    pub async fn trust_list(&self) -> Result<String, TrustListError> {
        let numbers = self.store.read(Lists).await?;
        let anchor = TrustAnchor::from_der(self.authority.root().der())?;
        let root = TrustedRoot {
            name: self.authority.root().name(),
            anchor,
            purposes: RootPurpose::ALL.into_iter().collect(),
            ocsp: self.addresses.pki.ocsp().map(str::to_owned),
        };
        let trust = Trust {
            roots: vec![root],
            code_signers: vec![CodeSigner::new(self.authority.signer(Signer::Code).x5c())?],
            status_lists: numbers.into_iter().map(|number| self.addresses.status_list(number)).collect(),
            ..Trust::default()
        };
        let now = self.now();
        let until = now.saturating_add(TRUST_LIST_TTL).unwrap_or(now);
        let signer = self.authority.signer(Signer::TrustList);
        let input = trust_list::prepare(&trust, &signer.x5c(), now, until)?;
        let signature = signer.sign_es256(input.as_bytes())?;
        Ok(input.finish(signature))
    }
}

/// The status lists that there are.
struct Lists;

#[async_trait::async_trait]
impl Verb for Lists {
    type Answer = Vec<i64>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        StatusEntry::newest_lists(tx, i64::try_from(MOST).unwrap_or(i64::MAX)).await
    }
}

/// Messages complete "cannot publish the list of roots: …".
#[derive(Debug, thiserror::Error)]
pub enum TrustListError {
    /// It cannot be written down.
    #[error(transparent)]
    Writing(#[from] JwsError),
    /// The root is none.
    #[error(transparent)]
    Root(#[from] AnchorFault),
    /// The key for codes has no certificate for it.
    #[error(transparent)]
    Signer(#[from] SignerFault),
    /// The signature fails.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

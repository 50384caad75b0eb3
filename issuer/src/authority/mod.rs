//! stub
#![expect(
    clippy::todo,
    missing_docs,
    unused,
    reason = "interface only, so that the rest can be compiled; the implementation follows"
)]
use jiff::Timestamp;
use shared::entropy::Entropy;
use shared::x509::profile::DeviceCertificateFields;
pub use shared::x509::profile::PkiUrls;
use shared::x509::serial::SerialNumber;
pub struct Authority;
pub struct PreparedCertificate;
pub struct LintedCertificate;
pub struct SignedCertificate;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct PrepareError;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct LintFinding;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub enum SignError {
    A(#[from] PrepareError),
    B(#[from] LintFinding),
}
pub fn lint(p: PreparedCertificate) -> Result<LintedCertificate, LintFinding> {
    todo!()
}
pub fn fresh_serial(e: &dyn Entropy) -> SerialNumber {
    todo!()
}
impl PreparedCertificate {
    pub fn from_stored_tbs(b: Vec<u8>) -> Result<Self, PrepareError> {
        todo!()
    }
}
impl LintedCertificate {
    pub fn to_be_signed(&self) -> &[u8] {
        todo!()
    }
}
impl SignedCertificate {
    pub fn into_der(self) -> Vec<u8> {
        todo!()
    }
}
pub struct ListEntry {
    pub serial: SerialNumber,
    pub since: Timestamp,
    pub reason: Option<ListReason>,
}
pub enum ListReason {
    KeyCompromise,
    CessationOfOperation,
    AffiliationChanged,
    PrivilegeWithdrawn,
    Superseded,
}
impl Authority {
    pub fn prepare(
        &self,
        f: &DeviceCertificateFields,
        key: &[u8],
        serial: SerialNumber,
        urls: &PkiUrls,
    ) -> Result<PreparedCertificate, PrepareError> {
        todo!()
    }
    pub fn sign(&self, l: LintedCertificate) -> Result<SignedCertificate, SignError> {
        todo!()
    }
    pub fn revocation_list(
        &self,
        e: &[ListEntry],
        number: u64,
        this: Timestamp,
        next: Timestamp,
    ) -> Result<Vec<u8>, SignError> {
        todo!()
    }
    pub fn issuing_certificate_der(&self) -> &[u8] {
        todo!()
    }
    pub fn root_certificate_der(&self) -> &[u8] {
        todo!()
    }
    pub fn root_certificate_pem(&self) -> String {
        todo!()
    }
}

//! Second step: the prepared bytes are read back and judged, by the reader that wallets use and then some.

use shared::x509::body::DeviceBody;
use shared::x509::certificate::CertificateFault;
use shared::x509::key::SignatureAlgorithm;
use shared::x509::oid::ObjectIdentifier;

use super::prepare::{Asked, PreparedCertificate};

/// The fewest octets of a serial number: below, it is not a random one (CA/Browser Forum BR §7.1 asks for 64
/// bits; ours have 128, and one in 2⁶⁴ has fewer than these).
const LEAST_SERIAL_OCTETS: usize = 8;

/// A TBSCertificate that meets every rule of the profile; only [`lint`] makes it.
pub struct LintedCertificate {
    to_be_signed: Vec<u8>,
    body: DeviceBody,
    arc: shared::x509::oid::PrivateArc,
}

impl LintedCertificate {
    /// The bytes that will be signed, exactly.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// What they say.
    pub fn body(&self) -> &DeviceBody {
        &self.body
    }

    pub(super) fn arc(&self) -> &shared::x509::oid::PrivateArc {
        &self.arc
    }
}

impl std::fmt::Debug for LintedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LintedCertificate").field("body", &self.body).finish_non_exhaustive()
    }
}

/// Judges prepared bytes.
///
/// # Errors
/// The first rule that they break. That the issuer is ours is for [`Authority::sign`](super::Authority::sign)
/// to check.
pub fn lint(prepared: PreparedCertificate) -> Result<LintedCertificate, LintFinding> {
    let arc = prepared.arc().clone();
    let (to_be_signed, asked) = prepared.into_parts();
    let body = DeviceBody::read(&to_be_signed, &arc)?;
    if body.algorithm() != SignatureAlgorithm::EcdsaSha256 {
        return Err(LintFinding::Algorithm);
    }
    if let Some(&unknown) = body.unknown_extensions().first() {
        return Err(LintFinding::UnknownExtension(unknown));
    }
    if body.serial().as_be_bytes().len() < LEAST_SERIAL_OCTETS {
        return Err(LintFinding::ShortSerial);
    }
    match asked {
        Some(asked) if asked != says(&body) => Err(LintFinding::NotAsAsked),
        _ => Ok(LintedCertificate { to_be_signed, body, arc }),
    }
}

fn says(body: &DeviceBody) -> Asked {
    Asked { fields: body.fields(), key: body.key().clone(), serial: body.serial(), urls: body.urls().clone() }
}

/// Messages complete "certificate is not fit to be signed: …"; they tell no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LintFinding {
    /// What the wallets' reader would refuse.
    #[error(transparent)]
    Profile(#[from] CertificateFault),
    /// To be signed with another algorithm than ours.
    #[error("it is to be signed with another algorithm than ECDSA with SHA-256")]
    Algorithm,
    /// Readers may pass over it; we have no business writing it.
    #[error("it carries extension {0}, which the profile does not know")]
    UnknownExtension(ObjectIdentifier),
    /// Fewer than 64 bits.
    #[error("its serial number is too short to be random")]
    ShortSerial,
    /// The writer wrote something else.
    #[error("it does not say what was asked for")]
    NotAsAsked,
}

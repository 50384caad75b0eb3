//! The revocation list (RFC 5280 §5): strict reader and verifier.
//!
//! A list covers everything that its authority issued, or the certificates that name one distribution point: then
//! a critical extension says so, and it is believed for those certificates alone. Delta lists, indirect ones and
//! lists split in other ways are refused: half a list must not pass for a whole one.

use std::collections::BTreeMap;

use der::asn1::Uint;
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::pkix::CrlReason;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::name::Name;

use super::body::read_authority_key_identifier;
use super::ca::CaCertificate;
use super::extension::{ExtensionFault, ExtensionKind, Reader, exactly};
use super::frame::{FrameFault, instant};
use super::key::{KeyIdentifier, SignatureAlgorithm};
use super::oid::PrivateArc;
use super::serial::{SerialNumber, SerialNumberError};
use super::signed::{SignedFault, UnverifiedSigned};

/// Why a certificate was revoked: the codes of RFC 5280 §5.3.1 that this profile uses.
///
/// A suspension (certificateHold) is not among them: what is revoked stays revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// The device is lost or its key in other hands.
    KeyCompromise,
    /// Names or school changed.
    AffiliationChanged,
    /// A newer certificate took its place.
    Superseded,
    /// The holder gave the card up.
    CessationOfOperation,
    /// The school took it back.
    PrivilegeWithdrawn,
}

/// That and when a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Since when; whole seconds.
    pub since: Timestamp,
    /// Why, if it was said.
    pub reason: Option<RevocationReason>,
}

/// What a list says about one certificate at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationStatus {
    /// Not on the list, and the list is current.
    Good,
    /// On the list; said even by a list that is not current, since nothing is ever taken off.
    Revoked(Revocation),
    /// Not on the list, but a newer list should exist by now.
    Stale {
        /// When the newer list was due.
        next_update: Timestamp,
    },
    /// Not on the list, but the list is from the future: the clock that says `now` is slow.
    FromTheFuture {
        /// When the list was made.
        this_update: Timestamp,
    },
}

/// A revocation list that has the right form; whose it is, nobody has checked yet.
#[derive(Debug, Clone)]
pub struct UnverifiedCrl {
    signed: UnverifiedSigned,
    issuer: Name,
    authority_key_identifier: KeyIdentifier,
    content: Content,
}

#[derive(Debug, Clone)]
struct Content {
    point: Option<String>,
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    entries: BTreeMap<SerialNumber, Revocation>,
}

impl UnverifiedCrl {
    /// Reads DER.
    ///
    /// # Errors
    /// The first departure from the profile.
    pub fn parse(der: &[u8]) -> Result<Self, CrlFault> {
        let signed = UnverifiedSigned::split(der)?;
        let list =
            CertificateList::<x509_cert::certificate::Rfc5280>::from_der(der).map_err(CrlFault::Malformed)?;
        if list.to_der().map_err(CrlFault::Malformed)? != der {
            return Err(CrlFault::NotCanonical);
        }
        let body = list.tbs_cert_list;
        if body.version != Version::V2 {
            return Err(CrlFault::NotVersion2);
        }
        if SignatureAlgorithm::read(&body.signature) != Some(signed.algorithm()) {
            return Err(CrlFault::AlgorithmsDiffer);
        }
        let arc = PrivateArc::default();
        let extensions = body.crl_extensions.unwrap_or_default();
        let mut reader = Reader::new(&extensions, &arc)?;
        let authority_key_identifier = read_authority_key_identifier(&mut reader)?
            .ok_or(ExtensionFault::Missing(ExtensionKind::AuthorityKeyIdentifier))?;
        let number = read_number(&mut reader)?;
        let point = read_point(&mut reader)?;
        reader.finish()?;
        let this_update = instant(body.this_update)?;
        let next_update = instant(body.next_update.ok_or(CrlFault::NoNextUpdate)?)?;
        if next_update <= this_update {
            return Err(CrlFault::EndsBeforeItStarts);
        }
        let entries = match body.revoked_certificates {
            None => BTreeMap::new(),
            Some(revoked) => read_entries(&revoked, &arc)?,
        };
        Ok(Self {
            signed,
            issuer: body.issuer,
            authority_key_identifier,
            content: Content { point, number, this_update, next_update, entries },
        })
    }

    /// Checks that `issuer` made this list, and that it is about all of its certificates.
    ///
    /// # Errors
    /// When another authority did, or one that may not, and for a list about a part.
    pub fn verify(self, issuer: &CaCertificate) -> Result<VerifiedCrl, CrlFault> {
        if self.content.point.is_some() {
            return Err(CrlFault::AnotherPart);
        }
        self.verify_signer(issuer)
    }

    /// Checks that `issuer` made this list, and that it covers certificates whose distribution point is `point`:
    /// it is about these or about all.
    ///
    /// # Errors
    /// When another authority did, or one that may not, and for a list about another part.
    pub fn verify_for(self, issuer: &CaCertificate, point: &str) -> Result<VerifiedCrl, CrlFault> {
        if self.content.point.as_deref().is_some_and(|own| own != point) {
            return Err(CrlFault::AnotherPart);
        }
        self.verify_signer(issuer)
    }

    fn verify_signer(self, issuer: &CaCertificate) -> Result<VerifiedCrl, CrlFault> {
        let named = self.issuer == *issuer.subject_name()
            && self.authority_key_identifier == *issuer.key_identifier();
        if !named {
            return Err(CrlFault::AnotherIssuer);
        }
        if !issuer.may_sign_lists() {
            return Err(CrlFault::MayNotSignLists);
        }
        self.signed.verify(issuer.public_key()).map_err(|_| CrlFault::BadSignature)?;
        Ok(VerifiedCrl { content: self.content })
    }
}

fn read_number(reader: &mut Reader<'_>) -> Result<u64, CrlFault> {
    let number: Uint = reader.decoded(ExtensionKind::CrlNumber)?;
    number
        .as_bytes()
        .iter()
        .try_fold(0_u64, |value, &octet| Some(value.checked_mul(256)? | u64::from(octet)))
        .ok_or(CrlFault::NumberTooBig)
}

/// RFC 5280 §5.2.5: one address, and no other restriction than to the certificates that name it.
fn read_point(reader: &mut Reader<'_>) -> Result<Option<String>, CrlFault> {
    let Some(der) = reader.optional(ExtensionKind::IssuingDistributionPoint)? else { return Ok(None) };
    let point: IssuingDistributionPoint = exactly(ExtensionKind::IssuingDistributionPoint, der)?;
    let whole = !point.only_contains_user_certs
        && !point.only_contains_ca_certs
        && !point.only_contains_attribute_certs
        && !point.indirect_crl
        && point.only_some_reasons.is_none();
    match (whole, point.distribution_point) {
        (true, Some(DistributionPointName::FullName(names))) => match names.as_slice() {
            [GeneralName::UniformResourceIdentifier(url)] => Ok(Some(url.as_str().to_owned())),
            _ => Err(CrlFault::Scope),
        },
        _ => Err(CrlFault::Scope),
    }
}

fn read_entries(
    revoked: &[RevokedCert],
    arc: &PrivateArc,
) -> Result<BTreeMap<SerialNumber, Revocation>, CrlFault> {
    if revoked.is_empty() {
        // RFC 5280 §5.1.2.6: without entries the list of entries is absent.
        return Err(CrlFault::EmptyEntryList);
    }
    let mut entries = BTreeMap::new();
    for entry in revoked {
        let serial = SerialNumber::from_der_content(entry.serial_number.as_bytes())?;
        let extensions = entry.crl_entry_extensions.as_deref().unwrap_or_default();
        let mut reader = Reader::new(extensions, arc)?;
        let reason = match reader.optional(ExtensionKind::CrlReason)? {
            None => None,
            Some(der) => Some(read_reason(exactly(ExtensionKind::CrlReason, der)?)?),
        };
        reader.finish()?;
        let revocation = Revocation { since: instant(entry.revocation_date)?, reason };
        if entries.insert(serial, revocation).is_some() {
            return Err(CrlFault::RepeatedEntry(serial));
        }
    }
    Ok(entries)
}

pub(super) fn read_reason(code: CrlReason) -> Result<RevocationReason, CrlFault> {
    match code {
        CrlReason::KeyCompromise => Ok(RevocationReason::KeyCompromise),
        CrlReason::AffiliationChanged => Ok(RevocationReason::AffiliationChanged),
        CrlReason::Superseded => Ok(RevocationReason::Superseded),
        CrlReason::CessationOfOperation => Ok(RevocationReason::CessationOfOperation),
        CrlReason::PrivilegeWithdrawn => Ok(RevocationReason::PrivilegeWithdrawn),
        // "Unspecified" is said by leaving the reason out (RFC 5280 §5.3.1).
        CrlReason::Unspecified
        | CrlReason::CaCompromise
        | CrlReason::CertificateHold
        | CrlReason::RemoveFromCRL
        | CrlReason::AaCompromise => Err(CrlFault::ReasonOutsideProfile),
    }
}

pub(super) fn write_reason(reason: RevocationReason) -> CrlReason {
    match reason {
        RevocationReason::KeyCompromise => CrlReason::KeyCompromise,
        RevocationReason::AffiliationChanged => CrlReason::AffiliationChanged,
        RevocationReason::Superseded => CrlReason::Superseded,
        RevocationReason::CessationOfOperation => CrlReason::CessationOfOperation,
        RevocationReason::PrivilegeWithdrawn => CrlReason::PrivilegeWithdrawn,
    }
}

/// A revocation list that its authority signed; only [`UnverifiedCrl::verify`] makes it.
#[derive(Debug, Clone)]
pub struct VerifiedCrl {
    content: Content,
}

impl VerifiedCrl {
    /// The distribution point whose certificates it is about; `None` when it is about all.
    pub fn point(&self) -> Option<&str> {
        self.content.point.as_deref()
    }

    /// Its number: a newer list of the same authority has a greater one.
    pub fn number(&self) -> u64 {
        self.content.number
    }

    /// When it was made: an instant that the authority vouches for.
    pub fn this_update(&self) -> Timestamp {
        self.content.this_update
    }

    /// When the next one is due.
    pub fn next_update(&self) -> Timestamp {
        self.content.next_update
    }

    /// How many certificates are on it.
    pub fn len(&self) -> usize {
        self.content.entries.len()
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.content.entries.is_empty()
    }

    /// What is on it, by serial number.
    pub fn entries(&self) -> impl Iterator<Item = (SerialNumber, Revocation)> {
        self.content.entries.iter().map(|(&serial, &revocation)| (serial, revocation))
    }

    /// What it says about `serial` to someone who reads it at `now`. The certificate of that number must be one
    /// for which the list was verified.
    pub fn status_at(&self, serial: SerialNumber, now: Timestamp) -> RevocationStatus {
        let content = &self.content;
        if let Some(&revocation) = content.entries.get(&serial) {
            RevocationStatus::Revoked(revocation)
        } else if now < content.this_update {
            RevocationStatus::FromTheFuture { this_update: content.this_update }
        } else if now >= content.next_update {
            RevocationStatus::Stale { next_update: content.next_update }
        } else {
            RevocationStatus::Good
        }
    }
}

/// Messages complete "cannot accept revocation list: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrlFault {
    /// The envelope around the list.
    #[error(transparent)]
    Signed(#[from] SignedFault),
    /// Not the DER of a CertificateList.
    #[error("it is not DER of a revocation list")]
    Malformed(#[source] der::Error),
    /// Readable, but not in the one encoding that DER allows.
    #[error("it is not in canonical encoding")]
    NotCanonical,
    /// Extensions exist since version 2.
    #[error("it is not of version 2")]
    NotVersion2,
    /// The algorithm inside the list is not the one outside (RFC 5280 §5.1.1.2).
    #[error("its two signature algorithms differ")]
    AlgorithmsDiffer,
    /// An extension missing, repeated, malformed, wrongly critical, or critical and unknown: so end delta lists.
    #[error(transparent)]
    Extension(#[from] ExtensionFault),
    /// Restricted otherwise than to the certificates that name one address.
    #[error("it is indirect, or restricted in a way that is outside the profile")]
    Scope,
    /// About other certificates.
    #[error("it is about another part of the certificates")]
    AnotherPart,
    /// A date that this software cannot hold.
    #[error("date is refused: {0}")]
    Date(#[from] FrameFault),
    /// RFC 5280 §5.1.2.5 requires it.
    #[error("it does not say when the next one is due")]
    NoNextUpdate,
    /// nextUpdate not after thisUpdate.
    #[error("it ends before it starts")]
    EndsBeforeItStarts,
    /// Beyond 64 bits.
    #[error("its number is too big")]
    NumberTooBig,
    /// An empty list of entries instead of none.
    #[error("its list of entries is empty instead of absent")]
    EmptyEntryList,
    /// A serial number that no certificate of the profile has.
    #[error("an entry's serial number is refused: {0}")]
    Serial(#[from] SerialNumberError),
    /// One certificate twice.
    #[error("it names certificate {0} twice")]
    RepeatedEntry(SerialNumber),
    /// A suspension, a removal, or a reason that is not for device certificates.
    #[error("an entry's reason is outside the profile")]
    ReasonOutsideProfile,
    /// Another name or key identifier.
    #[error("it was made by another authority")]
    AnotherIssuer,
    /// No cRLSign.
    #[error("its authority may not sign revocation lists")]
    MayNotSignLists,
    /// The authority's key did not sign it.
    #[error("its signature is false")]
    BadSignature,
}

#[cfg(test)]
mod tests;

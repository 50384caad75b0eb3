//! The revocation lists of an issuing authority (RFC 5280 §5): one of everything that it ever signs, and one for
//! each part, which says so in a critical issuing distribution point.

use jiff::Timestamp;
use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint,
    RevocationReason as Code, RevokedCertParams,
};
use shared::x509::crl::{CrlFault, UnverifiedCrl};
use shared::x509::serial::SerialNumber;

use super::profile::{Capture, WritingFault, date, since_epoch};
use super::sign::SignError;
use super::{Authority, IssuingAuthority};

/// Why a certificate is on the list.
pub use shared::x509::crl::RevocationReason as ListReason;

/// One revoked certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListEntry {
    /// Which.
    pub serial: SerialNumber,
    /// Since when; written in whole seconds.
    pub since: Timestamp,
    /// Why; left out when it is nobody's business.
    pub reason: Option<ListReason>,
}

/// A list that nobody has signed yet.
#[derive(Debug, Clone)]
pub struct NewList<'a> {
    /// The address of the part of the certificates that it is about, which those certificates name; `None` for
    /// a list of all.
    pub point: Option<String>,
    /// What was revoked.
    pub entries: &'a [ListEntry],
    /// Must grow with every list of this authority for this point.
    pub number: u64,
    /// When it is made; written in whole seconds.
    pub this_update: Timestamp,
    /// When the next one is due; written in whole seconds.
    pub next_update: Timestamp,
}

impl Authority {
    /// Signs the list of all certificates of the current issuing authority and returns its DER.
    ///
    /// `number` must grow with every list of this authority. Both dates are written in whole seconds.
    ///
    /// # Errors
    /// When an entry stands there twice, the dates are in the wrong order, or the signature fails.
    pub fn revocation_list(
        &self,
        entries: &[ListEntry],
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<Vec<u8>, SignError> {
        let list = NewList { point: None, entries, number, this_update, next_update };
        self.current.revocation_list(&list)
    }

    /// Signs a list of the issuing authority of `generation`. Entries that another generation signed do no
    /// harm: serial numbers are unique over all of them.
    ///
    /// # Errors
    /// As [`revocation_list`](Self::revocation_list), and when there is no such generation.
    pub fn list_of(&self, generation: u32, list: &NewList<'_>) -> Result<Vec<u8>, SignError> {
        self.of_generation(generation).ok_or(ListError::UnknownGeneration(generation))?.revocation_list(list)
    }
}

impl IssuingAuthority {
    fn revocation_list(&self, list: &NewList<'_>) -> Result<Vec<u8>, SignError> {
        let to_be_signed = self.write_list(list).map_err(ListError::from)?;
        let der = self.sign_bytes(&to_be_signed)?;
        // The reader finds doubled entries and dates in the wrong order, here as in a wallet.
        let read = UnverifiedCrl::parse(&der).and_then(|read| match &list.point {
            None => read.verify(&self.certificate),
            Some(point) => read.verify_for(&self.certificate, point),
        });
        read.map_err(|fault| ListError::ReadBack(Box::new(fault)))?;
        Ok(der)
    }

    fn write_list(&self, list: &NewList<'_>) -> Result<Vec<u8>, WritingFault> {
        let mut revoked_certs = Vec::with_capacity(list.entries.len());
        for entry in list.entries {
            revoked_certs.push(RevokedCertParams {
                serial_number: entry.serial.as_be_bytes().to_vec().into(),
                revocation_time: date!(entry.since),
                reason_code: entry.reason.map(code),
                invalidity_date: None,
            });
        }
        let point = list.point.as_ref().map(|point| CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec![point.clone()] },
            scope: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date!(list.this_update),
            next_update: date!(list.next_update),
            crl_number: list.number.into(),
            issuing_distribution_point: point,
            revoked_certs,
            // rcgen does not look at the issuer's own for lists.
            key_identifier_method: self.template.key_identifier_method.clone(),
        };
        let capture = Capture::new(self.certificate.public_key());
        params.signed_by(&rcgen::Issuer::from_params(&self.template, &capture))?;
        Ok(capture.into_to_be_signed())
    }
}

fn code(reason: ListReason) -> Code {
    match reason {
        ListReason::KeyCompromise => Code::KeyCompromise,
        ListReason::AffiliationChanged => Code::AffiliationChanged,
        ListReason::Superseded => Code::Superseded,
        ListReason::CessationOfOperation => Code::CessationOfOperation,
        ListReason::PrivilegeWithdrawn => Code::PrivilegeWithdrawn,
    }
}

/// Messages complete "cannot make revocation list: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// No such issuing authority.
    #[error("there is no issuing authority {0}")]
    UnknownGeneration(u32),
    /// rcgen or an encoding failed.
    #[error(transparent)]
    Writing(#[from] WritingFault),
    /// A wallet would refuse it.
    #[error("it does not read back: {0}")]
    ReadBack(Box<CrlFault>),
}

#[cfg(test)]
mod tests {
    use shared::x509::crl::{Revocation, RevocationStatus};

    use super::*;
    use crate::authority::RollOverOptions;
    use crate::authority::tests::{Dice, at, authority};

    fn entry(octet: u8, reason: Option<ListReason>) -> ListEntry {
        let serial = SerialNumber::from_be_bytes(&[octet; 16]).unwrap();
        ListEntry { serial, since: at("2026-11-20T10:00:00.7Z"), reason }
    }

    const ALL: [Option<ListReason>; 6] = [
        None,
        Some(ListReason::KeyCompromise),
        Some(ListReason::AffiliationChanged),
        Some(ListReason::Superseded),
        Some(ListReason::CessationOfOperation),
        Some(ListReason::PrivilegeWithdrawn),
    ];

    #[test]
    fn a_wallet_reads_what_was_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let entries: Vec<ListEntry> =
            ALL.into_iter().zip(1..).map(|(reason, octet)| entry(octet, reason)).collect();
        let (from, to) = (at("2026-11-21T00:00:00.9Z"), at("2026-11-22T00:00:00Z"));
        let der = authority.revocation_list(&entries, 41, from, to).unwrap();
        let list = UnverifiedCrl::parse(&der).unwrap().verify(authority.issuing()).unwrap();
        assert_eq!(list.number(), 41);
        assert_eq!((list.this_update(), list.next_update()), (at("2026-11-21T00:00:00Z"), to));
        for entry in entries {
            let since = at("2026-11-20T10:00:00Z");
            let expected = RevocationStatus::Revoked(Revocation { since, reason: entry.reason });
            assert_eq!(list.status_at(entry.serial, from), expected);
        }
        assert_eq!(list.status_at(entry(99, None).serial, from), RevocationStatus::Good);
    }

    #[test]
    fn lists_that_a_wallet_would_refuse_do_not_leave() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let (from, to) = (at("2026-11-21T00:00:00Z"), at("2026-11-22T00:00:00Z"));
        let twice = [entry(1, None), entry(1, None)];
        let fault = authority.revocation_list(&twice, 1, from, to).unwrap_err();
        assert!(matches!(fault, SignError::List(ListError::ReadBack(_))), "{fault:?}");
        for (from, to) in [(to, from), (from, from)] {
            let fault = authority.revocation_list(&[], 1, from, to).unwrap_err();
            assert!(matches!(fault, SignError::List(ListError::Writing(_))), "{fault:?}");
        }
        assert!(authority.revocation_list(&[], 1, from, to).is_ok());
    }

    #[test]
    fn each_generation_keeps_its_own_list() {
        let dir = tempfile::tempdir().unwrap();
        let old = authority(dir.path());
        let options = RollOverOptions {
            issuing_name: "mLegitymacja SIMULATOR Issuing CA 2".to_owned(),
            not_before: old.root().not_before(),
            not_after: old.root().not_after(),
            keys: crate::authority::KeyStore::default(),
        };
        let new = Authority::roll_over(&dir.path().join("authority"), &options, &Dice::new()).unwrap();
        let (from, to) = (at("2026-11-21T00:00:00Z"), at("2026-11-22T00:00:00Z"));
        let entries = [entry(1, None)];
        let point = Some("http://pki.example/crl/1-01.crl".to_owned());
        let whole = NewList { point: None, entries: &entries, number: 1, this_update: from, next_update: to };
        let part = NewList { point: point.clone(), ..whole.clone() };
        for (generation, issuer) in new.generations() {
            let der = new.list_of(generation, &whole).unwrap();
            assert!(UnverifiedCrl::parse(&der).unwrap().verify(issuer).is_ok());
            let der = new.list_of(generation, &part).unwrap();
            assert!(
                UnverifiedCrl::parse(&der).unwrap().verify(issuer).is_err(),
                "half a list for a whole one"
            );
            let read =
                UnverifiedCrl::parse(&der).unwrap().verify_for(issuer, point.as_deref().unwrap()).unwrap();
            assert_eq!(read.point(), point.as_deref());
        }
        assert_eq!(new.list_of(3, &whole).unwrap_err(), SignError::List(ListError::UnknownGeneration(3)));
    }
}

//! From a device certificate up to a trusted root (RFC 5280 §6, cut to this profile).
//!
//! Signatures and dates are judged apart: an expired card is still this pupil's card, and the wallet shows it
//! as expired rather than as forged. [`verify_undated`] does everything but the dates; [`UndatedChain::at`]
//! does the rest; [`verify_chain`] does both.

use jiff::Timestamp;

use super::ca::{CaCertificate, CaFault};
use super::certificate::{CertificateFault, DateVerdict, DeviceCertificate};
use super::oid::PrivateArc;

/// The most certificates that `x5c` may hold: the device's and three authorities.
pub const MAX_CERTIFICATES: usize = 4;

/// A root that is trusted because someone said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor(CaCertificate);

impl TrustAnchor {
    /// Takes a root certificate in DER.
    ///
    /// # Errors
    /// When it is no authority's certificate, or not signed by itself.
    pub fn from_der(der: &[u8]) -> Result<Self, AnchorFault> {
        let root = CaCertificate::parse(der)?;
        if !root.is_self_issued() || root.verify_signature(root.public_key()).is_err() {
            return Err(AnchorFault::NotSelfSigned);
        }
        Ok(Self(root))
    }

    /// Takes a root certificate in PEM (label `CERTIFICATE`), one in the text.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der), and when it is no such PEM.
    pub fn from_pem(pem: &str) -> Result<Self, AnchorFault> {
        let (label, document) = der::Document::from_pem(pem).map_err(|_| AnchorFault::NotPem)?;
        if label != "CERTIFICATE" {
            return Err(AnchorFault::NotPem);
        }
        Self::from_der(document.as_bytes())
    }

    /// The root's certificate.
    pub fn certificate(&self) -> &CaCertificate {
        &self.0
    }
}

/// Verifies `x5c` (DER, the device's certificate first, without the root) up to one of `anchors`, with every
/// certificate valid at `now`.
///
/// # Errors
/// The first rule that is broken; dates come last, the device's certificate first among them.
pub fn verify_chain(
    x5c: &[Vec<u8>],
    anchors: &[TrustAnchor],
    now: Timestamp,
) -> Result<VerifiedChain, ChainFault> {
    verify_undated(x5c, anchors, &PrivateArc::default())?.at(now)
}

/// Verifies everything but the dates; our own identifiers stand under `arc`.
///
/// # Errors
/// The first rule that is broken.
pub fn verify_undated(
    x5c: &[Vec<u8>],
    anchors: &[TrustAnchor],
    arc: &PrivateArc,
) -> Result<UndatedChain, ChainFault> {
    let (leaf, above) = match x5c {
        [] => return Err(ChainFault::Empty),
        _ if x5c.len() > MAX_CERTIFICATES => return Err(ChainFault::TooLong),
        [leaf, above @ ..] => (DeviceCertificate::parse_under(leaf, arc)?, above),
    };
    let above = Above::read(above, anchors)?;
    let issuing = above.issuing()?;
    if !leaf.names_as_issuer(issuing) {
        return Err(ChainFault::NotNamedAsIssuer { by: ChainLink::Device });
    }
    leaf.verify_signature(issuing.public_key())
        .map_err(|_| ChainFault::BadSignature { of: ChainLink::Device })?;
    let Above { authorities, anchor } = above;
    Ok(UndatedChain { leaf, authorities, anchor })
}

/// The authorities above a certificate, up to a trusted root; their signatures hold.
#[derive(Debug, Clone)]
pub(super) struct Above {
    authorities: Vec<CaCertificate>,
    anchor: TrustAnchor,
}

impl Above {
    /// Reads and verifies everything but the dates; `above` begins with the issuing authority's certificate.
    pub(super) fn read(above: &[Vec<u8>], anchors: &[TrustAnchor]) -> Result<Self, ChainFault> {
        let mut authorities = Vec::with_capacity(above.len());
        for (index, der) in above.iter().enumerate() {
            let authority = CaCertificate::parse(der)
                .map_err(|fault| ChainFault::Authority { position: index + 1, fault: Box::new(fault) })?;
            if authority.is_self_issued() {
                return Err(ChainFault::RootIncluded);
            }
            authorities.push(authority);
        }
        let highest = authorities.last().ok_or(ChainFault::NoIssuingAuthority)?;
        let anchor = anchors
            .iter()
            .find(|anchor| highest.names_as_issuer(anchor.certificate()))
            .ok_or(ChainFault::UnknownRoot)?
            .clone();
        for (index, pair) in authorities.windows(2).enumerate() {
            let [lower, upper] = pair else { continue };
            step(lower, upper, index + 1)?;
        }
        step(highest, anchor.certificate(), authorities.len())?;
        check_path_lengths(&authorities, &anchor)?;
        Ok(Self { authorities, anchor })
    }

    /// The authority that signed the certificate below.
    pub(super) fn issuing(&self) -> Result<&CaCertificate, ChainFault> {
        self.authorities.first().ok_or(ChainFault::NoIssuingAuthority)
    }

    /// The root it ends in.
    pub(super) fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// Judges the dates of all of them, the root's included.
    pub(super) fn judge(&self, now: Timestamp) -> Result<(), ChainFault> {
        judge_authorities(&self.authorities, &self.anchor, now)
    }
}

/// `lower`, at `position` in `x5c`, is named and signed by `upper`.
fn step(lower: &CaCertificate, upper: &CaCertificate, position: usize) -> Result<(), ChainFault> {
    if !lower.names_as_issuer(upper) {
        return Err(ChainFault::NotNamedAsIssuer { by: ChainLink::Authority(position) });
    }
    lower
        .verify_signature(upper.public_key())
        .map_err(|_| ChainFault::BadSignature { of: ChainLink::Authority(position) })
}

/// RFC 5280 §4.2.1.9: a path length counts the authorities between this one and the device's certificate.
fn check_path_lengths(authorities: &[CaCertificate], anchor: &TrustAnchor) -> Result<(), ChainFault> {
    for (below, authority) in authorities.iter().chain([anchor.certificate()]).enumerate() {
        if authority.path_length().is_some_and(|allowed| usize::from(allowed) < below) {
            return Err(ChainFault::PathTooLong);
        }
    }
    Ok(())
}

fn judge_authorities(
    authorities: &[CaCertificate],
    anchor: &TrustAnchor,
    now: Timestamp,
) -> Result<(), ChainFault> {
    let above =
        authorities.iter().enumerate().map(|(index, authority)| (ChainLink::Authority(index + 1), authority));
    for (of, authority) in above.chain([(ChainLink::Root, anchor.certificate())]) {
        judge_one(of, (authority.not_before(), authority.not_after()), authority.dates_at(now))?;
    }
    Ok(())
}

/// A verdict on the dates of one certificate as this module's fault.
pub(super) fn judge_one(
    of: ChainLink,
    (not_before, not_after): (Timestamp, Timestamp),
    verdict: DateVerdict,
) -> Result<(), ChainFault> {
    match verdict {
        DateVerdict::Valid => Ok(()),
        DateVerdict::NotYetValid => Err(ChainFault::NotYetValid { of, not_before }),
        DateVerdict::Expired => Err(ChainFault::Expired { of, not_after }),
    }
}

/// A chain whose signatures hold and whose dates nobody has looked at yet.
#[derive(Debug, Clone)]
pub struct UndatedChain {
    leaf: DeviceCertificate,
    authorities: Vec<CaCertificate>,
    anchor: TrustAnchor,
}

impl UndatedChain {
    /// The device's certificate.
    pub fn leaf(&self) -> &DeviceCertificate {
        &self.leaf
    }

    /// Judges the dates of every certificate in it, the root's included.
    ///
    /// # Errors
    /// [`ChainFault::NotYetValid`] or [`ChainFault::Expired`].
    pub fn at(self, now: Timestamp) -> Result<VerifiedChain, ChainFault> {
        self.judge(now)?;
        let Self { leaf, authorities, anchor } = self;
        let mut authorities = authorities.into_iter();
        let issuing_authority = authorities.next().ok_or(ChainFault::NoIssuingAuthority)?;
        Ok(VerifiedChain { leaf, issuing_authority, upper: authorities.collect(), anchor })
    }

    /// Judges the dates without giving the chain away.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn judge(&self, now: Timestamp) -> Result<(), ChainFault> {
        let leaf = &self.leaf;
        judge_one(ChainLink::Device, (leaf.not_before(), leaf.not_after()), leaf.dates_at(now))?;
        judge_authorities(&self.authorities, &self.anchor, now)
    }

    /// The authority that signed the device's certificate: whose revocation list counts.
    pub fn issuing_authority(&self) -> Option<&CaCertificate> {
        self.authorities.first()
    }
}

/// A chain that holds, dates included; only this module makes it.
#[derive(Debug, Clone)]
pub struct VerifiedChain {
    leaf: DeviceCertificate,
    issuing_authority: CaCertificate,
    upper: Vec<CaCertificate>,
    anchor: TrustAnchor,
}

impl VerifiedChain {
    /// The device's certificate.
    pub fn leaf(&self) -> &DeviceCertificate {
        &self.leaf
    }

    /// The authority that signed it: whose revocation list counts.
    pub fn issuing_authority(&self) -> &CaCertificate {
        &self.issuing_authority
    }

    /// Authorities between the issuing one and the root; none in this profile's own hierarchy.
    pub fn upper_authorities(&self) -> &[CaCertificate] {
        &self.upper
    }

    /// The root it ends in.
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }
}

/// A place in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainLink {
    /// The device's certificate.
    Device,
    /// The certificate of a key that signs lists, answers or credentials.
    Signer,
    /// The authority at this index of `x5c`; 1 is the issuing one.
    Authority(usize),
    /// The trusted root.
    Root,
}

impl std::fmt::Display for ChainLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Device => f.write_str("the device certificate"),
            Self::Signer => f.write_str("the signer's certificate"),
            Self::Authority(position) => write!(f, "authority {position}"),
            Self::Root => f.write_str("the root"),
        }
    }
}

/// Messages complete "cannot trust certificate chain: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// No certificate at all.
    #[error("it is empty")]
    Empty,
    /// More than [`MAX_CERTIFICATES`].
    #[error("it has more than {MAX_CERTIFICATES} certificates")]
    TooLong,
    /// The device's certificate departs from the profile.
    #[error("device certificate is refused: {0}")]
    Device(Box<CertificateFault>),
    /// A certificate above it is no authority's.
    #[error("certificate {position} is refused: {fault}")]
    Authority {
        /// Its index in `x5c`.
        position: usize,
        /// Why.
        fault: Box<CaFault>,
    },
    /// Roots do not travel: they are trusted beforehand or not at all (RFC 5280 §6.1; `x5c` leaves them out).
    #[error("it includes a root")]
    RootIncluded,
    /// The device's certificate alone.
    #[error("the issuing authority is missing")]
    NoIssuingAuthority,
    /// Issuer's name or key identifier is not that of the next certificate.
    #[error("{by} was issued by another authority than the next in the chain")]
    NotNamedAsIssuer {
        /// Which certificate names another.
        by: ChainLink,
    },
    /// The next certificate's key did not sign it.
    #[error("{of} has a false signature")]
    BadSignature {
        /// Which certificate.
        of: ChainLink,
    },
    /// More authorities than one of them allows below itself.
    #[error("it is longer than an authority in it allows")]
    PathTooLong,
    /// No anchor is the highest certificate's issuer.
    #[error("it does not end in a trusted root")]
    UnknownRoot,
    /// Too early.
    #[error("{of} is valid only from {not_before}")]
    NotYetValid {
        /// Which certificate.
        of: ChainLink,
        /// From when it is valid.
        not_before: Timestamp,
    },
    /// Too late.
    #[error("{of} was valid until {not_after}")]
    Expired {
        /// Which certificate.
        of: ChainLink,
        /// Its last second.
        not_after: Timestamp,
    },
}

impl From<CertificateFault> for ChainFault {
    fn from(fault: CertificateFault) -> Self {
        Self::Device(Box::new(fault))
    }
}

/// Messages complete "cannot trust root: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorFault {
    /// Not one PEM block with the label `CERTIFICATE`.
    #[error("it is not a PEM certificate")]
    NotPem,
    /// Not an authority's certificate.
    #[error(transparent)]
    Certificate(#[from] CaFault),
    /// Issued or signed by another key.
    #[error("it is not signed by itself")]
    NotSelfSigned,
}

#[cfg(test)]
mod tests;

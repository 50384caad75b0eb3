//! Object identifiers: the standards' and our own.

use std::fmt;

pub use der::asn1::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {
        $($(#[$doc])* pub const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($dotted);)*
    };
}

oids! {
    /// commonName (X.520).
    COMMON_NAME = "2.5.4.3";
    /// surname (X.520).
    SURNAME = "2.5.4.4";
    /// serialNumber (X.520), the person's identifier.
    SERIAL_NUMBER = "2.5.4.5";
    /// countryName (X.520).
    COUNTRY_NAME = "2.5.4.6";
    /// organizationName (X.520).
    ORGANIZATION_NAME = "2.5.4.10";
    /// givenName (X.520).
    GIVEN_NAME = "2.5.4.42";
    /// organizationIdentifier (X.520).
    ORGANIZATION_IDENTIFIER = "2.5.4.97";

    /// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /// keyUsage (RFC 5280 §4.2.1.3).
    KEY_USAGE = "2.5.29.15";
    /// subjectAltName (RFC 5280 §4.2.1.6).
    SUBJECT_ALT_NAME = "2.5.29.17";
    /// basicConstraints (RFC 5280 §4.2.1.9).
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// cRLNumber (RFC 5280 §5.2.3).
    CRL_NUMBER = "2.5.29.20";
    /// reasonCode (RFC 5280 §5.3.1).
    CRL_REASON = "2.5.29.21";
    /// issuingDistributionPoint (RFC 5280 §5.2.5).
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    /// cRLDistributionPoints (RFC 5280 §4.2.1.13).
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// certificatePolicies (RFC 5280 §4.2.1.4).
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// anyPolicy (RFC 5280 §4.2.1.4).
    ANY_POLICY = "2.5.29.32.0";
    /// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// extKeyUsage (RFC 5280 §4.2.1.12).
    EXTENDED_KEY_USAGE = "2.5.29.37";
    /// id-kp-clientAuth (RFC 5280 §4.2.1.12).
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    /// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    /// id-pkix-ocsp-basic (RFC 6960 §4.2.1).
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    /// id-pkix-ocsp-nonce (RFC 9654 §2.1).
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    /// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    /// authorityInfoAccess (RFC 5280 §4.2.2.1).
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    /// id-ad-ocsp (RFC 5280 §4.2.2.1).
    OCSP = "1.3.6.1.5.5.7.48.1";
    /// id-ad-caIssuers (RFC 5280 §4.2.2.1).
    CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    /// qcStatements (RFC 3739 §3.2.6).
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
    /// id-qcs-pkixQCSyntax-v2 (RFC 3739 §3.2.6.1).
    QC_SYNTAX_V2 = "1.3.6.1.5.5.7.11.2";
    /// id-etsi-qcs-semanticsId-Natural (ETSI EN 319 412-1 §5.1.1).
    SEMANTICS_NATURAL_PERSON = "0.4.0.194121.1.1";

    /// id-ecPublicKey (RFC 5480 §2.1.1).
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    /// secp256r1 (RFC 5480 §2.1.1.1).
    SECP256R1 = "1.2.840.10045.3.1.7";
    /// secp384r1 (RFC 5480 §2.1.1.1).
    SECP384R1 = "1.3.132.0.34";
    /// ecdsa-with-SHA256 (RFC 5758 §3.2).
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    /// ecdsa-with-SHA384 (RFC 5758 §3.2).
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
    /// Ours: the purpose of a key that signs SD-JWT credentials.
    SD_JWT_SIGNING = "1.3.6.1.4.1.32473.3.1";
    /// Ours: the purpose of a key that signs statements for the holder's code.
    CODE_SIGNING = "1.3.6.1.4.1.32473.3.2";
    /// Ours, until id-kp-oauthStatusSigning has a number: the purpose of a key that signs status lists.
    STATUS_LIST_SIGNING = "1.3.6.1.4.1.32473.3.3";
    /// Ours: the purpose of a key that signs lists of trusted roots.
    TRUST_LIST_SIGNING = "1.3.6.1.4.1.32473.3.4";

    /// id-sha1 (RFC 3279 §2.1), to name issuers in OCSP alone.
    SHA1 = "1.3.14.3.2.26";
    /// id-sha256 (RFC 5754 §2.2).
    SHA256 = "2.16.840.1.101.3.4.2.1";
}

/// Where our own extensions and our certificate policy live.
///
/// The default is under the documentation arc of RFC 5612, which means nothing outside this software; who
/// runs it for real sets an arc of their own.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateArc {
    base: ObjectIdentifier,
    device_name: ObjectIdentifier,
    device_slot: ObjectIdentifier,
    activated_at: ObjectIdentifier,
    card_digest: ObjectIdentifier,
    device_policy: ObjectIdentifier,
}

impl PrivateArc {
    /// The arc `dotted` (`1.3.6.1.4.1.32473`).
    ///
    /// # Errors
    /// When it is no object identifier, or one too long to have children.
    pub fn parse(dotted: &str) -> Result<Self, PrivateArcError> {
        let base = ObjectIdentifier::new(dotted).map_err(|_| PrivateArcError)?;
        let child = |branch, leaf| {
            base.push_arc(branch).and_then(|oid| oid.push_arc(leaf)).map_err(|_| PrivateArcError)
        };
        Ok(Self {
            base,
            device_name: child(1, 1)?,
            device_slot: child(1, 2)?,
            activated_at: child(1, 3)?,
            card_digest: child(1, 4)?,
            device_policy: child(2, 1)?,
        })
    }

    /// Extension: what the phone calls itself (`.1.1`).
    pub fn device_name(&self) -> ObjectIdentifier {
        self.device_name
    }

    /// Extension: which of how many devices (`.1.2`).
    pub fn device_slot(&self) -> ObjectIdentifier {
        self.device_slot
    }

    /// Extension: when the card was opened on the device (`.1.3`).
    pub fn activated_at(&self) -> ObjectIdentifier {
        self.activated_at
    }

    /// Extension: what the certificate attests, the digest of the card data (`.1.4`).
    pub fn card_digest(&self) -> ObjectIdentifier {
        self.card_digest
    }

    /// Certificate policy of device certificates (`.2.1`).
    pub fn device_policy(&self) -> ObjectIdentifier {
        self.device_policy
    }
}

impl Default for PrivateArc {
    fn default() -> Self {
        Self {
            base: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473"),
            device_name: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1"),
            device_slot: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.2"),
            activated_at: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.3"),
            card_digest: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.4"),
            device_policy: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.2.1"),
        }
    }
}

impl fmt::Display for PrivateArc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.base.fmt(f)
    }
}

impl fmt::Debug for PrivateArc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateArc({self})")
    }
}

/// Messages complete "cannot use private arc: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not an object identifier that can have children")]
pub struct PrivateArcError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_arc_is_the_parsed_documentation_arc() {
        assert_eq!(PrivateArc::parse("1.3.6.1.4.1.32473"), Ok(PrivateArc::default()));
    }

    #[test]
    fn another_arc_moves_every_identifier() {
        let arc = PrivateArc::parse("1.3.6.1.4.1.55555").unwrap();
        assert_eq!(arc.card_digest().to_string(), "1.3.6.1.4.1.55555.1.4");
        assert_eq!(arc.device_policy().to_string(), "1.3.6.1.4.1.55555.2.1");
        for bad in ["", "1", "x", "1.2.", "3.1.1"] {
            assert_eq!(PrivateArc::parse(bad), Err(PrivateArcError), "{bad}");
        }
    }
}
